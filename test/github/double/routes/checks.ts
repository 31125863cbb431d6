import { type Ask, counted, created, ok, paged, type Routes } from "../ask.ts";
import { objectType } from "../git.ts";
import { type Json, type JsonObject, toObject, toText } from "../json.ts";
import { latestCheckRuns } from "../mergeBlock.ts";
import { notFound, Refusal } from "../refusal.ts";
import { emit } from "../events.ts";
import { repositoryPage, repositoryUrl, toRepository } from "../shapes/toRepository.ts";
import { toApp, toNodeId, toUser } from "../shapes/toUser.ts";
import { type CheckRun, type GitHubState, homeOf, type Status, timeOf } from "../state.ts";
import { commitOf } from "./commits.ts";

const MAX_ANNOTATIONS = 50;
const MAX_STATUSES = 1000;

/** Check runs and commit statuses. */
export const checkRoutes: Routes = {
  "checks/create": async (ask) => {
    refusePeople(ask);
    const sha = toText(ask.body.head_sha);
    if ((await objectType(ask.repository.folder, sha)) !== "commit") {
      throw new Refusal(422, `No commit found for SHA: ${sha}`);
    }
    const run: CheckRun = {
      id: ask.state.nextId(),
      suite: ask.state.nextId(),
      name: toText(ask.body.name),
      sha,
      app: ask.actor.login,
      status: "queued",
      conclusion: null,
      externalId: null,
      detailsUrl: null,
      startedAt: timeOf(ask.state),
      completedAt: null,
      title: null,
      summary: null,
      text: null,
      annotations: [],
    };
    change(ask, run);
    ask.state.checkRuns.push(run);
    return created(toCheckRun(ask.state, run));
  },

  "checks/update": (ask) => {
    refusePeople(ask);
    const run = runOf(ask);
    if (run.app !== ask.actor.login) {
      throw new Refusal(
        403,
        "Invalid app_id - check run can only be modified by the GitHub App that created it.",
      );
    }
    change(ask, run);
    return ok(toCheckRun(ask.state, run));
  },

  "checks/get": (ask) => ok(toCheckRun(ask.state, runOf(ask))),

  "checks/list-for-ref": async (ask) => {
    const sha = await commitOf(ask, String(ask.operation.params.ref));
    const { check_name: name, status, filter = "latest", app_id: app } = ask.query;
    const runs =
      filter === "all"
        ? ask.state.checkRuns.filter((run) => run.sha === sha)
        : latestCheckRuns(ask.state, sha);
    const found = runs.filter(
      (run) =>
        (name === undefined || run.name === name) &&
        (status === undefined || run.status === status) &&
        (app === undefined || toApp(ask.state, run.app).id === app),
    );
    found.reverse();
    return counted(
      ask,
      "check_runs",
      found.map((run) => toCheckRun(ask.state, run)),
    );
  },

  "checks/list-annotations": (ask) => {
    const run = runOf(ask);
    const href = `${repositoryPage(ask.state, homeOf(ask.state))}/blob/${run.sha}`;
    return paged(
      ask,
      run.annotations.map((annotation) => ({
        path: annotation.path,
        start_line: annotation.start_line,
        end_line: annotation.end_line,
        start_column: annotation.start_column ?? null,
        end_column: annotation.end_column ?? null,
        annotation_level: annotation.annotation_level,
        title: annotation.title ?? null,
        message: annotation.message,
        raw_details: annotation.raw_details ?? null,
        blob_href: `${href}/${toText(annotation.path)}`,
      })),
    );
  },

  "repos/create-commit-status": async (ask) => {
    const sha = String(ask.operation.params.sha);
    if ((await objectType(ask.repository.folder, sha)) !== "commit") {
      throw new Refusal(422, `No commit found for SHA: ${sha}`);
    }
    const description = toText(ask.body.description);
    if (description.length > 140) {
      throw new Refusal(422, "Validation Failed", [
        {
          resource: "Status",
          code: "custom",
          field: "description",
          message: "description is too long (maximum is 140 characters)",
        },
      ]);
    }
    const context = toText(ask.body.context, "default");
    if (statusesOf(ask.state, sha).filter((status) => status.context === context).length >= MAX_STATUSES) {
      throw new Refusal(422, "This SHA and context has reached the maximum number of statuses.");
    }
    const status: Status = {
      id: ask.state.nextId(),
      sha,
      context,
      state: toText(ask.body.state),
      description: typeof ask.body.description === "string" ? description : null,
      targetUrl: typeof ask.body.target_url === "string" ? ask.body.target_url : null,
      creator: ask.actor,
      at: timeOf(ask.state),
    };
    ask.state.statuses.push(status);
    emit(ask.state, ask.actor, {
      name: "status",
      payload: { ...toStatus(ask.state, status), sha, name: ask.repository.fullName, branches: [] },
    });
    return created(toStatus(ask.state, status));
  },

  "repos/list-commit-statuses-for-ref": async (ask) => {
    const sha = await commitOf(ask, String(ask.operation.params.ref));
    return paged(
      ask,
      statusesOf(ask.state, sha)
        .reverse()
        .map((status) => toStatus(ask.state, status)),
    );
  },

  "repos/get-combined-status-for-ref": async (ask) => {
    const sha = await commitOf(ask, String(ask.operation.params.ref));
    const latest = new Map(statusesOf(ask.state, sha).map((status) => [status.context, status]));
    const states = [...latest.values()].map(({ state }) => state);
    const state = states.some((one) => one === "failure" || one === "error")
      ? "failure"
      : states.length === 0 || states.includes("pending")
        ? "pending"
        : "success";
    const url = `${repositoryUrl(ask.state, ask.repository)}/commits/${sha}`;
    return paged(
      ask,
      [...latest.values()].map((status) => {
        const { creator: _, ...simple } = toStatus(ask.state, status);
        return simple;
      }),
      (statuses) => ({
        state,
        statuses,
        sha,
        total_count: latest.size,
        repository: toRepository(ask.state, ask.repository),
        commit_url: url,
        url: `${url}/status`,
      }),
    );
  },
};

/** Only an app writes check runs; people's tokens never do. */
function refusePeople(ask: Ask): void {
  if (ask.token.kind === "user") throw new Refusal(403, "You must authenticate via a GitHub App.");
}

function runOf(ask: Ask): CheckRun {
  const run = ask.state.checkRuns.find(({ id }) => id === ask.operation.params.check_run_id);
  if (!run) throw notFound();
  return run;
}

/** Takes over what was sent; annotations are added to those that are there. */
function change(ask: Ask, run: CheckRun): void {
  const { body } = ask;
  const output = toObject(body.output);
  const annotations = Array.isArray(output.annotations) ? output.annotations.map(toObject) : [];
  if (annotations.length > MAX_ANNOTATIONS) {
    throw new Refusal(
      422,
      `Invalid request.\n\nNo more than ${MAX_ANNOTATIONS} items are allowed; ${annotations.length} were supplied.`,
    );
  }
  for (const name of ["summary", "text"] as const) {
    if (toText(output[name]).length > 65_535) {
      throw new Refusal(422, "Validation Failed", [
        {
          resource: "CheckRun",
          code: "custom",
          field: name,
          message: `${name} exceeds a maximum bytesize of 65535`,
        },
      ]);
    }
  }
  if (body.conclusion !== undefined) {
    run.conclusion = toText(body.conclusion);
    run.status = "completed";
  } else if (typeof body.status === "string") {
    if (body.status === "completed")
      throw new Refusal(422, "Invalid request.\n\nFor 'completed', 'conclusion' is missing.");
    run.status = body.status;
    run.conclusion = null;
    run.completedAt = null;
  }
  if (typeof body.name === "string") run.name = body.name;
  if (typeof body.external_id === "string") run.externalId = body.external_id;
  if (typeof body.details_url === "string") run.detailsUrl = body.details_url;
  if (typeof body.started_at === "string") run.startedAt = body.started_at;
  if (run.status === "completed") run.completedAt = toText(body.completed_at, timeOf(ask.state));
  if (body.output !== undefined) {
    if (output.title !== undefined) run.title = toText(output.title);
    if (output.summary !== undefined) run.summary = toText(output.summary);
    if (output.text !== undefined) run.text = toText(output.text);
    run.annotations.push(...annotations);
  }
}

/** A check run as GitHub shows it. */
export function toCheckRun(state: GitHubState, run: CheckRun): JsonObject {
  const home = homeOf(state);
  const url = `${repositoryUrl(state, home)}/check-runs/${run.id}`;
  const page = `${repositoryPage(state, home)}/runs/${run.id}`;
  const reference = { id: home.id, url: repositoryUrl(state, home), name: home.name };
  const pulls: Json[] = [...state.issues.values()].flatMap(({ id, number, pull, state: isState }) =>
    pull?.headSha === run.sha && isState === "open" && pull.headRepo === home.fullName
      ? [
          {
            id,
            number,
            url: `${repositoryUrl(state, home)}/pulls/${number}`,
            head: { ref: pull.headRef, sha: pull.headSha, repo: reference },
            base: { ref: pull.baseRef, sha: pull.baseSha, repo: reference },
          },
        ]
      : [],
  );
  return {
    id: run.id,
    name: run.name,
    node_id: toNodeId("CheckRun", run.id),
    head_sha: run.sha,
    external_id: run.externalId ?? "",
    url,
    html_url: page,
    details_url: run.detailsUrl ?? page,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suite },
    app: toApp(state, run.app),
    pull_requests: pulls,
  };
}

/** Oldest first. */
function statusesOf(state: GitHubState, sha: string): Status[] {
  return state.statuses.filter((status) => status.sha === sha);
}

function toStatus(state: GitHubState, status: Status) {
  const home = homeOf(state);
  const creator = toUser(state, status.creator.login);
  return {
    url: `${repositoryUrl(state, home)}/statuses/${status.sha}`,
    avatar_url: creator.avatar_url,
    id: status.id,
    node_id: toNodeId("Status", status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.at,
    updated_at: status.at,
    creator,
  } satisfies JsonObject;
}
