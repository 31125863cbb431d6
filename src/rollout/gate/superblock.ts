/** Units that each arm of a stratum has before its block is whole. */
export const WHOLE_UNITS = 3;
/** A stratum is waited for until it should have had so many times these units; then it is silent, and counts as such. */
const PATIENCE = 4;

/**
 * Blocks added up until every stratum that matters has some units in both arms: a stratum that is silent in a block would leave the
 * standardised difference of that block open. When a superblock ends hangs on units alone, never on what went wrong, and never on when
 * somebody looked; so the alternatives of the next one are still fixed before it.
 */
export class Superblock {
  /** By stratum: the trial's units, and then the baseline's. */
  readonly units: Float64Array;
  readonly bad: Float64Array;
  /** How many blocks are in it. */
  length = 0;
  readonly #weights: Float64Array;
  readonly #slack: number;

  /**
   * @param weights of the strata, together 1
   * @param slack share of the weight that is not waited for
   */
  constructor(weights: Float64Array, slack: number) {
    this.#weights = weights;
    this.#slack = slack;
    this.units = new Float64Array(2 * weights.length);
    this.bad = new Float64Array(2 * weights.length);
  }

  add(stratum: number, na: number, ya: number, nb: number, yb: number): void {
    const other = this.#weights.length + stratum;
    this.units[stratum]! += nb;
    this.bad[stratum]! += yb;
    this.units[other]! += na;
    this.bad[other]! += ya;
  }

  isWhole(): boolean {
    const strata = this.#weights.length;
    let trial = 0;
    let baseline = 0;
    for (let at = 0; at < strata; at++) {
      trial += this.units[at]!;
      baseline += this.units[strata + at]!;
    }
    if (trial < WHOLE_UNITS || baseline < WHOLE_UNITS) return false;
    let lacking = 0;
    for (let at = 0; at < strata; at++) {
      const enough = (PATIENCE * WHOLE_UNITS) / this.#weights[at]!;
      if (
        (this.units[at]! < WHOLE_UNITS && trial < enough) ||
        (this.units[strata + at]! < WHOLE_UNITS && baseline < enough)
      )
        lacking += this.#weights[at]!;
    }
    return lacking <= this.#slack;
  }

  clear(): void {
    this.units.fill(0);
    this.bad.fill(0);
    this.length = 0;
  }
}
