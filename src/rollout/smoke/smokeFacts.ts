import type { EvidenceFile } from "../../model/schemas.ts";
import type { SmokeVerdict } from "./judgeSmoke.ts";
import type { Measure } from "./measures.ts";
import type { SmokeRun } from "./smokeRun.ts";

/** Beyond it a record would be a report. */
const LONGEST_TEXT = 300;

/**
 * What signed evidence says of a smoke test: how it was measured, against what, how much of it, the worst of each measure as percent
 * of its limit, and the first thing that was wrong.
 */
export function toSmokeFacts(run: SmokeRun, verdict: SmokeVerdict, why: string): EvidenceFile["facts"] {
  const rounds = run.runs.map((it) => Math.min(it.subject.length, it.reference.length));
  return {
    method: run.method,
    reference: run.reference,
    tiers: [...new Set(run.runs.map((it) => it.tier))].join(", "),
    scenarios: [...new Set(run.runs.map((it) => it.scenario))].join(", "),
    rounds: Math.max(0, ...rounds),
    ...worstByMeasure(verdict),
    faults: verdict.faults.length,
    ...(verdict.kind === "fail" && { why: why.slice(0, LONGEST_TEXT) }),
  };
}

/** "memoryPercent": 81 is 81 % of what was allowed, in the scenario that came nearest to it. */
function worstByMeasure({ comparisons }: SmokeVerdict): Readonly<Record<string, number>> {
  const worst = new Map<Measure, number>();
  for (const { measure, subject, limit } of comparisons) {
    if (subject === null || limit === null || limit <= 0) continue;
    worst.set(measure, Math.max(worst.get(measure) ?? 0, Math.round((100 * subject) / limit)));
  }
  return Object.fromEntries([...worst].map(([measure, percent]) => [`${measure}Percent`, percent]));
}
