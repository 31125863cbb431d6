import type { Store } from "../store/store.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { builtCostKey, builtStepKey, objectKey } from "../wire/keys.ts";
import type { BuildCache } from "./objectCache.ts";

/**
 * A build cache that others fill, too: what this machine does not have is looked for in the store, and what it makes is put
 * there. Objects are kept under the keys that they are published under, so they are stored once. Every object is hashed before it is
 * used; that a step gives *this* object is believed, so only builders may write to the store.
 */
export function sharedCache(local: BuildCache, store: Store): BuildCache {
  const readText = async (key: string) => {
    const stored = await store.get(key);
    return stored && new TextDecoder().decode(stored.bytes);
  };
  return {
    object: async (digest, mediaType) => {
      const near = await local.object(digest, mediaType);
      if (near) return near;
      const stored = await store.get(objectKey(digest, mediaType));
      if (!stored || digestOf(stored.bytes) !== digest) return null;
      await local.keepObject(stored.bytes, mediaType);
      return stored.bytes;
    },
    keepObject: async (bytes, mediaType) => {
      const digest = await local.keepObject(bytes, mediaType);
      await store.putIfAbsent(objectKey(digest, mediaType), bytes);
      return digest;
    },
    made: async (stepKey) => {
      const near = await local.made(stepKey);
      if (near !== null) return near;
      const digest = await readText(builtStepKey(digestOf(stepKey)));
      return digest !== null && /^[0-9a-f]{64}$/.test(digest) ? digest : null;
    },
    keepMade: async (stepKey, digest) => {
      await local.keepMade(stepKey, digest);
      await store.putIfAbsent(builtStepKey(digestOf(stepKey)), new TextEncoder().encode(digest));
    },
    seconds: async (gift, version) => {
      const text = await readText(builtCostKey(gift, version));
      const seconds = text === null ? Number.NaN : Number(text);
      return Number.isFinite(seconds) && seconds >= 0 ? seconds : local.seconds(gift, version);
    },
    keepSeconds: async (gift, version, seconds) => {
      await local.keepSeconds(gift, version, seconds);
      const key = builtCostKey(gift, version);
      const present = await store.get(key);
      // Two who measured at once are both right.
      await store.replace(key, new TextEncoder().encode(seconds.toFixed(3)), present?.tag ?? null);
    },
  };
}
