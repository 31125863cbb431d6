import type { TrialCounts } from "./counts.ts";
import { logBeta, xlogy } from "./logSpace.ts";
import { SPLIT_ALPHA } from "./sampleRatio.ts";

/**
 * By how much a version's share of the arms may differ. Counts by app are over all regions, and regions with other shares of the
 * trial may have other apps: only what is well beyond that is skew.
 */
const TRIFLING = 0.05;

export interface VersionSkew {
  readonly app: string;
  /** The version's share of each arm's devices, 0 to 1. */
  readonly trial: number;
  readonly baseline: number;
}

/**
 * App versions that one arm has much more of, worst first: then it is apps that are compared, not releases. For each version the
 * mixture of both arms' rates (Jeffreys' priors) against the best common rate, an e-process by universal inference (Wasserman,
 * Ramdas & Balakrishnan, PNAS 2020, section 8), at a level that all versions share.
 */
export function checkVersionSkew(apps: TrialCounts["apps"]): readonly VersionSkew[] {
  const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0);
  const trialDevices = sum(apps.trial);
  const baselineDevices = sum(apps.baseline);
  if (!(trialDevices > 0 && baselineDevices > 0)) return [];
  const names = [...new Set([...apps.trial.keys(), ...apps.baseline.keys()])].sort();
  const logThreshold = Math.log(names.length / SPLIT_ALPHA);
  return names
    .map((app) => {
      const ours = apps.trial.get(app) ?? 0;
      const theirs = apps.baseline.get(app) ?? 0;
      const logE = logSkewE(ours, trialDevices, theirs, baselineDevices);
      return { app, trial: ours / trialDevices, baseline: theirs / baselineDevices, logE };
    })
    .filter(({ trial, baseline, logE }) => logE >= logThreshold && Math.abs(trial - baseline) >= TRIFLING)
    .sort((a, b) => Math.abs(b.trial - b.baseline) - Math.abs(a.trial - a.baseline))
    .map(({ app, trial, baseline }) => ({ app, trial, baseline }));
}

/** The logarithm of the e-value that so many of each arm's units are against their having one rate. */
export function logSkewE(ours: number, ourUnits: number, theirs: number, theirUnits: number): number {
  const marginal = (y: number, n: number) => logBeta(y + 0.5, n - y + 0.5) - logBeta(0.5, 0.5);
  const y = ours + theirs;
  const n = ourUnits + theirUnits;
  const best = xlogy(y, y / n) + xlogy(n - y, (n - y) / n);
  return marginal(ours, ourUnits) + marginal(theirs, theirUnits) - best;
}
