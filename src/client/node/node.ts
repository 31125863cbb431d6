import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Blobs } from "../cache/blobs.ts";
import { boundedCache, type BoundedCacheOptions } from "../cache/boundedCache.ts";
import type { ObjectCache, ReadBundled, StateStore } from "../ports.ts";

/** Objects in a folder of their own, bounded; it is made when it is not there. Nothing of it throws. */
export function fileCache(folder: string, options: BoundedCacheOptions): Required<ObjectCache> {
  return boundedCache(fileBlobs(folder), options);
}

/** The client's last good state in a folder: each value is there whole, the old one or the new one, whenever the process dies. */
export function fileStore(folder: string): StateStore {
  const { read, write } = fileBlobs(folder);
  return { read: (name) => read(fileNameOf(name)), write: (name, bytes) => write(fileNameOf(name), bytes) };
}

/** What `giftwrap export-app` wrote, read from where the app has it. */
export function readBundled(folder: string): ReadBundled {
  return (name) => readIfThere(join(folder, ...name.split("/").map(fileNameOf)));
}

const TEMPORARY = ".tmp";

function fileBlobs(folder: string): Blobs {
  /** One write after the other, so that of two under one name the later one stands. */
  let last: Promise<void> = Promise.resolve();
  return {
    list: async () => {
      const names = await readdir(folder).catch(missingIs([]));
      // What a process left behind that died while it wrote.
      for (const name of names) if (name.endsWith(TEMPORARY)) await rm(join(folder, name), { force: true });
      const kept = names.filter((name) => !name.endsWith(TEMPORARY));
      return Promise.all(kept.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size })));
    },
    read: (name) => readIfThere(join(folder, name)),
    write: (name, bytes) => {
      const written = last.then(() => writeWhole(folder, name, bytes));
      last = written.catch(() => {});
      return written;
    },
    remove: (name) => rm(join(folder, name), { force: true }),
  };
}

async function writeWhole(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `${name}.${randomUUID()}${TEMPORARY}`);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(bytes);
      // Or the new name could stand before its bytes after a loss of power.
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, name));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  return readFile(path).then((bytes) => new Uint8Array(bytes), missingIs(null));
}

function missingIs<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return otherwise;
    throw error;
  };
}

/** Any name as that of one file; dots alone would be folders. */
function fileNameOf(name: string): string {
  return encodeURIComponent(name).replace(/^\.+$/, (dots) => dots.replaceAll(".", "%2E"));
}
