import type { TrustedMetadata } from "../client/update/trusted.ts";
import type { Signers } from "../publish/apply.ts";
import type { Edge, EdgeResult } from "../publish/edges.ts";
import type { LiveTimestamp } from "../publish/live.ts";
import type { Written } from "../publish/record.ts";
import type { Store } from "../store/store.ts";
import type { OpenViewer } from "./drillViewers.ts";

/** What a drill works with. */
export interface DrillPorts {
  /** The environment's name, for people. */
  readonly environment: string;
  readonly store: Store;
  /** Begins to trust anew, from the root that git holds. */
  readonly trust: () => Promise<TrustedMetadata>;
  readonly signers: Signers;
  /** Those that are in service. */
  readonly edges: readonly Edge[];
  readonly openViewer: OpenViewer;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** For each wait of its own. */
  readonly deadlineMilliseconds: number;
  /** Whether the person asked for the end: nothing more is waited for, and the override is lifted. */
  readonly isInterrupted: () => boolean;
  readonly say: (line: string) => void;
  /** Asks the edges until each serves what was written, and says so. */
  readonly confirm: (written: LiveTimestamp) => Promise<readonly EdgeResult[]>;
  /** Keeps a record of what was written. */
  readonly log: (written: Omit<Written, "kind" | "by" | "why">) => Promise<void>;
}

/** What a drill measured, in whole milliseconds. */
export interface DrillTimes {
  /** From the write of the override until the last edge served it. */
  readonly stopMilliseconds: number;
  /** From the write of the override until the last viewer was on the verified fallback. */
  readonly fallbackMilliseconds: number;
  /** From the write that lifted it until the last viewer played the release again. */
  readonly restoreMilliseconds: number;
}
