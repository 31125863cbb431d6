import { join } from "node:path";
import { fileStore } from "../store/fileStore.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { objectKey } from "../wire/keys.ts";

/** Built objects by digest, and which step made which. Safe to delete: everything in it can be built again. */
export interface BuildCache {
  object(digest: string, mediaType: string): Promise<Uint8Array | null>;
  keepObject(bytes: Uint8Array, mediaType: string): Promise<string>;
  /** The digest that a step gave before. */
  made(stepKey: string): Promise<string | null>;
  keepMade(stepKey: string, digest: string): Promise<void>;
}

export function buildCache(repository: string): BuildCache {
  const store = fileStore(join(repository, ".giftwrap", "cache"));
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
  };
}
