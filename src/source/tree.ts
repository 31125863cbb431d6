import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { GiftError } from "../report/error.ts";
import { git } from "./git.ts";

/**
 * Files by path, with forward slashes, relative to the repository: a work tree or a revision. Files that operating systems
 * drop everywhere are not seen in either.
 */
export interface Tree {
  /** All file paths below the folders, sorted. */
  list(...folders: string[]): Promise<readonly string[]>;
  /** The files that exist, by path; a path that does not is left out. */
  read(paths: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>;
}

/** What lies in the folder now. */
export function workTree(root: string): Tree {
  return {
    list: async (...folders) => {
      const found = await Promise.all(folders.map((folder) => listFiles(root, folder)));
      return found.flat().sort();
    },
    read: async (paths) => {
      const files = new Map<string, Uint8Array>();
      for (const path of paths) {
        const bytes = await readFile(join(root, path)).catch(nullIfMissing);
        if (bytes) files.set(path, bytes);
      }
      return files;
    },
  };
}

/** The tree of a commit. All files of one call come from one git process. */
export function revisionTree(root: string, revision: string): Tree {
  return {
    list: async (...folders) => {
      const names = await git(root, ["ls-tree", "-r", "-z", "--name-only", revision, "--", ...folders]);
      return names
        .split("\0")
        .filter((path) => path !== "" && !isDropped(path))
        .sort();
    },
    read: async (paths) => {
      // git reads one name from each line: with a line feed in it, a path would ask for two files.
      const named = paths.filter((path) => !path.includes("\n"));
      if (named.length === 0) return new Map();
      return parseBatch(
        named,
        await catFiles(
          root,
          named.map((path) => `${revision}:${path}`),
        ),
      );
    },
  };
}

/** `git cat-file --batch`: for each name a header line, then the content and a line feed, or NAME missing. */
function catFiles(root: string, names: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["cat-file", "--batch"], { cwd: root, stdio: ["pipe", "pipe", "pipe"] });
    const chunks: Buffer[] = [];
    const said: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => said.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(Buffer.concat(chunks));
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
    child.stdin.end(names.map((name) => `${name}\n`).join(""));
  });
}

function parseBatch(paths: readonly string[], output: Buffer): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let at = 0;
  for (const path of paths) {
    const end = output.indexOf(10, at);
    const header = output.subarray(at, end).toString("utf8");
    at = end + 1;
    const [, type, size] = /^[0-9a-f]+ (\w+) (\d+)$/.exec(header) ?? [];
    if (size === undefined) continue;
    // A submodule may name a commit that this repository has: its content comes too, and is no file.
    if (type === "blob") files.set(path, new Uint8Array(output.subarray(at, at + Number(size))));
    at += Number(size) + 1;
  }
  return files;
}

async function listFiles(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(nullIfMissing);
  const found = (entries ?? []).map(async (entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return listFiles(root, path);
    return isDropped(path) ? [] : [path];
  });
  return (await Promise.all(found)).flat();
}

/** What operating systems leave in folders; nobody means to release it. */
function isDropped(path: string): boolean {
  return /(^|\/)(\.DS_Store|Thumbs\.db)$/.test(path);
}

function nullIfMissing(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return null;
  throw new GiftError(
    "FILE_UNREADABLE",
    `cannot read ${error.path ?? "a file"}`,
    "check that it may be read",
    { cause: error },
  );
}
