import { askGitHub } from "../../github/askGitHub.ts";
import { readBranch } from "../../github/commitFiles.ts";
import type { GitHub } from "../../github/openGitHub.ts";
import { explainError, GiftError } from "../../report/error.ts";
import { commitOf, git, gitCredentials } from "../../source/git.ts";
import { remoteOf } from "../../source/mainBranch.ts";
import type { FileText } from "../../source/fileText.ts";
import { revisionTree } from "../../source/tree.ts";
import type { Io } from "../command.ts";

/**
 * The commit at which GitHub has the branch now, brought into this clone where it is not there yet. What is checked out stays as it is.
 * @throws GiftError `MAIN_UNKNOWN`, and those of `askGitHub`
 */
export async function bringMain({ root, variables }: Io, github: GitHub, branch: string): Promise<string> {
  const fix = "name the main branch with --branch, and give the job the permission contents: read";
  const tip = await askGitHub(`say where ${branch} is`, fix, () => readBranch(github, branch));
  if (tip === null)
    throw new GiftError("MAIN_UNKNOWN", `${github.owner}/${github.repo} has no branch ${branch}`, fix);
  if ((await commitOf(root, tip)) !== null) return tip;
  const remote = await remoteOf(root, branch);
  try {
    if (remote !== null)
      await git(root, ["fetch", "--quiet", remote, `refs/heads/${branch}`], {
        variables: gitCredentials(variables),
      });
  } catch (cause) {
    throw toUnknown(branch, `git cannot fetch it from ${remote}: ${explainError(cause)}`, cause);
  }
  if ((await commitOf(root, tip)) !== null) return tip;
  throw toUnknown(branch, `GitHub has ${branch} at ${tip.slice(0, 10)}, which this clone does not get`);
}

function toUnknown(branch: string, message: string, cause?: unknown): GiftError {
  return new GiftError(
    "MAIN_UNKNOWN",
    message,
    `make this a clone of the repository that GITHUB_REPOSITORY names, so that git fetch brings ${branch}`,
    { cause },
  );
}

/** The files as the commit has them. */
export async function readTexts(
  root: string,
  commit: string,
  paths: readonly string[],
): Promise<readonly FileText[]> {
  const files = await revisionTree(root, commit).read(paths);
  const decoder = new TextDecoder();
  return paths.map((path) => {
    const bytes = files.get(path);
    return { path, text: bytes ? decoder.decode(bytes) : null };
  });
}
