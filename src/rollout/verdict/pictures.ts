import type { AnalysisPlan } from "../gate/analysisPlan.ts";
import type { DifferenceOverTime, Verdict } from "../gate/verdict.ts";
import { describeDifference, differenceSvg } from "./differenceSvg.ts";
import { describeLatency, latencySvg } from "./latencySvg.ts";
import { DARK, LIGHT } from "./theme.ts";

/** One picture of a verdict as SVG, for a light and a dark page. */
export interface VerdictPicture {
  /** For a file's name: "difference-failed", "latency". */
  readonly name: string;
  /** What it shows, for those who do not see it. */
  readonly alt: string;
  readonly light: string;
  readonly dark: string;
}

/** The differences of metrics that were given, in the verdict's order, then the decode times if there are any. */
export function drawVerdict(
  verdict: Verdict,
  plan: AnalysisPlan,
  differences: readonly DifferenceOverTime[],
): readonly VerdictPicture[] {
  const drawn = verdict.metrics.flatMap((metric): VerdictPicture[] => {
    const over = differences.find((it) => it.metric === metric.name);
    if (!over) return [];
    return [
      {
        name: `difference-${metric.name}`,
        alt: describeDifference(verdict, plan, metric, over),
        light: differenceSvg(verdict, plan, metric, over, LIGHT),
        dark: differenceSvg(verdict, plan, metric, over, DARK),
      },
    ];
  });
  if (!verdict.decode) return drawn;
  const objective = verdict.metrics.find((it) => it.name === "slow")?.over ?? null;
  return [
    ...drawn,
    {
      name: "latency",
      alt: describeLatency(verdict, objective),
      light: latencySvg(verdict, objective, LIGHT),
      dark: latencySvg(verdict, objective, DARK),
    },
  ];
}
