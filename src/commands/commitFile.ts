import { GiftError } from "../report/error.ts";
import { git, pathsChangedSince } from "../source/git.ts";

/** Commits one file and nothing else, and gives the commit's id. */
export async function commitFile(root: string, path: string, message: string): Promise<string> {
  await git(root, ["commit", "--quiet", "-m", message, "--", path]);
  return (await git(root, ["rev-parse", "HEAD"])).trim();
}

/** The commit is to say one thing: what else somebody began in the file is not committed under that name. */
export async function refuseOtherChanges(root: string, path: string): Promise<void> {
  if ((await pathsChangedSince(root, "HEAD", path)).length === 0) return;
  throw new GiftError(
    "FILE_CHANGED",
    `${path} has changes that are not committed`,
    "commit or undo them first, or leave --commit out",
  );
}
