import { isEnoughToFail, toEvidence } from "../../dist/rollout/gate/evidence.js";

/** A look that never comes. */
export const NEVER = 1e9;

/**
 * A plan for one metric, as the gate has it.
 * @param {{ floor?: object, margin?: object, priorRate?: number, strata?: { region: string, weight: number }[], looks?: number, alphaFail?: number }} [options]
 */
export function planOf({
  floor = { ratio: 1, absolute: 0 },
  margin = { ratio: 1, absolute: 0.005 },
  priorRate = 0.005,
  strata = [{ region: "SG", weight: 1 }],
  looks = 200,
  alphaFail = 0.01,
} = {}) {
  const metric = { name: "failed", margin, floor, minimumUnits: 500, priorRate, decides: true };
  return {
    metric,
    plan: {
      gift: "rose",
      version: "1.0.0",
      build: "0123456789ab",
      stage: "regional",
      method: "compare",
      commit: "0".repeat(40),
      startSeconds: 0,
      gridSeconds: 300,
      latenessSeconds: 120,
      strata: strata.map((it) => ({ tier: "mid", ...it })),
      waivedStrata: [],
      shares: {},
      alpha: { fail: alphaFail, pass: 0.05 },
      metrics: [metric],
      minimumSoakSeconds: 0,
      maximumSoakSeconds: 300 * looks,
      allowedFailures: 0,
      minimumCoverage: 0.95,
      staleAfterSeconds: 900,
      stratumShare: 0.05,
    },
  };
}

/**
 * The gate's own evidence over a stream, and what it would say at every look.
 * @param {ReturnType<typeof planOf>} of
 * @param {readonly import("../../dist/rollout/gate/counts.js").ArmCounts[]} arms
 */
export function gateOver({ plan, metric }, arms) {
  const { worse, notWorse } = toEvidence(plan, metric, arms);
  const looks = worse.length;
  /** The first look at which it is proven worse at this level, counted from 1. */
  const failsAt = (alpha) => {
    const threshold = Math.log(1 / alpha);
    let [crossed, badUnits, badBlocks] = [false, 0, 0];
    for (let look = 0; look < looks; look++) {
      const bad = arms.reduce((sum, { trialBad }) => sum + trialBad[look], 0);
      badUnits += bad;
      if (bad > 0) badBlocks++;
      crossed ||= worse[look] >= threshold;
      if (crossed && isEnoughToFail(badUnits, badBlocks)) return look + 1;
    }
    return NEVER;
  };
  const passesAt = (minimumUnits) => {
    const threshold = Math.log(1 / plan.alpha.pass);
    let units = 0;
    for (let look = 0; look < looks; look++) {
      units += arms.reduce((sum, { trialUnits }) => sum + trialUnits[look], 0);
      if (units >= minimumUnits && notWorse[look] >= threshold) return look + 1;
    }
    return NEVER;
  };
  return { failsAt, passesAt };
}

/** Sums of all strata, for rules that know of none. */
export function pooled(arms) {
  const add = (key) => arms[0][key].map((_, look) => arms.reduce((sum, arm) => sum + arm[key][look], 0));
  return {
    trialUnits: add("trialUnits"),
    trialBad: add("trialBad"),
    baselineUnits: add("baselineUnits"),
    baselineBad: add("baselineBad"),
  };
}

/** More than 1 % of all units so far, from 500 units on. */
export function thresholdFailsAt({ trialUnits, trialBad }, limit = 0.01) {
  let [n, y] = [0, 0];
  for (let look = 0; look < trialUnits.length; look++) {
    n += trialUnits[look];
    y += trialBad[look];
    if (n >= 500 && y > limit * n) return look + 1;
  }
  return NEVER;
}

/** A two-proportion z-test at one-sided 5 %, again at each look over all units so far. */
export function zTestFailsAt({ trialUnits, trialBad, baselineUnits, baselineBad }) {
  let [na, ya, nb, yb] = [0, 0, 0, 0];
  for (let look = 0; look < trialUnits.length; look++) {
    na += baselineUnits[look];
    ya += baselineBad[look];
    nb += trialUnits[look];
    yb += trialBad[look];
    const p = (ya + yb) / (na + nb);
    const deviation = Math.sqrt(p * (1 - p) * (1 / na + 1 / nb));
    if (deviation > 0 && (yb / nb - ya / na) / deviation > 1.6449) return look + 1;
  }
  return NEVER;
}

/** Mann-Whitney on the rates of the looks, as canary analysis does it, at one-sided 5 % again at each look from the tenth on. */
export function mannWhitneyFailsAt({ trialUnits, trialBad, baselineUnits, baselineBad }) {
  const looks = trialUnits.length;
  const [ours, theirs] = [new Float64Array(looks), new Float64Array(looks)];
  const seen = new Map();
  let [wins, ties] = [0, 0];
  const count = (value) => {
    const before = seen.get(value) ?? 0;
    seen.set(value, before + 1);
    // (t + 1)^3 - (t + 1) - (t^3 - t)
    ties += 3 * before * (before + 1);
  };
  for (let look = 0; look < looks; look++) {
    ours[look] = trialBad[look] / trialUnits[look];
    theirs[look] = baselineBad[look] / baselineUnits[look];
    for (let at = 0; at <= look; at++) {
      wins += ours[look] > theirs[at] ? 1 : ours[look] === theirs[at] ? 0.5 : 0;
      if (at < look) wins += ours[at] > theirs[look] ? 1 : ours[at] === theirs[look] ? 0.5 : 0;
    }
    count(ours[look]);
    count(theirs[look]);
    const n = look + 1;
    if (n < 10) continue;
    const variance = ((n * n) / 12) * (2 * n + 1 - ties / (2 * n * (2 * n - 1)));
    if (variance > 0 && (wins - (n * n) / 2) / Math.sqrt(variance) > 1.6449) return look + 1;
  }
  return NEVER;
}
