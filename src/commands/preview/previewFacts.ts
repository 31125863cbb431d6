import type { Preview } from "../../bundle/preview/sheet.ts";
import type { Advice } from "../../formats/media.ts";
import type { Tier } from "../../wire/viewer.ts";

/** What the page of a preview shows. Texts may come from anybody's files. */
export interface PreviewFacts {
  readonly gift: string;
  readonly version: string;
  readonly name: string;
  readonly title: string;
  readonly owner: string;
  /** Null where what is drawn is not the artist's files. */
  readonly source: SourceFacts | null;
  readonly pictures: PreviewPictures | null;
  /** Why there are no pictures, or no comparison, and other things to know, each with what to do. */
  readonly notes: readonly Advice[];
  /** What each device tier downloads; empty before the release is built. */
  readonly variants: readonly VariantFacts[];
  readonly comparison: Comparison | null;
}

export interface SourceFacts {
  /** Below the gift's folder. */
  readonly path: string;
  /** Such as `SVGA` or `folder of PNG frames`. */
  readonly what: string;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly fps: number;
  readonly bytes: number;
  /** Null where each tier's variant alone knows it. */
  readonly decodedBytes: number | null;
  /** Null where any viewer has it. */
  readonly player: string | null;
  readonly sound: string | null;
  readonly slots: readonly string[];
}

export interface PreviewPictures {
  readonly sheet: Preview;
  /** Transparent. */
  readonly motion: Preview;
  readonly still: Preview | null;
  /** The author's own, the fullest frame, or the one that was built. */
  readonly stillFrom: "author" | "frame" | "lock";
}

export interface VariantFacts {
  readonly tier: Tier;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly fps: number;
  readonly bytes: number;
  readonly mostBytes: number | null;
  readonly decodedBytes: number;
  readonly mostDecodedBytes: number | null;
}

export interface Comparison {
  /** The version that everyone has. */
  readonly version: string;
  readonly picture: Preview;
}
