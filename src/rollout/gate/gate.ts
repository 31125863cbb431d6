import type { TrialSamples } from "../../metrics/trialSamples.ts";
import type { AnalysisPlan } from "./analysisPlan.ts";
import { type GateMemory, judge } from "./judge.ts";
import { toCounts } from "./toCounts.ts";
import type { Verdict } from "./verdict.ts";

/** The verdict on a release from raw counters: nothing but the plan, the samples and what failed before goes into it. */
export function gate(plan: AnalysisPlan, samples: TrialSamples, memory: GateMemory = {}): Verdict {
  return judge(plan, toCounts(plan, samples), memory);
}
