import type { Store } from "../store/store.ts";
import { catalogTarget, logKey, targetKey } from "../wire/keys.ts";
import { isDigest } from "../wire/digest.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";
import type { Live } from "./live.ts";

/** How many catalogs back a client may be and still get by with a delta. */
const MAX_CATALOGS = 8;
/** How many revisions are looked through for them: stops and renewals change no catalog. */
const MAX_REVISIONS = 32;

/** The texts of recent catalogs, newest first, the live one included. A log record that was never written is passed over. */
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
  for (let revision = newest; revision > Math.max(0, newest - MAX_REVISIONS); revision--) {
    const catalogs = await readLoggedCatalogs(store, revision);
    for (const tier of TIERS) {
      const digest = catalogs[tier];
      if (digest === undefined || seen.has(digest) || texts[tier].length >= MAX_CATALOGS) continue;
      seen.add(digest);
      const stored = await store.get(targetKey(catalogTarget(tier), digest));
      if (stored) texts[tier].push(new TextDecoder().decode(stored.bytes));
    }
  }
  return texts;
}

async function readLoggedCatalogs(store: Store, revision: number): Promise<Partial<Record<Tier, string>>> {
  const stored = await store.get(logKey(revision));
  if (!stored) return {};
  const record: unknown = JSON.parse(new TextDecoder().decode(stored.bytes));
  if (typeof record !== "object" || record === null || !("catalogs" in record)) return {};
  const { catalogs } = record;
  if (typeof catalogs !== "object" || catalogs === null) return {};
  const known = new Map(Object.entries(catalogs));
  return Object.fromEntries(
    TIERS.flatMap((tier) => {
      const digest: unknown = known.get(tier);
      return typeof digest === "string" && isDigest(digest) ? [[tier, digest]] : [];
    }),
  );
}
