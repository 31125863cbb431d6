import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { JsonBlock } from "./json.ts";
import { repositoryPayload } from "./payloads.ts";
import type { RunnerOptions } from "./startRunner.ts";
import type { RepositoryEvent } from "./triggers.ts";

const run = promisify(execFile);

type Token = Parameters<RunnerOptions["github"]["token"]>[0];

/** A bare repository and the events of it, without an API: enough to see what the executor itself does. */
export interface StandIn {
  readonly github: RunnerOptions["github"];
  /** What tokens were made for. */
  readonly tokens: readonly (Token & { readonly value: string })[];
  tell(event: RepositoryEvent): void;
  /** Commits files on a branch, from its tip or else from main's, and tells of the push. Returns the commit. */
  push(
    files: Readonly<Record<string, string | null>>,
    options?: {
      readonly branch?: string;
      readonly message?: string;
      readonly byActionsToken?: boolean;
      readonly isQuiet?: boolean;
    },
  ): Promise<string>;
  /** Tells that a pull request from a branch was opened. */
  openPull(
    branch: string,
    options?: {
      readonly number?: number;
      readonly from?: string;
      readonly action?: string;
      readonly byActionsToken?: boolean;
    },
  ): Promise<void>;
  stop(): Promise<void>;
}

export async function startStandIn(): Promise<StandIn> {
  const root = await mkdtemp(join(tmpdir(), "giftwrap-stand-in-"));
  const folder = join(root, "gifts.git");
  const work = join(root, "work");
  const git = async (...words: readonly string[]) => {
    const person = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com"];
    return (await run("git", [...person, ...words], { cwd: root })).stdout.trim();
  };
  await git("init", "--quiet", "--bare", "--initial-branch", "main", folder);
  await git("clone", "--quiet", folder, work);

  const tokens: (Token & { readonly value: string })[] = [];
  const listeners: Parameters<RunnerOptions["github"]["onEvent"]>[0][] = [];
  const github: StandIn["github"] = {
    apiUrl: "http://127.0.0.1:9/api",
    webUrl: "https://github.test",
    owner: "acme",
    repo: "gifts",
    folder,
    gitUrl: `file://${folder}`,
    token(options) {
      const value = `ghs_${String(tokens.length).padStart(12, "0")}`;
      tokens.push({ ...options, value });
      return value;
    },
    onEvent: (listener) => void listeners.push(listener),
  };
  const tell = (event: RepositoryEvent) => {
    for (const listener of listeners) listener(event);
  };
  const inWork = (...words: readonly string[]) => git("-C", work, ...words);

  const push: StandIn["push"] = async (
    files,
    { branch = "main", message = "Change", byActionsToken = false, isQuiet = false } = {},
  ) => {
    const isThere = (await git("--git-dir", folder, "branch", "--list", branch)) !== "";
    const isBegun = (await git("--git-dir", folder, "branch", "--list", "main")) !== "";
    if (isBegun) {
      await inWork("fetch", "--quiet", "origin");
      await inWork("checkout", "--quiet", "-B", branch, isThere ? `origin/${branch}` : "origin/main");
    }
    for (const [path, text] of Object.entries(files)) {
      if (text === null) {
        await rm(join(work, path));
        continue;
      }
      await mkdir(dirname(join(work, path)), { recursive: true });
      await writeFile(join(work, path), text);
    }
    await inWork("add", "--all");
    await inWork("commit", "--quiet", "--allow-empty", "--message", message);
    await inWork("push", "--quiet", "origin", `HEAD:refs/heads/${branch}`);
    const after = await inWork("rev-parse", "HEAD");
    const payload = { ref: `refs/heads/${branch}`, after, head_commit: { id: after, message } };
    if (!isQuiet) tell({ name: "push", actor: "ana", byActionsToken, payload });
    return after;
  };

  return {
    github,
    tokens,
    tell,
    push,
    async openPull(
      branch,
      { number = 7, from = "acme/gifts", action = "opened", byActionsToken = false } = {},
    ) {
      const sha = await git("--git-dir", folder, "rev-parse", branch);
      const payload: JsonBlock = {
        action,
        number,
        pull_request: {
          number,
          title: "Rose in gold",
          head: { ref: branch, sha, repo: { full_name: from, fork: from !== "acme/gifts" } },
          base: { ref: "main", repo: { full_name: "acme/gifts" } },
        },
        repository: repositoryPayload(github),
      };
      tell({ name: "pull_request", action, actor: "ana", byActionsToken, payload });
    },
    stop: () => rm(root, { recursive: true, force: true }),
  };
}
