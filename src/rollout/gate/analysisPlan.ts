import type { Stage } from "../../wire/rollout.ts";
import type { Tier } from "../../wire/viewer.ts";

/** The gate's metrics, each the share of units with something wrong. */
export type MetricName = "failed" | "crashed" | "fellBack" | "mismatched" | "slow" | "dropped";

/** How much worse: the trial's rate may be up to `ratio * baseline + absolute`. Rates are 0 to 1. */
export interface Margin {
  readonly ratio: number;
  readonly absolute: number;
}

export interface MetricPlan {
  readonly name: MetricName;
  /** For `slow`: milliseconds of decoding. For `dropped`: share of frames. A bound of the histogram. */
  readonly over?: number;
  /** A release passes when it is proven not to be worse than this. */
  readonly margin: Margin;
  /** A release fails when it is proven to be worse than this: what is real but trifling does not fail it. */
  readonly floor: Margin;
  /** Units of the trial before it may pass. */
  readonly minimumUnits: number;
  /** What is expected before anything is seen, 0 to 1; where it is wrong, only power is lost. */
  readonly priorRate: number;
  /** Whether it decides, or is only shown. */
  readonly decides: boolean;
}

export interface Stratum {
  readonly region: string;
  readonly tier: Tier;
  /** Share of the traffic, pinned; all together are 1. */
  readonly weight: number;
}

/**
 * What will be judged, and how, fixed before the first number is seen: written in the policy, pinned by the commit that opened the
 * stage.
 */
export interface AnalysisPlan {
  readonly gift: string;
  readonly version: string;
  /** First 12 digits of the lock's SHA-256: other bytes begin anew. */
  readonly build: string;
  /** The widest stage that is open. */
  readonly stage: Stage;
  /** `compare`: the trial against its concurrent baseline. `cohort`: nobody is comparable, so only what is plain counts. */
  readonly method: "compare" | "cohort";
  /** The commit that opened the stage as it stands. */
  readonly commit: string;
  /** When that commit was made, epoch seconds; the grid is anchored there. */
  readonly startSeconds: number;
  readonly gridSeconds: number;
  /** How long a block waits for late events before it counts. */
  readonly latenessSeconds: number;
  readonly strata: readonly Stratum[];
  /** Strata, as `REGION/tier`, that may have too few units; each is named in the policy with a reason. */
  readonly waivedStrata: readonly string[];
  /** The chance to be in the trial by region, in parts per million; empty for `cohort`. */
  readonly shares: Readonly<Record<string, number>>;
  /** Error rates: of failing a release that is no worse (over all metrics together), and of passing one that is. */
  readonly alpha: { readonly fail: number; readonly pass: number };
  readonly metrics: readonly MetricPlan[];
  readonly minimumSoakSeconds: number;
  /** After this without a verdict a person decides. */
  readonly maximumSoakSeconds: number;
  /** For `cohort`: units that may have failed, crashed or had wrong bytes. */
  readonly allowedFailures: number;
  /** Share of the grid's instants that must have data, 0 to 1. */
  readonly minimumCoverage: number;
  /** Data older than this is stale. */
  readonly staleAfterSeconds: number;
  /** Strata that have at least this share of the weight need the minimum of units of their own, 0 to 1. */
  readonly stratumShare: number;
}
