import type { Store } from "../store/store.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";
import { readLogRecords } from "./readLog.ts";

/** How many catalogs back a client may be and still get by with a delta. */
const MAX_CATALOGS = 8;
/** How many revisions are looked through for them: stops and renewals change no catalog. */
const MAX_REVISIONS = 32;

/**
 * The digests of recent catalogs that the log names, newest first, each once; those of the revision included. A log record that
 * was never written, or cannot be read, is passed over.
 */
export async function readEarlierDigests(
  store: Store,
  newest: number,
): Promise<Readonly<Record<Tier, readonly string[]>>> {
  const seen: Record<Tier, Set<string>> = { low: new Set(), mid: new Set(), high: new Set() };
  const revisions = Array.from({ length: Math.min(newest, MAX_REVISIONS) }, (_, at) => newest - at);
  for (const read of await readLogRecords(store, revisions)) {
    const catalogs = read.kind === "record" ? read.record.catalogs : null;
    for (const tier of TIERS) if (catalogs && seen[tier].size < MAX_CATALOGS) seen[tier].add(catalogs[tier]);
  }
  return { low: [...seen.low], mid: [...seen.mid], high: [...seen.high] };
}
