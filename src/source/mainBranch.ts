import { explainError, GiftError } from "../report/error.ts";
import { commitOf, git } from "./git.ts";

/** Where a branch is kept for everyone; null when this clone has no remote. */
export async function remoteOf(root: string, branch: string): Promise<string | null> {
  const remotes = (await git(root, ["remote"])).split("\n").filter(Boolean);
  const configured = await git(root, ["config", "--get", `branch.${branch}.remote`]).catch(() => "");
  return [configured.trim(), "origin", ...remotes].find((it) => it !== "" && remotes.includes(it)) ?? null;
}

/**
 * The tip of the branch as it is for everyone: fetched now from its remote, with all other branches, or the local one when there
 * is no remote.
 * @throws GiftError `MAIN_UNKNOWN`
 */
export async function fetchMain(root: string, branch: string): Promise<string> {
  const remote = await remoteOf(root, branch);
  if (remote !== null) {
    try {
      await git(root, ["fetch", "--quiet", remote]);
      await git(root, ["fetch", "--quiet", remote, `+refs/heads/${branch}:refs/remotes/${remote}/${branch}`]);
    } catch (cause) {
      throw unknown(branch, `${branch} cannot be fetched from ${remote}: ${explainError(cause)}`, cause);
    }
  }
  const tip = await commitOf(
    root,
    remote === null ? `refs/heads/${branch}` : `refs/remotes/${remote}/${branch}`,
  );
  if (tip === null) throw unknown(branch, `there is no branch ${branch} here`);
  return tip;
}

/** The tip of the branch as it is for everyone, without fetching anything. @throws GiftError `MAIN_UNKNOWN` */
export async function peekMain(root: string, branch: string): Promise<string> {
  const remote = await remoteOf(root, branch);
  if (remote === null) return fetchMain(root, branch);
  try {
    const [tip = ""] = (await git(root, ["ls-remote", "--exit-code", remote, `refs/heads/${branch}`])).split(
      "\t",
    );
    return tip;
  } catch (cause) {
    throw unknown(branch, `${remote} does not say where ${branch} is: ${explainError(cause)}`, cause);
  }
}

function unknown(branch: string, message: string, cause?: unknown): GiftError {
  return new GiftError(
    "MAIN_UNKNOWN",
    `${message}; without it nobody can say which bytes are needed`,
    `let git reach its remote, or name the main branch with --branch (now: ${branch})`,
    { cause },
  );
}
