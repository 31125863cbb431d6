import { readTrial } from "../../metrics/readTrial.ts";
import type { MetricSource } from "../../metrics/source.ts";
import type { TrialSamples } from "../../metrics/trialSamples.ts";
import { explainError, GiftError } from "../../report/error.ts";
import type { AnalysisPlan } from "../../rollout/gate/analysisPlan.ts";
import type { TrialCounts } from "../../rollout/gate/counts.ts";
import { gateCounts } from "../../rollout/gate/gate.ts";
import type { GateMemory } from "../../rollout/gate/judge.ts";
import { toCounts } from "../../rollout/gate/toCounts.ts";
import type { Verdict } from "../../rollout/gate/verdict.ts";

/** What the numbers of one release are judged by. Can be sent to another thread. */
export interface Question {
  readonly plan: AnalysisPlan;
  readonly memory: GateMemory;
  readonly asOfSeconds: number;
  /** Whether the verdict is to be shown; where it is only acted upon, far less is read and worked out. */
  readonly isShown: boolean;
}

/** What the numbers say. Can be sent to another thread. */
export interface NumbersSaid {
  readonly verdict: Verdict;
  /** Why there are no numbers. */
  readonly unavailable: Unavailable | null;
  /** For pictures; null where it is not to be shown, for of a thousand releases they are much. */
  readonly counts: TrialCounts | null;
}

/** Why there are no numbers, and what brings them. */
export interface Unavailable {
  readonly message: string;
  readonly fix: string;
}

/** Reads the numbers of one release and judges them. Numbers that cannot be had are said, and never an error. */
export async function judgeNumbers(
  source: MetricSource,
  { plan, memory, asOfSeconds, isShown }: Question,
): Promise<NumbersSaid> {
  const bounds = isShown ? undefined : plan.metrics.flatMap(({ over }) => over ?? []);
  let samples: TrialSamples = { asOfSeconds, series: [], newest: [] };
  let unavailable: Unavailable | null = null;
  try {
    samples = await readTrial(source, plan, asOfSeconds, bounds);
  } catch (error) {
    if (!(error instanceof GiftError)) throw error;
    unavailable = { message: explainError(error), fix: error.fix };
  }
  const counts = toCounts(plan, samples);
  return {
    verdict: gateCounts(plan, counts, memory, { isShown }),
    unavailable,
    counts: isShown ? counts : null,
  };
}
