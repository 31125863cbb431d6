import { MediaError } from "../../formats/media.ts";
import { loadCanvasKit, openSheet } from "./canvasKit.ts";
import type { Frames, Size } from "./frames.ts";

export interface LottieMovie {
  readonly noun: string;
  /** With its pictures inside, and its glyphs preferred. */
  readonly json: string;
  readonly count: number;
  readonly fps: number;
}

/** Draws Lottie with Skottie, Skia's own player of it. @throws MediaError when Skottie does not take it */
export async function lottieFrames({ noun, json, count, fps }: LottieMovie, size: Size): Promise<Frames> {
  const kit = await loadCanvasKit();
  const animation = kit.MakeManagedAnimation(json);
  // Null is what it gives for what it does not take, whatever its types say.
  if (!isThere(animation))
    throw new MediaError(
      `the ${noun} cannot be drawn: it is no animation that Skia's Lottie player takes`,
      "export it again with the Bodymovin or LottieFiles plugin, and check that it plays in a Lottie preview",
    );
  const sheet = openSheet(kit, size, noun);
  const whole = kit.LTRBRect(0, 0, size.width, size.height);
  return {
    ...size,
    count,
    fps,
    async draw(at) {
      animation.seekFrame(at);
      return sheet.draw((canvas) => animation.render(canvas, whole));
    },
    async close() {
      animation.delete();
      sheet.free();
    },
  };
}

function isThere<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
