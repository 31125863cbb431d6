import type { Stage } from "../../wire/rollout.ts";
import type { MetricName } from "./analysisPlan.ts";
import type { DataProblem, Histogram } from "./counts.ts";

export type VerdictKind = "pass" | "hold" | "fail";

/** Why a verdict is what it is; the first is the one that decided. */
export type Reason =
  /** `scope` is the stratum as `REGION/tier`, or absent for everyone together. */
  | { readonly kind: "worse"; readonly metric: MetricName; readonly scope?: string }
  /** Proven worse, and proven to stay within the margin: a person looks at it. */
  | { readonly kind: "worse_within_margin"; readonly metric: MetricName }
  /** It failed before, with these bytes in this stage. */
  | { readonly kind: "latched"; readonly seconds: number }
  | { readonly kind: "cohort_failures"; readonly failures: number; readonly allowed: number }
  | { readonly kind: "data"; readonly problem: DataProblem }
  | {
      readonly kind: "sample_ratio";
      readonly region: string;
      readonly expected: number;
      readonly found: number;
    }
  | { readonly kind: "version_skew"; readonly app: string; readonly trial: number; readonly baseline: number }
  | { readonly kind: "soak"; readonly seconds: number; readonly minimumSeconds: number }
  | { readonly kind: "units"; readonly units: number; readonly minimum: number; readonly scope?: string }
  | { readonly kind: "not_proven"; readonly metric: MetricName }
  | { readonly kind: "timeout"; readonly seconds: number }
  /** Another thing moved the baseline at the same time. */
  | { readonly kind: "shared_incident"; readonly metric: MetricName }
  /** `fix` is what brings them, as an instruction. */
  | { readonly kind: "metrics_unavailable"; readonly message: string; readonly fix: string }
  | { readonly kind: "on_hold"; readonly why: string }
  | { readonly kind: "waived"; readonly owner: string; readonly ends: string; readonly why: string }
  | { readonly kind: "proven" }
  | { readonly kind: "cohort_clean"; readonly units: number };

export interface Rate {
  readonly units: number;
  readonly bad: number;
}

/** How strong the evidence is: the e-value, and the one that decides. Natural logarithms, as e-values may be huge. */
export interface Evidence {
  readonly logE: number;
  readonly logThreshold: number;
}

/** A difference of rates (trial - baseline), with bounds that hold at every look. */
export interface Interval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

export interface StratumVerdict {
  readonly region: string;
  readonly tier: string;
  readonly trial: Rate;
  readonly baseline: Rate;
  readonly worse: Evidence;
  readonly kind: "fail" | "few_units" | "ok";
}

export interface MetricVerdict {
  readonly name: MetricName;
  readonly over?: number;
  readonly decides: boolean;
  readonly kind: "pass" | "hold" | "fail";
  readonly trial: Rate;
  readonly baseline: Rate;
  /** The highest rate that the trial may have, beside the baseline as it is; 0 to 1. */
  readonly limit: number;
  /** Standardised by the plan's weights; null without a baseline, or where nothing is to be shown. */
  readonly difference: Interval | null;
  readonly worse: Evidence;
  readonly notWorse: Evidence;
  readonly strata: readonly StratumVerdict[];
}

/** A quantile of the decode time in milliseconds with bounds that hold at every look; infinity beyond the last bucket. */
export interface Quantile {
  readonly p: number;
  readonly lower: number;
  readonly upper: number;
}

export interface Verdict {
  readonly kind: VerdictKind;
  readonly gift: string;
  readonly version: string;
  readonly build: string;
  readonly stage: Stage;
  readonly method: "compare" | "cohort";
  /** Epoch seconds: when the stage opened, and the newest block that counts. */
  readonly startSeconds: number;
  readonly asOfSeconds: number;
  readonly reasons: readonly Reason[];
  readonly units: { readonly trial: number; readonly baseline: number };
  readonly metrics: readonly MetricVerdict[];
  /** When a verdict may come if things go on as they are, epoch seconds; null when it is there or nobody can say. */
  readonly expectedSeconds: number | null;
  readonly decode: {
    readonly histogram: Histogram;
    readonly trial: readonly Quantile[];
    readonly baseline: readonly Quantile[];
  } | null;
}

/** The difference of one metric as it stood after each of some blocks; for the picture. */
export interface DifferenceOverTime {
  readonly metric: MetricName;
  readonly points: readonly (Interval & { readonly seconds: number })[];
}
