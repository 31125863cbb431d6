import { logBeta } from "./logSpace.ts";
import type { Histogram } from "./counts.ts";
import type { Quantile } from "./verdict.ts";

/** At how many units the bounds are tightest; where there are more or fewer they hold as well, a little wider. */
const TIGHTEST_AT = 5_000;

/**
 * Bounds of a quantile of the decode time from a histogram, which each hold at all times with a chance of 1 - alpha (Howard &
 * Ramdas, "Sequential estimation of quantiles", Bernoulli 28(3), 2022, with the beta-binomial mixture of their `confseq`): the
 * quantile is above the last bound whose share is below `p - l/n`, and at most the first whose share is above `p + u/n`.
 * @param counts units by bucket, not cumulative; the last bucket has no upper bound
 */
export function quantileBounds(
  p: number,
  bounds: Histogram["bounds"],
  counts: readonly number[],
  alpha: number,
): Quantile {
  const n = counts.reduce((sum, count) => sum + count, 0);
  const share = shareBounds(p, n, alpha);
  let below = 0;
  let lower = 0;
  let upper = Number.POSITIVE_INFINITY;
  bounds.forEach((bound, at) => {
    below += counts[at] ?? 0;
    if (below / n < share.lower) lower = bound;
    if (below / n > share.upper && upper === Number.POSITIVE_INFINITY) upper = bound;
  });
  return { p, lower, upper };
}

/** Between which shares of n units the true quantile's own share lies, each at all n with a chance of 1 - alpha; 0 to 1. */
export function shareBounds(p: number, n: number, alpha: number): { lower: number; upper: number } {
  if (!(n > 0)) return { lower: 0, upper: 1 };
  return {
    lower: Math.max(0, p - deviation(n, 1 - p, alpha) / n),
    upper: Math.min(1, p + deviation(n, p, alpha) / n),
  };
}

/** Where the mixture reaches 1/alpha: how far the count of n units may stray upwards when each counts with chance p. */
function deviation(n: number, p: number, alpha: number): number {
  const g = p;
  const h = 1 - p;
  const v = n * g * h;
  const log = 2 * Math.log(1 / alpha);
  const rho = Math.max(1e-3 * g * h, (TIGHTEST_AT * g * h) / (log + Math.log1p(log)) - g * h);
  const threshold = Math.log(1 / alpha);
  let low = 0;
  let high = n * h;
  if (logMixture(high, v, g, h, rho) < threshold) return high;
  for (let turn = 0; turn < 60; turn++) {
    const middle = (low + high) / 2;
    if (logMixture(middle, v, g, h, rho) < threshold) low = middle;
    else high = middle;
  }
  return high;
}

/** The beta-binomial mixture's logarithm for a sum s with intrinsic time v, of steps between -g and h. */
function logMixture(s: number, v: number, g: number, h: number, r: number): number {
  const whole = g + h;
  return (
    (v / (g * h)) * Math.log(whole) -
    ((v + h * s) / (h * whole)) * Math.log(g) -
    ((v - g * s) / (g * whole)) * Math.log(h) +
    logBeta((r + v - g * s) / (g * whole), (r + v + h * s) / (h * whole)) -
    logBeta(r / (g * whole), r / (h * whole))
  );
}
