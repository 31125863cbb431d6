import { clampRate, PRIOR_UNITS } from "./blockProcess.ts";

/** Bad units that the baseline's rate counts for, where all strata together say how the trial stands to it. */
const PRIOR_BAD = 2;

/** What is known of each stratum's rates from the blocks so far: the baseline's, and how the trial stands to it over all strata. */
export class StratumRates {
  readonly #strata: number;
  readonly #units: Float64Array;
  readonly #bad: Float64Array;
  readonly #baseline: Float64Array;

  constructor(strata: number, priorRate: number) {
    this.#strata = strata;
    this.#units = new Float64Array(2 * strata);
    this.#bad = new Float64Array(2 * strata);
    for (let at = 0; at < strata; at++) {
      this.#units[strata + at] = PRIOR_UNITS;
      this.#bad[strata + at] = PRIOR_UNITS * priorRate;
    }
    this.#baseline = new Float64Array(strata);
  }

  learn(units: Float64Array, bad: Float64Array): void {
    for (let at = 0; at < units.length; at++) {
      this.#units[at]! += units[at]!;
      this.#bad[at]! += bad[at]!;
    }
  }

  /** The baseline's rates by stratum, drawn to the prior. */
  baseline(): Float64Array {
    for (let at = 0; at < this.#strata; at++)
      this.#baseline[at] = clampRate(this.#bad[this.#strata + at]! / this.#units[this.#strata + at]!);
    return this.#baseline;
  }

  /** How many times the baseline's rates the trial's are, over all strata. */
  ratio(): number {
    const baseline = this.baseline();
    let bad = PRIOR_BAD;
    let expected = PRIOR_BAD;
    for (let at = 0; at < this.#strata; at++) {
      bad += this.#bad[at]!;
      expected += this.#units[at]! * baseline[at]!;
    }
    return bad / expected;
  }

  /** The trial's own rate in one stratum, drawn to what all strata together say. */
  own(stratum: number, ratio: number): number {
    const drawn = ratio * this.#baseline[stratum]!;
    return (this.#bad[stratum]! + PRIOR_UNITS * drawn) / (this.#units[stratum]! + PRIOR_UNITS);
  }
}
