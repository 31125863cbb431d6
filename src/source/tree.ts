import { spawn } from "node:child_process";
import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  type Stats,
} from "node:fs";
import { join } from "node:path";
import { GiftError } from "../report/error.ts";
import { git } from "./git.ts";

/**
 * Files by path, with forward slashes, relative to the repository: a work tree or a revision. Files that operating systems
 * drop everywhere are not seen in either. A symbolic link is never followed, wherever it stands.
 */
export interface Tree {
  /** The paths of all entries below the folders, sorted. */
  list(...folders: string[]): Promise<readonly string[]>;
  /** What lies below the folders, sorted by path; folders themselves are not told, but for what they hold. */
  entries(...folders: string[]): Promise<readonly TreeEntry[]>;
  /** The files that exist, by path; a path that does not is left out, and so, unread, is a file over `maxBytes`. */
  read(paths: readonly string[], maxBytes?: number): Promise<ReadonlyMap<string, Uint8Array>>;
  /** The sizes in bytes of the files that exist, by path. Nothing is read. */
  sizes(paths: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

export interface TreeEntry {
  /** What is not UTF-8 in a name is U+FFFD here; nothing can be read by such a path. */
  readonly path: string;
  /** Submodules, pipes and devices are `other`. */
  readonly kind: "file" | "link" | "other";
}

/**
 * What lies in the folder now. Files are small and many, and read one after another without waiting: that takes a tenth of
 * the time that handing each to a thread takes.
 */
export function workTree(root: string): Tree {
  const entries = (folders: readonly string[]) =>
    folders.flatMap((folder) => findEntries(root, folder)).sort(byPath);
  return {
    list: async (...folders) => entries(folders).map((it) => it.path),
    entries: async (...folders) => entries(folders),
    read: async (paths, maxBytes = Number.POSITIVE_INFINITY) => {
      const isReal = toIsReal(root);
      const files = new Map<string, Uint8Array>();
      for (const path of paths) {
        const bytes = isReal(folderOf(path)) ? readBytes(join(root, path), maxBytes) : null;
        if (bytes) files.set(path, bytes);
      }
      return files;
    },
    sizes: async (paths) => {
      const isReal = toIsReal(root);
      const sizes = new Map<string, number>();
      for (const path of paths) {
        const stats = isReal(folderOf(path)) ? statOf(join(root, path)) : null;
        if (stats?.isFile()) sizes.set(path, stats.size);
      }
      return sizes;
    },
  };
}

/**
 * Up to so many files are named to git by their path, each of which it looks up from the top. That takes no listing, but in a
 * folder of ten thousand it is a thousand times slower than naming an object.
 */
const FEW_FILES = 100;

/** The tree of a commit; a branch is the commit that it was when first asked. All files of one call come from one git process. */
export function revisionTree(root: string, revision: string): Tree {
  const listings = new Map<string, Promise<readonly RevisionEntry[]>>();
  const entries = (folders: readonly string[]): Promise<readonly RevisionEntry[]> => {
    const key = folders.join("\0");
    const known = listings.get(key);
    if (known) return known;
    const listing = listRevision(root, revision, folders);
    listings.set(key, listing);
    return listing;
  };
  const toNames = async (
    paths: readonly string[],
  ): Promise<readonly (readonly [path: string, name: string])[]> => {
    // git reads one name from each line: with a line feed in it, a path would ask for two files.
    if (paths.length <= FEW_FILES)
      return paths.filter((path) => !path.includes("\n")).map((path) => [path, `${revision}:${path}`]);
    const tops = [...new Set(paths.map((path) => path.split("/", 1)[0] ?? ""))].sort();
    const objects = new Map((await entries(tops)).map((it) => [it.path, it.object]));
    return paths.flatMap((path) => {
      const object = objects.get(path);
      return object === undefined ? [] : [[path, object] as const];
    });
  };
  return {
    list: async (...folders) => (await entries(folders)).map((it) => it.path),
    entries: (...folders) => entries(folders),
    read: async (paths, maxBytes = Number.POSITIVE_INFINITY) => {
      const names = await toNames(paths);
      const batch = startBatch(
        names.map(([path]) => path),
        maxBytes,
      );
      await catFile(root, "--batch", names, batch.take);
      return batch.files;
    },
    sizes: async (paths) => {
      const names = await toNames(paths);
      const chunks: Buffer[] = [];
      await catFile(root, "--batch-check", names, (chunk) => chunks.push(chunk));
      const lines = Buffer.concat(chunks).toString("utf8").split("\n");
      return new Map(
        names.flatMap(([path], at) => {
          const header = parseHeader(lines[at] ?? "");
          return header?.type === "blob" ? [[path, header.bytes] as const] : [];
        }),
      );
    },
  };
}

/** The contents of files by git's ids of them; what git does not have is left out. */
export async function readObjects(
  root: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const batch = startBatch(ids, Number.POSITIVE_INFINITY);
  await catFile(
    root,
    "--batch",
    ids.map((id) => [id, id]),
    batch.take,
  );
  return batch.files;
}

export interface RevisionEntry extends TreeEntry {
  /** Git's id of what it holds. */
  readonly object: string;
}

/** What a revision holds below the folders, sorted by path. */
export async function listRevision(
  root: string,
  revision: string,
  folders: readonly string[],
): Promise<readonly RevisionEntry[]> {
  const lines = await git(root, ["ls-tree", "-r", "-z", revision, "--", ...folders]);
  return lines
    .split("\0")
    .flatMap(toRevisionEntry)
    .filter((it) => !isDropped(it.path))
    .sort(byPath);
}

/** One line of `git ls-tree`: mode, type and object, a tab, the path. */
function toRevisionEntry(line: string): RevisionEntry[] {
  const [, mode, object, path] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
  if (mode === undefined || object === undefined || path === undefined) return [];
  return [{ path, object, kind: mode === "120000" ? "link" : mode.startsWith("100") ? "file" : "other" }];
}

/** Asks `git cat-file` for the names, in their order, and hands over what it says as it comes. */
function catFile(
  root: string,
  mode: "--batch" | "--batch-check",
  names: readonly (readonly [path: string, name: string])[],
  onChunk: (chunk: Buffer) => void,
): Promise<void> {
  if (names.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["cat-file", mode], { cwd: root, stdio: ["pipe", "pipe", "pipe"] });
    const said: Buffer[] = [];
    child.stdout.on("data", onChunk);
    child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else
        reject(
          new GiftError(
            "GIT_FAILED",
            `git cat-file failed: ${Buffer.concat(said).toString().trim()}`,
            "run git fsck in the repository",
          ),
        );
    });
    child.stdin.on("error", () => {}); // the close event tells what happened
    child.stdin.end(names.map(([, name]) => `${name}\n`).join(""));
  });
}

/**
 * Takes the output of `git cat-file --batch` apart while it comes, so that no file is in memory twice: for each name a header
 * line, then the content and a line feed, or NAME missing.
 */
function startBatch(
  paths: readonly string[],
  maxBytes: number,
): { take(chunk: Buffer): void; readonly files: ReadonlyMap<string, Uint8Array> } {
  const files = new Map<string, Uint8Array>();
  let next = 0;
  let header = "";
  let content: Uint8Array | null = null;
  /** Of the content and its line feed. */
  let bytesLeft = 0;
  const takeHeader = (chunk: Buffer, at: number): number => {
    const end = chunk.indexOf(10, at);
    header += chunk.toString("latin1", at, end < 0 ? chunk.length : end);
    if (end < 0) return chunk.length;
    const path = paths[next++];
    const found = parseHeader(header);
    header = "";
    if (!found || path === undefined) return end + 1;
    bytesLeft = found.bytes + 1;
    // A submodule may name a commit that this repository has: its content comes too, and is no file.
    content = found.type === "blob" && found.bytes <= maxBytes ? new Uint8Array(found.bytes) : null;
    if (content) files.set(path, content);
    return end + 1;
  };
  const takeContent = (chunk: Buffer, at: number): number => {
    const taken = Math.min(bytesLeft, chunk.length - at);
    const start = content ? content.length + 1 - bytesLeft : 0;
    content?.set(chunk.subarray(at, at + Math.min(taken, content.length - start)), start);
    bytesLeft -= taken;
    return at + taken;
  };
  return {
    files,
    take: (chunk) => {
      for (let at = 0; at < chunk.length; )
        at = bytesLeft > 0 ? takeContent(chunk, at) : takeHeader(chunk, at);
    },
  };
}

/** The line before each content; null for NAME missing. */
function parseHeader(line: string): { readonly type: string; readonly bytes: number } | null {
  const [, type, bytes] = /^[0-9a-f]+ (\w+) (\d+)$/.exec(line) ?? [];
  return type === undefined ? null : { type, bytes: Number(bytes) };
}

function findEntries(root: string, folder: string): TreeEntry[] {
  const found: TreeEntry[] = [];
  const lookInto = (folder: string) => {
    for (const entry of orNullIfMissing(() => readdirSync(join(root, folder), { withFileTypes: true })) ??
      []) {
      const path = `${folder}/${entry.name}`;
      // By a name that is not UTF-8 nothing can be opened, and its folder would look empty.
      if (entry.isDirectory() && !entry.name.includes("\ufffd")) lookInto(path);
      else if (!isDropped(path)) found.push({ path, kind: kindOf(entry) });
    }
  };
  if (toIsReal(root)(folder)) lookInto(folder);
  else {
    const stats = statOf(join(root, folder));
    if (stats?.isSymbolicLink()) found.push({ path: folder, kind: "link" });
  }
  return found;
}

function kindOf(entry: Dirent | Stats): TreeEntry["kind"] {
  return entry.isFile() ? "file" : entry.isSymbolicLink() ? "link" : "other";
}

/** Says whether a folder is one all the way down from the root, without a link; each is looked at once. */
function toIsReal(root: string): (folder: string) => boolean {
  const known = new Map<string, boolean>([["", true]]);
  const isReal = (folder: string): boolean => {
    const before = known.get(folder);
    if (before !== undefined) return before;
    const is = isReal(folderOf(folder)) && statOf(join(root, folder))?.isDirectory() === true;
    known.set(folder, is);
    return is;
  };
  return isReal;
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function statOf(path: string): Stats | null {
  return orNullIfMissing(() => lstatSync(path));
}

function readBytes(path: string, maxBytes: number): Uint8Array | null {
  // Windows has no such flags, and no such links in a checkout unless one asks for them. A pipe would never open.
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = orNullIfMissing(() => openSync(path, flags));
  if (file === null) return null;
  try {
    const stats = fstatSync(file);
    return stats.isFile() && stats.size <= maxBytes ? readFileSync(file) : null;
  } finally {
    closeSync(file);
  }
}

function byPath(a: TreeEntry, b: TreeEntry): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** What operating systems leave in folders; nobody means to release it. */
export function isDropped(path: string): boolean {
  return /(^|\/)(\.DS_Store|Thumbs\.db)$/.test(path);
}

/** What `look` gives, or null where nothing is, or only a link. */
function orNullIfMissing<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(String(error.code))) return null;
    throw new GiftError(
      "FILE_UNREADABLE",
      `cannot read ${"path" in error ? String(error.path) : "a file"}`,
      "check that it may be read",
      { cause: error },
    );
  }
}
