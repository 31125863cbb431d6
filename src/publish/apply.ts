import type { Store } from "../store/store.ts";
import type { Signer } from "../trust/keys.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import {
  makeSnapshot,
  makeTargets,
  makeTimestamp,
  signMetadata,
  type TimestampContent,
  toFileMeta,
} from "../trust/sign.ts";
import { catalogTarget, metadataKey, objectKey, TIMESTAMP_KEY, targetKey } from "../wire/keys.ts";
import type { FileMeta, Targets } from "../wire/metadata.ts";
import { type Tier, TIERS } from "../wire/viewer.ts";
import type { Live, LiveTimestamp } from "./live.ts";
import type { Plan } from "./plan.ts";
import { writeDeltas } from "./writeDeltas.ts";

/** Where bytes that are not in the store yet are copied from. */
export interface ObjectSource {
  (digest: string, mediaType: string): Promise<Uint8Array | null>;
  /** Why it could not give an object that it was asked for, and what to do: "is damaged in staging: ...". */
  whyNot?(digest: string): string;
}

export interface Signers {
  readonly release: Signer;
  readonly timestamp: Signer;
}

/**
 * Copies missing objects by digest. Gives the digests that no source has, or has only damaged, and the objects that were
 * there already, which somebody else could take away.
 */
export async function copyObjects(
  store: Store,
  objects: Plan["objects"],
  source: ObjectSource,
): Promise<{ missing: ReadonlySet<string>; found: Plan["objects"] }> {
  const missing = new Set<string>();
  const found: Plan["objects"][number][] = [];
  const queue = [...objects];
  const work = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const { digest, mediaType } = next.file;
      const key = objectKey(digest, mediaType);
      if (await store.head(key)) {
        found.push(next);
        continue;
      }
      const bytes = await source(digest, mediaType);
      if (bytes && digestOf(bytes) === digest) await store.putIfAbsent(key, bytes);
      else missing.add(digest);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_COPIES }, work));
  return { missing, found };
}

const PARALLEL_COPIES = 8;

/** What the next timestamp will name. */
export interface Generation {
  readonly version: number;
  readonly snapshot: FileMeta;
}

/**
 * Writes catalogs, deltas, targets and snapshot: names that nobody reads before the timestamp names them. A number that
 * an interrupted run has used is skipped, never written again.
 * @param earlier digests of recent catalogs by tier, from which a delta is written each
 */
export async function writeGeneration(
  store: Store,
  live: Live | null,
  plan: Pick<Plan, "catalogs">,
  earlier: Readonly<Record<Tier, readonly string[]>>,
  signer: Signer,
  now: number,
): Promise<Generation> {
  const targets: Record<string, Targets["targets"][string]> = {};
  for (const tier of TIERS)
    targets[catalogTarget(tier)] = await writeCatalogFiles(
      store,
      live,
      tier,
      plan.catalogs[tier],
      earlier[tier],
    );

  const sameTargets = live && JSON.stringify(sorted(live.targets)) === JSON.stringify(sorted(targets));
  const targetsMeta = sameTargets
    ? live.targetsMeta
    : await writeNext(store, "targets", (live?.targetsMeta.version ?? 0) + 1, signer, (version) =>
        makeTargets(version, targets, now),
      );
  const snapshot = await writeNext(store, "snapshot", (live?.generation ?? 0) + 1, signer, (version) =>
    makeSnapshot(version, targetsMeta, now),
  );
  return { version: snapshot.version, snapshot };
}

/** What a timestamp says besides its own version and expiry. */
export function contentOf({ signed }: LiveTimestamp): Omit<TimestampContent, "version" | "settled"> {
  const { pollSeconds, commit, overrides } = signed.giftwrap;
  return { snapshot: signed.meta["snapshot.json"], pollSeconds, commit, overrides };
}

/**
 * Moves the one name that moves. Null when somebody else moved it first: read again, plan again. Where it does not say whether
 * anything is left to do, that stays as it was for the same commit and the same catalogs.
 */
export async function writeTimestamp(
  store: Store,
  live: LiveTimestamp | null,
  content: Omit<TimestampContent, "version">,
  signer: Signer,
  now: number,
): Promise<LiveTimestamp | null> {
  const { settled = isAsBefore(live, content) && live?.signed.giftwrap.settled === true } = content;
  const signed = makeTimestamp({ ...content, settled, version: (live?.signed.version ?? 0) + 1 }, now);
  const bytes = await signMetadata(signed, [signer]);
  const tag = await store.replace(TIMESTAMP_KEY, bytes, live?.tag ?? null);
  return tag === null ? null : { signed, tag, bytes };
}

function isAsBefore(
  live: LiveTimestamp | null,
  { commit, snapshot }: Omit<TimestampContent, "version">,
): boolean {
  const { giftwrap, meta } = live?.signed ?? {};
  return giftwrap?.commit === commit && meta?.["snapshot.json"].version === snapshot.version;
}

async function writeCatalogFiles(
  store: Store,
  live: Live | null,
  tier: Tier,
  text: string,
  earlier: readonly string[],
): Promise<Targets["targets"][string]> {
  const bytes = new TextEncoder().encode(text);
  const next = { text, digest: digestOf(bytes) };
  await store.putIfAbsent(targetKey(catalogTarget(tier), next.digest), bytes);
  const liveDigest = live?.targets[catalogTarget(tier)]?.hashes["sha256"];
  if (live && liveDigest !== undefined)
    await writeDeltas(store, tier, { text: live.catalogs[tier], digest: liveDigest }, next, earlier);
  return { length: bytes.length, hashes: { sha256: next.digest } };
}

export async function writeNext<T>(
  store: Store,
  role: "snapshot" | "targets",
  from: number,
  signer: Signer,
  make: (version: number) => T,
): Promise<FileMeta> {
  for (let version = from; ; version++) {
    const bytes = await signMetadata(make(version), [signer]);
    if (await store.putIfAbsent(metadataKey(role, version), bytes)) return toFileMeta(version, bytes);
  }
}

function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
