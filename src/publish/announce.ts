import { randomUUID } from "node:crypto";
import { isRecord } from "../wire/isRecord.ts";
import { GiftError } from "../report/error.ts";
import type { Store } from "../store/store.ts";
import { ANNOUNCED_PREFIX, COLLECTION_KEY } from "../wire/keys.ts";
import { digestsIn, digestsOfKey } from "./collect.ts";

/*
 * How a publisher and a collection keep out of each other's way. A publisher that finds an object present does not bring it
 * again, and names it some seconds later; a collection must not take it in between. Each first writes and then reads:
 *
 * - the publisher writes down what it is going to name, and then reads which keys a collection is taking now;
 * - the collection writes down the few keys that it is going to take, and then reads what publishers announced, and then
 *   what is live. (In this order: an announcement ends after its timestamp is written.)
 *
 * So one of them always sees the other. A publisher that meets one of its own objects waits until those few are done, and
 * only then asks whether the object is there. This needs a store whose reads and lists show every write that has ended, as
 * folders and today's buckets do. A stop, and a publish with nothing to do, name nothing new and announce nothing.
 */

/** No publisher takes as long; what is left of one that died is then in nobody's way. */
const ANNOUNCEMENT_LIFETIME_MILLISECONDS = 24 * 3_600_000;
/** A batch is taken away in seconds, and a collection stops itself long before this. */
const BATCH_LIFETIME_MILLISECONDS = 15 * 60_000;
const POLL_MILLISECONDS = 50;

export interface Announcement {
  /**
   * Keeps values with these digests from being collected until the announcement ends. Resolves when no collection can
   * still be taking one of them away; only then can the store be asked what it has.
   * @throws GiftError `COLLECTION_UNDER_WAY`
   */
  cover(digests: readonly string[]): Promise<void>;
  /** To be called when what was announced is live, or nothing will come of it. */
  end(): Promise<void>;
}

export function openAnnouncement(
  store: Store,
  now: () => number,
  deadlineMilliseconds: number,
): Announcement {
  const covered = new Set<string>();
  const keys: string[] = [];
  return {
    cover: async (digests) => {
      const added = digests.filter((it) => !covered.has(it));
      if (added.length === 0) return;
      const key = `${ANNOUNCED_PREFIX}${randomUUID()}.json`;
      keys.push(key);
      await store.putIfAbsent(key, encode({ at: new Date(now()).toISOString(), digests: added }));
      await untilNotTaken(store, new Set(added), now, deadlineMilliseconds);
      for (const digest of added) covered.add(digest);
    },
    end: async () => {
      // What cannot be taken away is in nobody's way: a collection keeps a few bytes longer, and sweeps it after a day.
      for (const key of keys.splice(0)) await store.delete(key).catch(() => {});
    },
  };
}

async function untilNotTaken(
  store: Store,
  digests: ReadonlySet<string>,
  now: () => number,
  deadlineMilliseconds: number,
): Promise<void> {
  const started = performance.now();
  for (;;) {
    const { at, keys } = readBatch((await store.get(COLLECTION_KEY))?.bytes);
    const mine = keys.find((key) => digestsOfKey(key).some((it) => digests.has(it)));
    if (mine === undefined || now() - at > BATCH_LIFETIME_MILLISECONDS) return;
    if (performance.now() - started > deadlineMilliseconds)
      throw new GiftError(
        "COLLECTION_UNDER_WAY",
        `a collection is taking ${mine} away, which this publish needs`,
        "publish again in a minute; if the collection died, a publish waits for it no longer than 15 minutes",
      );
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}

/** What publishers are about to name. Announcements of publishers that must be dead are taken away. */
export async function readAnnounced(store: Store, now: number): Promise<ReadonlySet<string>> {
  const announced = new Set<string>();
  for (const key of await store.list(ANNOUNCED_PREFIX)) {
    const stored = await store.get(key);
    if (!stored) continue;
    const text = new TextDecoder().decode(stored.bytes);
    if (now - timeOf(text) > ANNOUNCEMENT_LIFETIME_MILLISECONDS) await store.delete(key);
    else for (const digest of digestsIn(text)) announced.add(digest);
  }
  return announced;
}

/** The right to collect: one at a time has it. */
export interface Turn {
  /** Says which keys will be taken next; none when the collection is over. @throws GiftError `COLLECTION_UNDER_WAY` */
  say(keys: readonly string[]): Promise<void>;
}

/** @throws GiftError `COLLECTION_UNDER_WAY` when another collection has its turn */
export async function takeTurn(store: Store, environment: string, now: () => number): Promise<Turn> {
  const refuse = (): never => {
    throw new GiftError(
      "COLLECTION_UNDER_WAY",
      `another collection is under way in ${environment}`,
      "wait until it is done; if it died, its turn ends after 15 minutes",
    );
  };
  const present = await store.get(COLLECTION_KEY);
  const batch = readBatch(present?.bytes);
  if (batch.keys.length > 0 && now() - batch.at <= BATCH_LIFETIME_MILLISECONDS) refuse();
  let tag = present?.tag ?? null;
  return {
    say: async (keys) => {
      const bytes = encode({ at: new Date(now()).toISOString(), turn: randomUUID(), keys });
      tag = (await store.replace(COLLECTION_KEY, bytes, tag)) ?? refuse();
    },
  };
}

function readBatch(bytes: Uint8Array | undefined): { readonly at: number; readonly keys: readonly string[] } {
  if (!bytes) return { at: 0, keys: [] };
  const text = new TextDecoder().decode(bytes);
  const value = parse(text);
  const keys: readonly unknown[] = isRecord(value) && Array.isArray(value["keys"]) ? value["keys"] : [];
  return { at: timeOf(text), keys: keys.filter((it) => typeof it === "string") };
}

/** Epoch milliseconds; what cannot be read is taken for new. */
function timeOf(text: string): number {
  const value = parse(text);
  const at = isRecord(value) && typeof value["at"] === "string" ? Date.parse(value["at"]) : Number.NaN;
  return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
