import { ClientError } from "../client/error.ts";
import type { Crypto } from "../client/ports.ts";
import { OWN_SHAPES, TrustedMetadata } from "../client/update/trusted.ts";
import { GiftError } from "../report/error.ts";
import type { Store, Tag } from "../store/store.ts";
import { catalogTarget, metadataKey, TIMESTAMP_KEY, targetKey } from "../wire/keys.ts";
import type { FileMeta, Root, Targets, Timestamp } from "../wire/metadata.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";

/** The one name that moves, as it is now. */
export interface LiveTimestamp {
  readonly signed: Timestamp;
  /** Null when it is not there, and counted on from what is. */
  readonly tag: Tag | null;
  readonly bytes: Uint8Array;
}

/** What is published now, verified from the trusted root on, without the catalogs: three small files, whatever their size. */
export interface LiveHead {
  readonly timestamp: LiveTimestamp;
  /** The version of the snapshot. */
  readonly generation: number;
  readonly targetsMeta: FileMeta;
  readonly targets: Targets["targets"];
}

export interface Live extends LiveHead {
  readonly catalogs: Readonly<Record<Tier, string>>;
}

/** A date before all expiries: what is live must be readable also after it expired, or nothing could renew it. */
export const ALWAYS = Number.NEGATIVE_INFINITY;

/** Null when nothing was ever published. Enough to write a stop; reads one file. */
export async function readLiveTimestamp(
  store: Store,
  trusted: TrustedMetadata,
): Promise<LiveTimestamp | null> {
  const stored = await store.get(TIMESTAMP_KEY);
  if (!stored) return null;
  await explained(() => trusted.updateTimestamp(stored.bytes, ALWAYS));
  if (!trusted.timestamp) return null;
  if (!Number.isSafeInteger(trusted.timestamp.version + 1))
    throw new GiftError(
      "LIVE_BROKEN",
      `what is live has revision ${trusted.timestamp.version}, and no number comes after it: somebody else has the timestamp key`,
      "rotate the timestamp key as a leaked one (.github/RUNBOOK.md); nothing was written",
    );
  return { signed: trusted.timestamp, tag: stored.tag, bytes: stored.bytes };
}

/** What is live, for a timestamp that was just read with the same trusted metadata. */
export async function readLive(
  store: Store,
  trusted: TrustedMetadata,
  timestamp: LiveTimestamp,
): Promise<Live> {
  return readCatalogs(store, trusted, await readLiveHead(store, trusted, timestamp));
}

/**
 * That a store without a timestamp never had one. If it had, apps would refuse to begin again at revision 1.
 * @throws GiftError `TIMESTAMP_LOST`
 */
export async function checkNeverPublished(store: Store): Promise<void> {
  const [record] = await store.list("log/");
  if (record === undefined) return;
  throw new GiftError(
    "TIMESTAMP_LOST",
    `${TIMESTAMP_KEY} is not there, but ${record} says that something was published; nothing was written`,
    "put it back from an edge that still serves it, or from a copy of the store: apps would refuse to begin again at revision 1; if nobody has it, publish --replace-live goes on from the log",
  );
}

/** The signed names of the catalogs. */
export async function readLiveHead(
  store: Store,
  trusted: TrustedMetadata,
  timestamp: LiveTimestamp,
): Promise<LiveHead> {
  const snapshotMeta = timestamp.signed.meta["snapshot.json"];
  await explained(async () =>
    trusted.updateSnapshot(await read(store, metadataKey("snapshot", snapshotMeta.version)), ALWAYS),
  );
  const targetsMeta = trusted.snapshot?.meta["targets.json"];
  if (!targetsMeta) throw new TypeError("a trusted snapshot names targets");
  await explained(async () =>
    trusted.updateTargets(await read(store, metadataKey("targets", targetsMeta.version)), ALWAYS),
  );
  const targets = trusted.targets?.targets ?? {};
  return { timestamp, generation: snapshotMeta.version, targetsMeta, targets };
}

/** The catalogs that the head names, each with the signed hash. */
export async function readCatalogs(store: Store, trusted: TrustedMetadata, head: LiveHead): Promise<Live> {
  const readTier = async (tier: Tier): Promise<string> => {
    const name = catalogTarget(tier);
    const meta = head.targets[name];
    const digest = meta?.hashes["sha256"];
    if (!meta || !digest) return "";
    const bytes = await read(store, targetKey(name, digest));
    await explained(() => trusted.checkFile(name, bytes, meta));
    return new TextDecoder().decode(bytes);
  };
  const [low, mid, high] = await Promise.all(TIERS.map(readTier));
  return { ...head, catalogs: { low: low ?? "", mid: mid ?? "", high: high ?? "" } };
}

/** Whether bytes are a timestamp that the trusted root vouches for, whenever it was signed. */
export async function isSignedTimestamp(trusted: TrustedMetadata, timestamp: Uint8Array): Promise<boolean> {
  try {
    return await trusted.updateTimestamp(timestamp, ALWAYS);
  } catch (error) {
    if (error instanceof ClientError) return false;
    throw error;
  }
}

/**
 * Trust begins with the root that git holds. What the roots vouch for that it replaced is read, too, until it is signed anew;
 * but no timestamp that a key signed which any of them calls leaked.
 * A leaked release key needs no such care: a timestamp that is believed names what it signed by its hash.
 * @param former oldest first; each must follow the one before it, and `root` the last
 * @param believesLeaked to tell what a leaked key signed from what nobody did
 * @throws GiftError `ROOT_BROKEN`
 */
export async function trustRoot(
  root: Uint8Array,
  crypto: Crypto,
  former: readonly Uint8Array[] = [],
  believesLeaked = false,
): Promise<TrustedMetadata> {
  try {
    const walk = await TrustedMetadata.from(former[0] ?? root, crypto, OWN_SHAPES);
    const roots = [walk.root];
    for (const next of former.length === 0 ? [] : [...former.slice(1), root]) {
      await walk.updateRoot(next);
      roots.unshift(walk.root);
    }
    const leaked = new Set(believesLeaked ? [] : roots.flatMap((it) => it.giftwrap?.leaked ?? []));
    return await TrustedMetadata.from(
      root,
      crypto,
      OWN_SHAPES,
      roots.slice(1).map((it) => withoutTimestampKeys(it, leaked)),
    );
  } catch (cause) {
    throw new GiftError(
      "ROOT_BROKEN",
      former.length === 0
        ? "the environment's root.json is not a valid root"
        : "the environment's root.json is not a valid root, or does not follow from the numbered ones beside it",
      "take it back from git",
      { cause },
    );
  }
}

function withoutTimestampKeys(root: Root, keys: ReadonlySet<string>): Root {
  const { keyids, threshold } = root.roles.timestamp;
  const timestamp = { keyids: keyids.filter((it) => !keys.has(it)), threshold };
  return { ...root, roles: { ...root.roles, timestamp } };
}

async function read(store: Store, key: string): Promise<Uint8Array> {
  const stored = await store.get(key);
  if (!stored)
    throw new GiftError(
      "LIVE_BROKEN",
      `${key} is named by what is live but is not in the store`,
      "run npx giftwrap reconcile, or put the file back from a copy of the store",
    );
  return stored.bytes;
}

async function explained<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (!(cause instanceof ClientError)) throw cause;
    throw new GiftError(
      "LIVE_BROKEN",
      `what is live cannot be trusted: ${cause.message}`,
      "check that the environment's root.json is the one this store was published with, and that this commit is not older than it; publish --replace-live takes nothing from what is live but its overrides; nothing was written",
      { cause },
    );
  }
}
