import { GiftError } from "../report/error.ts";
import { firstParents, git } from "./git.ts";
import { listRevision, readObjects } from "./tree.ts";

const LOCKS = ":(glob)releases/*/*.lock.json";
const RAW = ["--raw", "-m", "--root", "--no-abbrev", "--no-renames", "--no-ext-diff", "-z", "--format="];

/**
 * Git's ids of every lock that a tree of the branch held since a moment, along first parents, and at its tip. Commits are
 * taken from the oldest one within the time on, so a wrong clock in between leaves none out.
 * @param since epoch milliseconds
 */
export async function locksSince(root: string, tip: string, since: number): Promise<ReadonlySet<string>> {
  const commits = await firstParents(root, tip);
  const oldest = commits.findLastIndex(({ seconds }) => seconds * 1000 >= since);
  const ids = new Set(await locksAt(root, tip));
  if (oldest < 0) return ids;
  const before = commits[oldest + 1]?.commit;
  // Each change tells the lock before it and after it: with those at the tip, all that any of the trees held.
  const range = before === undefined ? [tip] : [tip, `^${before}`];
  const log = await git(root, ["log", "--first-parent", ...RAW, ...range, "--", LOCKS]);
  for (const id of blobsOf(log)) ids.add(id);
  return ids;
}

/** Git's ids of the locks in a commit's tree. */
export async function locksAt(root: string, commit: string): Promise<readonly string[]> {
  return (await listRevision(root, commit, ["releases"]))
    .filter((it) => it.kind === "file" && /^releases\/[^/]+\/[^/]+\.lock\.json$/.test(it.path))
    .map((it) => it.object);
}

/** Git's ids of the locks that commits on other branches of this clone brought, local and remote ones. */
export async function locksNotMerged(root: string, tip: string): Promise<ReadonlySet<string>> {
  return blobsOf(
    await git(root, ["log", ...RAW, "--branches", "--remotes", "HEAD", "--not", tip, "--", LOCKS]),
  );
}

/** Hands over the content of each, some hundred in memory at a time. @throws GiftError `GIT_FAILED` */
export async function readVersions(
  root: string,
  ids: Iterable<string>,
  onText: (text: string) => void,
): Promise<void> {
  const all = [...ids];
  for (let at = 0; at < all.length; at += 1_000) {
    const some = all.slice(at, at + 1_000);
    const contents = await readObjects(root, some);
    for (const id of some) {
      const bytes = contents.get(id);
      if (!bytes)
        throw new GiftError("GIT_FAILED", `git does not have ${id}`, "run git fsck in the repository");
      onText(new TextDecoder().decode(bytes));
    }
  }
}

/** Both sides of every change in what `git log --raw -z` says, files only. */
function blobsOf(log: string): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const field of log.split("\0")) {
    const [, modeBefore = "", modeAfter = "", before = "", after = ""] =
      /^\s*:(\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) [A-Z]/.exec(field) ?? [];
    if (modeBefore.startsWith("100")) ids.add(before);
    if (modeAfter.startsWith("100")) ids.add(after);
  }
  return ids;
}
