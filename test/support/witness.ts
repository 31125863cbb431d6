import { expect } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { ANNOUNCED_PREFIX, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import type { Envelope, Timestamp } from "../../src/wire/metadata.ts";

/** Remembers all that a store was seen to hold, and what of it may never change. */
export interface Witness {
  /**
   * Looks again. Only the timestamp may have changed, and then its version has grown; nothing that was written once has other
   * bytes or is gone; and no override that is not git's was lost before its time.
   */
  look(): Promise<void>;
}

export function witnessOf(store: Store): Witness {
  const seen = new Map<string, Uint8Array>();
  return {
    look: async () => {
      const before = timestampOf(seen.get(TIMESTAMP_KEY));
      // A publisher's announcement is a note to collections: it goes when its publish ends.
      const present = (await store.list("")).filter((key) => !key.startsWith(ANNOUNCED_PREFIX));
      for (const key of new Set([...seen.keys(), ...present])) {
        const bytes = (await store.get(key))?.bytes;
        const known = seen.get(key);
        if (!bytes) return expect.fail(`${key} was there and is gone`);
        if (known && !Buffer.from(known).equals(bytes) && key !== TIMESTAMP_KEY)
          return expect.fail(`${key} was written twice with different bytes`);
        if (key !== TIMESTAMP_KEY) seen.set(key, bytes);
      }
      const stored = await store.get(TIMESTAMP_KEY);
      const known = seen.get(TIMESTAMP_KEY);
      if (!stored || (known && Buffer.from(known).equals(stored.bytes))) return;
      seen.set(TIMESTAMP_KEY, stored.bytes);
      if (before) checkFollows(before, timestampOf(stored.bytes) ?? expect.fail("a timestamp is there"));
    },
  };
}

function checkFollows(before: Timestamp, after: Timestamp): void {
  expect(after.version).toBeGreaterThan(before.version);
  const generation = after.meta["snapshot.json"].version;
  expect(generation).toBeGreaterThanOrEqual(before.meta["snapshot.json"].version);
  const standing = new Set(after.giftwrap.overrides.map((it) => it.id));
  for (const { id, origin, untilGeneration = Number.POSITIVE_INFINITY } of before.giftwrap.overrides)
    if (origin !== "git" && untilGeneration > generation && !standing.has(id))
      expect.fail(`${id} was lost by revision ${after.version}`);
}

function timestampOf(bytes: Uint8Array | undefined): Timestamp | null {
  if (!bytes) return null;
  const envelope: Envelope<Timestamp> = JSON.parse(new TextDecoder().decode(bytes));
  return envelope.signed;
}
