import type { Tier } from "../../wire/viewer.ts";
import type { Sample } from "./measures.ts";
import type { Scenario } from "./smokePlan.ts";

/** How it was measured: in a browser, or, where there is none, by decoding alone, which is weaker. */
export type Method = "chromium" | "sharp";

/** One scenario on one tier, measured in turns. */
export interface ScenarioRun {
  readonly tier: Tier;
  readonly scenario: Scenario;
  readonly subject: readonly Sample[];
  readonly reference: readonly Sample[];
  /** Plays of the release that showed something else, in words; the reference's own are counted beside. */
  readonly faults: readonly string[];
  readonly referenceFaults: number;
}

/** All that was measured of a release; `judgeSmoke` needs nothing else. */
export interface SmokeRun {
  readonly gift: string;
  readonly version: string;
  readonly method: Method;
  /** What it was compared with: `rose@1.0.0`, or a clip that was drawn. */
  readonly reference: string;
  readonly runs: readonly ScenarioRun[];
  /** What the files themselves cost beyond the policy's budgets, in words; forgiven ones are not among them. */
  readonly excesses: readonly string[];
  /** Why something could not be measured, in words. */
  readonly gaps: readonly string[];
}

/** Before anything was measured. */
export function emptyRun(tier: Tier, scenario: Scenario): ScenarioRun {
  return { tier, scenario, subject: [], reference: [], faults: [], referenceFaults: 0 };
}
