import type { Size } from "./frames.ts";
import type { LottieMovie } from "./lottieFrames.ts";

/** What a thread of its own is to draw: all that it is given. */
export type DrawTask =
  | { readonly kind: "lottie"; readonly movie: LottieMovie }
  | { readonly kind: "svga"; readonly bytes: Uint8Array; readonly count: number; readonly fps: number };

/** What it is asked, one after the other: to open an artwork, to draw its frames, to give back what it holds. */
export type DrawQuestion =
  | { readonly kind: "open"; readonly task: DrawTask; readonly size: Size }
  | { readonly kind: "draw"; readonly at: number }
  | { readonly kind: "close" };

export type DrawAnswer =
  /** With pixels where a frame was asked for. */
  | { readonly kind: "done"; readonly pixels: Uint8Array | null }
  /** A MediaError, which would lose its class and its fix on the way. */
  | { readonly kind: "refused"; readonly message: string; readonly fix: string }
  /** Anything else: the drawing library is not to be trusted afterwards. */
  | { readonly kind: "failed"; readonly why: string };
