import type { AnalysisPlan, Margin, MetricPlan } from "./analysisPlan.ts";
import type { ArmCounts } from "./counts.ts";
import { NotWorseProcess, WorseProcess } from "./stratified.ts";
import { Superblock } from "./superblock.ts";

/**
 * A release fails on no less than this, whatever the e-value, for one broken device or one bad minute is not a release: 5 bad units
 * from 3 blocks, or from 2 blocks when they are 20.
 */
export function isEnoughToFail(badUnits: number, badBlocks: number): boolean {
  return badUnits >= 20 ? badBlocks >= 2 : badUnits >= 5 && badBlocks >= 3;
}

/** How the evidence on one metric stood after each block, and what follows from it. Natural logarithms. */
export interface MetricEvidence {
  /** By block: the e-process for "worse than the floor". */
  readonly worse: Float64Array;
  /** By block: the e-process for "not worse than the margin". */
  readonly notWorse: Float64Array;
  /** The block at which it was proven worse, and not within the margin; null where it was not. */
  readonly failedAt: number | null;
  /** It was proven worse than the floor, and proven to stay within the margin. */
  readonly isWithinMargin: boolean;
  /** By stratum: the greatest value of its own e-process so far, and whether it is beyond its own threshold. */
  readonly strata: readonly { readonly logE: number; readonly isWorse: boolean }[];
  readonly thresholds: Thresholds;
}

export interface Thresholds {
  readonly worse: number;
  readonly notWorse: number;
  readonly stratum: number;
}

/** Logarithms of the e-values that decide: the level of failing is shared by the metrics that decide, and then by the strata. */
export function thresholdsOf({ alpha, metrics, strata }: AnalysisPlan): Thresholds {
  const worse = Math.log(Math.max(1, metrics.filter(({ decides }) => decides).length) / alpha.fail);
  return {
    worse,
    notWorse: Math.log(1 / alpha.pass),
    stratum: worse + Math.log(Math.max(1, strata.length)),
  };
}

/** How many blocks the plan has time for. */
export function plannedLooks({ maximumSoakSeconds, gridSeconds }: AnalysisPlan): number {
  return Math.max(1, Math.ceil(maximumSoakSeconds / gridSeconds));
}

/** The plan's weights for what is standardised: those of waived strata are 0, the others together 1. */
export function weightsOf({ strata, waivedStrata }: AnalysisPlan): Float64Array {
  const weights = Float64Array.from(strata, ({ region, tier, weight }) =>
    waivedStrata.includes(`${region}/${tier}`) ? 0 : weight,
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return total > 0 ? weights.map((weight) => weight / total) : weights;
}

/** How much of the weight the proof of "not worse" need not wait for: a tenth of the margin at the expected rate. */
export function slackOf({ margin, priorRate }: MetricPlan): number {
  return Math.max(0, ((margin.ratio - 1) * priorRate + margin.absolute) / 10);
}

/**
 * Both e-processes over all blocks, from the first: the same counts give the same answer, whoever asks and however often. What has
 * failed at one block has failed at all later ones.
 *
 * @param arms by stratum of the plan, checked
 */
export function toEvidence(
  plan: AnalysisPlan,
  metric: MetricPlan,
  arms: readonly ArmCounts[],
): MetricEvidence {
  const thresholds = thresholdsOf(plan);
  const { worse, crossedAt, strata } = followWorse(plan, metric, metric.floor, arms, thresholds);
  const notWorse = followNotWorse(plan, metric, arms, weightsOf(plan));
  let failedAt = crossedAt;
  if (
    crossedAt !== null &&
    isProvenWithin(plan, metric, arms, { worse, notWorse, strata, thresholds }, crossedAt)
  )
    // From then on it fails when it is proven worse than the margin itself.
    failedAt = followWorse(plan, metric, metric.margin, arms, thresholds).crossedAt;
  const isWithinMargin = crossedAt !== null && failedAt === null;
  return { worse, notWorse, failedAt, isWithinMargin, strata, thresholds };
}

function followWorse(
  plan: AnalysisPlan,
  metric: MetricPlan,
  floor: Margin,
  arms: readonly ArmCounts[],
  thresholds: Thresholds,
) {
  const blocks = arms[0]?.trialUnits.length ?? 0;
  const worse = new Float64Array(blocks);
  const greatest = new Float64Array(arms.length);
  const badUnits = new Float64Array(arms.length);
  const badBlocks = new Float64Array(arms.length);
  const running = new WorseProcess(floor, metric.priorRate, arms.length, plannedLooks(plan));
  let allBadUnits = 0;
  let allBadBlocks = 0;
  let crossed = false;
  let crossedAt: number | null = null;
  for (let block = 0; block < blocks; block++) {
    let bad = 0;
    for (let at = 0; at < arms.length; at++) {
      const { baselineUnits, baselineBad, trialUnits, trialBad } = arms[at]!;
      const yb = trialBad[block]!;
      running.take(at, baselineUnits[block]!, baselineBad[block]!, trialUnits[block]!, yb);
      const logE = running.logOf(at);
      if (logE > greatest[at]!) greatest[at] = logE;
      badUnits[at]! += yb;
      if (yb > 0) badBlocks[at]!++;
      bad += yb;
    }
    worse[block] = running.look();
    allBadUnits += bad;
    if (bad > 0) allBadBlocks++;
    crossed ||= worse[block]! >= thresholds.worse;
    if (crossed && isEnoughToFail(allBadUnits, allBadBlocks)) crossedAt ??= block;
  }
  const strata = Array.from(greatest, (logE, at) => ({
    logE,
    isWorse: logE >= thresholds.stratum && isEnoughToFail(badUnits[at]!, badBlocks[at]!),
  }));
  return { worse, crossedAt, strata };
}

function followNotWorse(
  plan: AnalysisPlan,
  metric: MetricPlan,
  arms: readonly ArmCounts[],
  weights: Float64Array,
): Float64Array {
  const blocks = arms[0]?.trialUnits.length ?? 0;
  const path = new Float64Array(blocks);
  const strata: number[] = [];
  for (let at = 0; at < arms.length; at++) if (weights[at]! > 0) strata.push(at);
  if (strata.length === 0) return path;
  const shares = Float64Array.from(strata, (at) => weights[at]!);
  const running = new NotWorseProcess(metric.margin, metric.priorRate, shares, plannedLooks(plan));
  const superblock = new Superblock(shares, slackOf(metric));
  let logE = 0;
  for (let block = 0; block < blocks; block++) {
    for (let index = 0; index < strata.length; index++) {
      const { baselineUnits, baselineBad, trialUnits, trialBad } = arms[strata[index]!]!;
      superblock.add(index, baselineUnits[block]!, baselineBad[block]!, trialUnits[block]!, trialBad[block]!);
    }
    superblock.length++;
    if (superblock.isWhole()) {
      logE = running.take(superblock.units, superblock.bad, superblock.length);
      superblock.clear();
    }
    path[block] = logE;
  }
  return path;
}

/**
 * Whether what is worse was proven to stay within the margin: for everyone, and in each stratum that is worse by itself. The proof is
 * over the whole stage, so it must not have lost since the trial began to be worse, which was after the block at which the evidence
 * for that was least: what was proven in good hours says nothing of a bad one.
 */
function isProvenWithin(
  plan: AnalysisPlan,
  metric: MetricPlan,
  arms: readonly ArmCounts[],
  { worse, notWorse, strata, thresholds }: Omit<MetricEvidence, "failedAt" | "isWithinMargin">,
  crossedAt: number,
): boolean {
  let least = 0;
  let before = -1;
  for (let block = 0; block < crossedAt; block++)
    if (worse[block]! <= least) {
      least = worse[block]!;
      before = block;
    }
  const isProven = (path: Float64Array) => {
    const proof = path[crossedAt]!;
    return proof >= thresholds.notWorse && proof > (before < 0 ? 0 : path[before]!);
  };
  return (
    isProven(notWorse) &&
    strata.every(
      ({ isWorse }, at) =>
        !isWorse || isProven(followNotWorse(plan, metric, [arms[at]!], Float64Array.of(1))),
    )
  );
}
