import type { Annotation } from "./commandsOfLog.ts";
import type { Json, JsonBlock } from "./json.ts";

export type Result = "success" | "failure" | "cancelled" | "skipped";

/** A run of a workflow, as a test looks at it. It changes until its status is `completed`. */
export interface WorkflowRun {
  readonly id: number;
  /** Counted for each workflow. */
  readonly number: number;
  /** 1, and more for a re-run, which is another entry with the same id. */
  readonly attempt: number;
  /** The workflow's `name:`. */
  readonly workflow: string;
  /** The file's name: `publish.yml`. */
  readonly file: string;
  /** The `run-name:`, or what the event is called. */
  title: string;
  readonly event: string;
  readonly payload: Json;
  readonly actor: string;
  /** The commit that `github.sha` is: of a pull request the merge commit. */
  readonly sha: string;
  readonly ref: string;
  /** Of a pull request its head. */
  readonly headSha: string;
  readonly headBranch: string;
  readonly headRepository: string;
  /** A pull request of another repository: no secrets, a token that reads. */
  readonly isFork: boolean;
  status: "queued" | "pending" | "in_progress" | "completed";
  conclusion: Result | null;
  /** In the order in which they ended; a matrix has one for each of its jobs. */
  readonly jobs: readonly JobRun[];
  /** Names of what was uploaded, sorted. */
  readonly artifacts: readonly string[];
  /** The folder with an artifact's files; null where there is none of that name. */
  artifact(name: string): string | null;
  /** What GitHub says on the run's page about the run itself: why it was cancelled. */
  readonly notes: readonly string[];
}

export interface JobRun {
  readonly id: string;
  /** As GitHub shows and requires it: `Gift check`, `code (24)`. */
  readonly name: string;
  readonly matrix: JsonBlock;
  /** Null while it runs. */
  result: Result | null;
  outputs: Readonly<Record<string, string>>;
  /** Of the token that it was given, by GitHub's names with hyphens. */
  readonly permissions: Readonly<Record<string, "read" | "write">>;
  readonly environment: string | null;
  readonly steps: readonly StepRun[];
  /** What GitHub shows of the summaries: each step's, joined. */
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  /** Everything that was printed, secrets masked. */
  readonly log: string;
}

export interface StepRun {
  readonly id: string | null;
  readonly name: string;
  /** How it went. */
  outcome: Result;
  /** What it counts as: `success` in spite of a failure with `continue-on-error`. */
  conclusion: Result;
  outputs: Readonly<Record<string, string>>;
  /** Null where nothing was written, or more than GitHub takes. */
  summary: string | null;
  annotations: readonly Annotation[];
  log: string;
}
