import type { MetricPlan } from "./analysisPlan.ts";
import { clampRate } from "./blockProcess.ts";
import type { ArmCounts } from "./counts.ts";
import { slackOf } from "./evidence.ts";
import { logRatioOf, projectOntoHalfSpace } from "./halfSpace.ts";
import { logSumExp } from "./logSpace.ts";
import { StratumRates } from "./stratumRates.ts";
import { Superblock } from "./superblock.ts";
import type { Interval } from "./verdict.ts";

/** Chance that the bounds ever miss the difference. */
const ALPHA = 0.05;
/** A block is so much of what was before it, at least: few of them cover a long time. */
const GROWTH = 1 / 5;
/** How near to its place a bound is found, as a share of its way from the estimate; it is never drawn too near. */
const PRECISION = 0.02;
const LEAST_STEP = 1e-5;
/** Guesses for the trial: all strata's common ratio, and each stratum's own rate. */
const GUESSES = 2;

interface Block {
  /** How many of the grid's blocks have passed at its end. */
  readonly end: number;
  readonly units: Float64Array;
  readonly bad: Float64Array;
  readonly total: number;
  /** By guess: the rates that were expected before the block. */
  readonly rates: readonly Float64Array[];
}

/**
 * The standardised difference of one metric's rates, `sum w (pb - pa)`, with bounds that hold at every look together: the differences
 * that neither of two one-sided half-space e-processes has refused at 2/alpha, alpha 5 %.
 *
 * It is of the same kind as the verdict's evidence for "not worse", with ratio 1 and in both directions, but it is for people: its
 * blocks grow by a fifth, so that it is cheap, and the newest part of the data may not be in the bounds yet. So it may differ a
 * little from the verdict near a limit, and it is always the e-processes of the verdict that decide.
 */
export class DifferenceInterval {
  readonly #blocks: Block[] = [];
  readonly #arms: readonly ArmCounts[];
  readonly #strata: readonly number[];
  readonly #weights: Float64Array;

  /**
   * @param arms by stratum, checked
   * @param weights by stratum; those without units in both arms are left out, and the others taken as everyone
   */
  constructor(metric: MetricPlan, arms: readonly ArmCounts[], weights: readonly number[]) {
    this.#arms = arms;
    this.#strata = arms.flatMap(({ trialUnits, baselineUnits }, at) =>
      weights[at]! > 0 && trialUnits.some((n) => n > 0) && baselineUnits.some((n) => n > 0) ? [at] : [],
    );
    const total = this.#strata.reduce((sum, at) => sum + weights[at]!, 0);
    this.#weights = Float64Array.from(this.#strata, (at) => weights[at]! / total);
    this.#fill(metric);
  }

  #fill(metric: MetricPlan): void {
    const length = this.#arms[0]?.trialUnits.length ?? 0;
    const rates = new StratumRates(this.#strata.length, metric.priorRate);
    const block = new Superblock(this.#weights, slackOf(metric));
    let start = 0;
    for (let at = 0; at < length && this.#strata.length > 0; at++) {
      this.#strata.forEach((stratum, index) => {
        const { baselineUnits, baselineBad, trialUnits, trialBad } = this.#arms[stratum]!;
        block.add(index, baselineUnits[at]!, baselineBad[at]!, trialUnits[at]!, trialBad[at]!);
      });
      if (at + 1 - start < start * GROWTH || !block.isWhole()) continue;
      start = at + 1;
      const { units, bad } = block;
      this.#blocks.push({
        end: start,
        units: units.slice(),
        bad: bad.slice(),
        total: units.reduce((sum, n) => sum + n, 0),
        rates: guessRates(rates),
      });
      rates.learn(units, bad);
      block.clear();
    }
  }

  /** How many of the grid's blocks have passed whenever the bounds move. */
  ends(): readonly number[] {
    return this.#blocks.map(({ end }) => end);
  }

  /** The interval after so many blocks of the grid; null while no stratum has units in both arms. */
  after(length: number): Interval | null {
    const estimate = this.#estimate(length);
    if (estimate === null) return null;
    const blocks = this.#blocks.filter(({ end }) => end <= length);
    return {
      estimate,
      lower: this.#bound(blocks, estimate, -1),
      upper: this.#bound(blocks, estimate, 1),
    };
  }

  #estimate(length: number): number | null {
    let sum = 0;
    let total = 0;
    this.#strata.forEach((stratum, index) => {
      const { baselineUnits, baselineBad, trialUnits, trialBad } = this.#arms[stratum]!;
      const [na, ya, nb, yb] = [baselineUnits, baselineBad, trialUnits, trialBad].map((counts) => {
        let of = 0;
        for (let at = 0; at < length; at++) of += counts[at]!;
        return of;
      });
      if (!(na! > 0 && nb! > 0)) return;
      const weight = this.#weights[index]!;
      sum += weight * (yb! / nb! - ya! / na!);
      total += weight;
    });
    return total > 0 ? sum / total : null;
  }

  /** Outwards from the estimate; `direction` 1 for the upper bound. */
  #bound(blocks: readonly Block[], estimate: number, direction: 1 | -1): number {
    const excess = this.#against(blocks, direction);
    const most = 1 - direction * estimate;
    let step = Math.max(LEAST_STEP, 3 * deviationOf(blocks, this.#weights));
    let kept = 0;
    let keptBy = Math.min(-1e-9, excess(estimate));
    let refused = step;
    let refusedBy = Number.NEGATIVE_INFINITY;
    while (refused < most && (refusedBy = excess(estimate + direction * refused)) < 0) {
      [kept, keptBy] = [refused, refusedBy];
      step *= 1.5;
      refused += step;
    }
    if (refused >= most) return direction;
    // Between the two it is nearly a line: the Illinois way halves the side that stays, so that both come nearer.
    let side = 0;
    for (let turn = 0; turn < 40 && refused - kept > PRECISION * refused; turn++) {
      const middle = Math.min(
        refused - (PRECISION / 2) * (refused - kept),
        Math.max(
          kept + (PRECISION / 2) * (refused - kept),
          kept - (keptBy * (refused - kept)) / (refusedBy - keptBy),
        ),
      );
      const by = excess(estimate + direction * middle);
      if (by >= 0) {
        [refused, refusedBy] = [middle, by];
        if (side === 1) keptBy /= 2;
        side = 1;
      } else {
        [kept, keptBy] = [middle, by];
        if (side === -1) refusedBy /= 2;
        side = -1;
      }
    }
    return estimate + direction * refused;
  }

  /**
   * By how much the logarithm of the e-value against "the difference is at least this" (at most, for -1) is above what refuses it.
   * Along differences it has one valley.
   */
  #against(blocks: readonly Block[], direction: 1 | -1): (difference: number) => number {
    const strata = this.#strata.length;
    const coefficients = new Float64Array(2 * strata);
    this.#weights.forEach((weight, at) => {
      coefficients[at] = direction * weight;
      coefficients[strata + at] = -direction * weight;
    });
    const nearest = new Float64Array(2 * strata);
    const logs = new Float64Array(GUESSES);
    const logThreshold = Math.log((2 / ALPHA) * GUESSES);
    return (difference) => {
      for (let guess = 0; guess < GUESSES; guess++) {
        logs[guess] = 0;
        let scaled = 0;
        for (const { units, bad, rates, total } of blocks) {
          const target = direction * difference;
          const point = rates[guess]!;
          const mu = projectOntoHalfSpace(units, point, coefficients, target, nearest, scaled * total);
          scaled = mu / total;
          if (mu > 0) logs[guess]! += logRatioOf(units, bad, point, nearest);
        }
      }
      return logSumExp(logs) - logThreshold;
    };
  }
}

/** About the difference's standard deviation, to begin a search with. */
function deviationOf(blocks: readonly Block[], weights: Float64Array): number {
  let variance = 0;
  weights.forEach((weight, at) => {
    for (const arm of [at, weights.length + at]) {
      let units = 1;
      let bad = 1;
      for (const block of blocks) {
        units += block.units[arm]!;
        bad += block.bad[arm]!;
      }
      variance += (weight * weight * bad) / (units * units);
    }
  });
  return Math.sqrt(variance);
}

function guessRates(known: StratumRates): readonly Float64Array[] {
  const baseline = known.baseline();
  const ratio = known.ratio();
  const strata = baseline.length;
  return Array.from({ length: GUESSES }, (_, guess) => {
    const rates = new Float64Array(2 * strata);
    rates.set(baseline, strata);
    for (let at = 0; at < strata; at++)
      rates[at] = clampRate(guess === 0 ? ratio * baseline[at]! : known.own(at, ratio));
    return rates;
  });
}
