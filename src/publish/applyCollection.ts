import { GiftError } from "../report/error.ts";
import type { Store } from "../store/store.ts";
import { takeTurn } from "./announce.ts";
import { type KeepReason, planCollection, type Reachable } from "./collect.ts";

/** A few at a time: what publishers wait for is over in seconds. */
const BATCH_SIZE = 50;
/** A batch that takes longer is given up: publishers stop believing in it after three times as long. */
const BATCH_MILLISECONDS = 5 * 60_000;

export interface CollectionOptions {
  readonly store: Store;
  readonly environment: string;
  /** Where bytes are kept until the collection is over. */
  readonly trash: Store;
  /** What names bytes now; asked again before each batch. */
  readonly look: () => Promise<{ readonly reachable: Reachable }>;
  readonly now: () => number;
  readonly progress: (text: string) => void;
  readonly batchSize?: number;
}

export interface Collected {
  readonly deleted: readonly string[];
  readonly bytes: number;
  /** What was to go and stayed, and why. */
  readonly stayed: readonly { readonly key: string; readonly why: string }[];
  /** What was taken away and put back, because somebody named it meanwhile. */
  readonly restored: readonly string[];
}

/**
 * Takes keys away in small batches. Before each it says which, asks again what names them, and leaves those alone; what it
 * takes is kept aside, and put back when it is named in the end after all. What a collection that died left aside is looked
 * through first.
 * @throws GiftError `COLLECTION_UNDER_WAY`, and whatever `look` throws: then nothing more is taken away
 */
export async function applyCollection(
  keys: readonly string[],
  { store, environment, trash, look, now, progress, batchSize = BATCH_SIZE }: CollectionOptions,
): Promise<Collected> {
  const turn = await takeTurn(store, environment, now);
  const restored = await emptyTrash(store, trash, (await look()).reachable);
  const deleted: string[] = [];
  const stayed: { key: string; why: string }[] = [];
  let bytes = 0;
  try {
    for (let at = 0; at < keys.length; at += batchSize) {
      const batch = keys.slice(at, at + batchSize);
      const started = now();
      await turn.say(batch);
      const { reachable } = await look();
      const { remove, keep } = planCollection(batch, reachable);
      for (const { key, reason } of keep) stayed.push({ key, why: KEPT[reason] });
      for (const { key } of remove) {
        const stored = await store.get(key);
        if (!stored) {
          stayed.push({ key, why: "it was gone already" });
          continue;
        }
        await trash.putIfAbsent(key, stored.bytes);
        if (now() - started > BATCH_MILLISECONDS)
          throw new GiftError(
            "COLLECTION_SLOW",
            `the store of ${environment} takes minutes for ${batch.length} keys: the collection stopped after ${deleted.length}`,
            "see what slows the store down, then make a new plan with npx giftwrap gc",
          );
        await store.delete(key);
        deleted.push(key);
        bytes += stored.bytes.length;
      }
      progress(`${deleted.length} of ${keys.length} taken away`);
    }
  } finally {
    await turn.say([]);
  }
  restored.push(...(await emptyTrash(store, trash, (await look()).reachable)));
  const back = new Set(restored);
  return { deleted: deleted.filter((key) => !back.has(key)), bytes, stayed, restored };
}

export const KEPT: Readonly<Record<KeepReason, string>> = {
  lock: "a lock in git names it",
  catalog: "a catalog names it",
  rollback: "a rollback would need it",
  announced: "a publisher is about to name it",
  recent: "it is recent",
  unknown: "it is no object, catalog or delta",
};

/** Puts back what is named and not there, and lets the rest go. */
async function emptyTrash(store: Store, trash: Store, reachable: Reachable): Promise<string[]> {
  const kept = await trash.list("");
  const { keep } = planCollection(kept, reachable);
  const restored: string[] = [];
  for (const { key } of keep) {
    const stored = await trash.get(key);
    if (stored && (await store.putIfAbsent(key, stored.bytes))) restored.push(key);
  }
  for (const key of kept) await trash.delete(key);
  return restored;
}
