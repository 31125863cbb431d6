import type { Json, JsonBlock } from "./json.ts";
import type { JobRun, Result, StepRun } from "./runs.ts";
import type { Job } from "./workflow.ts";
import type { Attempt, World } from "./world.ts";

/** A job while it runs: what its steps share and change. */
export interface JobState {
  readonly world: World;
  readonly attempt: Attempt;
  readonly job: Job;
  readonly record: JobRun & { readonly steps: StepRun[] };
  readonly token: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly permissions: Readonly<Record<string, "read" | "write">>;
  readonly environment: string | null;
  /** The folder that steps begin in. */
  readonly workspace: string;
  /** Files of steps, the event, the home. */
  readonly temporary: string;
  /** `env:` of the workflow and the job. */
  readonly env: Readonly<Record<string, string>>;
  /** What steps wrote to `GITHUB_ENV` and `GITHUB_PATH`. */
  readonly added: Record<string, string>;
  readonly path: string[];
  readonly contexts: Readonly<Record<string, Json>>;
  status: "success" | "failure" | "cancelled";
  /** Ends the process that runs now. */
  kill: () => void;
  readonly masks: Set<string>;
}

/** Where steps stand: in the job, or inside of a composite action. */
export interface Frame {
  /** Of the job or the action, for `success()` and its kind. */
  status(): "success" | "failure" | "cancelled";
  fail(): void;
  /** The step's own action, beside the job's workspace; null in the job. */
  readonly actionFolder: string | null;
  readonly inputs: JsonBlock;
  /** Of the step that called the action. */
  readonly env: Readonly<Record<string, string>>;
  readonly steps: Record<string, { outputs: JsonBlock; outcome: Result; conclusion: Result }>;
  /** Where the steps' records are kept; those of an action belong to the step that called it. */
  readonly records: StepRun[];
  /** How many actions called one another to come here. */
  readonly depth: number;
}

/** A text without anything that is secret in this job. */
export function masked(state: JobState, text: string): string {
  let clean = text;
  for (const secret of state.masks) clean = clean.replaceAll(secret, "***");
  return clean;
}

/** Keeps a value, and each line of it, out of logs and outputs. */
export function mask(state: JobState, secret: string): void {
  for (const line of [secret, ...secret.split(/\r?\n/)]) if (line.trim().length > 0) state.masks.add(line);
}
