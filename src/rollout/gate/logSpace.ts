/** Below this the series of `lgamma` is shifted upwards, so that five of its terms are exact to a double's last digits. */
const STIRLING_FROM = 20;
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** `log(exp(a) + exp(b))`, without overflow; minus infinity is the logarithm of 0. */
export function logAdd(a: number, b: number): number {
  const greater = a > b ? a : b;
  const difference = a > b ? b - a : a - b;
  // Less than half of a double's last digit.
  if (difference < -38 || greater === Number.NEGATIVE_INFINITY) return greater;
  return greater + Math.log1p(Math.exp(difference));
}

/** The logarithm of the sum of exponentials; of none it is minus infinity. */
export function logSumExp(values: ArrayLike<number>): number {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < values.length; at++) greatest = Math.max(greatest, values[at]!);
  if (!Number.isFinite(greatest)) return greatest;
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += Math.exp(values[at]! - greatest);
  return greatest + Math.log(sum);
}

/** `x log y`, and 0 where x is 0, whatever y is. */
export function xlogy(x: number, y: number): number {
  return x === 0 ? 0 : x * Math.log(y);
}

/** The logarithm of the gamma function for x above 0: Stirling's series (DLMF 5.11.1) from 20, by recurrence below. */
export function lgamma(x: number): number {
  let shift = 0;
  let at = x;
  while (at < STIRLING_FROM) {
    shift += Math.log(at);
    at += 1;
  }
  const inverse = 1 / at;
  const square = inverse * inverse;
  const series =
    inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square * (1 / 1188)))));
  return (at - 0.5) * Math.log(at) - at + HALF_LOG_TWO_PI + series - shift;
}

/** The logarithm of the beta function, a and b above 0. */
export function logBeta(a: number, b: number): number {
  return lgamma(a) + lgamma(b) - lgamma(a + b);
}
