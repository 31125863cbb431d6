import { changeOverrides } from "../publish/changeOverrides.ts";
import type { EdgeResult } from "../publish/edges.ts";
import { type Live, type LiveTimestamp, readLiveTimestamp } from "../publish/live.ts";
import type { Override } from "../wire/override.ts";
import { parseVersion, successor } from "../wire/version.ts";
import { clearDrill, clearingUp, type Leftover } from "./clearDrill.ts";
import { drillFailed } from "./drillFailed.ts";
import type { DrillPorts, DrillTimes } from "./drillPorts.ts";
import {
  describeLink,
  describeWrong,
  type DrillViewer,
  type Shown,
  type Waited,
  waitForViewers,
} from "./drillViewers.ts";

/** The release that the switch is thrown on, and the viewers who play it. */
export interface Drilled {
  readonly gift: string;
  readonly version: string;
  readonly viewers: readonly DrillViewer[];
}

export interface ThrownAndLifted extends DrillTimes {
  /** What the viewers were shown while it was thrown, such as "rose 1.0.0". */
  readonly fallbacks: readonly string[];
}

export function drillId({ gift, version }: Pick<Drilled, "gift" | "version">): string {
  return `drill/${gift}/${version}`;
}

/**
 * Throws the switch on a release, waits until every edge and every viewer has gone along, lifts it, and waits again. Whatever
 * fails, the switch is lifted.
 * @param live what the release is in
 * @throws GiftError `DRILL_FAILED`, or what the store says
 */
export async function throwAndLift(
  ports: DrillPorts,
  drilled: Drilled,
  live: Live,
): Promise<ThrownAndLifted> {
  const { gift, version, viewers } = drilled;
  const name = `${gift} ${version}`;
  const plays = ({ link }: Shown) =>
    link.kind === "release" && link.gift === gift && link.version === version;
  const before = await waitForViewers(viewers, gift, plays, ports);
  mustBeRight(ports, before, `playing ${name} before it is stopped`);
  ports.say(`all ${viewers.length} play ${name}`);

  const leftover: Leftover = { id: drillId(drilled), clean: (catalog) => catalog };
  return clearingUp(ports, leftover, async () => {
    const thrown = await throwSwitch(ports, drilled, live);
    ports.say(`${leftover.id} is thrown (revision ${thrown.now.signed.version})`);
    const stop = await waitFor(ports, thrown.now, drilled, (shown) => !plays(shown));
    await ports.log({ ...thrown, edges: stop.edges });
    mustBeConfirmed(ports, stop.edges);
    mustBeRight(ports, stop.waited, `on the fallback of ${name}`);
    const fallbacks = [
      ...new Set([...stop.waited.shown.values()].map(({ link }) => describeLink(link))),
    ].sort();
    ports.say(
      `all ${viewers.length} are on ${fallbacks.join(" or ")}, ${stop.waited.milliseconds} ms after it was thrown`,
    );

    const lifted = await clearDrill(ports, leftover);
    if (!lifted) throw drillFailed(ports.environment, "somebody else published meanwhile, and that ended it");
    ports.say(`${leftover.id} is lifted (revision ${lifted.signed.version})`);
    const restore = await waitFor(ports, lifted, drilled, plays);
    mustBeConfirmed(ports, restore.edges);
    mustBeRight(ports, restore.waited, `playing ${name} again`);
    ports.say(
      `all ${viewers.length} play ${name} again, ${restore.waited.milliseconds} ms after it was lifted`,
    );
    return {
      stopMilliseconds: Math.max(...stop.edges.map((it) => it.milliseconds)),
      fallbackMilliseconds: stop.waited.milliseconds,
      restoreMilliseconds: restore.waited.milliseconds,
      fallbacks,
    };
  });
}

/** One small write over the catalogs that the viewers were seen to play from. */
async function throwSwitch(
  { store, trust, signers, now, environment }: DrillPorts,
  drilled: Drilled,
  live: Live,
): Promise<{ before: LiveTimestamp; now: LiveTimestamp; at: number }> {
  const at = now();
  const readNow = async () => {
    const timestamp = await readLiveTimestamp(store, await trust());
    if (timestamp?.signed.meta["snapshot.json"].version === live.generation) return timestamp;
    throw drillFailed(environment, "somebody else published meanwhile, so nothing was stopped");
  };
  const override = toOverride(drilled, live.generation + 1);
  const changed = await changeOverrides(store, signers.timestamp, now, readNow, (present) => [
    ...present.filter((it) => it.id !== override.id),
    override,
  ]);
  return { ...changed, at };
}

function toOverride(drilled: Drilled, untilGeneration: number): Override {
  const version = parseVersion(drilled.version) ?? ([0, 0, 0] as const);
  return {
    id: drillId(drilled),
    origin: "drill",
    gifts: [drilled.gift],
    versions: [[version, successor(version)]],
    limit: {},
    untilGeneration,
  };
}

/** The edges and the viewers at once: each is timed from the write. */
async function waitFor(
  ports: DrillPorts,
  written: LiveTimestamp,
  { gift, viewers }: Drilled,
  isRight: (shown: Shown) => boolean,
): Promise<{ edges: readonly EdgeResult[]; waited: Waited }> {
  const isUpToDate = (shown: Shown) => shown.revision >= written.signed.version && isRight(shown);
  const [edges, waited] = await Promise.all([
    ports.confirm(written),
    waitForViewers(viewers, gift, isUpToDate, ports),
  ]);
  return { edges, waited };
}

function mustBeConfirmed({ environment, isInterrupted }: DrillPorts, edges: readonly EdgeResult[]): void {
  if (isInterrupted()) throw drillFailed(environment, "it was interrupted");
  const late = edges.filter((it) => !it.ok);
  if (late.length === 0) return;
  const told = late.map(({ edge, why }) => `${edge.region} ${edge.url} (${why ?? "no answer"})`);
  throw drillFailed(environment, `an edge did not come along: ${told.join("; ")}`);
}

function mustBeRight({ environment, isInterrupted }: DrillPorts, waited: Waited, what: string): void {
  if (isInterrupted()) throw drillFailed(environment, "it was interrupted");
  if (waited.wrong.length > 0)
    throw drillFailed(environment, `${describeWrong(waited)}, and should be ${what}`);
}
