import { FAMILIES } from "../../metrics/families.ts";
import type { AnalysisPlan } from "./analysisPlan.ts";
import type { DataProblem, TrialCounts } from "./counts.ts";

/**
 * What nobody could check although plays are there: whether chance split the viewers of a region, which takes devices that say the
 * plan's share, and whether both arms have the same apps. Without that arms may look alike that are not comparable.
 */
export function findUncheckedSplit(plan: AnalysisPlan, counts: TrialCounts): readonly DataProblem[] {
  if (plan.method === "cohort") return [];
  const problems: DataProblem[] = [];
  const played = new Set<string>();
  for (const arms of counts.metrics.values())
    arms.forEach(({ trialUnits, baselineUnits }, at) => {
      const region = plan.strata[at]?.region;
      if (region !== undefined && [...trialUnits, ...baselineUnits].some((it) => it > 0)) played.add(region);
    });
  for (const region of [...played].sort()) {
    const own = counts.devices.filter((it) => it.region === region);
    if (own.some(({ trial, baseline }) => [...trial, ...baseline].some((it) => it > 0))) continue;
    problems.push({
      kind: "invalid_counters",
      series: `${FAMILIES.devices}{region="${region}"}`,
      why: `no device there says the share ${plan.shares[region] ?? 0} of a million, so nobody knows whether chance split them`,
    });
  }
  if (played.size > 0 && counts.apps.trial.size + counts.apps.baseline.size === 0)
    problems.push({
      kind: "invalid_counters",
      series: FAMILIES.apps,
      why: "it has nothing of the release, so nobody knows whether both arms have the same apps",
    });
  return problems;
}
