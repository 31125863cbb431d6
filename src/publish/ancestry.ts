import { GiftError } from "../report/error.ts";
import { commitOf, git, isAncestor, isShallow } from "../source/git.ts";

/**
 * Refuses to publish a commit that is neither the live one nor built on it, so that a job that is run again late does no
 * harm. A shallow clone is completed first.
 * @param replaceHistory the live commit, repeated by a person who knows that its history is gone
 * @throws GiftError `OLDER_COMMIT`, `HISTORY_UNRELATED`
 */
export async function checkAncestry(
  root: string,
  live: string,
  commit: string,
  replaceHistory?: string,
): Promise<void> {
  if (live === commit || replaceHistory === live) return;
  if ((await commitOf(root, live)) === null && (await isShallow(root)))
    await git(root, ["fetch", "--quiet", "--unshallow"]);
  if (await isAncestor(root, live, commit)) return;
  if (await isAncestor(root, commit, live)) {
    throw new GiftError(
      "OLDER_COMMIT",
      `${short(commit)} is older than ${short(live)}, which is live already; nothing was written`,
      "nothing is to be done if this is an old job that was run again; to go back, revert in git and publish the revert",
    );
  }
  throw new GiftError(
    "HISTORY_UNRELATED",
    `the live commit ${short(live)} is not part of the history of ${short(commit)}; nothing was written`,
    `publish the tip of the main branch; if its history was replaced on purpose, add --replace-history ${live}`,
  );
}

function short(commit: string): string {
  return commit.slice(0, 10);
}
