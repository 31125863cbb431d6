import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Answer, Ask, Routes } from "./ask.ts";
import { serveGit } from "./gitHttp.ts";
import { type Json, toObject } from "./json.ts";
import { isAllowed, type Need, PERMISSIONS } from "./permissions.ts";
import { Refusal } from "./refusal.ts";
import {
  checkAnswer,
  checkBody,
  checkParams,
  limitOfBody,
  type MatchedOperation,
  matchOperation,
  readQuery,
} from "./slice.ts";
import { type GitHubState, homeOf, type Repository, type Token } from "./state.ts";
import { tokenOf } from "./tokenOf.ts";

const API = "/api/v3";
const MAX_BYTES = 100 * 1024 * 1024;
/** The answer to an exchange that GitHub's description does not know. */
const MISMATCH = 599;

/** Serves the API under `/api/v3` and git under `/<owner>/<name>.git`. */
export function createGitHubServer(
  toState: () => GitHubState,
  routes: Routes,
  latencyMilliseconds: number,
): Server {
  return createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const state = toState();
    const serve = async () => {
      if (url.pathname.startsWith(`${API}/`))
        return await serveApi(state, routes, { request, response, latencyMilliseconds });
      if (latencyMilliseconds > 0) await sleep(latencyMilliseconds);
      await serveGit(state, request, response);
    };
    serve().catch((error: unknown) => {
      // The double itself is broken: nobody shall mistake it for GitHub's bad day.
      state.violations.push(`the double failed at ${request.method} ${url.pathname}: ${String(error)}`);
      if (!response.headersSent) send(response, { status: MISMATCH, body: { message: String(error) } });
      else response.destroy();
    });
  });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly latencyMilliseconds: number;
}

async function serveApi(state: GitHubState, routes: Routes, exchange: Exchange): Promise<void> {
  const { request, response, latencyMilliseconds } = exchange;
  const url = new URL(request.url ?? "/", state.webUrl);
  const method = request.method ?? "GET";
  const bytes = await readBody(request);
  const token = tokenOf(state, request.headers.authorization);
  const isAnonymous = request.headers.authorization === undefined;
  const operation = matchOperation(method, url.pathname.slice(API.length));
  const answer = operation
    ? await answerFor(state, routes, { operation, token, url, bytes, isAnonymous })
    : unknownOperation(state, `${method} ${url.pathname.slice(API.length)}`);
  if (latencyMilliseconds > 0) await sleep(latencyMilliseconds);
  state.requests.push({
    method,
    route: operation?.route.split(" ")[1] ?? url.pathname.slice(API.length),
    url: `${url.pathname.slice(API.length)}${url.search}`,
    status: answer.status,
    login: token?.login ?? null,
  });
  send(response, answer);
}

async function answerFor(
  state: GitHubState,
  routes: Routes,
  sent: {
    readonly operation: MatchedOperation;
    readonly token: Token | null;
    readonly url: URL;
    readonly bytes: Buffer;
    readonly isAnonymous: boolean;
  },
): Promise<Answer> {
  const { operation, token, url, bytes, isAnonymous } = sent;
  const route = routes[operation.id];
  if (!route) return unknownOperation(state, operation.route);

  const parsed = parseBody(bytes);
  const { query, problem } = readQuery(operation.id, url.searchParams);
  const wrong =
    parsed === INVALID
      ? "body: is no JSON"
      : (problem ?? checkParams(operation.id, operation.params) ?? checkBody(operation.id, parsed));
  const limit = limitOfBody(operation.id, parsed);
  if (limit) return refused(new Refusal(422, limit));
  if (wrong) return mismatch(state, operation, `request ${wrong}`);

  const fault = takeFault(state, operation.route);
  if (fault && !fault.isDone) return fault.answer;
  if (!token) return refused(new Refusal(401, isAnonymous ? "Requires authentication" : "Bad credentials"));

  const repository = repositoryIn(state, operation);
  if (!repository) return refused(new Refusal(404, "Not Found"));
  const ask: Ask = {
    state,
    operation,
    query,
    body: toObject(parsed),
    list: Array.isArray(parsed) ? (parsed as readonly Json[]) : [],
    token,
    actor: { login: token.login, kind: token.kind },
    repository,
    url,
  };
  const refusal = refuseToken(ask);
  if (refusal) return refused(refusal);

  let answer: Answer;
  try {
    answer = await route(ask);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    answer = refused(error);
  }
  const problemOfAnswer = checkAnswer(operation.id, answer.status, answer.body);
  if (problemOfAnswer) return mismatch(state, operation, problemOfAnswer);
  return fault ? fault.answer : answer;
}

const INVALID = Symbol("no JSON");

function parseBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString()) as unknown;
  } catch {
    return INVALID;
  }
}

/** What the token is not allowed, in GitHub's words; null when it may. */
function refuseToken(ask: Ask): Refusal | null {
  const { operation, repository, token, state } = ask;
  const need = PERMISSIONS[operation.id];
  if (need === undefined) throw new Error(`no permission is written down for ${operation.id}`);
  if (need === null) return null;
  // A fork is somebody else's repository: in public, anybody reads it, and only its owner writes.
  if (repository.isFork) {
    const isRead = need.level === "read" && !state.settings.isPrivate;
    return isRead || token.login === repository.owner ? null : new Refusal(404, "Not Found");
  }
  return isAllowed(token, narrowed(ask, need))
    ? null
    : new Refusal(
        403,
        token.kind === "user"
          ? "Resource not accessible by personal access token"
          : "Resource not accessible by integration",
      );
}

/** What is said to an issue needs the permission for issues; to a pull request either does. */
function narrowed(ask: Ask, need: Need): Need {
  if (!need.permissions.includes("pull_requests") || need.permissions.length < 2) return need;
  const { issue_number, comment_id } = ask.operation.params;
  const number = issue_number ?? ask.state.comments.get(Number(comment_id))?.issue;
  const issue = ask.state.issues.get(Number(number));
  return issue && !issue.pull ? { ...need, permissions: ["issues"] } : need;
}

function repositoryIn(state: GitHubState, { params }: MatchedOperation): Repository | null {
  if (params.owner !== undefined) return state.repositories.get(`${params.owner}/${params.repo}`) ?? null;
  return params.org === undefined || params.org === state.owner ? homeOf(state) : null;
}

function takeFault(
  state: GitHubState,
  route: string,
): { readonly answer: Answer; readonly isDone: boolean } | null {
  const fault = state.faults.find(({ rule, left }) => rule.route === route && left > 0);
  if (!fault) return null;
  fault.left -= 1;
  const { status, body, headers, isDone = false } = fault.rule;
  const message = status >= 500 ? "Server Error" : "You have exceeded a rate limit.";
  return {
    isDone,
    answer: {
      status,
      body: body ?? { message, documentation_url: "https://docs.github.com/rest", status: String(status) },
      ...(headers && { headers }),
    },
  };
}

function unknownOperation(state: GitHubState, route: string): Answer {
  state.violations.push(`${route}: GitHub, or its double, has no such operation`);
  return refused(new Refusal(404, "Not Found"));
}

function mismatch(state: GitHubState, { id, route }: MatchedOperation, problem: string): Answer {
  const text = `${route} (${id}): ${problem}`;
  state.violations.push(text);
  return { status: MISMATCH, body: { message: text } };
}

function refused({ status, body }: Refusal): Answer {
  return { status, body };
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  const text = body === undefined ? "" : JSON.stringify(body);
  response.writeHead(status, {
    ...(text !== "" && { "content-type": "application/json; charset=utf-8" }),
    "x-github-request-id": "0000:0000:0000:0000",
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "4999",
    ...headers,
  });
  response.end(text);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk as Buffer);
    length += bytes.length;
    if (length > MAX_BYTES) throw new Error("the request is too large");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
