import { FAMILIES } from "../../src/metrics/families.ts";
import type { Series } from "../../src/metrics/source.ts";
import type { AnalysisPlan, MetricName, MetricPlan } from "../../src/rollout/gate/analysisPlan.ts";
import type { Tier } from "../../src/wire/viewer.ts";

export const START = 1_700_000_000;
export const GRID = 300;
export const BUILD = "0123456789ab";
/** A stage of two regions with two tiers each; the bounds of `DECODES` and `DROPS` are its histograms. */
export const STRATA = (["SG", "ID"] as const).flatMap((region) =>
  (["low", "high"] as const).map((tier) => ({ region, tier, weight: 0.25 })),
);
export const DECODES = [100, 200, 400, Number.POSITIVE_INFINITY];
export const DROPS = [0.1, Number.POSITIVE_INFINITY];

const METRIC: Omit<MetricPlan, "name"> = {
  margin: { ratio: 1, absolute: 0.005 },
  floor: { ratio: 1.1, absolute: 0 },
  minimumUnits: 500,
  priorRate: 0.005,
  decides: true,
};

export const PLAN: AnalysisPlan = {
  gift: "rose",
  version: "1.1.0",
  build: BUILD,
  stage: "regional",
  method: "compare",
  commit: "a".repeat(40),
  startSeconds: START,
  gridSeconds: GRID,
  latenessSeconds: 120,
  strata: STRATA,
  waivedStrata: [],
  shares: { SG: 50_000, ID: 100_000 },
  alpha: { fail: 0.01, pass: 0.05 },
  metrics: [
    { ...METRIC, name: "failed" },
    { ...METRIC, name: "crashed" },
    { ...METRIC, name: "fellBack" },
    { ...METRIC, name: "mismatched" },
    { ...METRIC, name: "slow", over: 200 },
    { ...METRIC, name: "dropped", over: 0.1 },
  ],
  minimumSoakSeconds: 3600,
  maximumSoakSeconds: 86_400,
  allowedFailures: 0,
  minimumCoverage: 0.95,
  staleAfterSeconds: 900,
  stratumShare: 0.1,
};

/** When instant `at` is due, and no later one. */
export const dueAt = (at: number): number => START + at * GRID + PLAN.latenessSeconds;

/** What happened to first plays of one kind of viewer in one step. */
export interface Happening {
  /** In the step that ends with this instant. */
  readonly at: number;
  readonly arm: "trial" | "baseline" | "cohort" | "live";
  readonly region: string;
  readonly tier: Tier;
  readonly platform?: string;
  readonly build?: string;
  readonly units: number;
  readonly failed?: number;
  /** Units decoded, by bucket, not cumulative. */
  readonly decodes?: readonly number[];
  readonly devices?: number;
  readonly share?: number;
}

export interface CollectorOptions {
  readonly instance?: string;
  readonly instants: number;
  /** Instants before which its process begins anew, after the scrape before. */
  readonly restarts?: readonly number[];
  /** When its first process began, as an instant; may be before the stage. */
  readonly begins?: number;
  /** Instants at which it was not scraped. */
  readonly unseen?: readonly number[];
  readonly tellsStart?: boolean;
}

/** What a server has of a collector that counted these things: the collector's own rules, in a few lines. */
export function collectorSeries(happenings: readonly Happening[], options: CollectorOptions): Series[] {
  const { instance = "collector-0:9464", instants, restarts = [], begins = -10, unseen = [] } = options;
  const target = { instance, job: "giftwrap" };
  const series = new Map<string, Series & { samples: [number, number][] }>();
  let process = new Map<string, { name: string; labels: Record<string, string>; value: number }>();
  let started = START + begins * GRID + 7.5;
  const add = (name: string, labels: Record<string, string>, value: number) => {
    const key = name + JSON.stringify(labels);
    const counter = process.get(key);
    if (counter) counter.value += value;
    else process.set(key, { name, labels, value });
  };
  const keep = (name: string, labels: Record<string, string>, at: number, value: number) => {
    const key = name + JSON.stringify(labels);
    const kept = series.get(key) ?? { name, labels: { ...labels, ...target }, samples: [] };
    series.set(key, kept);
    kept.samples.push([START + at * GRID, value]);
  };
  for (let at = Math.max(0, Math.ceil(begins)); at < instants; at++) {
    if (restarts.includes(at)) {
      process = new Map();
      started = START + (at - 0.5) * GRID;
    }
    for (const it of happenings.filter((happening) => happening.at === at)) count(it, add);
    if (unseen.includes(at)) continue;
    for (const { name, labels, value } of process.values()) keep(name, labels, at, value);
    if (options.tellsStart !== false) keep(FAMILIES.started, {}, at, started);
  }
  return [...series.values()];
}

function count(
  it: Happening,
  add: (name: string, labels: Record<string, string>, value: number) => void,
): void {
  const { arm, region, tier, platform = "ios", units, failed = 0 } = it;
  const trial = arm === "live" ? "" : PLAN.version;
  const version = arm === "trial" || arm === "cohort" ? PLAN.version : "1.0.0";
  const build = it.build ?? (arm === "trial" || arm === "cohort" ? BUILD : "ba9876543210");
  const labels = { gift: PLAN.gift, version, build, trial, arm, region, tier, platform, play: "first" };
  add(FAMILIES.units, labels, units);
  add(FAMILIES.failed, labels, failed);
  for (const family of [FAMILIES.crashed, FAMILIES.fellBack, FAMILIES.mismatched]) add(family, labels, 0);
  let total = 0;
  DECODES.forEach((bound, bucket) => {
    total += it.decodes?.[bucket] ?? 0;
    add(`${FAMILIES.decode}_bucket`, { ...labels, le: toLe(bound) }, total);
  });
  for (const bound of DROPS)
    add(`${FAMILIES.dropped}_bucket`, { ...labels, le: toLe(bound) }, units - failed);
  const devices = it.devices ?? 0;
  const share = String(it.share ?? PLAN.shares[region] ?? 0);
  add(FAMILIES.devices, { gift: PLAN.gift, trial, arm, region, tier, share }, devices);
  add(FAMILIES.apps, { gift: PLAN.gift, trial, arm, platform, app: "8.3" }, devices);
}

const toLe = (bound: number) => (Number.isFinite(bound) ? String(bound) : "+Inf");

export const withMetrics = (...names: MetricName[]): AnalysisPlan => ({
  ...PLAN,
  metrics: PLAN.metrics.filter(({ name }) => names.includes(name)),
});
