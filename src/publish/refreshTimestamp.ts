import { GiftError } from "../report/error.ts";
import type { Store } from "../store/store.ts";
import type { Signer } from "../trust/keys.ts";
import { contentOf, writeTimestamp } from "./apply.ts";
import { REFRESH_BELOW_MILLISECONDS } from "./expiry.ts";
import type { LiveTimestamp } from "./live.ts";

/** Two writers at once settle within a few rounds; more means that something else is wrong. */
const MAX_ROUNDS = 5;

export interface Refreshed {
  readonly before: LiveTimestamp;
  /** The very same when it lives long enough. */
  readonly now: LiveTimestamp;
}

/**
 * Signs the timestamp anew when it has to be: the same content under the next revision, by compare-and-swap. What somebody
 * else wrote in between is read again, so that no override is lost.
 * @param readNow reads what is live, anew each time
 * @throws GiftError `RACE_LOST`, or what the store says
 */
export async function refreshTimestamp(
  store: Store,
  signer: Signer,
  now: number,
  readNow: () => Promise<LiveTimestamp>,
  force = false,
): Promise<Refreshed> {
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const before = await readNow();
    if (!force && !needsRefresh(before, now)) return { before, now: before };
    const written = await writeTimestamp(store, before, contentOf(before), signer, now);
    if (written) return { before, now: written };
  }
  throw new GiftError(
    "RACE_LOST",
    `somebody else kept writing for ${MAX_ROUNDS} rounds`,
    "run the command again when they are done",
  );
}

export function needsRefresh({ signed }: LiveTimestamp, now: number): boolean {
  return Date.parse(signed.expires) - now < REFRESH_BELOW_MILLISECONDS;
}
