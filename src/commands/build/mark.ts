import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gitBytes, untrackedPaths } from "../../source/git.ts";
import { isTop } from "../../source/trackedTree.ts";
import { isRecord } from "../../wire/isRecord.ts";
import { BUILT_ALREADY, type BuiltRelease } from "./builtRelease.ts";

/**
 * That everything in a tree is locked and built. It says so of a tree that git's index and the file system's own times tell apart from every
 * other, so that asking costs no look into a file, and none for each file but git's.
 */
interface Mark {
  readonly tree: TreeState;
  /** Size and time of git's own index: as long as they stay nobody has to ask what is in it. */
  readonly indexFile: string;
  /** When an object was last added to or removed from each folder of the cache. */
  readonly objects: Readonly<Record<string, number>>;
  readonly releases: readonly string[];
}

/** What lies below `gifts/` and `releases/`. */
export interface TreeState {
  /** Digest of git's index: what every file holds that is as it was committed or staged. */
  readonly index: string;
  /** The other files, changed or unknown to git, each with its size and time. */
  readonly loose: Readonly<Record<string, string>>;
  /** When an entry was last added to or removed from each folder. */
  readonly folders: Readonly<Record<string, number>>;
}

const FOLDERS = ["gifts", "releases"];
/** Of a work tree of its own; one that belongs to another repository's has it elsewhere, and is asked each time. */
const INDEX_FILE = ".git/index";
const GONE = "gone";
const CACHE = ".giftwrap/cache";
const FILE = `${CACHE}/built.json`;
const OBJECTS = `${CACHE}/objects/sha256`;

/**
 * What a build would say that finds everything in place; null where it has to look. Locks name their objects by digest, so this hangs on no
 * version of the program.
 */
export async function readMark(root: string): Promise<readonly BuiltRelease[] | null> {
  const mark = parseMark(root);
  if (!mark || !isTop(root)) return null;
  const { index: known } = mark.tree;
  const isIndexSame = mark.indexFile !== GONE && mark.indexFile === statesOf(root)(INDEX_FILE);
  // The folders are asked while git goes through the files.
  const asked = Promise.all([isIndexSame ? known : digestIndex(root), changedFiles(root)]);
  const areFoldersSame = isSame(mark.objects, timesOf(root)) && isSame(mark.tree.folders, timesOf(root));
  const [index, changed] = await asked;
  const { loose } = mark.tree;
  const isKnown = changed.every((path) => Object.hasOwn(loose, path));
  if (!areFoldersSame || !isKnown || index !== known || !isSame(loose, statesOf(root))) return null;
  return mark.releases.map((release) => ({ release, outcome: "built", message: BUILT_ALREADY }));
}

/** The state of the tree, to be asked for before a build begins; null outside of a work tree of git. */
export async function readTreeState(root: string): Promise<TreeState | null> {
  if (!isTop(root)) return null;
  const [index, changed, untracked, tracked] = await Promise.all([
    digestIndex(root),
    changedFiles(root),
    untrackedPaths(root),
    trackedPaths(root),
  ]);
  const loose = [...changed, ...untracked.filter((path) => FOLDERS.includes(path.split("/")[0] ?? ""))];
  return {
    index,
    loose: record(loose, statesOf(root)),
    folders: record([...foldersOf([...tracked, ...loose])], timesOf(root)),
  };
}

/**
 * Remembers that these are all there are, and built. A build that made a lock says nothing, for what it made is new to the tree; nor does one
 * during which the tree was changed.
 * @param before the tree as the build found it
 */
export async function writeMark(
  root: string,
  before: TreeState | null,
  built: readonly BuiltRelease[],
): Promise<void> {
  if (!before || built.length === 0 || built.some((it) => it.outcome !== "built")) return;
  const after = await readTreeState(root);
  if (JSON.stringify(after) !== JSON.stringify(before)) return;
  const mark: Mark = {
    tree: before,
    indexFile: statesOf(root)(INDEX_FILE),
    objects: record(objectFolders(), timesOf(root)),
    releases: built.map((it) => it.release),
  };
  try {
    mkdirSync(join(root, CACHE), { recursive: true });
    const draft = join(root, `${FILE}.${process.pid}`);
    writeFileSync(draft, JSON.stringify(mark));
    renameSync(draft, join(root, FILE));
  } catch {
    // The next build looks at everything again.
  }
}

/** Mode, blob and path of every file that git knows there. */
async function digestIndex(root: string): Promise<string> {
  const listed = await gitBytes(root, ["ls-files", "--stage", "-z", "--", ...FOLDERS]);
  return createHash("sha256").update(listed).digest("hex");
}

async function trackedPaths(root: string): Promise<readonly string[]> {
  return toPaths(await gitBytes(root, ["ls-files", "-z", "--", ...FOLDERS]));
}

/** Files that are not as git's index says. */
async function changedFiles(root: string): Promise<readonly string[]> {
  return toPaths(await gitBytes(root, ["diff", "--name-only", "--no-renames", "-z", "--", ...FOLDERS]));
}

function toPaths(listed: Uint8Array): string[] {
  return Buffer.from(listed).toString("utf8").split("\0").filter(Boolean);
}

function foldersOf(paths: readonly string[]): ReadonlySet<string> {
  const folders = new Set(FOLDERS);
  for (const path of paths)
    for (let at = dirname(path); at !== "." && !folders.has(at); at = dirname(at)) folders.add(at);
  return folders;
}

/** Objects lie in folders by the first two digits of their digests. */
function objectFolders(): readonly string[] {
  return Array.from({ length: 256 }, (_, at) => `${OBJECTS}/${at.toString(16).padStart(2, "0")}`);
}

/** A folder that is not there has the time 0. */
function timesOf(root: string): (folder: string) => number {
  return (folder) => statSync(`${root}/${folder}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function statesOf(root: string): (path: string) => string {
  return (path) => {
    const found = statSync(`${root}/${path}`, { throwIfNoEntry: false });
    return found ? `${found.size} ${found.mtimeMs} ${found.ctimeMs} ${found.ino}` : GONE;
  };
}

function record<T>(names: readonly string[], now: (name: string) => T): Record<string, T> {
  return Object.fromEntries(names.map((it) => [it, now(it)]));
}

function isSame<T>(before: Readonly<Record<string, T>>, now: (name: string) => T): boolean {
  return Object.keys(before).every((it) => before[it] === now(it));
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
    isRecord(value["tree"]) &&
    isRecord(value["tree"]["loose"]) &&
    isRecord(value["tree"]["folders"]) &&
    typeof value["indexFile"] === "string" &&
    isRecord(value["objects"]) &&
    Array.isArray(value["releases"])
  );
}
