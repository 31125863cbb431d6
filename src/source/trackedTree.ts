import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { git, untrackedPaths } from "./git.ts";
import { isDropped, type Tree, type TreeEntry, workTree } from "./tree.ts";

/** The work tree as git would commit it: what it ignores is left out. */
export interface TrackedTree {
  readonly tree: Tree;
  /** All entries below the asked folders, sorted by path. */
  readonly entries: readonly TreeEntry[];
  /** What each file below the asked folders holds, as git's blob id; equal ids are equal bytes. */
  readonly ids: ReadonlyMap<string, string>;
}

/** Larger files are told apart by size and time: reading them would cost more than it could save. */
const MAX_HASHED_BYTES = 10_000_000;

/**
 * Lists by git's index, which knows of each unchanged file what it holds without looking into it. Null where the folder is not
 * the top of a work tree: what lies around it might ignore all of it.
 */
export async function trackedTree(root: string, ...folders: string[]): Promise<TrackedTree | null> {
  if (!isTop(root)) return null;
  // The index is read while git still looks through the folders.
  const [{ entries, ids, idLength }, changed, untracked] = await Promise.all([
    git(root, ["ls-files", "--stage", "-z", "--", ...folders]).then(parseIndex),
    git(root, ["diff", "--name-only", "--no-renames", "-z", "--", ...folders]),
    untrackedPaths(root),
  ]);
  const isBelow = (path: string) =>
    folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
  for (const path of [...changed.split("\0").filter(Boolean), ...untracked.filter(isBelow)]) {
    const found = lookAt(root, path, idLength);
    ids.delete(path);
    entries.delete(path);
    if (!found) continue;
    ids.set(path, found.id);
    entries.set(path, found.entry);
  }
  const sorted = [...entries.values()]
    .filter((it) => !isDropped(it.path))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const within = (asked: readonly string[]) => asked.flatMap((folder) => below(sorted, folder));
  const there = workTree(root);
  return {
    tree: {
      list: async (...asked) => within(asked).map((it) => it.path),
      entries: async (...asked) => within(asked),
      read: (paths, maxBytes) => there.read(paths, maxBytes),
      sizes: (paths) => there.sizes(paths),
    },
    entries: sorted,
    ids,
  };
}

/** What `git ls-files --stage -z` prints: MODE ID STAGE, a tab, the path; the path of a conflict stands there several times. */
function parseIndex(staged: string) {
  const entries = new Map<string, TreeEntry>();
  const ids = new Map<string, string>();
  let idLength = 40;
  for (const line of staged.split("\0")) {
    const tab = line.indexOf("\t");
    if (tab < 0) continue;
    const path = line.slice(tab + 1);
    const [mode = "", id = ""] = line.slice(0, tab).split(" ", 2);
    idLength = id.length;
    ids.set(path, id);
    entries.set(path, { path, kind: mode === "120000" ? "link" : mode.startsWith("100") ? "file" : "other" });
  }
  return { entries, ids, idLength };
}

/** The entries below a folder: one gift's folder is asked for after another, so it is found by halving. */
function below(sorted: readonly TreeEntry[], folder: string): readonly TreeEntry[] {
  const at = sorted[lowerBound(sorted, folder)];
  // "0" is the character after "/".
  const inside = sorted.slice(lowerBound(sorted, `${folder}/`), lowerBound(sorted, `${folder}0`));
  // A link that stands where the folder should.
  return at?.path === folder ? [at, ...inside] : inside;
}

/** How many entries stand before the path. */
function lowerBound(sorted: readonly TreeEntry[], path: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.path ?? "") < path) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether git's work tree begins here: a clone has a folder of this name at its top, a worktree or a submodule a file. */
export function isTop(root: string): boolean {
  return existsSync(join(root, ".git"));
}

function lookAt(root: string, path: string, idLength: number): { id: string; entry: TreeEntry } | null {
  try {
    const stats = lstatSync(join(root, path));
    if (!stats.isFile()) return { id: "", entry: { path, kind: stats.isSymbolicLink() ? "link" : "other" } };
    const id =
      stats.size > MAX_HASHED_BYTES
        ? `${stats.size} ${stats.mtimeMs}`
        : blobId(readFileSync(join(root, path)), idLength);
    return { id, entry: { path, kind: "file" } };
  } catch {
    // Deleted, or not to be read: whoever reads it says so.
    return null;
  }
}

/** As git names a content (gitformat: "blob", its length and a zero byte before it), in SHA-1 or SHA-256 repositories. */
function blobId(bytes: Uint8Array, idLength: number): string {
  return createHash(idLength === 64 ? "sha256" : "sha1")
    .update(`blob ${bytes.length}\0`)
    .update(bytes)
    .digest("hex");
}
