import { isRecord } from "../wire/isRecord.ts";
import { explainError } from "../report/error.ts";
import type { Store } from "../store/store.ts";
import { isDigest } from "../wire/digest.ts";
import { catalogTarget, logKey, metadataKey } from "../wire/keys.ts";
import type { Override } from "../wire/override.ts";
import type { Stage } from "../wire/rollout.ts";
import { type Tier, TIERS } from "../wire/viewer.ts";

/** A log record as it was found. Older programs wrote fewer fields: what a record does not say is null, or an empty list. */
export interface PastRecord {
  readonly revision: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly generation: number | null;
  readonly commit: string | null;
  readonly previousCommit: string | null;
  readonly kind: string;
  readonly by: string | null;
  readonly why: string | null;
  /** All that stood after it; null when it names only some of them, or in a way that cannot be read. */
  readonly overrides: readonly Override[] | null;
  readonly catalogs: Readonly<Record<Tier, string>> | null;
  readonly changes: readonly PastChange[];
  readonly edges: readonly PastEdge[];
}

export interface PastChange {
  readonly gift: string;
  readonly version: string;
  readonly before: Stage | null;
  readonly after: Stage | null;
  readonly details: readonly string[];
}

export interface PastEdge {
  readonly region: string;
  readonly url: string;
  readonly ok: boolean;
  readonly milliseconds: number | null;
}

/** A revision's record, or why there is none to read. */
export type ReadRecord =
  | { readonly kind: "record"; readonly record: PastRecord }
  | { readonly kind: "missing"; readonly revision: number }
  | { readonly kind: "damaged"; readonly revision: number; readonly why: string };

const PARALLEL_READS = 16;

export async function readLogRecord(store: Store, revision: number): Promise<ReadRecord> {
  const stored = await store.get(logKey(revision));
  return stored ? parseLogRecord(revision, stored.bytes) : { kind: "missing", revision };
}

/** The records of these revisions, in their order. */
export async function readLogRecords(
  store: Store,
  revisions: readonly number[],
): Promise<readonly ReadRecord[]> {
  const records: ReadRecord[] = [];
  for (let at = 0; at < revisions.length; at += PARALLEL_READS) {
    const some = revisions.slice(at, at + PARALLEL_READS);
    records.push(...(await Promise.all(some.map((revision) => readLogRecord(store, revision)))));
  }
  return records;
}

/** Reads what can be read. Damaged is only a record that is no JSON object, is another revision's, or does not say when it was written. */
export function parseLogRecord(revision: number, bytes: Uint8Array): ReadRecord {
  const damaged = (why: string): ReadRecord => ({ kind: "damaged", revision, why });
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    return damaged(`it is not JSON: ${explainError(error)}`);
  }
  if (!isRecord(value)) return damaged("it is not a JSON object");
  if (value["revision"] !== revision) return damaged("it says that it is of another revision");
  const at = typeof value["at"] === "string" ? Date.parse(value["at"]) : Number.NaN;
  if (Number.isNaN(at)) return damaged("it does not say when it was written");
  const { generation, kind } = value;
  return {
    kind: "record",
    record: {
      revision,
      at,
      generation: typeof generation === "number" ? generation : null,
      commit: toText(value["commit"]),
      previousCommit: toText(value["previousCommit"]),
      kind: toText(kind) ?? "publish",
      by: toText(value["by"]),
      why: toText(value["why"]),
      overrides: toOverrides(value["overrides"]),
      catalogs: toCatalogs(value["catalogs"]),
      changes: toList(value["changes"]).flatMap(toChange),
      edges: toList(value["edges"]).flatMap(toEdge),
    },
  };
}

/**
 * The newest revision, of those up to `newest`, whose record is not later than `moment`, found by halving: a history of
 * thousands costs a dozen reads. `next` is the first readable revision after it, or `newest + 1`: those between them have no
 * readable record, so nobody can say when they began. Null when no readable record is that old; then `next` is the oldest one.
 */
export async function findRevisionAt(
  store: Store,
  newest: number,
  moment: number,
): Promise<{ readonly found: PastRecord | null; readonly next: number }> {
  let found: PastRecord | null = null;
  // No readable record between `found` and `low`; the one at `high` is later than the moment.
  let [low, high] = [0, newest + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const record = await newestReadable(store, middle, low);
    if (record && record.at > moment) high = record.revision;
    else {
      found = record ?? found;
      low = middle;
    }
  }
  return { found, next: high };
}

/** The newest record that can be read, from one revision downwards, above another. */
async function newestReadable(store: Store, from: number, above: number): Promise<PastRecord | null> {
  for (let revision = from; revision > above; revision--) {
    const read = await readLogRecord(store, revision);
    if (read.kind === "record") return read.record;
  }
  return null;
}

/** The catalogs' digests by tier that a generation's metadata names; null when the store does not have them any more. */
export async function readGenerationCatalogs(
  store: Store,
  generation: number,
): Promise<Readonly<Record<Tier, string>> | null> {
  const snapshot = await readSigned(store, metadataKey("snapshot", generation));
  const meta = snapshot && isRecord(snapshot["meta"]) ? snapshot["meta"]["targets.json"] : null;
  const version = isRecord(meta) ? meta["version"] : null;
  if (typeof version !== "number") return null;
  const signed = await readSigned(store, metadataKey("targets", version));
  const targets = signed && isRecord(signed["targets"]) ? signed["targets"] : {};
  return toCatalogs(
    Object.fromEntries(
      TIERS.map((tier) => {
        const target = targets[catalogTarget(tier)];
        return [tier, isRecord(target) && isRecord(target["hashes"]) ? target["hashes"]["sha256"] : null];
      }),
    ),
  );
}

async function readSigned(store: Store, key: string): Promise<Readonly<Record<string, unknown>> | null> {
  const stored = await store.get(key);
  if (!stored) return null;
  try {
    const envelope: unknown = JSON.parse(new TextDecoder().decode(stored.bytes));
    return isRecord(envelope) && isRecord(envelope["signed"]) ? envelope["signed"] : null;
  } catch {
    return null;
  }
}

/** Null unless every one of them has what an override needs: half a list would tell a wrong story. */
function toOverrides(value: unknown): readonly Override[] | null {
  if (!Array.isArray(value)) return null;
  const list: unknown[] = value;
  return list.every(isOverride) ? list : null;
}

function isOverride(value: unknown): value is Override {
  if (!isRecord(value) || typeof value["id"] !== "string" || typeof value["origin"] !== "string")
    return false;
  const { gifts, limit, untilGeneration, versions, scope } = value;
  return (
    (gifts === "*" || (Array.isArray(gifts) && gifts.every((it) => typeof it === "string"))) &&
    isRecord(limit) &&
    (untilGeneration === undefined || typeof untilGeneration === "number") &&
    (versions === undefined || Array.isArray(versions)) &&
    (scope === undefined || isRecord(scope))
  );
}

function toCatalogs(value: unknown): Readonly<Record<Tier, string>> | null {
  if (!isRecord(value)) return null;
  const { low, mid, high } = value;
  if (typeof low !== "string" || typeof mid !== "string" || typeof high !== "string") return null;
  return [low, mid, high].every(isDigest) ? { low, mid, high } : null;
}

function toChange(value: unknown): PastChange[] {
  if (!isRecord(value) || typeof value["gift"] !== "string" || typeof value["version"] !== "string")
    return [];
  const { gift, version } = value;
  const details = toList(value["details"]).filter((it) => typeof it === "string");
  return [{ gift, version, before: toStage(value["before"]), after: toStage(value["after"]), details }];
}

function toEdge(value: unknown): PastEdge[] {
  if (!isRecord(value) || typeof value["region"] !== "string" || typeof value["url"] !== "string") return [];
  const { region, url, milliseconds } = value;
  return [
    {
      region,
      url,
      ok: value["ok"] === true,
      milliseconds: typeof milliseconds === "number" ? milliseconds : null,
    },
  ];
}

function toStage(value: unknown): Stage | null {
  return value === "canary" || value === "regional" || value === "full" ? value : null;
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function toText(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
