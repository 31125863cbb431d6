import { ClientError, type ClientErrorCode } from "../client/error.ts";
import { OWN_SHAPES, TrustedMetadata } from "../client/update/trusted.ts";
import { digestOf, nodeCrypto } from "../trust/nodeCrypto.ts";
import { applyDelta, type Delta, makeDelta } from "../wire/delta.ts";
import { catalogTarget, deltaKey, metadataKey, objectKey, TIMESTAMP_KEY, targetKey } from "../wire/keys.ts";
import type { FileMeta, RoleName, Root, Targets, Timestamp } from "../wire/metadata.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";
import { describeExpiry, type Expiries, isExpiring } from "./expiry.ts";
import { ALWAYS, trustRoot } from "./live.ts";
import { type NamedObject, namedObjects } from "./namedObjects.ts";
import type { Problem, ProblemKind, Subject } from "./problem.ts";

/** Reads one key, from a store or through an edge; null when it is not there. @throws ClientError for an edge that fails */
export type ReadKey = (key: string, maxBytes: number) => Promise<Uint8Array | null>;

/** Catalogs that clients may still have, by digest: a delta from each to the live one is expected. */
export type EarlierCatalogs = Readonly<Record<Tier, readonly string[]>>;

export interface Walked {
  readonly problems: readonly Problem[];
  /** What was read, right or wrong. */
  readonly files: number;
  readonly bytes: number;
  /** The newest root that the trusted one leads to. */
  readonly root: Root;
  /** Null when there is none that can be trusted: then nothing else was looked at. */
  readonly timestamp: Timestamp | null;
  readonly expires: Expiries;
  readonly targetsMeta: FileMeta | null;
  readonly targets: Targets["targets"];
  /** Those that could be read. */
  readonly catalogs: Partial<Readonly<Record<Tier, string>>>;
  /** What the catalogs name, as `gift@version`. */
  readonly releases: ReadonlySet<string>;
}

/** For files whose length no signature gives. */
const MAX_BYTES = { root: 512_000, timestamp: 16_384, metadata: 2_000_000, delta: 64_000_000 };
const PARALLEL_READS = 8;

/**
 * Walks everything that an app could be led to from the trusted root: the chain of roots, timestamp, snapshot, targets,
 * catalogs, every object that a catalog names, and the deltas. Compares each with the hash or signature that it must have.
 * One object per reader is in memory at a time.
 * @param root the trusted root, as git holds it
 * @throws GiftError when the root is none, or what `read` throws that is no ClientError
 */
export async function walkPublished(
  read: ReadKey,
  root: Uint8Array,
  options: {
    readonly now: number;
    /** The roots that git's root replaced, oldest first. */
    readonly formerRoots?: readonly Uint8Array[];
    /** Knows the log, which an edge does not serve. */
    readonly readEarlier?: (revision: number) => Promise<EarlierCatalogs>;
    /**
     * The catalogs as git has them for the live commit. They stand in for one that is lost: apps that still hold it go on playing
     * the objects that it names.
     */
    readonly readGitCatalogs?: (commit: string) => Promise<Partial<Readonly<Record<Tier, string>>>>;
  },
): Promise<Walked> {
  const walk = startWalk(read, options.now);
  const trusted = await walkRoots(walk, root, options.formerRoots ?? []);
  const timestamp = await walkTimestamp(walk, trusted);
  const expires: Record<string, string> = { root: trusted.root.expires };
  const catalogs: Partial<Record<Tier, string>> = {};
  let objects: ReadonlyMap<string, NamedObject> = new Map();
  if (timestamp) {
    expires["timestamp"] = timestamp.expires;
    await walkMetadata(walk, trusted, timestamp);
    for (const tier of TIERS) {
      const text = await walkCatalog(walk, trusted, tier);
      if (text !== null) catalogs[tier] = text;
    }
    objects = namedObjects(catalogs);
    const isWhole = TIERS.every((it) => catalogs[it] !== undefined || isWithout(trusted, it));
    const standIn = isWhole ? {} : await options.readGitCatalogs?.(timestamp.giftwrap.commit);
    await walkObjects(walk, [...new Map([...namedObjects(standIn ?? {}), ...objects]).values()]);
    const earlier = await options.readEarlier?.(timestamp.version);
    if (earlier) await walkDeltas(walk, trusted, catalogs, earlier);
  }
  if (trusted.snapshot) expires["snapshot"] = trusted.snapshot.expires;
  if (trusted.targets) expires["targets"] = trusted.targets.expires;
  return {
    problems: walk.problems,
    ...walk.counted(),
    root: trusted.root,
    timestamp,
    expires,
    targetsMeta: trusted.snapshot?.meta["targets.json"] ?? null,
    targets: trusted.targets?.targets ?? {},
    catalogs,
    releases: new Set([...objects.values()].flatMap((it) => it.releases)),
  };
}

interface Walk {
  readonly now: number;
  readonly problems: Problem[];
  /** Null when it is not there or cannot be read, which is a problem unless `isOptional`. */
  take(key: string, maxBytes: number, subject: Subject, isOptional?: boolean): Promise<Uint8Array | null>;
  /** What `act` gives once all that it checks is right; null, and a problem, when something is not. */
  holds<T>(key: string, subject: Subject, act: () => Promise<T>): Promise<T | null>;
  note(kind: ProblemKind, key: string, message: string, subject: Subject): void;
  counted(): { readonly files: number; readonly bytes: number };
}

function startWalk(read: ReadKey, now: number): Walk {
  const problems: Problem[] = [];
  let files = 0;
  let bytes = 0;
  const note: Walk["note"] = (kind, key, message, subject) =>
    void problems.push({ kind, key, message, subject });
  const holds = async <T>(key: string, subject: Subject, act: () => Promise<T>): Promise<T | null> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      note(KINDS[error.code], key, error.message, subject);
      return null;
    }
  };
  return {
    now,
    problems,
    note,
    holds,
    take: async (key, maxBytes, subject, isOptional = false) => {
      const answer = await holds(key, subject, async () => ({ found: await read(key, maxBytes) }));
      if (!answer) return null;
      const { found } = answer;
      if (found) {
        files++;
        bytes += found.length;
      } else if (!isOptional) note("missing", key, "is not there", subject);
      return found;
    },
    counted: () => ({ files, bytes }),
  };
}

async function isRight(
  walk: Walk,
  key: string,
  subject: Subject,
  act: () => Promise<unknown>,
): Promise<boolean> {
  return (await walk.holds(key, subject, async () => ({ given: await act() }))) !== null;
}

const KINDS: Readonly<Record<ClientErrorCode, ProblemKind>> = {
  network: "unread",
  missing: "missing",
  too_large: "damaged",
  hash: "damaged",
  schema: "damaged",
  rollback: "damaged",
  signature: "bad_signature",
  expired: "expired",
};

/** Every root from the first to the newest: an app that was installed long ago follows them one by one. */
async function walkRoots(
  walk: Walk,
  root: Uint8Array,
  former: readonly Uint8Array[],
): Promise<TrustedMetadata> {
  let trusted = await trustRoot(root, nodeCrypto);
  const own = trusted.root.version;
  let chain: TrustedMetadata | null = null;
  for (let version = 1; version <= own; version++) {
    const key = metadataKey("root", version);
    const subject: Subject = { part: "root", version };
    const bytes = await walk.take(key, MAX_BYTES.root, subject);
    if (!bytes) {
      chain = null;
      // No app follows yet to a root that was not published: what the former roots vouch for is right until it is.
      if (version === own) trusted = await trustRoot(root, nodeCrypto, former);
    } else if (version === own && digestOf(bytes) !== digestOf(root)) {
      walk.note("damaged", key, "is not the root that git holds", subject);
    } else {
      const before: TrustedMetadata | null = chain;
      const follow = async (): Promise<TrustedMetadata> => {
        await before?.updateRoot(bytes);
        return before ?? TrustedMetadata.from(bytes, nodeCrypto, OWN_SHAPES);
      };
      chain = await walk.holds(key, subject, follow);
    }
  }
  for (let version = own + 1; ; version++) {
    const key = metadataKey("root", version);
    const subject: Subject = { part: "root", version };
    const bytes = await walk.take(key, MAX_BYTES.root, subject, true);
    if (!bytes || !(await isRight(walk, key, subject, () => trusted.updateRoot(bytes)))) break;
  }
  checkExpiry(walk, "root", metadataKey("root", trusted.root.version), trusted.root.expires, {
    part: "root",
    version: trusted.root.version,
  });
  return trusted;
}

async function walkTimestamp(walk: Walk, trusted: TrustedMetadata): Promise<Timestamp | null> {
  const subject: Subject = { part: "timestamp" };
  const bytes = await walk.take(TIMESTAMP_KEY, MAX_BYTES.timestamp, subject);
  if (!bytes) return null;
  if (!(await isRight(walk, TIMESTAMP_KEY, subject, () => trusted.updateTimestamp(bytes, ALWAYS))))
    return null;
  const { timestamp = null } = trusted;
  if (timestamp) checkExpiry(walk, "timestamp", TIMESTAMP_KEY, timestamp.expires, subject);
  return timestamp;
}

async function walkMetadata(walk: Walk, trusted: TrustedMetadata, timestamp: Timestamp): Promise<void> {
  const roles = [
    ["snapshot", () => timestamp.meta["snapshot.json"]],
    ["targets", () => trusted.snapshot?.meta["targets.json"]],
  ] as const;
  for (const [role, metaOf] of roles) {
    const meta = metaOf();
    if (!meta) return;
    const key = metadataKey(role, meta.version);
    const subject: Subject = { part: role, digest: meta.hashes?.["sha256"] ?? null };
    const bytes = await walk.take(key, meta.length ?? MAX_BYTES.metadata, subject);
    if (!bytes) return;
    const accept = () =>
      role === "snapshot" ? trusted.updateSnapshot(bytes, ALWAYS) : trusted.updateTargets(bytes, ALWAYS);
    if (!(await isRight(walk, key, subject, accept))) return;
    const expires = trusted[role]?.expires;
    if (expires !== undefined) checkExpiry(walk, role, key, expires, subject);
  }
}

async function walkCatalog(walk: Walk, trusted: TrustedMetadata, tier: Tier): Promise<string | null> {
  const name = catalogTarget(tier);
  const meta = trusted.targets?.targets[name];
  const digest = meta?.hashes["sha256"];
  if (!meta || digest === undefined) return null;
  const key = targetKey(name, digest);
  const subject: Subject = { part: "catalog", tier, digest };
  const bytes = await walk.take(key, meta.length, subject);
  if (!bytes || !(await isRight(walk, key, subject, () => trusted.checkFile(name, bytes, meta)))) return null;
  return new TextDecoder().decode(bytes);
}

/** Whether the signed targets say that there is no catalog for the tier. */
function isWithout({ targets }: TrustedMetadata, tier: Tier): boolean {
  return targets !== undefined && targets.targets[catalogTarget(tier)] === undefined;
}

async function walkObjects(walk: Walk, objects: NamedObject[]): Promise<void> {
  const queue = objects.reverse();
  const work = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const { file, releases } = next;
      const key = objectKey(file.digest, file.mediaType);
      const subject: Subject = { part: "object", file, releases };
      const bytes = await walk.take(key, file.bytes, subject);
      if (bytes && (bytes.length !== file.bytes || digestOf(bytes) !== file.digest))
        walk.note("damaged", key, "has other bytes than its name says", subject);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_READS }, work));
}

/** A delta is written where it is smaller than the catalog that it leads to. */
async function walkDeltas(
  walk: Walk,
  trusted: TrustedMetadata,
  catalogs: Walked["catalogs"],
  earlier: EarlierCatalogs,
): Promise<void> {
  for (const tier of TIERS) {
    const text = catalogs[tier];
    const meta = trusted.targets?.targets[catalogTarget(tier)];
    const to = meta?.hashes["sha256"];
    if (text === undefined || !meta || to === undefined) continue;
    for (const from of earlier[tier]) {
      const delta = from === to ? null : await expectedDelta(walk, tier, from, text);
      if (!delta || delta.bytes.length >= meta.length) continue;
      const key = deltaKey(from, to);
      const subject: Subject = { part: "delta", tier, from, to };
      const bytes = await walk.take(key, MAX_BYTES.delta, subject);
      if (bytes && applied(tier, delta.before, bytes) !== to)
        walk.note("damaged", key, "does not lead to the signed catalog", subject);
    }
  }
}

/** Null where the older catalog is gone or is not itself any more: nobody starts from it then. */
async function expectedDelta(
  walk: Walk,
  tier: Tier,
  from: string,
  to: string,
): Promise<{ readonly before: string; readonly bytes: Uint8Array } | null> {
  const subject: Subject = { part: "catalog", tier, digest: from };
  const bytes = await walk.take(targetKey(catalogTarget(tier), from), MAX_BYTES.delta, subject, true);
  if (!bytes || digestOf(bytes) !== from) return null;
  const before = new TextDecoder().decode(bytes);
  return { before, bytes: new TextEncoder().encode(JSON.stringify(makeDelta(before, to))) };
}

/** The digest of what the delta makes of the older catalog; null when it is no delta. */
function applied(tier: Tier, before: string, bytes: Uint8Array): string | null {
  try {
    const delta: Delta = JSON.parse(new TextDecoder().decode(bytes));
    return digestOf(applyDelta(tier, before, delta));
  } catch {
    return null;
  }
}

function checkExpiry(walk: Walk, role: RoleName, key: string, expires: string, subject: Subject): void {
  if (!isExpiring(role, expires, walk.now)) return;
  const isOver = Date.parse(expires) <= walk.now;
  const when = describeExpiry(expires, walk.now);
  walk.note(
    isOver ? "expired" : "expiring",
    key,
    isOver ? `expired ${when} (${expires})` : `expires ${when} (${expires})`,
    subject,
  );
}
