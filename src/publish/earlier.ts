import type { Store } from "../store/store.ts";
import { catalogTarget, targetKey } from "../wire/keys.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";
import type { Live } from "./live.ts";
import { readLogRecords } from "./readLog.ts";

/** How many catalogs back a client may be and still get by with a delta. */
const MAX_CATALOGS = 8;
/** How many revisions are looked through for them: stops and renewals change no catalog. */
const MAX_REVISIONS = 32;

/** The texts of recent catalogs, newest first, the live one included. A log record that was never written, or cannot be read, is passed over. */
export async function readEarlierCatalogs(
  store: Store,
  live: Live | null,
): Promise<Readonly<Record<Tier, readonly string[]>>> {
  const texts: Record<Tier, string[]> = { low: [], mid: [], high: [] };
  if (!live) return texts;
  const seen = new Set<string>();
  for (const tier of TIERS) {
    if (live.catalogs[tier] !== "") texts[tier].push(live.catalogs[tier]);
    seen.add(live.targets[catalogTarget(tier)]?.hashes["sha256"] ?? "");
  }
  const newest = live.timestamp.signed.version;
  const revisions = Array.from({ length: Math.min(newest, MAX_REVISIONS) }, (_, at) => newest - at);
  for (const read of await readLogRecords(store, revisions)) {
    const catalogs = read.kind === "record" ? read.record.catalogs : null;
    if (!catalogs) continue;
    for (const tier of TIERS) {
      const digest = catalogs[tier];
      if (seen.has(digest) || texts[tier].length >= MAX_CATALOGS) continue;
      seen.add(digest);
      const stored = await store.get(targetKey(catalogTarget(tier), digest));
      if (stored) texts[tier].push(new TextDecoder().decode(stored.bytes));
    }
  }
  return texts;
}
