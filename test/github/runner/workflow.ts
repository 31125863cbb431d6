import type { Json, JsonBlock } from "./json.ts";

/** One file of `.github/workflows/`, as far as this executor knows workflows. Texts may hold expressions. */
export interface Workflow {
  readonly path: string;
  /** The file's path where it has no name. */
  readonly name: string;
  readonly runName: string | null;
  /** By event; null where nothing is said about it. */
  readonly on: Readonly<Record<string, JsonBlock | null>>;
  readonly crons: readonly string[];
  readonly inputs: Readonly<Record<string, WorkflowInput>>;
  /** Null where nothing is said: then the repository's own default, `contents: read`. */
  readonly permissions: Permissions | null;
  readonly env: JsonBlock;
  readonly concurrency: Concurrency | null;
  readonly defaults: RunDefaults;
  readonly jobs: readonly Job[];
  readonly place: string;
}

export type Permissions = Readonly<Record<string, "read" | "write" | "none">>;

export interface WorkflowInput {
  readonly type: "string" | "boolean" | "number" | "choice" | "environment";
  readonly isRequired: boolean;
  readonly default: Json;
  /** Of a choice. */
  readonly options: readonly string[];
}

export interface Concurrency {
  readonly group: string;
  readonly cancelInProgress: Json;
  readonly queue: "single" | "max";
}

export interface RunDefaults {
  readonly shell: string | null;
  readonly workingDirectory: string | null;
}

export interface Job {
  readonly id: string;
  readonly name: string | null;
  readonly needs: readonly string[];
  readonly if: string | null;
  readonly runsOn: Json;
  readonly environment: string | null;
  readonly permissions: Permissions | null;
  readonly concurrency: Concurrency | null;
  readonly outputs: JsonBlock;
  readonly env: JsonBlock;
  readonly defaults: RunDefaults;
  readonly timeoutMinutes: number;
  readonly continueOnError: Json;
  readonly strategy: Strategy | null;
  readonly steps: readonly Step[];
  readonly place: string;
}

export interface Strategy {
  readonly matrix: Json;
  readonly failFast: Json;
  /** Null: as many as there are. */
  readonly maxParallel: Json;
}

export interface Step {
  readonly id: string | null;
  readonly name: string | null;
  readonly if: string | null;
  /** Exactly one of `uses` and `run` is there. */
  readonly uses: string | null;
  readonly run: string | null;
  readonly with: JsonBlock;
  readonly env: JsonBlock;
  readonly shell: string | null;
  readonly workingDirectory: string | null;
  readonly continueOnError: Json;
  readonly place: string;
}

/** A local action: composite steps, or one file for Node. */
export interface Action {
  readonly name: string;
  readonly inputs: Readonly<Record<string, { readonly default: Json; readonly isRequired: boolean }>>;
  /** By name; the value, with expressions, of a composite action. */
  readonly outputs: JsonBlock;
  readonly steps: readonly Step[];
  /** The file to run, beside the action's; null where it is composite. */
  readonly main: string | null;
  readonly place: string;
}
