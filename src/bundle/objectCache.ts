import { join } from "node:path";
import { fileStore } from "../store/fileStore.ts";
import type { Store } from "../store/store.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { builtCostKey, objectKey } from "../wire/keys.ts";

/** Built objects by digest, and which step made which. Safe to delete: everything in it can be built again. */
export interface BuildCache {
  object(digest: string, mediaType: string): Promise<Uint8Array | null>;
  keepObject(bytes: Uint8Array, mediaType: string): Promise<string>;
  /** The digest that a step gave before. */
  made(stepKey: string): Promise<string | null>;
  keepMade(stepKey: string, digest: string): Promise<void>;
  /** What building a release took when it was last built, in seconds of one core; null when that is not known. */
  seconds(gift: string, version: string): Promise<number | null>;
  keepSeconds(gift: string, version: string, seconds: number): Promise<void>;
}

/** This machine's, in `.giftwrap/cache`. */
export function buildCache(repository: string): BuildCache {
  return cacheIn(fileStore(join(repository, CACHE_FOLDER)));
}

export const CACHE_FOLDER = ".giftwrap/cache";

function cacheIn(store: Store): BuildCache {
  const stepFile = (stepKey: string) => `steps/${digestOf(stepKey)}`;
  return {
    object: async (digest, mediaType) => {
      const stored = await store.get(objectKey(digest, mediaType));
      // A damaged cache entry is as good as none.
      return stored && digestOf(stored.bytes) === digest ? stored.bytes : null;
    },
    keepObject: async (bytes, mediaType) => {
      const digest = digestOf(bytes);
      const key = objectKey(digest, mediaType);
      if (!(await store.putIfAbsent(key, bytes))) {
        const present = await store.get(key);
        if (present && digestOf(present.bytes) !== digest) await store.replace(key, bytes, present.tag);
      }
      return digest;
    },
    made: async (stepKey) => {
      const stored = await store.get(stepFile(stepKey));
      return stored && new TextDecoder().decode(stored.bytes);
    },
    keepMade: async (stepKey, digest) => {
      await store.putIfAbsent(stepFile(stepKey), new TextEncoder().encode(digest));
    },
    seconds: async (gift, version) => {
      const stored = await store.get(builtCostKey(gift, version));
      const seconds = stored ? Number(new TextDecoder().decode(stored.bytes)) : Number.NaN;
      return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
    },
    keepSeconds: async (gift, version, seconds) => {
      const key = builtCostKey(gift, version);
      const present = await store.get(key);
      await store.replace(key, new TextEncoder().encode(seconds.toFixed(3)), present?.tag ?? null);
    },
  };
}
