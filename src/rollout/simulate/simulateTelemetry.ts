import { Collector } from "../../metrics/collector.ts";
import { toExposition } from "../../metrics/exposition.ts";
import type { KnownReleases } from "../../metrics/knownReleases.ts";
import { type KnownSeries, parseExposition } from "../../metrics/parseExposition.ts";
import type { RecordedFile } from "../../metrics/recordedFile.ts";
import { scrapeLog } from "../../metrics/scrapeLog.ts";
import { BEACON_FORMAT, type BeaconBatch, type BeaconEvent } from "../../wire/beacon.ts";
import type { GiftIndex } from "../../wire/catalog.ts";
import { resolve } from "../../wire/resolve.ts";
import { type Arm, standingOf } from "../../wire/trial.ts";
import { TIERS, type Tier, toViewer } from "../../wire/viewer.ts";
import { normal, pickerOf, type Random, randomOf } from "./randomOf.ts";

/** How often something goes wrong on a first play, 0 to 1, for those who keep the older release and for the new one. */
export interface Rates {
  readonly baseline: number;
  readonly trial: number;
}

export interface Simulation {
  readonly gift: string;
  readonly catalogs: Readonly<Record<Tier, GiftIndex>>;
  readonly releases: KnownReleases;
  /** As the collector's, in milliseconds. */
  readonly decodeBounds: readonly number[];
  /** In parts of any size. */
  readonly regions: Readonly<Record<string, number>>;
  readonly tiers: Readonly<Record<Tier, number>>;
  /** App versions by platform. */
  readonly apps: Readonly<Record<string, readonly string[]>>;
  /** Every so many viewers one is in this cohort. */
  readonly cohort: { readonly name: string; readonly every: number } | null;
  /** Devices that play the gift for the first time, evenly over the whole time. */
  readonly viewers: number;
  /** Epoch seconds, and between two scrapes. */
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly stepSeconds: number;
  readonly failure: Rates;
  readonly crash: Rates;
  /** How much longer than usual decoding takes: 1 is as usual, half of all within 100 ms and 95 in 100 within 200. */
  readonly slowness: Rates;
  /** From that moment on so many plays of everybody fail besides, whatever they play: a CDN, a network. */
  readonly outage: { readonly startSeconds: number; readonly rate: number } | null;
  readonly seed: number;
}

/** The spread of decode times: log-normal with a median of 100 ms and its 95th percentile at 200. */
const DECODE = { median: 100, deviation: Math.log(2) / 1.6449 } as const;

/**
 * A population that plays one gift: real resolution, real beacons, the real collector and its exposition, scraped as Prometheus
 * would. The same simulation gives the same recording.
 */
export function simulateTelemetry(simulation: Simulation): RecordedFile {
  const { startSeconds, endSeconds, stepSeconds, regions, apps, viewers } = simulation;
  const random = randomOf(simulation.seed);
  const collector = new Collector({
    releases: simulation.releases,
    decodeBounds: simulation.decodeBounds,
    regions: new Set(Object.keys(regions)),
    platforms: new Set(Object.keys(apps)),
    // Nobody is to be kept from guessing here, and the same seed has to give the same numbers.
    secret: new Uint8Array(32),
    // Prometheus scraped it before the stage was opened.
    startedMilliseconds: 1000 * (startSeconds - stepSeconds),
  });
  const log = scrapeLog();
  const known: KnownSeries = new Map();
  const scrape = (seconds: number) => {
    const text = toExposition(collector.families());
    log.add(seconds, { instance: "simulated" }, parseExposition(text, "the collector", known));
  };
  const next = viewerMaker(simulation, random);
  const seconds = endSeconds - startSeconds;

  let made = 0;
  scrape(startSeconds);
  for (let at = startSeconds + stepSeconds; at <= endSeconds; at += stepSeconds) {
    const due = Math.floor((viewers * (at - startSeconds)) / seconds);
    for (; made < due; made++) {
      const moment = 1000 * (startSeconds + ((made + 0.5) * seconds) / viewers);
      collector.tick(moment);
      const batch = next(made, moment / 1000);
      if (batch) collector.take(batch, moment);
    }
    collector.tick(1000 * at);
    scrape(at);
  }
  return log.toRecorded();
}

/** Makes the beacons of one viewer after another; null for one whom nothing of the gift reaches. */
function viewerMaker(
  simulation: Simulation,
  random: Random,
): (at: number, seconds: number) => BeaconBatch | null {
  const { gift, catalogs, cohort } = simulation;
  const pickRegion = pickerOf(Object.entries(simulation.regions));
  const pickTier = pickerOf(TIERS.map((tier) => [tier, simulation.tiers[tier]] as const));
  const pickPlatform = pickerOf(Object.keys(simulation.apps).map((name) => [name, 1] as const));
  const run = simulation.seed.toString(16);
  return (at, seconds) => {
    const [region, tier, platform] = [pickRegion(random), pickTier(random), pickPlatform(random)];
    const versions = simulation.apps[platform] ?? [];
    const appVersion = versions[Math.floor(random() * versions.length)] ?? "1.0.0";
    const cohorts = cohort && at % cohort.every === 0 ? [cohort.name] : [];
    const viewer = toViewer({ platform, appVersion, tier, region, cohorts, unitId: `${run}-${at}` });
    const catalog = catalogs[tier];
    const resolution = resolve(catalog, [], viewer, gift);
    const [link] = resolution.chain;
    const digest =
      link?.kind === "release" ? link.files.find((it) => it.role === "animation")?.digest : undefined;
    if (link?.kind !== "release" || digest === undefined) return null;
    const standing = standingOf(catalog, [], viewer, gift, resolution);
    const play = at.toString(16).padStart(16, "0");
    return {
      format: BEACON_FORMAT,
      device: at.toString(16).padStart(32, "0"),
      platform,
      app: appVersion,
      tier,
      region,
      events: [
        { kind: "exposed", play, gift: link.gift, version: link.version, digest, first: true, ...standing },
        ...outcome(simulation, standing.arm, play, seconds, random),
      ],
    };
  };
}

function outcome(
  { failure, crash, slowness, outage }: Simulation,
  arm: Arm,
  play: string,
  seconds: number,
  random: Random,
): readonly BeaconEvent[] {
  const of = (rates: Rates) => (arm === "trial" || arm === "cohort" ? rates.trial : rates.baseline);
  const outOf = outage && seconds >= outage.startSeconds ? outage.rate : 0;
  const [fails, crashes] = [random() < 1 - (1 - of(failure)) * (1 - outOf), random() < of(crash)];
  const milliseconds = Math.round(of(slowness) * DECODE.median * Math.exp(DECODE.deviation * normal(random)));
  const frames = 72;
  const dropped = random() < 0.05 ? 12 : 1;
  if (crashes) return [{ kind: "loaded", play, milliseconds: 200 }];
  if (fails)
    return [
      { kind: "failed", play, cause: "decode" },
      { kind: "fell_back", play, to: "still" },
      { kind: "ended", play, frames: 0, dropped: 0 },
    ];
  return [
    { kind: "loaded", play, milliseconds: 200 },
    { kind: "decoded", play, milliseconds },
    { kind: "ended", play, frames, dropped },
  ];
}
