import { explainError, GiftError } from "../report/error.ts";
import { git } from "./git.ts";
import { remoteOf } from "./mainBranch.ts";

/** What a fetch may show to a remote that asks who is there. */
export interface FetchAccess {
  readonly token: string;
  /** Only remotes below this address are shown the token. */
  readonly webUrl: string;
}

/**
 * Fetches refs from the remote of the main branch, as refspecs, and nothing else; without a remote nothing is fetched. The token stands in
 * no argument and no file.
 * @returns whether there is a remote
 * @throws GiftError `FETCH_FAILED`
 */
export async function fetchRefs(
  root: string,
  branch: string,
  refspecs: readonly string[],
  access: FetchAccess | null,
): Promise<boolean> {
  const remote = await remoteOf(root, branch);
  if (remote === null) return false;
  try {
    await git(root, ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", remote, ...refspecs], {
      variables: await showing(root, remote, access),
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
  access: FetchAccess | null,
): Promise<string | null> {
  const remote = await remoteOf(root, branch);
  if (remote === null) return null;
  const variables = await showing(root, remote, access);
  const [tip = ""] = (await git(root, ["ls-remote", remote, ref], { variables })).split("\t");
  return tip === "" ? null : tip;
}

async function showing(
  root: string,
  remote: string,
  access: FetchAccess | null,
): Promise<Record<string, string>> {
  const quiet = { GIT_TERMINAL_PROMPT: "0" };
  const url = (await git(root, ["remote", "get-url", remote])).trim();
  if (!access || !url.startsWith(`${access.webUrl}/`)) return quiet;
  const basic = Buffer.from(`x-access-token:${access.token}`).toString("base64");
  return {
    ...quiet,
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `http.${access.webUrl}/.extraheader`,
    GIT_CONFIG_VALUE_0: `AUTHORIZATION: basic ${basic}`,
  };
}
