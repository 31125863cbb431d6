import type { LoadedFile, PlayReport } from "../client/load/loader.ts";
import { MAX_SECONDS } from "./limits.ts";
import type { AlphaConvention } from "./video/layout.ts";

/** A gift that is on the screen. */
export interface Playing {
  /**
   * Resolves when the animation is over, or was ended; one that repeats goes on until then. Rejects when what is left of it
   * cannot be decoded: then it has been taken off the screen.
   */
  readonly ended: Promise<void>;
  /** Takes it off the screen and frees all that it holds; may be called again. */
  end(): void;
}

/** How players that are packages of their own are loaded: `{ svga: () => import("svga"), lottie: () => import("lottie-web") }`. What is left out makes such a file fail. */
export interface PlayerModules {
  readonly svga?: () => Promise<unknown>;
  readonly lottie?: () => Promise<unknown>;
}

export interface PlayOptions {
  /** Whether an animation begins again when it is over. */
  readonly repeat: boolean;
  readonly report?: PlayReport;
  readonly modules?: PlayerModules;
  /** How long a picture that does not move is shown. Default: 3. */
  readonly stillSeconds?: number;
  /** How a video carries transparency that does not say so itself. */
  readonly alpha?: AlphaConvention;
}

/** Puts a file into an empty element, on its first frame, and starts it. Rejects when the bytes cannot be decoded. */
export type Player = (into: HTMLElement, file: LoadedFile, options: PlayOptions) => Promise<Playing>;

/** How long a picture that does not move is shown where nobody says otherwise. */
export const STILL_SECONDS = 3;

export const NO_REPORT: PlayReport = { firstFrame: () => {}, frames: () => {} };

/** What every player needs to keep: that it ends once, with a last word or without, and frees everything then. */
export function playUntilEnded(free: () => void): Playing & { fail(cause: unknown): void } {
  let settle: { resolve(): void; reject(cause: unknown): void } | undefined;
  const ended = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Who does not wait for the end is not to be told of it by the runtime either.
  ended.catch(() => {});
  const once = (act: "resolve" | "reject", cause?: unknown) => {
    const settling = settle;
    settle = undefined;
    if (!settling) return;
    free();
    settling[act](cause);
  };
  return { ended, end: () => once("resolve"), fail: (cause) => once("reject", cause) };
}

/** For pictures that do not move, and for what an app draws itself. */
export function playForSeconds(seconds: number | null, free: () => void): Playing {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const playing = playUntilEnded(() => {
    clearTimeout(timer);
    free();
  });
  if (seconds !== null) timer = setTimeout(() => playing.end(), 1000 * Math.min(seconds, MAX_SECONDS));
  return playing;
}

/** Reports the first frame once the browser has drawn what is in the document now. */
export function reportFirstFrame({ report = NO_REPORT }: PlayOptions): void {
  requestAnimationFrame(() => requestAnimationFrame(() => report.firstFrame()));
}
