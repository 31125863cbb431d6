import type { TrialSamples } from "../../metrics/trialSamples.ts";
import type { AnalysisPlan, MetricName } from "./analysisPlan.ts";
import type { Grid } from "./counterColumn.ts";
import type { DataProblem, DeviceCounts, Histogram, TrialCounts } from "./counts.ts";
import { BASELINE, type Measure, type PlacedSeries, placeSeries, slotOf, TRIAL } from "./placeSeries.ts";
import { type InstanceWalk, MAX_SPAN_STEPS, walkInstance } from "./walkInstance.ts";

/** More often than this, and too much of what was counted is lost with each. */
const MAX_RESETS_AN_HOUR = 4;
/** A storm that is over for so long is no reason any more. */
const STORM_MEMORY_SECONDS = 86_400;
/** The first few of a kind say enough. */
const MAX_PROBLEMS_OF_A_KIND = 8;

/** For each metric, the units that it is a share of, and those with something wrong: counted, or all but those that are well. */
const SHARES: Readonly<
  Record<MetricName, { readonly units: Measure; readonly bad?: Measure; readonly well?: Measure }>
> = {
  failed: { units: "units", bad: "failed" },
  crashed: { units: "units", bad: "crashed" },
  fellBack: { units: "units", bad: "fellBack" },
  mismatched: { units: "units", bad: "mismatched" },
  slow: { units: "decoded", well: "decodedInTime" },
  dropped: { units: "played", well: "playedWell" },
};

interface Columns {
  readonly trialUnits: number[];
  readonly trialBad: number[];
  readonly baselineUnits: number[];
  readonly baselineBad: number[];
}

/**
 * Makes raw counters into what happened, block by block: increments of each series first, and only then sums.
 *
 * An instant ends a block when it is older than the plan's lateness and every collector that is up said all that it counts. What a
 * block holds depends on nothing later than its end, so a judgement tomorrow has the same blocks as today's, and more. The server's
 * part is that the past of a series does not change: beacons count when they arrive, and lateness is for scrapes that come late.
 *
 * A gap of at most three steps, of everything or of one collector, is spanned: what was counted meanwhile falls into the block that
 * ends it, in both arms alike, for it is chance that gives an arm, not the collector. What happened in a longer gap is left out, and so is
 * a block with something that no counter can be; coverage counts both as missing.
 */
export function toCounts(plan: AnalysisPlan, samples: TrialSamples): TrialCounts {
  const due = (samples.asOfSeconds - plan.latenessSeconds - plan.startSeconds) / plan.gridSeconds;
  const grid: Grid = {
    startSeconds: plan.startSeconds,
    stepSeconds: plan.gridSeconds,
    count: due >= 0 ? Math.floor(due) + 1 : 0,
  };
  const placed = placeSeries(plan, samples.series);
  const walks = placed.instances.map((it) => walkInstance(it, grid));
  const blocks = new Blocks(plan, placed, grid);

  const sums = new Float64Array(placed.slots);
  let lastEdge = -1;
  let isInvalid = false;
  for (let at = 0; at < grid.count; at++) {
    let [isThere, isIncomplete] = [false, false];
    for (const walk of walks) {
      const step = walk.step(at, sums);
      if (step === "incomplete") isIncomplete = true;
      else if (step !== "absent") isThere = true;
      if (step === "invalid") isInvalid = true;
    }
    if (isIncomplete || !isThere) continue;
    if (lastEdge >= 0 && at - lastEdge <= MAX_SPAN_STEPS && !isInvalid) blocks.add(lastEdge, at, sums);
    sums.fill(0);
    isInvalid = false;
    lastEdge = at;
  }

  return {
    instants: blocks.instants,
    metrics: blocks.metrics,
    devices: blocks.devices,
    apps: blocks.apps,
    decode: blocks.decode(),
    problems: sortProblems([
      ...findGeneral(plan, samples, placed),
      ...findCoverage(plan, grid, walks, blocks),
      ...findStorm(plan, grid, walks),
      ...placed.problems,
      ...walks.flatMap(({ problems }) => problems),
      ...walks.flatMap((walk) => toIncomplete(walk.incompleteBy())),
      ...blocks.problems,
    ]),
  };
}

/** What is summed up, block by block. */
class Blocks {
  readonly instants: number[] = [];
  readonly metrics: ReadonlyMap<MetricName, readonly Columns[]>;
  readonly devices: readonly (DeviceCounts & { readonly trial: number[]; readonly baseline: number[] })[];
  readonly apps = { trial: new Map<string, number>(), baseline: new Map<string, number>() };
  readonly problems: DataProblem[] = [];
  readonly covered: Uint8Array;
  private readonly buckets: Float64Array;
  private readonly plan: AnalysisPlan;
  private readonly placed: PlacedSeries;
  private readonly grid: Grid;

  constructor(plan: AnalysisPlan, placed: PlacedSeries, grid: Grid) {
    this.plan = plan;
    this.placed = placed;
    this.grid = grid;
    this.covered = new Uint8Array(grid.count);
    this.buckets = new Float64Array(2 * placed.bounds.length);
    this.metrics = new Map(
      plan.metrics.map(({ name }) => [
        name,
        plan.strata.map(() => ({ trialUnits: [], trialBad: [], baselineUnits: [], baselineBad: [] })),
      ]),
    );
    this.devices =
      plan.method === "cohort"
        ? []
        : plan.strata.flatMap(({ region, tier }) => {
            const sharePerMillion = plan.shares[region];
            return sharePerMillion === undefined
              ? []
              : [{ region, tier, sharePerMillion, trial: [], baseline: [] }];
          });
  }

  /** Adds the block from one edge to the next, unless it holds what cannot be. */
  add(from: number, to: number, sums: Float64Array): void {
    if (!this.isPossible(sums)) return;
    const { plan, placed, grid } = this;
    this.instants.push(grid.startSeconds + to * grid.stepSeconds);
    this.covered.fill(1, from + 1, to + 1);
    const sum = (measure: Measure, arm: number, stratum: number) =>
      sums[slotOf(plan.strata.length, measure, arm, stratum)] ?? 0;
    for (const [name, strata] of this.metrics) {
      const { units, bad, well } = SHARES[name];
      strata.forEach((columns, stratum) => {
        const badOf = (arm: number) =>
          bad ? sum(bad, arm, stratum) : sum(units, arm, stratum) - (well ? sum(well, arm, stratum) : 0);
        columns.trialUnits.push(sum(units, TRIAL, stratum));
        columns.trialBad.push(badOf(TRIAL));
        columns.baselineUnits.push(sum(units, BASELINE, stratum));
        columns.baselineBad.push(badOf(BASELINE));
      });
    }
    for (const { region, tier, trial, baseline } of this.devices) {
      const stratum = plan.strata.findIndex((it) => it.region === region && it.tier === tier);
      trial.push(sum("devices", TRIAL, stratum));
      baseline.push(sum("devices", BASELINE, stratum));
    }
    for (const { arm, app, slot } of placed.apps) {
      const apps = arm === TRIAL ? this.apps.trial : this.apps.baseline;
      const devices = sums[slot] ?? 0;
      if (devices > 0) apps.set(app, (apps.get(app) ?? 0) + devices);
    }
    for (let at = 0; at < this.buckets.length; at++)
      this.buckets[at] = (this.buckets[at] ?? 0) + (sums[placed.decodeSlot(0, at)] ?? 0);
    for (const { text, slot } of placed.strangers)
      if ((sums[slot] ?? 0) > 0) this.problems.push({ kind: "unknown_labels", series: text });
  }

  /** The decode times of all blocks, each unit in one bucket; null where nothing tells them. */
  decode(): Histogram | null {
    const { bounds, hasDecode } = this.placed;
    if (!hasDecode || bounds.at(-1) !== Number.POSITIVE_INFINITY) return null;
    const toCountsOf = (arm: number) =>
      bounds.map((_, at) => {
        const first = arm * bounds.length;
        return (this.buckets[first + at] ?? 0) - (at > 0 ? (this.buckets[first + at - 1] ?? 0) : 0);
      });
    const [trial, baseline] = [toCountsOf(TRIAL), toCountsOf(BASELINE)];
    if ([...trial, ...baseline].some((count) => count < 0)) return null;
    return { bounds: bounds.slice(0, -1), trial, baseline };
  }

  private isPossible(sums: Float64Array): boolean {
    const { strata } = this.plan;
    let isPossible = true;
    for (const { name } of this.plan.metrics) {
      const { units, bad, well } = SHARES[name];
      const part = bad ?? well ?? units;
      for (const arm of [TRIAL, BASELINE])
        for (let stratum = 0; stratum < strata.length; stratum++) {
          const whole = sums[slotOf(strata.length, units, arm, stratum)] ?? 0;
          const some = sums[slotOf(strata.length, part, arm, stratum)] ?? 0;
          if (some <= whole) continue;
          const { region, tier } = strata[stratum] ?? { region: "", tier: "" };
          const of = arm === TRIAL ? "trial" : "baseline";
          isPossible = false;
          this.problems.push({
            kind: "invalid_counters",
            series: `${name} of the ${of} in ${region}/${tier}`,
            why: `${some} of ${whole} units in one block`,
          });
        }
    }
    return isPossible && this.areBucketsPossible(sums);
  }

  private areBucketsPossible(sums: Float64Array): boolean {
    const { bounds, decodeSlot } = this.placed;
    for (const arm of [TRIAL, BASELINE])
      for (let at = 1; at < bounds.length; at++) {
        const lower = sums[decodeSlot(arm, at - 1)] ?? 0;
        const upper = sums[decodeSlot(arm, at)] ?? 0;
        if (lower <= upper) continue;
        const of = arm === TRIAL ? "trial" : "baseline";
        const why = `${lower} units up to ${bounds[at - 1]} ms, and ${upper} up to ${bounds[at]} ms in one block`;
        this.problems.push({ kind: "invalid_counters", series: `decode time of the ${of}`, why });
        return false;
      }
    return true;
  }
}

function findGeneral(plan: AnalysisPlan, samples: TrialSamples, placed: PlacedSeries): DataProblem[] {
  if (!placed.hasTrial) return [{ kind: "no_data" }];
  const problems: DataProblem[] = [];
  if (plan.method === "compare" && !placed.hasBaseline) problems.push({ kind: "no_baseline" });
  const newestSeconds = newestOf(samples);
  // Not `<`: a time that is none is stale, too.
  if (!(samples.asOfSeconds - newestSeconds <= plan.staleAfterSeconds))
    problems.push({ kind: "stale", newestSeconds });
  return problems;
}

/** The newest real sample; where a source does not know, the newest instant that has one. 0 for none. */
function newestOf({ newest, series }: TrialSamples): number {
  const real = newest.filter((it) => Number.isFinite(it));
  if (real.length > 0) return real.reduce((a, b) => Math.max(a, b));
  return series.reduce((most, { samples }) => {
    const seconds = samples.at(-1)?.[0] ?? 0;
    return seconds > most ? seconds : most;
  }, 0);
}

function findCoverage(
  plan: AnalysisPlan,
  grid: Grid,
  walks: readonly InstanceWalk[],
  blocks: Blocks,
): DataProblem[] {
  const expected = Math.max(0, grid.count - 1);
  let covered = 0;
  for (let at = 1; at < grid.count; at++)
    if (blocks.covered[at] === 1 && !walks.some(({ lost }) => lost[at] === 1)) covered++;
  return covered < plan.minimumCoverage * expected ? [{ kind: "coverage", covered, expected }] : [];
}

/** The worst hour of the worst collector in the last day. */
function findStorm(plan: AnalysisPlan, grid: Grid, walks: readonly InstanceWalk[]): DataProblem[] {
  const steps = 3600 / plan.gridSeconds;
  const oldest = grid.count - 1 - STORM_MEMORY_SECONDS / plan.gridSeconds;
  let worst = 0;
  for (const { resets } of walks)
    resets.forEach((at, index) => {
      if (at < oldest) return;
      let first = index;
      while (first > 0 && (resets[first - 1] ?? 0) > at - steps) first--;
      worst = Math.max(worst, index - first + 1);
    });
  return worst > MAX_RESETS_AN_HOUR ? [{ kind: "reset_storm", resets: worst, hours: 1 }] : [];
}

function toIncomplete(series: string | null): DataProblem[] {
  if (series === null) return [];
  return [
    { kind: "invalid_counters", series, why: "it is not there any more, though its collector goes on" },
  ];
}

const ORDER: readonly DataProblem["kind"][] = [
  "no_data",
  "no_baseline",
  "stale",
  "coverage",
  "reset_storm",
  "invalid_counters",
  "unknown_labels",
];

/** In one order, whatever the order of the series; each once, and a few of a kind. */
function sortProblems(problems: readonly DataProblem[]): DataProblem[] {
  const byText = new Map(problems.map((it) => [JSON.stringify(it), it]));
  const sorted = [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, problem]) => problem);
  return ORDER.flatMap((kind) => sorted.filter((it) => it.kind === kind).slice(0, MAX_PROBLEMS_OF_A_KIND));
}
