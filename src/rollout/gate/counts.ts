import type { MetricName } from "./analysisPlan.ts";

/** What happened in one stratum, block by block: units, and units with something wrong, in each arm. */
export interface ArmCounts {
  readonly trialUnits: readonly number[];
  readonly trialBad: readonly number[];
  readonly baselineUnits: readonly number[];
  readonly baselineBad: readonly number[];
}

/** Why numbers cannot be relied on. */
export type DataProblem =
  | { readonly kind: "no_data" }
  | { readonly kind: "no_baseline" }
  | { readonly kind: "stale"; readonly newestSeconds: number }
  | { readonly kind: "coverage"; readonly covered: number; readonly expected: number }
  | { readonly kind: "reset_storm"; readonly resets: number; readonly hours: number }
  /** Not a number, negative, fractional, or more bad units than units. */
  | { readonly kind: "invalid_counters"; readonly series: string; readonly why: string }
  /** A series with labels that the plan cannot place. */
  | { readonly kind: "unknown_labels"; readonly series: string };

/** Devices of one region and tier since the stage opened, for the sample-ratio check; block by block. */
export interface DeviceCounts {
  readonly region: string;
  readonly tier: string;
  readonly sharePerMillion: number;
  readonly trial: readonly number[];
  readonly baseline: readonly number[];
}

/** A histogram's units, not cumulative: `counts[i]` are those above the bound before and up to `bounds[i]`; the last is infinity. */
export interface Histogram {
  readonly bounds: readonly number[];
  readonly trial: readonly number[];
  readonly baseline: readonly number[];
}

/** Everything that the gate judges: raw counters made into counts on the plan's grid. */
export interface TrialCounts {
  /** The end of each block, epoch seconds, ascending; a block that spans a short gap is longer than the grid. */
  readonly instants: readonly number[];
  /** By metric; one entry for each stratum of the plan, in its order. */
  readonly metrics: ReadonlyMap<MetricName, readonly ArmCounts[]>;
  readonly devices: readonly DeviceCounts[];
  /** Devices by `platform major.minor`. */
  readonly apps: {
    readonly trial: ReadonlyMap<string, number>;
    readonly baseline: ReadonlyMap<string, number>;
  };
  /** Milliseconds of decoding over the whole stage; null where the histogram is absent. */
  readonly decode: Histogram | null;
  readonly problems: readonly DataProblem[];
}
