import { GiftError } from "../report/error.ts";
import type { Store } from "../store/store.ts";
import type { Signer } from "../trust/keys.ts";
import { canonicalJson } from "../wire/metadata.ts";
import type { Override } from "../wire/override.ts";
import { contentOf, writeTimestamp } from "./apply.ts";
import type { LiveTimestamp } from "./live.ts";
import { coarsenStops, MAX_OVERRIDE_BYTES, sizeOf } from "./stops.ts";

/** Two writers at once settle within a few rounds; more means that something else is wrong. */
const MAX_ROUNDS = 5;

export interface ChangedOverrides {
  readonly before: LiveTimestamp;
  /** The very same when nothing had to change. */
  readonly now: LiveTimestamp;
}

/**
 * Changes nothing but the overrides: one timestamp, by compare-and-swap, on the same catalogs. When somebody else wrote in
 * between, what they wrote is read and changed, so nobody's override is lost.
 * @param readNow reads what is live, anew each time
 * @param change from the overrides that stand to those that shall stand
 * @throws GiftError `OVERRIDES_TOO_LARGE` with nothing written, `RACE_LOST`, or what the store says
 */
export async function changeOverrides(
  store: Store,
  signer: Signer,
  now: () => number,
  readNow: () => Promise<LiveTimestamp>,
  change: (present: readonly Override[]) => readonly Override[],
): Promise<ChangedOverrides> {
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const before = await readNow();
    const { overrides: present } = before.signed.giftwrap;
    const overrides = coarsenStops(change(present));
    if (canonicalJson(overrides) === canonicalJson(present)) return { before, now: before };
    checkSize(overrides);
    const content = { ...contentOf(before), overrides };
    const written = await writeTimestamp(store, before, content, signer, now());
    if (written) return { before, now: written };
  }
  throw new GiftError(
    "RACE_LOST",
    `somebody else kept writing for ${MAX_ROUNDS} rounds`,
    "run the command again; if that goes on, stop the job that publishes",
  );
}

function checkSize(overrides: readonly Override[]): void {
  const bytes = sizeOf(overrides);
  if (bytes <= MAX_OVERRIDE_BYTES) return;
  throw new GiftError(
    "OVERRIDES_TOO_LARGE",
    `the overrides would take ${bytes} bytes, and apps read ${MAX_OVERRIDE_BYTES}; nothing was written`,
    "name all gifts at once with --all-gifts, or lift an override that is no longer needed",
  );
}
