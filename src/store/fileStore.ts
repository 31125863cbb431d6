import { randomUUID } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { GiftError } from "../report/error.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { checkKey } from "./checkKey.ts";
import { isDead, newOwner } from "./lockOwner.ts";
import type { Store, Stored } from "./store.ts";

/** A lock older than this was left by a process that died, wherever it ran; no swap takes that long. */
const STALE_LOCK_MILLISECONDS = 10_000;
/** A temporary file older than this was left by a process that died; no value takes that long to write. */
const STALE_FILE_MILLISECONDS = 3_600_000;
const LOCK_RETRY_MILLISECONDS = 5;

/**
 * A store in a folder, which any static web server can serve. Values are written to a temporary file, synced, and then
 * linked (put) or renamed (replace) into place, so that a reader or a crash sees the old or the new value, never a part.
 */
export function fileStore(folder: string): Store {
  const toPath = (key: string): string => join(folder, checkKey(key));

  const get = async (key: string): Promise<Stored | null> => {
    const bytes = await readFile(toPath(key)).catch(nullIfMissing);
    return bytes && { bytes, tag: digestOf(bytes) };
  };

  let isSwept = false;
  const write = async (bytes: Uint8Array): Promise<string> => {
    if (!isSwept) await sweep(join(folder, TEMPORARY));
    isSwept = true;
    return writeTemporary(folder, bytes);
  };

  return {
    get,
    head: async (key) => {
      const found = await stat(toPath(key)).catch(nullIfMissing);
      return found?.isFile() ? { bytes: found.size } : null;
    },
    putIfAbsent: async (key, bytes) => {
      const path = toPath(key);
      await makeFolder(path, key);
      const temporary = await write(bytes);
      try {
        await link(temporary, path);
        return true;
      } catch (error) {
        if (isCode(error, "EEXIST")) return false;
        throw toStoreError("write", key, error);
      } finally {
        await rm(temporary, { force: true });
      }
    },
    replace: async (key, bytes, expected) => {
      const path = toPath(key);
      await makeFolder(path, key);
      // No key has a part that begins with a dot, so no key is ever taken for a lock.
      return withLock(join(dirname(path), `.${basename(path)}.lock`), async (isHeld) => {
        const present = await get(key);
        if ((present?.tag ?? null) !== expected) return null;
        const temporary = await write(bytes);
        try {
          // Who slept for so long that another broke the lock has lost.
          if (!(await isHeld())) return null;
          await rename(temporary, path);
          return digestOf(bytes);
        } catch (error) {
          throw toStoreError("replace", key, error);
        } finally {
          await rm(temporary, { force: true });
        }
      });
    },
    list: async (prefix) => {
      const below = prefix.slice(0, Math.max(0, prefix.lastIndexOf("/")));
      const isFolder = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/.test(below);
      const keys = await listKeys(folder, isFolder ? below : "");
      return keys.filter((key) => key.startsWith(prefix)).sort();
    },
    delete: async (key) => {
      await unlink(toPath(key)).catch(nullIfMissing);
    },
  };
}

async function makeFolder(path: string, key: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw toStoreError("write", key, error);
  });
}

const TEMPORARY = ".writing";

async function writeTemporary(folder: string, bytes: Uint8Array): Promise<string> {
  const temporary = join(folder, TEMPORARY, randomUUID());
  try {
    await mkdir(dirname(temporary), { recursive: true });
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(temporary, { force: true });
    throw toStoreError("write", temporary, error);
  }
  return temporary;
}

/** Takes away what dead processes have left half-written, or the disk would fill with it. */
async function sweep(folder: string): Promise<void> {
  for (const name of (await readdir(folder).catch(nullIfMissing)) ?? []) {
    const path = join(folder, name);
    const left = await stat(path).catch(nullIfMissing);
    if (left && Date.now() - left.mtimeMs > STALE_FILE_MILLISECONDS) await rm(path, { force: true });
  }
}

/** One swap at a time, also between processes: whoever creates the lock file has it, and writes into it who that is. */
async function withLock<T>(path: string, act: (isHeld: () => Promise<boolean>) => Promise<T>): Promise<T> {
  const owner = newOwner();
  while (!(await takeLock(path, owner))) {
    if (await isStale(path)) await breakLock(path);
    else await new Promise((resolve) => setTimeout(resolve, LOCK_RETRY_MILLISECONDS));
  }
  const isHeld = async () => (await readOwner(path)) === owner;
  try {
    return await act(isHeld);
  } finally {
    if (await isHeld()) await rm(path, { force: true });
  }
}

async function takeLock(path: string, owner: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    try {
      await file.writeFile(owner);
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw toStoreError("lock", path, error);
  }
}

/**
 * Breaking is done one at a time as well: of two who saw the same stale lock, the slower one would otherwise remove the
 * lock that the faster one has taken since.
 */
async function breakLock(path: string): Promise<void> {
  await withLock(`${path}.breaking`, async () => {
    if (await isStale(path)) await rm(path, { force: true });
  });
}

async function isStale(path: string): Promise<boolean> {
  const held = await stat(path).catch(nullIfMissing);
  if (held === null) return false;
  return Date.now() - held.mtimeMs > STALE_LOCK_MILLISECONDS || isDead((await readOwner(path)) ?? "");
}

async function readOwner(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch(nullIfMissing);
}

async function listKeys(folder: string, below: string): Promise<string[]> {
  const entries = (await readdir(join(folder, below), { withFileTypes: true }).catch(nullIfMissing)) ?? [];
  const found = entries
    .filter((entry) => !entry.name.startsWith("."))
    .map(async (entry) => {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      return entry.isDirectory() ? listKeys(folder, path) : [path];
    });
  return (await Promise.all(found)).flat();
}

function toStoreError(verb: string, key: string, cause: unknown): GiftError {
  if (cause instanceof GiftError) return cause;
  const fix = isCode(cause, "ENOSPC")
    ? "the disk is full: make room and run the command again"
    : "check that the folder exists and may be written, then run the command again";
  return new GiftError("STORE_FAILED", `the store could not ${verb} ${key}`, fix, { cause });
}

function nullIfMissing(error: unknown): null {
  // A folder is the beginning of keys, but no key.
  if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR") || isCode(error, "EISDIR")) return null;
  throw toStoreError("read", "a key", error);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
