import type { Margin } from "./analysisPlan.ts";
import { ALTERNATIVES, BlockProcess, clampRate, NOT_WORSE_FACTORS } from "./blockProcess.ts";
import { logRatioOf, projectOntoHalfSpace } from "./halfSpace.ts";
import { logAdd, logSumExp } from "./logSpace.ts";
import { StartMixture } from "./startMixture.ts";
import { StratumRates } from "./stratumRates.ts";

/**
 * Evidence that the trial is worse than the floor in some stratum: half the product over the strata, which sees everyone a little
 * worse, and half their mean, which sees one region much worse (Turner & Grünwald, arXiv 2302.11401). Both are e-processes under "no
 * stratum is worse". The product is taken by alternative and mixed afterwards: so it is one guess for all strata that is paid for,
 * instead of one for each.
 */
export class WorseProcess {
  readonly #strata: readonly BlockProcess[];
  readonly #mixtures: readonly StartMixture[];
  readonly #together: StartMixture;
  readonly #sum = new Float64Array(ALTERNATIVES);
  readonly #logs: Float64Array;

  /** @param looks how many blocks are planned */
  constructor(floor: Margin, priorRate: number, strata: number, looks: number) {
    this.#strata = Array.from({ length: strata }, () => new BlockProcess("worse", floor, priorRate));
    this.#mixtures = this.#strata.map(() => new StartMixture(ALTERNATIVES, looks));
    this.#together = new StartMixture(ALTERNATIVES, looks);
    this.#logs = new Float64Array(strata);
  }

  /** The block's units and bad units in one stratum, baseline first. Every stratum in turn, and then `look`. */
  take(stratum: number, na: number, ya: number, nb: number, yb: number): void {
    const running = this.#strata[stratum]!;
    const mixture = this.#mixtures[stratum]!;
    if (!running.take(na, ya, nb, yb)) return mixture.skip(1);
    mixture.add(running.logs);
    this.#logs[stratum] = mixture.logValue();
    for (let at = 0; at < ALTERNATIVES; at++) this.#sum[at]! += running.logs[at]!;
  }

  /** The logarithm of the e-process after this block. */
  look(): number {
    this.#together.add(this.#sum);
    this.#sum.fill(0);
    const mean = logSumExp(this.#logs) - Math.log(this.#logs.length);
    return logAdd(this.#together.logValue(), mean) - Math.LN2;
  }

  /** The logarithm of one stratum's own e-process. */
  logOf(stratum: number): number {
    return this.#logs[stratum]!;
  }
}

/**
 * Evidence that the trial is not worse than the margin for the traffic that the plan has pinned: against the null
 * `sum w (pb - ratio pa - absolute) >= 0`, whose e-values are those of the nearest point of that half-space. What it proves is
 * "not worse in every block".
 */
export class NotWorseProcess {
  readonly #coefficients: Float64Array;
  readonly #target: number;
  readonly #rates: StratumRates;
  readonly #mixture: StartMixture;
  readonly #strata: number;
  readonly #point: Float64Array;
  readonly #nearest: Float64Array;
  readonly #logs = new Float64Array(ALTERNATIVES);
  readonly #guesses = new Float64Array(ALTERNATIVES);

  /**
   * @param weights of the strata, together 1
   * @param looks how many blocks are planned
   */
  constructor(margin: Margin, priorRate: number, weights: Float64Array, looks: number) {
    this.#strata = weights.length;
    this.#coefficients = new Float64Array(2 * this.#strata);
    let total = 0;
    for (let at = 0; at < this.#strata; at++) {
      this.#coefficients[at] = weights[at]!;
      this.#coefficients[this.#strata + at] = -margin.ratio * weights[at]!;
      total += weights[at]!;
    }
    this.#target = margin.absolute * total;
    this.#rates = new StratumRates(this.#strata, priorRate);
    this.#mixture = new StartMixture(ALTERNATIVES, looks);
    this.#point = new Float64Array(2 * this.#strata);
    this.#nearest = new Float64Array(2 * this.#strata);
  }

  /**
   * A superblock: by stratum the trial's units and then the baseline's, and how many blocks are in it. Answers the logarithm of the
   * e-process after it.
   */
  take(units: Float64Array, bad: Float64Array, blocks: number): number {
    let total = 0;
    for (let at = 0; at < units.length; at++) total += units[at]!;
    const baseline = this.#rates.baseline();
    const ratio = this.#rates.ratio();
    for (let alternative = 0; alternative < ALTERNATIVES; alternative++) {
      for (let at = 0; at < this.#strata; at++) {
        const a = baseline[at]!;
        this.#point[this.#strata + at] = a;
        this.#point[at] = clampRate(
          alternative === ALTERNATIVES - 1 ? this.#rates.own(at, ratio) : a * NOT_WORSE_FACTORS[alternative]!,
        );
      }
      const mu = projectOntoHalfSpace(
        units,
        this.#point,
        this.#coefficients,
        this.#target,
        this.#nearest,
        this.#guesses[alternative]! * total,
      );
      this.#guesses[alternative] = mu / total;
      this.#logs[alternative] = mu === 0 ? 0 : logRatioOf(units, bad, this.#point, this.#nearest);
    }
    this.#rates.learn(units, bad);
    this.#mixture.skip(blocks - 1);
    this.#mixture.add(this.#logs);
    return this.#mixture.logValue();
  }
}
