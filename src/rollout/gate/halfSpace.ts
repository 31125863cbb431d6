/**
 * The point x of `sum c x >= target` that is nearest to the rates p: it minimises `sum n KL(p||x)`. With the multiplier mu of the
 * constraint each coordinate solves `mu c x^2 + (n - mu c) x - n p = 0`, and mu is the root of a growing function: Newton's steps,
 * held by bisection, from `guess` on. A coordinate without units costs nothing, so the null takes its utmost.
 *
 * Writes x into `nearest` and answers mu; 0 says that p is in the null already, or that nothing is, and that x is not to be used.
 */
export function projectOntoHalfSpace(
  units: Float64Array,
  rates: Float64Array,
  coefficients: Float64Array,
  target: number,
  nearest: Float64Array,
  guess: number,
): number {
  const length = coefficients.length;
  let atZero = -target;
  let utmost = -target;
  let slopeAtZero = 0;
  for (let at = 0; at < length; at++) {
    const c = coefficients[at]!;
    const n = units[at]!;
    const p = rates[at]!;
    const most = c > 0 ? c : 0;
    utmost += most;
    atZero += n > 0 ? c * p : most;
    if (n > 0) slopeAtZero += (c * c * p * (1 - p)) / n;
  }
  if (!(atZero < 0 && utmost > 0 && slopeAtZero > 0)) return 0;
  let low = 0;
  let high = Number.POSITIVE_INFINITY;
  let mu = guess > 0 && Number.isFinite(guess) ? guess : -atZero / slopeAtZero;
  for (let turn = 0; turn < 300; turn++) {
    let value = -target;
    let slope = 0;
    for (let at = 0; at < length; at++) {
      const c = coefficients[at]!;
      const n = units[at]!;
      if (!(n > 0)) {
        const x = c > 0 ? 1 : 0;
        nearest[at] = x;
        value += c * x;
        continue;
      }
      const p = rates[at]!;
      const q = (mu * c) / n;
      const rest = 1 - q;
      const root = Math.sqrt(rest * rest + 4 * q * p);
      // The same root in two spellings: each is free of cancellation on its side.
      const x = rest >= 0 ? (2 * p) / (rest + root) : (root - rest) / (2 * q);
      nearest[at] = x;
      value += c * x;
      slope += (c * c * x * (1 - x)) / (n * root);
    }
    if (value < 0) low = mu;
    else high = mu;
    const step = value / slope;
    let next = mu - step;
    if (Math.abs(step) <= 1e-8 * mu) {
      // The rest of the way is a straight line, to the order of its square.
      for (let at = 0; at < length; at++) {
        const n = units[at]!;
        if (!(n > 0)) continue;
        const c = coefficients[at]!;
        const x = nearest[at]!;
        nearest[at] = x - (step * c * x * (1 - x)) / (n - mu * c * (1 - 2 * x));
      }
      return next;
    }
    if (!(next > low && next < high)) {
      next = high === Number.POSITIVE_INFINITY ? mu * 2 : (low + high) / 2;
      if (next === low || next === high) return mu;
    }
    mu = next;
  }
  return mu;
}

/**
 * `sum y log(p/x) + (n-y) log((1-p)/(1-x))`: the logarithm of the e-value of one block for the alternative p, beside the null's nearest
 * point x. It is at most 1 in expectation under the whole half-space, by the same argument as in two dimensions.
 */
export function logRatioOf(
  units: Float64Array,
  bad: Float64Array,
  rates: Float64Array,
  nearest: Float64Array,
): number {
  let sum = 0;
  for (let at = 0; at < units.length; at++) {
    const n = units[at]!;
    if (!(n > 0)) continue;
    const y = bad[at]!;
    const p = rates[at]!;
    const x = nearest[at]!;
    if (y > 0) sum += y * Math.log(p / x);
    if (n > y) sum += (n - y) * Math.log1p((x - p) / (1 - x));
  }
  return sum;
}
