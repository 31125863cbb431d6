import { GiftError } from "../report/error.ts";
import { commitOf, git, isAncestor, isShallow } from "../source/git.ts";

/**
 * Refuses to publish a commit that is neither the live one nor built on it, so that a job that is run again late does no
 * harm. What the clone lacks to tell is fetched: the history of a shallow one, and a live commit that it does not know.
 * @param replaceHistory the live commit, repeated by a person who knows that its history is gone
 * @throws GiftError `OLDER_COMMIT`, `HISTORY_UNRELATED`; `GIT_FAILED` when a shallow clone cannot be completed
 */
export async function checkAncestry(
  root: string,
  live: string,
  commit: string,
  replaceHistory?: string,
): Promise<void> {
  if (live === commit || replaceHistory === live) return;
  if (await isAncestor(root, live, commit)) return;
  if (await isShallow(root)) await git(root, ["fetch", "--quiet", "--unshallow"]);
  if ((await commitOf(root, live)) === null) await tryToFetch(root, live);
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
    `fetch, and publish the tip of the main branch; if its history was replaced on purpose, add --replace-history ${live}`,
  );
}

/** An old clone does not know what was published since. Where nobody has it any more, it is no part of any history. */
async function tryToFetch(root: string, commit: string): Promise<void> {
  await git(root, ["fetch", "--quiet", "origin", commit]).catch(() => null);
}

function short(commit: string): string {
  return commit.slice(0, 10);
}
