import type { Store } from "../store/store.ts";
import { catalogTarget, targetKey } from "../wire/keys.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
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
  const digests = await readEarlierDigests(store, live.timestamp.signed.version);
  for (const tier of TIERS) {
    if (live.catalogs[tier] !== "") texts[tier].push(live.catalogs[tier]);
    const own = live.targets[catalogTarget(tier)]?.hashes["sha256"];
    for (const digest of digests[tier]) {
      if (digest === own || texts[tier].length >= MAX_CATALOGS) continue;
      const stored = await store.get(targetKey(catalogTarget(tier), digest));
      // From a catalog that is not itself any more, nobody starts.
      if (stored && digestOf(stored.bytes) === digest)
        texts[tier].push(new TextDecoder().decode(stored.bytes));
    }
  }
  return texts;
}

/** The digests of recent catalogs that the log names, newest first, each once; those of the revision included. */
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
