import type { Margin } from "./analysisPlan.ts";

/** Units that the expected rate counts for, beside those that were seen. */
export const PRIOR_UNITS = 500;
/** Units by which the trial's own rate so far is drawn to the baseline's. */
const OWN_PRIOR_UNITS = 100;
const LEAST_RATE = 1e-9;

/** Times the highest rate that is allowed: what a release may be like that is worse. */
const WORSE_FACTORS = [1.3, 1.8, 2.5, 4, 8] as const;
/** Times the baseline's rate: what a release may be like that is not. */
export const NOT_WORSE_FACTORS = [0.3, 0.6, 0.85, 1, 1.1] as const;
/** The factors, and the trial's own rate so far. */
export const ALTERNATIVES = 6;

/** Which of the two is to be proven: that the trial is worse than the margin, or that it is not. */
export type Side = "worse" | "not_worse";

/** Alternatives are kept off 0 and 1; e-values never are. */
export function clampRate(rate: number): number {
  return rate < LEAST_RATE ? LEAST_RATE : rate > 1 - LEAST_RATE ? 1 - LEAST_RATE : rate;
}

/**
 * The rate x of the baseline at the point of the line `y = ratio x + absolute` that is nearest to (a, b): it minimises
 * `na KL(a||x) + nb KL(b||y)`. Where the line is the diagonal it is the pooled rate; else the root of the derivative, to about 1e-14
 * of itself: a loose one would lift the e-value's expectation above 1. NaN where the line leaves the square or (a, b) is beyond reach.
 */
export function projectOntoLine(
  na: number,
  a: number,
  nb: number,
  b: number,
  ratio: number,
  absolute: number,
  guess: number,
): number {
  if (ratio === 1 && absolute === 0) return (na * a + nb * b) / (na + nb);
  const beyond = b > ratio * a + absolute;
  const same = (b - absolute) / ratio;
  const end = Math.min(1, (1 - absolute) / ratio);
  let low = beyond ? a : Math.max(0, same);
  let high = beyond ? Math.min(end, same) : Math.min(end, a);
  if (!(low < high)) return Number.NaN;
  let x = guess > low && guess < high ? guess : (low + high) / 2;
  for (let turn = 0; turn < 200; turn++) {
    const y = ratio * x + absolute;
    // The derivative, times x(1-x)y(1-y): a cubic, without its poles.
    const left = na * (x - a);
    const right = ratio * nb * (y - b);
    const spreadX = x * (1 - x);
    const spreadY = y * (1 - y);
    const value = left * spreadY + right * spreadX;
    if (value < 0) low = x;
    else high = x;
    const slope =
      na * spreadY + left * ratio * (1 - 2 * y) + ratio * ratio * nb * spreadX + right * (1 - 2 * x);
    const step = value / slope;
    let next = x - step;
    // The error after a step is of the order of its square.
    if (Math.abs(step) <= 1e-9 * x) return next;
    if (!(next > low && next < high)) {
      next = (low + high) / 2;
      if (next === low || next === high) return x;
    }
    x = next;
  }
  return x;
}

/** `y log(p/x) + (n-y) log((1-p)/(1-x))`: how much better p explains y bad of n units than x does. */
export function logLikelihoodRatio(n: number, y: number, p: number, x: number): number {
  const good = n - y;
  return (y === 0 ? 0 : y * Math.log(p / x)) + (good === 0 ? 0 : good * Math.log1p((x - p) / (1 - x)));
}

/**
 * E-values of one stratum, block by block (Turner, Ly & Grünwald, "Generic e-variables for exact sequential k-sample tests",
 * arXiv 2106.02693; half-plane nulls: Turner & Grünwald, arXiv 2203.09785). The null is `pb <= ratio pa + absolute` (worse) or its
 * converse (not worse); for an alternative (a, b) outside of it that was fixed before the block, and (x, y) the nearest point of the
 * null, `(a/x)^ya ((1-a)/(1-x))^(na-ya) (b/y)^yb ((1-b)/(1-y))^(nb-yb)` has an expectation of at most 1 under all of the null. Rates may
 * drift from block to block, and the arms may have any sizes.
 */
export class BlockProcess {
  /** The logarithms of the last block's e-values, by alternative. */
  readonly logs = new Float64Array(ALTERNATIVES);
  readonly #guesses = new Float64Array(ALTERNATIVES);
  readonly #side: Side;
  readonly #ratio: number;
  readonly #absolute: number;
  #units = PRIOR_UNITS;
  #bad: number;
  #ownUnits = 0;
  #ownBad = 0;

  /** @param priorRate what is expected before anything is seen, 0 to 1 */
  constructor(side: Side, margin: Margin, priorRate: number) {
    this.#side = side;
    this.#ratio = margin.ratio;
    this.#absolute = margin.absolute;
    this.#bad = PRIOR_UNITS * priorRate;
  }

  /**
   * One block: units and bad units of the baseline, then of the trial. Answers whether it says anything; a block in which one arm is
   * silent does not, yet the rates are learnt from it.
   */
  take(na: number, ya: number, nb: number, yb: number): boolean {
    const speaks = na > 0 && nb > 0;
    if (speaks) {
      const a = clampRate(this.#bad / this.#units);
      const limit = this.#ratio * a + this.#absolute;
      for (let at = 0; at < ALTERNATIVES; at++) {
        const b =
          at === ALTERNATIVES - 1
            ? (this.#ownBad + OWN_PRIOR_UNITS * a) / (this.#ownUnits + OWN_PRIOR_UNITS)
            : this.#side === "worse"
              ? limit * WORSE_FACTORS[at]!
              : a * NOT_WORSE_FACTORS[at]!;
        this.logs[at] = this.#logE(at, na, ya, nb, yb, a, clampRate(b), limit);
      }
    }
    this.#units += na;
    this.#bad += ya;
    this.#ownUnits += nb;
    this.#ownBad += yb;
    return speaks;
  }

  #logE(
    at: number,
    na: number,
    ya: number,
    nb: number,
    yb: number,
    a: number,
    b: number,
    limit: number,
  ): number {
    // An alternative that the null holds is its own nearest point.
    if (this.#side === "worse" ? b <= limit : b >= limit) return 0;
    const x = projectOntoLine(na, a, nb, b, this.#ratio, this.#absolute, this.#guesses[at]!);
    const y = this.#ratio * x + this.#absolute;
    if (!(x > 0 && x < 1 && y > 0 && y < 1)) return 0;
    this.#guesses[at] = x;
    return logLikelihoodRatio(na, ya, a, x) + logLikelihoodRatio(nb, yb, b, y);
  }
}
