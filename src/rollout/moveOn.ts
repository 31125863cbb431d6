import type { TrustedMetadata } from "../client/update/trusted.ts";
import { writeGeneration, writeTimestamp } from "../publish/apply.ts";
import { readEarlierDigests } from "../publish/earlier.ts";
import { type Live, readLive, readLiveTimestamp } from "../publish/live.ts";
import { prolongStops } from "../publish/stops.ts";
import { GiftError } from "../report/error.ts";
import type { Override } from "../wire/override.ts";
import { type Tier, TIERS } from "../wire/viewer.ts";
import type { DrillPorts } from "./drillPorts.ts";

/** @throws GiftError `NOTHING_PUBLISHED`, or what the store says */
export async function readLiveNow(
  { store, trust, environment }: DrillPorts,
  trusted?: TrustedMetadata,
): Promise<Live> {
  trusted ??= await trust();
  const timestamp = await readLiveTimestamp(store, trusted);
  if (timestamp) return readLive(store, trusted, timestamp);
  throw new GiftError(
    "NOTHING_PUBLISHED",
    `nothing is published to ${environment}, so nothing can be drilled there`,
    `publish first: npx giftwrap publish --env ${environment}`,
  );
}

/**
 * A new generation over what is live, by compare-and-swap. Null when somebody else wrote first; what was written for it is
 * then named by nothing.
 * @param overrides those that shall stand, apart from how long
 */
export async function writeNextGeneration(
  { store, signers, now }: DrillPorts,
  live: Live,
  catalogs: Readonly<Record<Tier, string>>,
  overrides: readonly Override[],
): Promise<Live["timestamp"] | null> {
  const isSame = TIERS.every((tier) => catalogs[tier] === live.catalogs[tier]);
  const earlier = isSame ? NO_CATALOGS : await readEarlierDigests(store, live.timestamp.signed.version);
  const { version, snapshot } = await writeGeneration(
    store,
    live,
    { catalogs },
    earlier,
    signers.release,
    now(),
  );
  const { pollSeconds, commit } = live.timestamp.signed.giftwrap;
  const content = {
    snapshot,
    pollSeconds,
    commit,
    overrides: prolongStops(overrides, live.generation, version),
  };
  return writeTimestamp(store, live.timestamp, content, signers.timestamp, now());
}

const NO_CATALOGS = { low: [], mid: [], high: [] };

/** Overrides that hold until some generation that is not live yet. */
export function standingStops(live: Live): readonly Override[] {
  const { overrides } = live.timestamp.signed.giftwrap;
  return overrides.filter((it) => it.untilGeneration !== undefined && it.untilGeneration > live.generation);
}
