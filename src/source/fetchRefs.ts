import { explainError, GiftError } from "../report/error.ts";
import { git, gitCredentials } from "./git.ts";
import { remoteOf } from "./mainBranch.ts";

/**
 * Fetches refs from the remote of the main branch, as refspecs, and nothing else; without a remote nothing is fetched. GitHub is shown the
 * token of the variables, as `gitCredentials` says.
 * @returns whether there is a remote
 * @throws GiftError `FETCH_FAILED`
 */
export async function fetchRefs(
  root: string,
  branch: string,
  refspecs: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<boolean> {
  const remote = await remoteOf(root, branch);
  if (remote === null) return false;
  try {
    await git(root, ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, ...refspecs], {
      variables: gitCredentials(variables),
    });
    return true;
  } catch (cause) {
    throw new GiftError(
      "FETCH_FAILED",
      `${refspecs.join(", ")} could not be fetched from ${remote}: ${explainError(cause)}`,
      "let git reach its remote, then run it again",
      { cause },
    );
  }
}

/** Where the remote has a ref now; null when it has none, or there is no remote. @throws GiftError `GIT_FAILED` */
export async function peekRef(
  root: string,
  branch: string,
  ref: string,
  variables: NodeJS.ProcessEnv,
): Promise<string | null> {
  const remote = await remoteOf(root, branch);
  if (remote === null) return null;
  const shown = gitCredentials(variables);
  const [tip = ""] = (await git(root, ["ls-remote", remote, ref], { variables: shown })).split("\t");
  return tip === "" ? null : tip;
}
