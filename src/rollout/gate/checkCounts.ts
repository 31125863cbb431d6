import type { AnalysisPlan, MetricName } from "./analysisPlan.ts";
import type { ArmCounts, DataProblem, Histogram, TrialCounts } from "./counts.ts";

export interface CheckedCounts {
  readonly instants: readonly number[];
  /** By metric of the plan, one entry for each stratum; zeros where the numbers cannot be used. */
  readonly metrics: ReadonlyMap<MetricName, readonly ArmCounts[]>;
  readonly decode: Histogram | null;
  /** Those that came with the counts, and those found here. */
  readonly problems: readonly DataProblem[];
}

/** Numbers in the plan's shape, whatever came: what cannot be counted with is a problem, and stands as nothing. */
export function checkCounts(plan: AnalysisPlan, counts: TrialCounts): CheckedCounts {
  const problems: DataProblem[] = [...counts.problems];
  const report = (problem: DataProblem) => {
    if (!problems.some((it) => JSON.stringify(it) === JSON.stringify(problem))) problems.push(problem);
  };
  const isAscending = counts.instants.every(
    (instant, at) => Number.isFinite(instant) && (at === 0 || instant > counts.instants[at - 1]!),
  );
  if (!isAscending)
    report({ kind: "invalid_counters", series: "instants", why: "they are not in the order of time" });
  const instants = isAscending ? counts.instants : [];
  const metrics = new Map(
    plan.metrics.map(({ name, decides }) => {
      const arms = counts.metrics.get(name);
      if (arms === undefined && decides) report({ kind: "no_data" });
      const why = arms && whyNot(arms, plan.strata.length, counts.instants.length);
      if (why) report({ kind: "invalid_counters", series: name, why });
      const usable = arms !== undefined && !why && isAscending;
      return [name, usable ? arms : plan.strata.map(() => nothing(instants.length))] as const;
    }),
  );
  const decided = plan.metrics.filter(({ decides }) => decides);
  const sum = (arm: "trialUnits" | "baselineUnits") =>
    decided.flatMap(({ name }) => metrics.get(name) ?? []).reduce((total, it) => total + sumOf(it[arm]), 0);
  if (sum("trialUnits") === 0) report({ kind: "no_data" });
  if (plan.method === "compare" && sum("baselineUnits") === 0) report({ kind: "no_baseline" });
  const devices = counts.devices.flatMap(({ trial, baseline }) => [...trial, ...baseline]);
  if (!devices.every(isCount))
    report({ kind: "invalid_counters", series: "devices", why: "a count is not a whole number from 0 on" });
  if (![...counts.apps.trial.values(), ...counts.apps.baseline.values()].every(isCount))
    report({ kind: "invalid_counters", series: "apps", why: "a count is not a whole number from 0 on" });
  return {
    instants,
    metrics,
    decode: counts.decode && isHistogram(counts.decode) ? counts.decode : null,
    problems: plan.method === "cohort" ? problems.filter(({ kind }) => kind !== "no_baseline") : problems,
  };
}

/** The sum of one arm's counts. */
export function sumOf(counts: readonly number[]): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}

function whyNot(arms: readonly ArmCounts[], strata: number, blocks: number): string | undefined {
  if (arms.length !== strata) return `${arms.length} strata instead of the plan's ${strata}`;
  for (const { trialUnits, trialBad, baselineUnits, baselineBad } of arms) {
    const all = [trialUnits, trialBad, baselineUnits, baselineBad];
    if (all.some(({ length }) => length !== blocks)) return "not one count for each block";
    if (!all.every((counts) => counts.every(isCount))) return "a count is not a whole number from 0 on";
    if (trialBad.some((bad, at) => bad > trialUnits[at]!)) return "more bad units than units in the trial";
    if (baselineBad.some((bad, at) => bad > baselineUnits[at]!))
      return "more bad units than units in the baseline";
  }
  return undefined;
}

function isHistogram({ bounds, trial, baseline }: Histogram): boolean {
  return (
    trial.length === bounds.length + 1 &&
    baseline.length === bounds.length + 1 &&
    bounds.every((bound, at) => Number.isFinite(bound) && (at === 0 || bound > bounds[at - 1]!)) &&
    [...trial, ...baseline].every(isCount)
  );
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function nothing(length: number): ArmCounts {
  const zeros = Array.from({ length }, () => 0);
  return { trialUnits: zeros, trialBad: zeros, baselineUnits: zeros, baselineBad: zeros };
}
