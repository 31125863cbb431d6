import type { Tier } from "../wire/viewer.ts";
import type { ChangeFacts } from "./change/checkChange.ts";
import type { EvidenceFacts } from "./checkChecklist.ts";

/** What rules need to know beyond the YAML; gathered by commands. A rule without its facts is silent. */
export interface Facts {
  /** By gift id: what each source file of the gift is. Absent when the media was not looked at (publishing does not). */
  readonly media?: ReadonlyMap<string, GiftMedia>;
  /** Which locks are merged, and which of those are not as they were. */
  readonly locks?: LockFacts;
  /** Text of release files by path, at least of those whose layout is not plain. */
  readonly texts?: ReadonlyMap<string, string>;
  /** Epoch milliseconds. Absent where the day must not decide, as when publishing: then no waiver has ended. */
  readonly now?: number;
  /** How the tree differs from a base. */
  readonly change?: ChangeFacts;
  /** What is on record for the releases that leave canary in that change. */
  readonly evidence?: EvidenceFacts;
}

export interface LockFacts {
  /** Paths of the locks at the base. */
  readonly merged: ReadonlySet<string>;
  /** Of these the ones that have other bytes here, or are gone. */
  readonly changed: ReadonlySet<string>;
}

export interface GiftMedia {
  /** Whether the animation is a folder of frames. */
  readonly isFolder: boolean;
  /** Every file of the animation; empty when it is missing. */
  readonly animation: readonly SourceFact[];
  /** Other files of the same animation, by the tier that they are for. */
  readonly variants?: Readonly<Partial<Record<Tier, SourceFact>>>;
  readonly sound?: SourceFact;
  readonly still?: SourceFact;
}

/** One source file, or why it could not be read. The path is below the gift's folder. */
export type SourceFact =
  | { readonly path: string; readonly bytes: number; readonly media: MediaFact }
  | { readonly path: string; readonly bytes: number; readonly problem: SourceProblem };

export interface SourceProblem {
  readonly message: string;
  readonly fix: string;
}

export interface MediaFact {
  readonly kind: "animation" | "picture" | "sound";
  /** Such as `png`. */
  readonly format: string;
  /** Which file endings say so; the dot may be left out. */
  readonly extensions: readonly string[];
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Who can draw its frames; null where nobody can. */
  readonly drawnBy: "node" | "browser" | null;
  /** Whether a video says itself where its transparency is; null for what is no video. */
  readonly saysItsAlpha: boolean | null;
  readonly deadWeight: readonly {
    readonly what: string;
    readonly name: string;
    readonly bytes: number;
    /** Whether `giftwrap fix` takes it out. */
    readonly isRemovable: boolean;
  }[];
  readonly warnings: readonly SourceProblem[];
}
