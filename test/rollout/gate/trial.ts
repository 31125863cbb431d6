import type { AnalysisPlan, MetricName, MetricPlan } from "../../../src/rollout/gate/analysisPlan.ts";
import type { ArmCounts, TrialCounts } from "../../../src/rollout/gate/counts.ts";

const GRID_SECONDS = 300;

export function metricOf(name: MetricName, changes: Partial<MetricPlan> = {}): MetricPlan {
  return {
    name,
    margin: { ratio: 1, absolute: 0.005 },
    floor: { ratio: 1.1, absolute: 0.001 },
    minimumUnits: 1_000,
    priorRate: 0.005,
    decides: true,
    ...changes,
  };
}

/** One region and tier, `failed` decides, an hour of soak in two days of five minutes. */
export function planOf(changes: Partial<AnalysisPlan> = {}): AnalysisPlan {
  return {
    gift: "rose",
    version: "1.4.0",
    build: "0123456789ab",
    stage: "regional",
    method: "compare",
    commit: "c".repeat(40),
    startSeconds: 1_800_000_000,
    gridSeconds: GRID_SECONDS,
    latenessSeconds: 120,
    strata: [{ region: "SG", tier: "mid", weight: 1 }],
    waivedStrata: [],
    shares: { SG: 50_000 },
    alpha: { fail: 0.01, pass: 0.05 },
    metrics: [metricOf("failed")],
    minimumSoakSeconds: 3_600,
    maximumSoakSeconds: 172_800,
    allowedFailures: 0,
    minimumCoverage: 0.95,
    staleAfterSeconds: 900,
    stratumShare: 0.05,
    ...changes,
  };
}

/** Counts without problems, devices or apps; all metrics of the plan have these arms. */
export function countsOf(
  plan: AnalysisPlan,
  arms: readonly ArmCounts[],
  changes: Partial<TrialCounts> = {},
): TrialCounts {
  const blocks = arms[0]?.trialUnits.length ?? 0;
  return {
    instants: Array.from({ length: blocks }, (_, at) => plan.startSeconds + (at + 1) * plan.gridSeconds),
    metrics: new Map(plan.metrics.map(({ name }) => [name, arms])),
    devices: [],
    apps: { trial: new Map(), baseline: new Map() },
    decode: null,
    problems: [],
    ...changes,
  };
}

export interface Blocks {
  readonly blocks: number;
  readonly trialUnits: number;
  readonly baselineUnits: number;
  /** 0 to 1; by block where it changes. */
  readonly trial: number | ((block: number) => number);
  readonly baseline: number | ((block: number) => number);
}

/** Arms whose bad units are drawn, from a seed. */
export function drawArms(
  seed: number,
  { blocks, trialUnits, baselineUnits, trial, baseline }: Blocks,
): ArmCounts {
  const next = randomOf(seed);
  const draw = (units: number, rate: number | ((block: number) => number)) =>
    Array.from({ length: blocks }, (_, block) => {
      const p = typeof rate === "number" ? rate : rate(block);
      let bad = 0;
      for (let unit = 0; unit < units; unit++) if (next() < p) bad++;
      return bad;
    });
  const fill = (units: number) => Array.from({ length: blocks }, () => units);
  return {
    trialUnits: fill(trialUnits),
    trialBad: draw(trialUnits, trial),
    baselineUnits: fill(baselineUnits),
    baselineBad: draw(baselineUnits, baseline),
  };
}

/** Numbers from 0 to 1 from a seed: mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
