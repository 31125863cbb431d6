import type { AnalysisPlan, MetricName } from "./analysisPlan.ts";
import { checkCounts } from "./checkCounts.ts";
import type { TrialCounts } from "./counts.ts";
import { weightsOf } from "./evidence.ts";
import { DifferenceInterval } from "./interval.ts";
import type { DifferenceOverTime } from "./verdict.ts";

/**
 * The difference of one metric with its bounds as they stood at up to so many looks, the newest among them; none where there is no
 * baseline. Each point is what a verdict of that moment would have shown.
 */
export function differenceOverTime(
  plan: AnalysisPlan,
  counts: TrialCounts,
  metric: MetricName,
  points: number,
): DifferenceOverTime {
  const checked = checkCounts(plan, counts);
  const of = plan.metrics.find(({ name }) => name === metric);
  if (!of || plan.method === "cohort") return { metric, points: [] };
  const interval = new DifferenceInterval(of, checked.metrics.get(metric) ?? [], [...weightsOf(plan)]);
  const length = checked.instants.length;
  const looks = Math.max(0, Math.min(Math.floor(points), length));
  return {
    metric,
    points: Array.from({ length: looks }, (_, at) => Math.round(((at + 1) * length) / looks)).flatMap(
      (end) => {
        const difference = interval.after(end);
        const seconds = checked.instants[end - 1];
        return difference && seconds !== undefined ? [{ ...difference, seconds }] : [];
      },
    ),
  };
}
