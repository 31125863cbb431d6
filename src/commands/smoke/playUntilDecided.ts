import { isUndecided } from "../../rollout/smoke/judgeSmoke.ts";
import type { Sample } from "../../rollout/smoke/measures.ts";
import type { SmokePlan } from "../../rollout/smoke/smokePlan.ts";
import type { Method, ScenarioRun } from "../../rollout/smoke/smokeRun.ts";

/** One gift once. */
export interface Played {
  readonly sample: Sample;
  /** What went wrong, in words. */
  readonly faults: readonly string[];
}

type Play = () => Promise<Played>;

/**
 * The release and its reference in turns, so that whatever else the machine does befalls both; who is first takes turns, too. What is
 * left open after the plan's rounds goes on until it is decided, or the plan's patience ends.
 */
export async function playUntilDecided(
  run: ScenarioRun,
  subject: Play,
  reference: Play,
  method: Method,
  plan: SmokePlan,
): Promise<ScenarioRun> {
  let played = run;
  for (let round = 1; round <= plan.mostRounds; round++) {
    if (round > plan.rounds && !isUndecided(played, method, plan)) break;
    const isSubjectFirst = round % 2 === 1;
    const first = await (isSubjectFirst ? subject : reference)();
    const second = await (isSubjectFirst ? reference : subject)();
    played = isSubjectFirst ? withRound(played, first, second) : withRound(played, second, first);
  }
  return played;
}

function withRound(run: ScenarioRun, own: Played, other: Played): ScenarioRun {
  return {
    ...run,
    subject: [...run.subject, own.sample],
    reference: [...run.reference, other.sample],
    faults: [...run.faults, ...own.faults],
    referenceFaults: run.referenceFaults + other.faults.length,
  };
}
