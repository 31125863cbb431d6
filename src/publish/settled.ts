import { toWireOverride } from "../model/entry.ts";
import { classifyPath } from "../model/paths.ts";
import { InvalidRange } from "../model/range.ts";
import type { OverrideFile } from "../model/schemas.ts";
import { parseFile } from "../source/readProject.ts";
import type { Tree } from "../source/tree.ts";
import { canonicalJson, type Timestamp } from "../wire/metadata.ts";
import type { Override } from "../wire/override.ts";

/**
 * Whether the live timestamp alone tells that nothing is left to do for its own commit: its catalogs are all that the commit
 * wants, no stop waits for its end, and its overrides from git are those that stand in git now. False where only the plan can
 * tell. Time ends overrides; nothing else of what a commit wants changes with it.
 * @param tree of the live commit
 */
export async function isSettled(
  { giftwrap, meta }: Timestamp,
  tree: Pick<Tree, "list" | "read">,
  now: number,
): Promise<boolean> {
  const generation = meta["snapshot.json"].version;
  const isWaiting = (it: Override) => it.untilGeneration !== undefined && it.untilGeneration > generation;
  if (giftwrap.settled !== true || giftwrap.overrides.some(isWaiting)) return false;
  const fromGit = await readOverrides(tree, now);
  const ids = new Set(fromGit?.map((it) => it.id));
  const present = giftwrap.overrides.filter((it) => it.origin === "git" || ids.has(it.id));
  return fromGit !== null && canonicalJson(present) === canonicalJson(fromGit);
}

/** As `desired` has them; null when a file is not in order. */
async function readOverrides(
  tree: Pick<Tree, "list" | "read">,
  now: number,
): Promise<readonly Override[] | null> {
  const paths = await tree.list("releases/overrides");
  if (paths.length === 0) return [];
  const files = new Map<string, OverrideFile>();
  for (const [path, bytes] of await tree.read(paths)) {
    const it = classifyPath(path);
    const { located } = parseFile("override", path, bytes);
    if (it.kind !== "override" || !located) return null;
    files.set(it.name, located.value);
  }
  try {
    return [...files]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, file]) => toWireOverride(name, file, now) ?? []);
  } catch (error) {
    if (error instanceof InvalidRange) return null;
    throw error;
  }
}
