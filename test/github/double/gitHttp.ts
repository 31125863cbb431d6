import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { branchMoved } from "./doings/branchMoved.ts";
import { GIT_ENVIRONMENT } from "./git.ts";
import { isAllowed } from "./permissions.ts";
import { isProtected } from "./routes/git.ts";
import { type GitHubState, personOf, type Repository, type Token } from "./state.ts";
import { testMerges } from "./testMerge.ts";
import { tokenOf } from "./tokenOf.ts";

const NONE = "0".repeat(40);

/** Runs before each reference that a push moves, and after all of them. The environment tells what the token may. */
export const HOOKS = {
  update: `#!/bin/sh
case "$1" in
  refs/heads/*) ;;
  *) echo "deny updating a hidden ref" >&2; exit 1 ;;
esac
for ref in $DOUBLE_PROTECTED; do
  if [ "$1" = "$ref" ]; then
    echo "error: GH013: Repository rule violations found for $1." >&2
    echo "- Changes must be made through a pull request." >&2
    exit 1
  fi
done
if [ -n "$DOUBLE_NO_WORKFLOWS" ] && [ "$3" != ${NONE} ]; then
  base=$2
  [ "$base" = ${NONE} ] && base=refs/heads/main
  if git rev-parse --verify --quiet "$base" >/dev/null; then
    name=$(git diff --name-only "$base...$3" -- .github/workflows | head -n 1)
    if [ -n "$name" ]; then
      echo "refusing to allow a GitHub App to create or update workflow \\\`$name\\\` without \\\`workflows\\\` permission" >&2
      exit 1
    fi
  fi
fi
exit 0
`,
  "post-receive": `#!/bin/sh
cat >"$DOUBLE_PUSHED"
`,
};

/** Clone, fetch and push over HTTP by git's own `http-backend`. */
export async function serveGit(
  state: GitHubState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? "/", state.webUrl);
  const match = /^\/([^/]+\/[^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(
    url.pathname,
  );
  const repository = match?.[1] ? state.repositories.get(match[1]) : undefined;
  const isPush = url.pathname.endsWith("git-receive-pack") || url.search.includes("git-receive-pack");
  const token = tokenOf(state, request.headers.authorization);
  const status = refusalOf(state, { repository, token, isPush });
  if (status !== null || !repository || !token) {
    response.writeHead(status ?? 404, {
      "content-type": "text/plain",
      ...(status === 401 && { "www-authenticate": 'Basic realm="GitHub"' }),
    });
    response.end(status === 401 ? "" : "Repository not found.\n");
    return;
  }

  if (!isPush && match?.[2] === "info/refs" && !repository.isFork) await testMerges(state);
  const pushed = join(state.root, `pushed-${state.nextId()}`);
  await runBackend(state, { request, response, url, repository, token, service: match?.[2] ?? "", pushed });
  if (match?.[2] !== "git-receive-pack") {
    response.end();
    return;
  }
  // Whoever pushed hears that it is done when all that follows from it has been told.
  const lines = await readFile(pushed, "utf8").catch(() => "");
  await rm(pushed, { force: true });
  for (const line of lines.split("\n").filter(Boolean)) {
    const [from = NONE, to = NONE, ref = ""] = line.split(" ");
    await branchMoved(state, { login: token.login, kind: token.kind }, repository, {
      branch: ref.replace("refs/heads/", ""),
      from: from === NONE ? null : from,
      to: to === NONE ? null : to,
    });
  }
  response.end();
}

function refusalOf(
  state: GitHubState,
  {
    repository,
    token,
    isPush,
  }: { readonly repository: Repository | undefined; readonly token: Token | null; readonly isPush: boolean },
): number | null {
  if (!token) return 401;
  if (!repository) return 404;
  if (repository.isFork) return !isPush || token.login === repository.owner ? null : 403;
  if (!isAllowed(token, { permissions: ["contents"], level: isPush ? "write" : "read" }))
    return isPush ? 403 : 404;
  if (!isPush || token.kind !== "user") return null;
  const { role } = personOf(state, token.login);
  return role === "write" || role === "maintain" || role === "admin" ? null : 403;
}

async function runBackend(
  state: GitHubState,
  call: {
    readonly request: IncomingMessage;
    readonly response: ServerResponse;
    readonly url: URL;
    readonly repository: Repository;
    readonly token: Token;
    readonly service: string;
    readonly pushed: string;
  },
): Promise<void> {
  const { request, response, url, repository, token } = call;
  const mayWorkflows = token.kind === "user" || token.permissions.workflows === "write";
  const branches = isProtected(state, "main") && !repository.isFork ? "refs/heads/main" : "";
  const child = spawn("git", ["http-backend"], {
    env: {
      ...GIT_ENVIRONMENT,
      GIT_PROJECT_ROOT: state.root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: `/${repository.fullName}.git/${call.service}`,
      REQUEST_METHOD: request.method ?? "GET",
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      REMOTE_USER: token.login,
      REMOTE_ADDR: "127.0.0.1",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      DOUBLE_PUSHED: call.pushed,
      DOUBLE_PROTECTED: branches,
      ...(!mayWorkflows && !repository.isFork && { DOUBLE_NO_WORKFLOWS: "1" }),
    },
  });
  const isZipped = request.headers["content-encoding"] === "gzip";
  child.stdin.on("error", () => {});
  (isZipped ? request.pipe(createGunzip()) : request).pipe(child.stdin);
  child.stderr.resume();

  let head: Buffer | null = Buffer.alloc(0);
  for await (const chunk of child.stdout) {
    const bytes = Buffer.from(chunk as Buffer);
    if (head === null) {
      response.write(bytes);
      continue;
    }
    head = Buffer.concat([head, bytes]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) continue;
    writeHead(response, head.subarray(0, end).toString());
    if (head.length > end + 4) response.write(head.subarray(end + 4));
    head = null;
  }
  if (head !== null) throw new Error("git http-backend said nothing");
}

function writeHead(response: ServerResponse, text: string): void {
  const headers = text.split("\r\n").map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  const status = headers.find(([name]) => name.toLowerCase() === "status")?.[1];
  response.writeHead(
    status ? Number.parseInt(status, 10) : 200,
    Object.fromEntries(headers.filter(([name]) => name.toLowerCase() !== "status")),
  );
}
