import type { ObjectCache, StateStore } from "../ports.ts";
import { type Blobs, memoryBlobs } from "./blobs.ts";
import { boundedCache, type BoundedCacheOptions } from "./boundedCache.ts";
import { Database } from "./indexedDb.ts";

export { type Blobs, memoryBlobs } from "./blobs.ts";
export { boundedCache, type BoundedCacheOptions } from "./boundedCache.ts";

export interface IndexedDbOptions {
  /** The database's name; an app with several clients gives each its own. */
  readonly name?: string;
  /** The platform's when absent. */
  readonly indexedDB?: IDBFactory;
  /** Hears in words why nothing is kept beyond this page, once. */
  readonly onMemoryOnly?: (why: string) => void;
}

/**
 * Objects in the browser's own database. Where there is none, as in some private modes, they are kept in memory as long as the
 * page lives. Nothing of it throws.
 */
export function indexedDbCache(options: IndexedDbOptions & BoundedCacheOptions): Required<ObjectCache> {
  return boundedCache(indexedDbBlobs({ name: "giftwrap-objects", ...options }), options);
}

/**
 * Where the client's last good state survives in a browser; in memory where there is no database. A read never
 * throws; a write throws what the database does, such as `QuotaExceededError`, so that what belongs to it is not written either.
 */
export function indexedDbStore(options: IndexedDbOptions = {}): StateStore {
  const blobs = indexedDbBlobs({ name: "giftwrap-state", ...options });
  return {
    read: (name) => blobs.read(name).catch(() => null),
    write: blobs.write,
  };
}

/** @throws what the database throws, other than that it cannot be opened at all */
function indexedDbBlobs({ name = "giftwrap", indexedDB, onMemoryOnly }: IndexedDbOptions): Blobs {
  let chosen: Promise<Blobs> | undefined;
  const choose = () => {
    chosen ??= openBlobs(name, indexedDB).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      onMemoryOnly?.(`nothing is kept longer than this page lives, for the browser has no database: ${why}`);
      return memoryBlobs();
    });
    return chosen;
  };
  return {
    list: async () => (await choose()).list(),
    read: async (key) => (await choose()).read(key),
    write: async (key, bytes) => (await choose()).write(key, bytes),
    remove: async (key) => (await choose()).remove(key),
  };
}

async function openBlobs(name: string, given: IDBFactory | undefined): Promise<Blobs> {
  // Reading the property alone may be refused, as in a sandboxed frame.
  const factory = given ?? globalThis.indexedDB;
  if (!factory) throw new Error("there is no IndexedDB");
  const database = new Database(factory, name);
  const blobs = databaseBlobs(database);
  await blobs.list();
  return blobs;
}

function databaseBlobs(database: Database): Blobs {
  return {
    list: async () => {
      // Both are in the order of the names.
      const names: string[] = [];
      const sizes = await database.run<unknown[]>("readonly", (_, store) => {
        const keys = store.getAllKeys();
        keys.addEventListener("success", () => {
          for (const key of keys.result) names.push(typeof key === "string" ? key : "");
        });
        return store.getAll();
      });
      return names.map((name, at) => ({ name, bytes: Number(sizes[at] ?? 0) }));
    },
    read: async (key) => {
      const bytes = await database.run<unknown>("readonly", (store) => store.get(key));
      return bytes instanceof Uint8Array ? bytes : null;
    },
    write: async (key, bytes) => {
      await database.run("readwrite", (store, sizes) => {
        store.put(bytes, key);
        return sizes.put(bytes.length, key);
      });
    },
    remove: async (key) => {
      await database.run("readwrite", (store, sizes) => {
        store.delete(key);
        return sizes.delete(key);
      });
    },
  };
}
