import { openAnnouncement } from "../publish/announce.ts";
import type { Live } from "../publish/live.ts";
import { GiftError } from "../report/error.ts";
import { count } from "../report/text.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { objectKey } from "../wire/keys.ts";
import { type Tier, TIERS } from "../wire/viewer.ts";
import { clearDrill, clearingUp, type Leftover } from "./clearDrill.ts";
import { drillFailed } from "./drillFailed.ts";
import type { DrillPorts } from "./drillPorts.ts";
import { describeWrong, type DrillViewer, openDrillViewers, waitForViewers } from "./drillViewers.ts";
import {
  hasHiddenGift,
  HIDDEN_BYTES,
  HIDDEN_FILE,
  HIDDEN_GIFT,
  HIDDEN_PLATFORMS,
  HIDDEN_RELEASE,
  withHiddenGift,
  withoutHiddenGift,
} from "./hiddenGift.ts";
import { readLiveNow, writeNextGeneration } from "./moveOn.ts";
import { type DrillResult, readQuietLive } from "./runDrill.ts";
import { drillId, throwAndLift } from "./throwAndLift.ts";

/**
 * Proves the switch where real viewers are: on a gift that only the drill's cohort can see, published beside what is live and
 * taken away again. No other gift's line changes. Somebody else's publish ends it; nothing of theirs is ever overwritten.
 * @throws GiftError `DRILL_FAILED`, or what the store says
 */
export async function runSwitchDrill(ports: DrillPorts): Promise<DrillResult> {
  const { environment, store } = ports;
  const live = await readQuietLive(ports);
  if (TIERS.some((tier) => hasHiddenGift(live.catalogs[tier]))) {
    throw new GiftError(
      "DRILL_LEFT",
      `${HIDDEN_GIFT} is live in ${environment} already: a drill runs, or one left it`,
      `when none runs, take it away: npx giftwrap publish --env ${environment}`,
    );
  }
  const catalogs = mapTiers((tier) => withHiddenGift(tier, live.catalogs[tier]));
  const announcement = openAnnouncement(store, ports.now, ports.deadlineMilliseconds);
  try {
    // Also the catalogs that come back at the end: nothing names them in the meantime.
    const texts = TIERS.flatMap((tier) => [catalogs[tier], live.catalogs[tier]]);
    await announcement.cover([HIDDEN_FILE.digest, ...texts.map((text) => digestOf(text))]);
    await store.putIfAbsent(objectKey(HIDDEN_FILE.digest, HIDDEN_FILE.mediaType), HIDDEN_BYTES);
    return await proveSwitch(ports, live, catalogs);
  } finally {
    await announcement.end();
  }
}

/** From the first write to the last; whatever happens in between, the hidden gift is taken away. */
function proveSwitch(
  ports: DrillPorts,
  live: Live,
  catalogs: Readonly<Record<Tier, string>>,
): Promise<DrillResult> {
  const { environment, say } = ports;
  const gift = { gift: HIDDEN_GIFT, version: HIDDEN_RELEASE.version };
  const leftover: Leftover = { id: drillId(gift), clean: withoutHiddenGift };
  return clearingUp(ports, leftover, async () => {
    const at = ports.now();
    const before = live.timestamp;
    const now = await writeNextGeneration(ports, live, catalogs, before.signed.giftwrap.overrides);
    if (!now) throw drillFailed(environment, "somebody else published meanwhile, so nothing of it was");
    say(`${HIDDEN_GIFT} is published for the drill's cohort alone (revision ${now.signed.version})`);
    const edges = await ports.confirm(now);
    await ports.log({ before, now, at, edges, plan: { catalogs, changes: [] } });

    const viewers = await openCohort(ports);
    if (viewers.length === 0) throw drillFailed(environment, "no edge is in service");
    await mustSeeNothing(ports, await openOthers(ports, viewers), now.signed.version);
    const times = await throwAndLift(ports, { ...gift, viewers }, await readLiveNow(ports));

    const cleared = await clearDrill(ports, leftover);
    if (!cleared) throw drillFailed(environment, "somebody else published meanwhile, and that ended it");
    say(`${HIDDEN_GIFT} is gone (revision ${cleared.signed.version})`);
    if ((await ports.confirm(cleared)).some((it) => !it.ok))
      throw drillFailed(environment, "an edge did not come along when it was taken away");
    return { ...times, viewers: viewers.length, edges: ports.edges.length };
  });
}

function openCohort({ edges, openViewer }: DrillPorts): Promise<readonly DrillViewer[]> {
  const releases = new Map(TIERS.map((tier) => [tier, HIDDEN_RELEASE]));
  return openDrillViewers(releases, edges, HIDDEN_PLATFORMS, openViewer);
}

/** The same viewers, but in no cohort. */
async function openOthers(
  { openViewer }: DrillPorts,
  viewers: readonly DrillViewer[],
): Promise<readonly DrillViewer[]> {
  return Promise.all(
    viewers.map(async ({ viewer, edge }) => {
      const other = { ...viewer, cohorts: [] };
      return { viewer: other, edge, client: await openViewer(other, edge) };
    }),
  );
}

async function mustSeeNothing(
  ports: DrillPorts,
  others: readonly DrillViewer[],
  revision: number,
): Promise<void> {
  const isNothing = (shown: { link: { kind: string }; revision: number }) =>
    shown.revision >= revision && shown.link.kind === "default";
  const waited = await waitForViewers(others, HIDDEN_GIFT, isNothing, ports);
  if (waited.wrong.length > 0)
    throw drillFailed(
      ports.environment,
      `${describeWrong(waited)}, and should see nothing of ${HIDDEN_GIFT}`,
    );
  ports.say(`${count(others.length, "viewer")} outside of it see nothing of it`);
}

function mapTiers<T>(make: (tier: Tier) => T): Record<Tier, T> {
  return { low: make("low"), mid: make("mid"), high: make("high") };
}
