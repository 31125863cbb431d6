import type { TrialSamples } from "../../metrics/trialSamples.ts";
import type { AnalysisPlan, MetricName } from "./analysisPlan.ts";
import type { Grid } from "./counterColumn.ts";
import { countInstance, type InstanceCounts, MAX_SPAN_STEPS } from "./countInstance.ts";
import type { ArmCounts, DataProblem, DeviceCounts, Histogram, TrialCounts } from "./counts.ts";
import {
  BASELINE,
  DECODE_BUCKET,
  type Measure,
  type PlacedSeries,
  placeSeries,
  slotOf,
  TRIAL,
} from "./placeSeries.ts";

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
  const sums = new Float64Array(placed.slots * grid.count);
  const instances = placed.instances.map((it) => countInstance(it, grid, sums));
  const possible = findPossible(plan, toBlocks(grid, instances), toSums(sums, grid));
  const { blocks } = possible;
  const covered = new Uint8Array(grid.count);
  for (const { from, to } of blocks) covered.fill(1, from + 1, to + 1);

  const sumsOf = (slot: number) => toSums(sums, grid)(slot, blocks);
  const measureOf = (measure: Measure, arm: number, stratum: number) =>
    sumsOf(slotOf(plan.strata.length, measure, arm, stratum));
  const totalOf = (slot: number) => sumsOf(slot).reduce((all, it) => all + it, 0);

  const toArm = (name: MetricName, arm: number, stratum: number) => {
    const { units, bad, well } = SHARES[name];
    const whole = measureOf(units, arm, stratum);
    if (bad) return { units: whole, bad: measureOf(bad, arm, stratum) };
    const part = well ? measureOf(well, arm, stratum) : whole;
    return { units: whole, bad: whole.map((it, at) => it - (part[at] ?? 0)) };
  };
  const metrics = plan.metrics.map(({ name }): [MetricName, ArmCounts[]] => [
    name,
    plan.strata.map((_, stratum) => {
      const [trial, baseline] = [toArm(name, TRIAL, stratum), toArm(name, BASELINE, stratum)];
      return {
        trialUnits: trial.units,
        trialBad: trial.bad,
        baselineUnits: baseline.units,
        baselineBad: baseline.bad,
      };
    }),
  ]);
  const devices = plan.strata.flatMap(({ region, tier }, stratum): DeviceCounts[] => {
    const sharePerMillion = plan.shares[region];
    if (plan.method === "cohort" || sharePerMillion === undefined) return [];
    const [trial, baseline] = [measureOf("devices", TRIAL, stratum), measureOf("devices", BASELINE, stratum)];
    return [{ region, tier, sharePerMillion, trial, baseline }];
  });
  const appsOf = (of: number) =>
    new Map(
      placed.apps
        .filter(({ arm }) => arm === of)
        .map(({ app, slot }) => [app, totalOf(slot)] as const)
        .filter(([, units]) => units > 0),
    );

  const histogram = samples.bounds ? { decode: null, problems: [] } : toHistogram(placed, totalOf);
  return {
    instants: blocks.map(({ to }) => grid.startSeconds + to * grid.stepSeconds),
    metrics: new Map(metrics),
    devices,
    apps: { trial: appsOf(TRIAL), baseline: appsOf(BASELINE) },
    decode: histogram.decode,
    problems: sortProblems([
      ...findGeneral(plan, samples, placed),
      ...findCoverage(plan, grid, instances, covered),
      ...findStorm(plan, grid, instances),
      ...placed.problems,
      ...instances.flatMap(({ problems }) => problems),
      ...possible.problems,
      ...histogram.problems,
      ...placed.strangers.flatMap(({ text, slot }): DataProblem[] =>
        totalOf(slot) > 0 ? [{ kind: "unknown_labels", series: text }] : [],
      ),
    ]),
  };
}

/** From one end of a block to the next, as instants. */
interface Block {
  readonly from: number;
  readonly to: number;
}

/** A sum, block by block. */
type SumsOf = (slot: number, blocks: readonly Block[]) => number[];

function toSums(sums: Float64Array, { count }: Grid): SumsOf {
  return (slot, blocks) =>
    blocks.map(({ from, to }) => {
      let sum = 0;
      for (let at = slot * count + from + 1; at <= slot * count + to; at++) sum += sums[at] ?? 0;
      return sum;
    });
}

/** Blocks between instants that count, but those that are too long or have what no counter can be. */
function toBlocks(grid: Grid, instances: readonly InstanceCounts[]): readonly Block[] {
  const blocks: Block[] = [];
  let last = -1;
  let isInvalid = false;
  for (let at = 0; at < grid.count; at++) {
    let [isWhole, isIncomplete] = [false, false];
    for (const { whole, incomplete, invalid } of instances) {
      if (whole[at] === 1) isWhole = true;
      if (incomplete[at] === 1) isIncomplete = true;
      if (invalid[at] === 1) isInvalid = true;
    }
    if (!isWhole || isIncomplete) continue;
    if (last >= 0 && at - last <= MAX_SPAN_STEPS && !isInvalid) blocks.push({ from: last, to: at });
    isInvalid = false;
    last = at;
  }
  return blocks;
}

/** Leaves out blocks with more of a part than of the whole. */
function findPossible(
  plan: AnalysisPlan,
  blocks: readonly Block[],
  sumsOf: SumsOf,
): { readonly blocks: readonly Block[]; readonly problems: readonly DataProblem[] } {
  const impossible = new Set<number>();
  const problems: DataProblem[] = [];
  const compare = (part: number, whole: number, toProblem: (part: number, whole: number) => DataProblem) => {
    const wholes = sumsOf(whole, blocks);
    sumsOf(part, blocks).forEach((some, at) => {
      const all = wholes[at] ?? 0;
      if (some <= all) return;
      impossible.add(at);
      problems.push(toProblem(some, all));
    });
  };
  for (const arm of [TRIAL, BASELINE]) {
    const of = arm === TRIAL ? "trial" : "baseline";
    plan.strata.forEach(({ region, tier }, stratum) => {
      for (const { name } of plan.metrics) {
        const { units, bad, well } = SHARES[name];
        const [part, whole] = [bad ?? well ?? units, units].map((it) =>
          slotOf(plan.strata.length, it, arm, stratum),
        );
        compare(part ?? 0, whole ?? 0, (some, all) => ({
          kind: "invalid_counters",
          series: `${name} of the ${of} in ${region}/${tier}`,
          why: `${some} of ${all} units in one block`,
        }));
      }
    });
  }
  return { blocks: impossible.size > 0 ? blocks.filter((_, at) => !impossible.has(at)) : blocks, problems };
}

/** The decode times of all blocks; null where nothing tells them, or where they are no histogram. */
function toHistogram(
  { bounds, hasDecode, decodeSlot }: PlacedSeries,
  totalOf: (slot: number) => number,
): { readonly decode: Histogram | null; readonly problems: readonly DataProblem[] } {
  if (!hasDecode || bounds.at(-1) !== Number.POSITIVE_INFINITY) return { decode: null, problems: [] };
  const [trial = [], baseline = []] = [TRIAL, BASELINE].map((arm) => {
    const totals = bounds.map((_, at) => totalOf(decodeSlot(arm, at)));
    return totals.map((total, at) => total - (totals[at - 1] ?? 0));
  });
  const at = bounds.findIndex((_, bound) => (trial[bound] ?? 0) < 0 || (baseline[bound] ?? 0) < 0);
  if (at < 0) return { decode: { bounds: bounds.slice(0, -1), trial, baseline }, problems: [] };
  const why = `there are fewer units up to ${bounds[at]} ms than up to ${bounds[at - 1]} ms`;
  return { decode: null, problems: [{ kind: "invalid_counters", series: DECODE_BUCKET, why }] };
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
  instances: readonly InstanceCounts[],
  isCovered: Uint8Array,
): DataProblem[] {
  const expected = Math.max(0, grid.count - 1);
  let covered = 0;
  for (let at = 1; at < grid.count; at++)
    if (isCovered[at] === 1 && !instances.some(({ lost }) => lost[at] === 1)) covered++;
  return covered < plan.minimumCoverage * expected ? [{ kind: "coverage", covered, expected }] : [];
}

/** The worst hour of the worst collector in the last day. */
function findStorm(plan: AnalysisPlan, grid: Grid, instances: readonly InstanceCounts[]): DataProblem[] {
  const steps = 3600 / plan.gridSeconds;
  const oldest = grid.count - 1 - STORM_MEMORY_SECONDS / plan.gridSeconds;
  let worst = 0;
  for (const { resets } of instances)
    resets.forEach((at, index) => {
      if (at < oldest) return;
      let first = index;
      while (first > 0 && (resets[first - 1] ?? 0) > at - steps) first--;
      worst = Math.max(worst, index - first + 1);
    });
  return worst > MAX_RESETS_AN_HOUR ? [{ kind: "reset_storm", resets: worst, hours: 1 }] : [];
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
