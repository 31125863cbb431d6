import type { Store } from "../store/store.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import type { Tier } from "../wire/viewer.ts";
import { logKey, lockKey } from "../wire/keys.ts";
import type { EdgeResult } from "./edges.ts";
import type { Override } from "../wire/override.ts";
import type { LiveTimestamp } from "./live.ts";
import type { Plan, ReleaseChange } from "./plan.ts";

/** Why a revision was written. */
export type LogKind = "stop" | "publish" | "refresh" | "break-glass" | "drill" | "repair";

/** What a revision changed, for whom, and how long it took; kept in the store for people, never served. */
export interface LogRecord {
  readonly revision: number;
  readonly generation: number;
  readonly commit: string;
  readonly previousCommit: string | null;
  /** When the timestamp was written, in ISO 8601; edges served it some time later. */
  readonly at: string;
  readonly kind: LogKind;
  /** The account that ran the command. */
  readonly by: string;
  /** What a person gave as the reason. */
  readonly why?: string;
  /** All that stand after it. */
  readonly overrides: readonly Override[];
  /** Digests of the catalogs by tier; absent where they stayed as the record before says. */
  readonly catalogs?: Readonly<Record<Tier, string>>;
  readonly changes: readonly Pick<ReleaseChange, "gift" | "version" | "before" | "after" | "details">[];
  readonly edges: readonly {
    readonly region: string;
    readonly url: string;
    readonly ok: boolean;
    readonly milliseconds: number;
  }[];
}

export interface Written {
  readonly now: LiveTimestamp;
  readonly before: LiveTimestamp | null;
  readonly kind: LogKind;
  readonly by: string;
  readonly why?: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Absent where no catalog was written. */
  readonly plan?: Pick<Plan, "catalogs" | "changes">;
  readonly edges: readonly EdgeResult[];
}

/** The record of a timestamp that was just written. */
export function toLogRecord({ now, before, kind, by, why, at, plan, edges }: Written): LogRecord {
  const { version, meta, giftwrap } = now.signed;
  return {
    revision: version,
    generation: meta["snapshot.json"].version,
    commit: giftwrap.commit,
    previousCommit: before?.signed.giftwrap.commit ?? null,
    at: new Date(at).toISOString(),
    kind,
    by,
    ...(why !== undefined && { why }),
    overrides: giftwrap.overrides,
    ...(plan && {
      catalogs: {
        low: digestOf(plan.catalogs.low),
        mid: digestOf(plan.catalogs.mid),
        high: digestOf(plan.catalogs.high),
      },
    }),
    changes:
      plan?.changes.map(({ gift, version, before, after, details }) => ({
        gift,
        version,
        before,
        after,
        details,
      })) ?? [],
    edges: edges.map(({ edge: { region, url }, ok, milliseconds }) => ({ region, url, ok, milliseconds })),
  };
}

/** A revision is written once, and so is its record. */
export async function writeLog(store: Store, record: LogRecord): Promise<void> {
  await store.putIfAbsent(logKey(record.revision), encode(JSON.stringify(record, null, 2)));
}

/** Puts a release's lock digest on record. False when its version is on record with other bytes: it was used before. */
export async function recordLock(
  store: Store,
  gift: string,
  version: string,
  digest: string,
): Promise<boolean> {
  const key = lockKey(gift, version);
  if (await store.putIfAbsent(key, encode(digest))) return true;
  const recorded = await store.get(key);
  return recorded !== null && new TextDecoder().decode(recorded.bytes) === digest;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
