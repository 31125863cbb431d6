import { GiftError } from "../report/error.ts";
import { git } from "./git.ts";

const NOBODY = { name: "Giftwrap", email: "giftwrap@giftwrap.invalid", date: "@0 +0000" };

/**
 * What the base would be once the head is merged, as a commit that no branch names; null when the two conflict. No work tree is touched.
 * The same two give the same commit.
 * @throws GiftError `GIT_FAILED`, also where the two have no commit in common
 */
export async function mergeInMemory(root: string, base: string, head: string): Promise<string | null> {
  let tree: string;
  try {
    tree = (await git(root, ["merge-tree", "--write-tree", "--no-messages", base, head])).trim();
  } catch (error) {
    if (isConflict(error)) return null;
    throw error;
  }
  const { name, email, date } = NOBODY;
  const commit = await git(root, ["commit-tree", "--no-gpg-sign", tree, "-p", base, "-p", head], {
    stdin: `Merge ${head}\n`,
    variables: {
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      GIT_COMMITTER_DATE: date,
    },
  });
  return commit.trim();
}

/** git ends with 1 for a conflict, and with more for anything else. */
function isConflict(error: unknown): boolean {
  const cause = error instanceof GiftError ? error.cause : null;
  return cause instanceof Error && "code" in cause && cause.code === 1;
}
