import type { Store } from "../store/store.ts";
import { logKey, lockKey } from "../wire/keys.ts";
import type { EdgeResult } from "./edges.ts";
import type { ReleaseChange } from "./plan.ts";

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
  record: Omit<LogRecord, "edges">,
  edges: readonly EdgeResult[],
): Promise<void> {
  const asked = edges.map(({ edge, ok, milliseconds }) => ({ ...edge, ok, milliseconds }));
  await store.putIfAbsent(
    logKey(record.revision),
    encode(JSON.stringify({ ...record, edges: asked }, null, 2)),
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
