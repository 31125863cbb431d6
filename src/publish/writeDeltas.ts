import type { Store } from "../store/store.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { catalogLines } from "../wire/catalog.ts";
import { type Delta, joinDeltas, makeDelta } from "../wire/delta.ts";
import { catalogTarget, deltaKey, targetKey } from "../wire/keys.ts";
import type { Tier } from "../wire/viewer.ts";

/** A catalog and the digest of its text. */
export interface CatalogText {
  readonly text: string;
  readonly digest: string;
}

/**
 * Writes the deltas to a new catalog: from the live one, and from earlier ones by way of it. A catalog may be many megabytes,
 * so that an earlier one is read only where its delta to the live one is not to be had.
 * @param earlier digests of recent catalogs
 */
export async function writeDeltas(
  store: Store,
  tier: Tier,
  live: CatalogText,
  next: CatalogText,
  earlier: readonly string[],
): Promise<void> {
  if (next.digest === live.digest) return;
  const last = makeDelta(live.text, next.text);
  const lines = catalogLines(next.text);
  const write = async (from: string, delta: Delta | null) => {
    const bytes = new TextEncoder().encode(JSON.stringify(delta));
    // A delta that is no smaller than the catalog saves nobody anything.
    if (delta && bytes.length < Buffer.byteLength(next.text))
      await store.putIfAbsent(deltaKey(from, next.digest), bytes);
  };
  await write(live.digest, last);
  for (const from of earlier) {
    if (from === live.digest || from === next.digest) continue;
    const toLive = await readDelta(store, from, live.digest);
    if (toLive) await write(from, joinDeltas(toLive, last, lines));
    else await write(from, await makeFromCatalog(store, tier, from, next.text));
  }
}

/** Null where there is none, or none that can be read. */
async function readDelta(store: Store, from: string, to: string): Promise<Delta | null> {
  const stored = await store.get(deltaKey(from, to));
  if (!stored) return null;
  try {
    const delta: unknown = JSON.parse(new TextDecoder().decode(stored.bytes));
    return isDelta(delta) ? delta : null;
  } catch {
    return null;
  }
}

function isDelta(value: unknown): value is Delta {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(
    (it) =>
      it === null ||
      typeof it === "string" ||
      (Array.isArray(it) &&
        it.length === 3 &&
        Number.isInteger(it[0]) &&
        Number.isInteger(it[1]) &&
        typeof it[2] === "string"),
  );
}

/** Null where the older catalog is gone, or is not itself any more: nobody starts from it then. */
async function makeFromCatalog(store: Store, tier: Tier, from: string, to: string): Promise<Delta | null> {
  const stored = await store.get(targetKey(catalogTarget(tier), from));
  if (!stored || digestOf(stored.bytes) !== from) return null;
  return makeDelta(new TextDecoder().decode(stored.bytes), to);
}
