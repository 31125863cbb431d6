/**
 * Numbers from 0 to 1 from two seeds: sfc32, whose sequences of different seeds do not meet.
 * @param {number} cell
 * @param {number} run
 * @returns {() => number}
 */
export function randomOf(cell, run) {
  let [a, b, c, count] = [cell | 0, run | 0, 0x9e3779b9, 1];
  const next = () => {
    const sum = (((a + b) | 0) + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let turn = 0; turn < 15; turn++) next();
  return next;
}

/**
 * How many of n happen, each with chance p: the distribution walked from 0 upwards.
 * @param {() => number} next
 * @param {number} n
 * @param {number} p
 */
export function drawBinomial(next, n, p) {
  const odds = p / (1 - p);
  let chance = Math.exp(n * Math.log1p(-p));
  let left = next();
  let count = 0;
  while (left > chance && count < n) {
    left -= chance;
    count++;
    chance *= (odds * (n - count + 1)) / count;
  }
  return count;
}

/**
 * One stratum's arms, block by block.
 * @param {() => number} next
 * @param {{ looks: number, trialUnits: number, baselineUnits: number, trial: (look: number) => number, baseline: (look: number) => number }} stream
 * @returns {import("../../dist/rollout/gate/counts.js").ArmCounts}
 */
export function drawArms(next, { looks, trialUnits, baselineUnits, trial, baseline }) {
  const arms = { trialUnits: [], trialBad: [], baselineUnits: [], baselineBad: [] };
  for (let look = 0; look < looks; look++) {
    arms.trialUnits.push(trialUnits);
    arms.trialBad.push(drawBinomial(next, trialUnits, trial(look)));
    arms.baselineUnits.push(baselineUnits);
    arms.baselineBad.push(drawBinomial(next, baselineUnits, baseline(look)));
  }
  return arms;
}

/**
 * Plays of devices that play several times, and fail in clusters: m plays of a device (geometric, 5 in the mean), each failing with the
 * device's own chance (beta, correlated by 0.3): the variance of the share of plays is 3.4 times that of independent ones.
 * @param {number} rate of failing plays
 */
export function clusteredDevice(rate) {
  const [meanPlays, correlation] = [5, 0.3];
  const whole = 1 / correlation - 1;
  const [a, b] = [rate * whole, (1 - rate) * whole];
  const chances = Array.from({ length: 81 }, () => 0);
  for (let plays = 1; plays <= 80; plays++) {
    const share = (1 / meanPlays) * (1 - 1 / meanPlays) ** (plays - 1);
    // Beta-binomial, from none upwards.
    let chance = 1;
    for (let at = 0; at < plays; at++) chance *= (b + at) / (whole + at);
    for (let bad = 0; bad <= plays; bad++) {
      chances[bad] += share * chance;
      chance *= ((plays - bad) / (bad + 1)) * ((a + bad) / (b + plays - bad - 1));
    }
  }
  const anyBad = 1 - chances[0];
  return {
    anyBad,
    plays: meanPlays,
    /** Bad plays of a device that has some. */
    drawBad: (next) => {
      let left = next() * anyBad;
      let bad = 1;
      while (bad < 80 && left > chances[bad]) left -= chances[bad++];
      return bad;
    },
  };
}

/** The standard normal distribution's share below z (Abramowitz & Stegun 7.1.26, to 1e-7). */
export function normalShare(z) {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const tail =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) *
    t *
    Math.exp(-x * x);
  return z > 0 ? 1 - tail / 2 : tail / 2;
}
