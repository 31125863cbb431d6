import { GiftError } from "../report/error.ts";
import { count } from "../report/text.ts";
import { type CatalogGift, type CatalogRelease, catalogLines } from "../wire/catalog.ts";
import type { Interval } from "../wire/version.ts";
import { type Tier, TIERS } from "../wire/viewer.ts";
import type { Live } from "../publish/live.ts";
import { drillFailed } from "./drillFailed.ts";
import type { DrillPorts } from "./drillPorts.ts";
import { openDrillViewers } from "./drillViewers.ts";
import { readLiveNow, standingStops } from "./moveOn.ts";
import { type ThrownAndLifted, throwAndLift } from "./throwAndLift.ts";

export interface DrillResult extends ThrownAndLifted {
  readonly viewers: number;
  readonly edges: number;
}

/**
 * Rehearses the rollback of a release that is live: simulated viewers of every kind play it through the real edges, are
 * stopped, and come back.
 * @param platforms app versions in use, by platform
 * @throws GiftError `DRILL_FAILED`, `NOT_LIVE`, or what the store says
 */
export async function runDrill(
  ports: DrillPorts,
  gift: string,
  version: string,
  platforms: Readonly<Record<string, readonly Interval[]>>,
): Promise<DrillResult> {
  const live = await readQuietLive(ports);
  const releases = findRelease(live, gift, version);
  if (releases.size === 0) {
    throw new GiftError(
      "NOT_LIVE",
      `${gift} ${version} is not live in ${ports.environment}, so nobody could play it`,
      `publish it first: npx giftwrap publish --env ${ports.environment}`,
    );
  }
  const viewers = await openDrillViewers(releases, ports.edges, platforms, ports.openViewer);
  if (viewers.length === 0)
    throw drillFailed(ports.environment, `no edge is in service, or ${gift} ${version} serves no app in use`);
  ports.say(
    `drill of ${gift} ${version} in ${ports.environment}: ${count(viewers.length, "viewer")} through ${count(ports.edges.length, "edge")}`,
  );
  const times = await throwAndLift(ports, { gift, version, viewers }, live);
  return { ...times, viewers: viewers.length, edges: ports.edges.length };
}

/**
 * What is live, when nothing but the drill is under way. A drill moves the generation on: while a stop waits for its own,
 * nothing else should. And it leaves names as they are, which must not be signed by keys that were replaced.
 * @throws GiftError `STOP_STANDS`, `KEYS_REPLACED`
 */
export async function readQuietLive(ports: DrillPorts): Promise<Live> {
  const { environment } = ports;
  const trusted = await ports.trust();
  const live = await readLiveNow(ports, trusted);
  const standing = standingStops(live).map((it) => it.id);
  if (standing.length > 0)
    throw new GiftError(
      "STOP_STANDS",
      `${standing.join(", ")} ${standing.length === 1 ? "stands" : "stand"} in ${environment} and ends with the next publish`,
      `finish that first: npx giftwrap publish --env ${environment}`,
    );
  const { version } = trusted.root;
  if ((["timestamp", "snapshot", "targets"] as const).some((role) => trusted.vouchedBy[role] !== version))
    throw new GiftError(
      "KEYS_REPLACED",
      `what is live in ${environment} is signed by keys that root ${version} replaced`,
      `sign it anew first: npx giftwrap publish --env ${environment}`,
    );
  return live;
}

function findRelease(live: Live, gift: string, version: string): ReadonlyMap<Tier, CatalogRelease> {
  return new Map(
    TIERS.flatMap((tier) => {
      const line = catalogLines(live.catalogs[tier]).get(gift);
      if (line === undefined) return [];
      const { releases }: CatalogGift = JSON.parse(line);
      const found = releases.find((it) => it.version === version);
      return found ? [[tier, found] as const] : [];
    }),
  );
}
