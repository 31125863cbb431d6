/**
 * How a viewer's plays of a gift count while one of its releases is on trial.
 * - `trial`: chance (the bucket) gave the viewer the release on trial
 * - `baseline`: chance, or the holdback, left the viewer on an older release; nothing else is different
 * - `cohort`: a named cohort got the release on trial, so nobody is comparable with them
 * - `live`: every other play, also while an override touches the release for this viewer
 */
export type Arm = "trial" | "baseline" | "cohort" | "live";

export const ARMS: readonly Arm[] = ["trial", "baseline", "cohort", "live"];

export interface Standing {
  readonly arm: Arm;
  /** The version on trial that the play counts for; empty for `live`. */
  readonly trial: string;
  /** Chance that a viewer like this one is in the trial, in parts per million; 0 for `cohort` and `live`. */
  readonly sharePerMillion: number;
}
