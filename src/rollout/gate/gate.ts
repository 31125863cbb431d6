import type { TrialSamples } from "../../metrics/trialSamples.ts";
import type { AnalysisPlan } from "./analysisPlan.ts";
import type { TrialCounts } from "./counts.ts";
import { holdBack } from "./holdBack.ts";
import { type GateMemory, judge, type JudgeOptions } from "./judge.ts";
import { sharedIncident } from "./sharedIncident.ts";
import { toCounts } from "./toCounts.ts";
import { findUncheckedSplit } from "./uncheckedSplit.ts";
import type { Verdict } from "./verdict.ts";

/** The verdict on a release from raw counters: nothing but the plan, the samples and what failed before goes into it. */
export function gate(plan: AnalysisPlan, samples: TrialSamples, memory: GateMemory = {}): Verdict {
  return gateCounts(plan, toCounts(plan, samples), memory);
}

/**
 * The same from counts: what `judge` says of them, held where nobody could check how chance split the viewers, and where what fails
 * now fails for everybody. What is on record failed for itself, whatever happens to everybody now.
 */
export function gateCounts(
  plan: AnalysisPlan,
  counts: TrialCounts,
  memory: GateMemory = {},
  options: JudgeOptions = {},
): Verdict {
  const judged = judge(plan, counts, memory, options);
  const isNews = judged.kind === "fail" && memory.failedSeconds === undefined;
  const incident = isNews ? sharedIncident(plan, counts) : [];
  const unchecked = findUncheckedSplit(plan, counts);
  return holdBack(incident.length > 0 ? { ...judged, kind: "hold" } : judged, [
    ...incident.map((metric) => ({ kind: "shared_incident" as const, metric })),
    ...unchecked.map((problem) => ({ kind: "data" as const, problem })),
  ]);
}
