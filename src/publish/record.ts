import type { Store } from "../store/store.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import type { Tier } from "../wire/viewer.ts";
import { logKey, lockKey } from "../wire/keys.ts";
import type { EdgeResult } from "./edges.ts";
import type { Plan, ReleaseChange } from "./plan.ts";

/** What a revision changed, for whom, and how long it took; kept in the store for people, never served. */
export interface LogRecord {
  readonly revision: number;
  readonly generation: number;
  readonly commit: string;
  readonly previousCommit: string | null;
  /** ISO 8601. */
  readonly at: string;
  readonly kind: "stop" | "publish";
  readonly overrides: readonly string[];
  /** Digests of the catalogs by tier, which later revisions write deltas from. */
  readonly catalogs?: Readonly<Record<Tier, string>>;
  readonly changes: readonly Pick<ReleaseChange, "gift" | "version" | "before" | "after" | "details">[];
  readonly edges: readonly {
    readonly region: string;
    readonly url: string;
    readonly ok: boolean;
    readonly milliseconds: number;
  }[];
}

export async function writeLog(
  store: Store,
  record: Omit<LogRecord, "edges" | "changes">,
  plan: Plan | null,
  edges: readonly EdgeResult[],
): Promise<void> {
  const changes =
    plan?.changes.map(({ gift, version, before, after, details }) => ({
      gift,
      version,
      before,
      after,
      details,
    })) ?? [];
  const catalogs = plan && {
    low: digestOf(plan.catalogs.low),
    mid: digestOf(plan.catalogs.mid),
    high: digestOf(plan.catalogs.high),
  };
  const asked = edges.map(({ edge, ok, milliseconds }) => ({ ...edge, ok, milliseconds }));
  await store.putIfAbsent(
    logKey(record.revision),
    encode(JSON.stringify({ ...record, ...(catalogs && { catalogs }), changes, edges: asked }, null, 2)),
  );
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
