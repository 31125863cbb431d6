import type { PolicyFile } from "../../model/schemas.ts";
import type { Tier } from "../../wire/viewer.ts";

/** What is tried, in the order in which it is told. */
export const SCENARIOS = ["single", "combo", "burst", "long-room", "cold", "slow", "kill"] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** What one gift may take in any scenario, whatever the reference takes. */
export interface SmokeBudget {
  readonly memoryBytes?: number;
  readonly startMilliseconds?: number;
  readonly loadMilliseconds?: number;
}

/** What is tried of a release, and how much heavier than its reference it may be. */
export interface SmokePlan {
  readonly scenarios: readonly Scenario[];
  /** How often each is measured at first, and at most. */
  readonly rounds: number;
  readonly mostRounds: number;
  /** How many times the reference's time and load, and memory. */
  readonly times: number;
  readonly memoryTimes: number;
  readonly combo: { readonly gifts: number; readonly seconds: number };
  readonly burst: number;
  readonly longRoom: number;
  readonly slowNetwork: { readonly bytesPerSecond: number; readonly latencyMilliseconds: number };
  readonly budgets: Partial<Readonly<Record<Tier, SmokeBudget>>>;
}

/** What was left open is measured up to so many times as often. */
const PATIENCE = 3;

/**
 * The policy's plan, with defaults where it says nothing.
 * @param asked what was asked for instead of the policy's scenarios and rounds
 */
export function smokePlan(
  policy: PolicyFile["smoke"],
  asked: { readonly scenarios?: readonly Scenario[]; readonly rounds?: number } = {},
): SmokePlan {
  const rounds = asked.rounds ?? policy?.rounds ?? 3;
  const scenarios = asked.scenarios ?? policy?.scenarios ?? SCENARIOS;
  return {
    scenarios: SCENARIOS.filter((it) => scenarios.includes(it)),
    rounds,
    mostRounds: PATIENCE * rounds,
    times: policy?.times ?? 1.5,
    memoryTimes: policy?.memoryTimes ?? 1.5,
    combo: policy?.combo ?? { gifts: 20, seconds: 3 },
    burst: policy?.burst ?? 12,
    longRoom: policy?.longRoom ?? 40,
    slowNetwork: policy?.slowNetwork ?? { bytesPerSecond: 500_000, latencyMilliseconds: 150 },
    budgets: policy?.budgets ?? {},
  };
}

export function isScenario(text: string): text is Scenario {
  return SCENARIOS.some((it) => it === text);
}
