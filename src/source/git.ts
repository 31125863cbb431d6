import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { GiftError } from "../report/error.ts";

const run = promisify(execFile);

/** What git is given beside its arguments. */
export interface GitInput {
  /** Added to the environment. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
}

/**
 * What lets git speak to the repository's own server as the account that GITHUB_TOKEN belongs to: configuration in environment
 * variables, so that the token stands on no command line and in no file, and goes to no other server. It comes on top of what such
 * variables say already. The server is GITHUB_SERVER_URL, or github.com. Empty without a token.
 */
export function gitCredentials(variables: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const { GITHUB_TOKEN: token } = variables;
  const server = variables["GITHUB_SERVER_URL"] || "https://github.com";
  if (!token || !URL.canParse(server)) return {};
  const key = `http.${new URL(server).origin}/.extraheader`;
  const before = Number(variables["GIT_CONFIG_COUNT"] ?? 0);
  for (let at = 0; at < before; at++) if (variables[`GIT_CONFIG_KEY_${at}`] === key) return {};
  return {
    GIT_CONFIG_COUNT: String(before + 1),
    [`GIT_CONFIG_KEY_${before}`]: key,
    [`GIT_CONFIG_VALUE_${before}`]: `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`,
    // Whoever has no right is told so at once: nobody is there to type a password.
    GIT_TERMINAL_PROMPT: "0",
  };
}

/** Runs git in the folder and gives what it prints. @throws GiftError `GIT_FAILED` */
export async function git(root: string, args: readonly string[], input?: GitInput): Promise<string> {
  return Buffer.from(await gitBytes(root, args, input)).toString("utf8");
}

export async function gitBytes(
  root: string,
  args: readonly string[],
  { variables, stdin }: GitInput = {},
): Promise<Uint8Array> {
  try {
    const running = run("git", ["-c", "core.quotepath=off", ...args], {
      cwd: root,
      encoding: "buffer",
      maxBuffer: 1 << 30,
      ...(variables && { env: { ...process.env, ...variables } }),
    });
    if (stdin !== undefined) running.child.stdin?.end(stdin);
    return (await running).stdout;
  } catch (cause) {
    const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
    throw new GiftError(
      "GIT_FAILED",
      `git ${args[0]} failed${said ? `: ${said}` : ""}`,
      "run it by hand in the repository to see why",
      { cause },
    );
  }
}

/** The full id of a commit, or null when this clone does not have it. */
export async function commitOf(root: string, revision: string): Promise<string | null> {
  try {
    return (
      await git(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`])
    ).trim();
  } catch {
    return null;
  }
}

/** Whether the first commit is the second or one that it was built on. */
export async function isAncestor(root: string, ancestor: string, commit: string): Promise<boolean> {
  if (ancestor === commit) return true;
  try {
    await git(root, ["merge-base", "--is-ancestor", ancestor, commit]);
    return true;
  } catch {
    return false;
  }
}

/** Whether the clone leaves history out, so that an unknown commit may still be an ancestor. */
export async function isShallow(root: string): Promise<boolean> {
  return (await git(root, ["rev-parse", "--is-shallow-repository"])).trim() === "true";
}

/** The paths below the folders that differ between two commits. */
export async function changedPaths(
  root: string,
  from: string,
  to: string,
  folders: readonly string[],
): Promise<readonly string[]> {
  const names = await git(root, ["diff", "--name-only", "--no-renames", "-z", from, to, "--", ...folders]);
  return names.split("\0").filter(Boolean);
}

/** Whether the work tree holds anything below the folders that the commit does not. */
export async function isDirty(root: string, folders: readonly string[]): Promise<boolean> {
  return (
    (await git(root, ["status", "--porcelain", "--untracked-files=all", "--", ...folders])).trim() !== ""
  );
}

/** The commit that both were built on, or null when there is none in this clone. */
export async function mergeBase(root: string, a: string, b: string): Promise<string | null> {
  try {
    return (await git(root, ["merge-base", a, b])).trim();
  } catch {
    return null;
  }
}

/** The paths below the folders at a commit. */
export async function pathsAt(
  root: string,
  commit: string,
  folders: readonly string[],
): Promise<readonly string[]> {
  const names = await git(root, ["ls-tree", "-r", "-z", "--name-only", commit, "--", ...folders]);
  return names.split("\0").filter(Boolean);
}

/** Every path of the repository that git does not know yet, what it ignores apart. */
export async function untrackedPaths(root: string): Promise<readonly string[]> {
  const names = await git(root, ["ls-files", "--others", "--exclude-standard", "-z"]);
  return names.split("\0").filter(Boolean);
}

/** The paths in git's index that fit one of the patterns, in which a star stands for one part of a path. */
export async function indexedPaths(root: string, patterns: readonly string[]): Promise<readonly string[]> {
  const names = await git(root, ["ls-files", "-z", "--", ...patterns.map((it) => `:(glob)${it}`)]);
  return names.split("\0").filter(Boolean);
}

/** The paths of the work tree that differ from the commit, those that git does not know yet apart. */
export async function pathsChangedSince(
  root: string,
  commit: string,
  ...folders: string[]
): Promise<readonly string[]> {
  const names = await git(root, ["diff", "--name-only", "--no-renames", "-z", commit, "--", ...folders]);
  return names.split("\0").filter(Boolean);
}

/** A file as one commit left it: the id of its content, or null once it was deleted. */
export interface FileState {
  readonly commit: string;
  readonly blob: string | null;
}

/** What happened to each path on the way to the commit, newest first: along first parents, so a merge is one step. */
export async function fileHistory(
  root: string,
  commit: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, readonly FileState[]>> {
  const states = new Map<string, FileState[]>();
  if (paths.length === 0) return states;
  const wanted = new Set(paths);
  // git looks at each path of a commit for each one that is asked for: of very many, their folders are asked for as a whole.
  const asked =
    paths.length > MANY_PATHS ? new Set(paths.map((path) => path.split("/", 1)[0] ?? path)) : wanted;
  const log = await git(root, [
    "log",
    "--first-parent",
    "-m",
    "--root",
    "--raw",
    "--no-abbrev",
    "--no-renames",
    "-z",
    "--format=%x01%H",
    commit,
    "--",
    ...[...asked].map((path) => `:(literal)${path}`),
  ]);
  for (const entry of log.split("\u0001").slice(1)) {
    const [id = "", ...fields] = entry.split("\0").map((it) => it.trim());
    for (let at = 0; at + 1 < fields.length; at++) {
      const [, blob = ""] = /^:\d+ \d+ [0-9a-f]+ ([0-9a-f]+) [A-Z]/.exec(fields[at] ?? "") ?? [];
      if (blob === "") continue;
      const path = fields[++at] ?? "";
      if (asked !== wanted && !isIn(wanted, path)) continue;
      const known = states.get(path) ?? [];
      known.push({ commit: id, blob: /^0+$/.test(blob) ? null : blob });
      states.set(path, known);
    }
  }
  return states;
}

const MANY_PATHS = 200;

/** Whether a path, or a folder that it is in, is one of some. */
function isIn(paths: ReadonlySet<string>, path: string): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1))
    if (paths.has(path.slice(0, end))) return true;
  return false;
}

/** The release files of the work tree whose text holds one of the words; those that git does not know yet apart. */
export async function releasesWith(root: string, words: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (let at = 0; at < words.length; at += 200) {
    const patterns = words.slice(at, at + 200).flatMap((word) => ["-e", word]);
    const { stdout } = await run(
      "git",
      ["grep", "--files-with-matches", "-z", "--fixed-strings", ...patterns, "--", "releases/*/*.yaml"],
      { cwd: root, encoding: "utf8", maxBuffer: 1 << 30 },
    ).catch(noMatch);
    found.push(...stdout.split("\0").filter(Boolean));
  }
  return found;
}

/** git grep ends with 1 when nothing matches. */
function noMatch(error: unknown): { stdout: string } {
  if (error instanceof Error && "code" in error && error.code === 1) return { stdout: "" };
  throw new GiftError("GIT_FAILED", "git grep failed", "run it by hand in the repository to see why", {
    cause: error,
  });
}

/** A commit on the way to another. */
export interface Step {
  readonly commit: string;
  /** When it was made (its committer's date), epoch seconds. */
  readonly seconds: number;
}

/** The commit and those before it along first parents, newest first. */
export async function firstParents(root: string, commit: string): Promise<readonly Step[]> {
  const lines = (await git(root, ["rev-list", "--first-parent", "--timestamp", commit])).split("\n");
  return lines.filter(Boolean).map((line) => {
    const [seconds = "", id = ""] = line.split(" ");
    return { commit: id, seconds: Number(seconds) };
  });
}
