import type { JobState } from "../jobState.ts";

/** What stands in for an action that others wrote: the same inputs and outputs, as far as our workflows use them. */
export interface Shim {
  /** All that it knows, in small letters; any other is NotKnown. */
  readonly inputs: readonly string[];
  /** Throws an Error when the action would fail, NotKnown where the shim does not know what the action would do. */
  run(call: ShimCall): Promise<ShimAnswer>;
}

export interface ShimCall {
  readonly state: JobState;
  readonly inputs: Readonly<Record<string, string>>;
  readonly place: string;
  print(text: string): void;
}

export interface ShimAnswer {
  readonly outputs?: Readonly<Record<string, string>>;
  /** For all later steps of the job. */
  readonly environment?: Readonly<Record<string, string>>;
}
