import { GiftError } from "../report/error.ts";
import type { Store } from "../store/store.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { Catalog } from "../wire/catalog.ts";
import { catalogTarget, targetKey } from "../wire/keys.ts";
import { type Override, overridesFor } from "../wire/override.ts";
import type { Tier } from "../wire/viewer.ts";
import { findRevisionAt, type PastRecord, readGenerationCatalogs } from "./readLog.ts";

/** What a device that was up to date had at a moment in the past. */
export interface StateAt {
  readonly record: PastRecord;
  readonly catalog: Catalog;
  /** Those that held over this catalog. */
  readonly overrides: readonly Override[];
}

/**
 * The revision that was in effect at a moment, from the log, with its catalog and overrides.
 * @param newest the live revision
 * @param moment epoch milliseconds, not in the future
 * @throws GiftError `NOT_PUBLISHED_THEN`, `LOG_MISSING`, `CATALOG_COLLECTED`, `CATALOG_DAMAGED`
 */
export async function readStateAt(
  store: Store,
  environment: string,
  newest: number,
  moment: number,
  tier: Tier,
): Promise<StateAt> {
  const { found: record, next } = await findRevisionAt(store, newest, moment);
  const asked = new Date(moment).toISOString();
  if (!record && next === 1)
    throw new GiftError(
      "NOT_PUBLISHED_THEN",
      `nothing was published to ${environment} yet at ${asked}`,
      `see when it began with npx giftwrap log --env ${environment} --until ${asked.slice(0, 10)}`,
    );
  if (!record || record.revision + 1 < next) {
    const first = (record?.revision ?? 0) + 1;
    const which = first === next - 1 ? `revision ${first} has` : `revisions ${first} to ${next - 1} have`;
    throw new GiftError(
      "LOG_MISSING",
      `${which} no readable record in the log of ${environment}, so nobody can say what was in effect at ${asked}`,
      `ask for a time at which a recorded revision was in effect: npx giftwrap log --env ${environment} shows them`,
    );
  }
  const { revision, generation } = record;
  if (generation === null || record.overrides === null)
    throw new GiftError(
      "LOG_MISSING",
      `the record of revision ${revision} in ${environment} does not say all overrides, or not its generation`,
      "it is damaged, or an older program wrote it: ask for a time at which another revision was in effect",
    );
  const digests = record.catalogs ?? (await readGenerationCatalogs(store, generation));
  if (!digests)
    throw new GiftError(
      "LOG_MISSING",
      `neither the log nor the metadata of ${environment} names the catalogs of revision ${revision}`,
      "metadata/ and log/ are never collected: take them back from a copy of the store",
    );
  const text = await readCatalog(store, environment, record, tier, digests[tier]);
  return { record, catalog: new Catalog(text), overrides: overridesFor(generation, record.overrides) };
}

async function readCatalog(
  store: Store,
  environment: string,
  { revision, commit }: PastRecord,
  tier: Tier,
  digest: string,
): Promise<string> {
  const key = targetKey(catalogTarget(tier), digest);
  const stored = await store.get(key);
  if (!stored)
    throw new GiftError(
      "CATALOG_COLLECTED",
      `the catalog of revision ${revision} is not in the store of ${environment} any more (${key})`,
      `collection took it after its time; what the commit wanted can still be asked: check out ${commit ?? "it"} and leave --at out`,
    );
  if (digestOf(stored.bytes) !== digest)
    throw new GiftError(
      "CATALOG_DAMAGED",
      `${key} in the store of ${environment} has other bytes than its name says`,
      "take it back from a copy of the store",
    );
  return new TextDecoder().decode(stored.bytes);
}
