import type { Series } from "./source.ts";

/** All that was read of one release on trial, at the plan's instants. */
export interface TrialSamples {
  /** When it was read, epoch seconds. */
  readonly asOfSeconds: number;
  readonly series: readonly Series[];
  /** When each counter of units was last really sampled, epoch seconds. */
  readonly newest: readonly number[];
  /** The only bounds whose buckets were read, besides infinity: enough to decide, and no histogram. All where it is left out. */
  readonly bounds?: readonly number[];
}
