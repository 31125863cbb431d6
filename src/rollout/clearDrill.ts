import type { LiveTimestamp } from "../publish/live.ts";
import { explainError, GiftError } from "../report/error.ts";
import { type Tier, TIERS } from "../wire/viewer.ts";
import type { DrillPorts } from "./drillPorts.ts";
import { readLiveNow, writeNextGeneration } from "./moveOn.ts";

/** Two writers at once settle within a few rounds; more means that something else is wrong. */
const MAX_ROUNDS = 5;

/** What a drill leaves behind: an override, and in a catalog what `clean` takes out of it. */
export interface Leftover {
  readonly id: string;
  readonly clean: (catalog: string) => string;
}

/**
 * Takes what a drill left out of whatever is live now, in a generation of its own, by compare-and-swap. Null when nothing of
 * it is live, for instance because somebody published since.
 * @throws GiftError `RACE_LOST`, or what the store says
 */
export async function clearDrill(ports: DrillPorts, { id, clean }: Leftover): Promise<LiveTimestamp | null> {
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const live = await readLiveNow(ports);
    const present = live.timestamp.signed.giftwrap.overrides;
    const overrides = present.filter((it) => it.id !== id);
    const catalogs = mapTiers((tier) => clean(live.catalogs[tier]));
    const isClean = TIERS.every((tier) => catalogs[tier] === live.catalogs[tier]);
    if (isClean && overrides.length === present.length) return null;
    const at = ports.now();
    const now = await writeNextGeneration(ports, live, catalogs, overrides);
    if (!now) continue;
    await ports.log({
      before: live.timestamp,
      now,
      at,
      edges: [],
      ...(isClean ? {} : { plan: { catalogs, changes: [] } }),
    });
    return now;
  }
  throw new GiftError(
    "RACE_LOST",
    `somebody else kept publishing for ${MAX_ROUNDS} rounds`,
    "a publish lifts the drill, too: look at what is live with npx giftwrap status",
  );
}

/** Does something and then clears up whatever came of it; an error of the clearing never hides the first one. */
export async function clearingUp<T>(
  ports: DrillPorts,
  leftover: Leftover,
  act: () => Promise<T>,
): Promise<T> {
  let outcome: { readonly result: T } | { readonly error: unknown };
  try {
    outcome = { result: await act() };
  } catch (error) {
    outcome = { error };
  }
  try {
    const cleared = await clearDrill(ports, leftover);
    if (cleared) ports.say(`${leftover.id} is lifted (revision ${cleared.signed.version})`);
  } catch (error) {
    ports.say(`ALARM: ${leftover.id} could not be lifted: ${explainError(error)}`);
    ports.say(`lift it with: npx giftwrap publish --env ${ports.environment}`);
    if (!("error" in outcome)) throw error;
  }
  if ("error" in outcome) throw outcome.error;
  return outcome.result;
}

function mapTiers<T>(make: (tier: Tier) => T): Record<Tier, T> {
  return { low: make("low"), mid: make("mid"), high: make("high") };
}
