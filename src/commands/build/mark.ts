import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { trackedTree } from "../../source/trackedTree.ts";
import { isRecord } from "../../wire/isRecord.ts";
import { BUILT_ALREADY, type BuiltRelease } from "./builtRelease.ts";

/** That everything in a tree is locked and built: a later build of the same tree has nothing to look for. */
export interface Mark {
  /** Digest of everything below `gifts/` and `releases/`. */
  readonly tree: string;
  /** When something was last put into or taken out of each folder of objects. */
  readonly folders: Readonly<Record<string, number>>;
  readonly releases: readonly string[];
}

/**
 * What a build would say that finds everything in place, or null where it has to look. Locks name their objects by digest, so it depends
 * on no program: only on what git holds, and on the cache's folders being as they were.
 */
export async function readMark(root: string): Promise<readonly BuiltRelease[] | null> {
  const mark = parseMark(root);
  if (!mark || !areAsTheyWere(root, mark.folders) || mark.tree !== (await digestTree(root))) return null;
  return mark.releases.map((release) => ({ release, outcome: "built", message: BUILT_ALREADY }));
}

/** Remembers that these are all; says nothing of a build that made something, for its locks are new. */
export async function writeMark(root: string, built: readonly BuiltRelease[]): Promise<void> {
  if (built.length === 0 || built.some((it) => it.outcome !== "built")) return;
  const tree = await digestTree(root);
  if (tree === null) return;
  const mark: Mark = { tree, folders: foldersOf(root), releases: built.map((it) => it.release) };
  try {
    mkdirSync(join(root, FOLDER), { recursive: true });
    const draft = join(root, `${FILE}.${process.pid}`);
    writeFileSync(draft, JSON.stringify(mark));
    renameSync(draft, join(root, FILE));
  } catch {
    // The next build looks at everything again.
  }
}

const FOLDER = ".giftwrap/cache";
const FILE = `${FOLDER}/built.json`;

/** Null outside of a work tree of git. */
async function digestTree(root: string): Promise<string | null> {
  const tracked = await trackedTree(root, "gifts", "releases");
  if (!tracked) return null;
  const hash = createHash("sha256");
  for (const { path } of tracked.entries) hash.update(`${path}\0${tracked.ids.get(path) ?? ""}\n`);
  return hash.digest("hex");
}

/** The 256 folders that objects lie in, by the first two digits of their digests. */
function foldersOf(root: string): Record<string, number> {
  const folders: Record<string, number> = {};
  for (let at = 0; at < 256; at++) {
    const name = at.toString(16).padStart(2, "0");
    const found = statSync(join(root, FOLDER, "objects/sha256", name), { throwIfNoEntry: false });
    if (found) folders[name] = found.mtimeMs;
  }
  return folders;
}

function areAsTheyWere(root: string, folders: Mark["folders"]): boolean {
  const now = foldersOf(root);
  const names = Object.keys(folders);
  return names.length === Object.keys(now).length && names.every((name) => folders[name] === now[name]);
}

function parseMark(root: string): Mark | null {
  try {
    const mark: unknown = JSON.parse(readFileSync(join(root, FILE), "utf8"));
    return isMark(mark) ? mark : null;
  } catch {
    return null;
  }
}

/** Written by this program, so a glance is enough. */
function isMark(value: unknown): value is Mark {
  return (
    isRecord(value) &&
    typeof value["tree"] === "string" &&
    isRecord(value["folders"]) &&
    Array.isArray(value["releases"])
  );
}
