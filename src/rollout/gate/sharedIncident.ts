import type { AnalysisPlan, MetricName, MetricPlan } from "./analysisPlan.ts";
import { logLikelihoodRatio, clampRate, PRIOR_UNITS } from "./blockProcess.ts";
import { checkCounts } from "./checkCounts.ts";
import type { ArmCounts, TrialCounts } from "./counts.ts";
import { StartMixture } from "./startMixture.ts";

/** What happened in so many seconds is the newest, but never more than a third of all. */
const NEWEST_SECONDS = 3 * 3600;
/** Earlier blocks are looked at by the hour: a daily cycle has better hours and worse ones. */
const HOUR_SECONDS = 3600;
/** How much worse than the worst earlier hour the baseline has to be: `1.5 times + 0.1 %`. Less is weather. */
const PRACTICAL = { ratio: 1.5, absolute: 0.001 } as const;
const FACTORS = [1.3, 1.8, 2.5, 4, 8] as const;
const ALPHA = 0.01;

/**
 * Metrics in which the baseline itself has become worse in the newest blocks than it was in any hour before: then something that both
 * arms share is broken, and nobody should stop a release by it without a look. A one-sample binomial e-process for each stratum and for
 * all together, at a level that they and the metrics share.
 */
export function sharedIncident(plan: AnalysisPlan, counts: TrialCounts): readonly MetricName[] {
  const { metrics, instants } = checkCounts(plan, counts);
  const newest = Math.min(Math.round(NEWEST_SECONDS / plan.gridSeconds), Math.floor(instants.length / 3));
  if (newest < 1) return [];
  const from = instants.length - newest;
  const hour = Math.max(1, Math.min(from, Math.round(HOUR_SECONDS / plan.gridSeconds)));
  const logThreshold = Math.log((plan.metrics.length * (plan.strata.length + 1)) / ALPHA);
  return plan.metrics
    .filter((metric) => {
      const arms = metrics.get(metric.name) ?? [];
      return [...arms, together(arms)].some((it) => greatestLogE(it, metric, from, hour) >= logThreshold);
    })
    .map(({ name }) => name);
}

type Baseline = Pick<ArmCounts, "baselineUnits" | "baselineBad">;

function together(arms: readonly ArmCounts[]): Baseline {
  const add = (of: (arm: ArmCounts) => readonly number[]) =>
    Array.from({ length: arms[0] ? of(arms[0]).length : 0 }, (_, block) =>
      arms.reduce((sum, arm) => sum + of(arm)[block]!, 0),
    );
  return {
    baselineUnits: add(({ baselineUnits }) => baselineUnits),
    baselineBad: add(({ baselineBad }) => baselineBad),
  };
}

function greatestLogE(
  { baselineUnits, baselineBad }: Baseline,
  { priorRate }: MetricPlan,
  from: number,
  hour: number,
): number {
  let worst = 0;
  // Hours end where the newest blocks begin; what is left over at the beginning is in none.
  for (let end = from; end >= hour; end -= hour) {
    let units = PRIOR_UNITS;
    let bad = PRIOR_UNITS * priorRate;
    for (let at = end - hour; at < end; at++) {
      units += baselineUnits[at]!;
      bad += baselineBad[at]!;
    }
    worst = Math.max(worst, bad / units);
  }
  const ceiling = clampRate(PRACTICAL.ratio * worst + PRACTICAL.absolute);
  const rates = FACTORS.map((factor) => ceiling * factor).filter((rate) => rate < 1);
  if (rates.length === 0) return 0;
  const mixture = new StartMixture(rates.length, baselineUnits.length - from);
  const logs = new Float64Array(rates.length);
  let greatest = 0;
  for (let at = from; at < baselineUnits.length; at++) {
    rates.forEach((rate, index) => {
      logs[index] = logLikelihoodRatio(baselineUnits[at]!, baselineBad[at]!, clampRate(rate), ceiling);
    });
    mixture.add(logs);
    greatest = Math.max(greatest, mixture.logValue());
  }
  return greatest;
}
