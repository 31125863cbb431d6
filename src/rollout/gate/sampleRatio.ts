import type { DeviceCounts } from "./counts.ts";
import { logBeta, xlogy } from "./logSpace.ts";

/** A healthy split may look broken once in so many stages. It is asked of every release at every look, so this is strict. */
export const SPLIT_ALPHA = 0.001;
/** Shares of the smaller arm by which they may differ: with millions of devices what is trifling is evident, too. */
const TRIFLING = 0.02;
/** Devices that the expected share counts for in the alternative: enough to see a tenth off within thousands. */
const CONCENTRATION = 1_000;
const MILLION = 1_000_000;

export interface SampleRatio {
  readonly region: string;
  /** Shares of the trial, 0 to 1. */
  readonly expected: number;
  readonly found: number;
}

/**
 * Regions in which chance did not split devices as the release says, so that arms are not comparable: for each region and share the
 * Dirichlet mixture against the multinomial (Lindon & Malek, "Anytime-valid inference for multinomial count data", arXiv 2011.03567),
 * at a level that all of them share. The worst of each region.
 */
export function checkSampleRatio(devices: readonly DeviceCounts[]): readonly SampleRatio[] {
  const groups = new Map<string, { region: string; share: number; trial: number; baseline: number }>();
  for (const { region, sharePerMillion, trial, baseline } of devices) {
    if (!(sharePerMillion > 0 && sharePerMillion < MILLION)) continue;
    const key = `${sharePerMillion} ${region}`;
    const group = groups.get(key) ?? { region, share: sharePerMillion / MILLION, trial: 0, baseline: 0 };
    for (const count of trial) group.trial += count;
    for (const count of baseline) group.baseline += count;
    groups.set(key, group);
  }
  const logThreshold = Math.log(groups.size / SPLIT_ALPHA);
  const worst = new Map<string, SampleRatio & { readonly logE: number }>();
  for (const { region, share, trial, baseline } of groups.values()) {
    const logE = logSplitE(trial, baseline, share);
    const found = trial / (trial + baseline);
    if (!(logE >= logThreshold) || Math.abs(found - share) < TRIFLING * Math.min(share, 1 - share)) continue;
    if (logE > (worst.get(region)?.logE ?? 0)) worst.set(region, { region, expected: share, found, logE });
  }
  return [...worst.values()].map(({ region, expected, found }) => ({ region, expected, found }));
}

/** The logarithm of the e-value that so many devices of the trial and of the baseline are against a share, 0 to 1. */
export function logSplitE(trial: number, baseline: number, share: number): number {
  const ours = CONCENTRATION * share;
  const theirs = CONCENTRATION * (1 - share);
  return (
    logBeta(ours + trial, theirs + baseline) -
    logBeta(ours, theirs) -
    xlogy(trial, share) -
    xlogy(baseline, 1 - share)
  );
}
