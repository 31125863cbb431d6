import { MediaError } from "./media.ts";

/** More is a recording, not a gift: half a minute at 60 frames per second. */
export const MAX_FRAMES = 2_000;

/** The longest side that every format here can store; WebP has 14 bits for it. */
export const MAX_SIDE_PIXELS = 16_383;

/** The size in whole pixels. @throws MediaError when a side is missing, nothing, or longer than any screen needs */
export function checkSize(noun: string, width: number, height: number): { width: number; height: number } {
  const size = { width: Math.round(width), height: Math.round(height) };
  for (const side of [size.width, size.height]) {
    if (side >= 1 && side <= MAX_SIDE_PIXELS) continue;
    throw new MediaError(
      `the ${noun} is ${width} x ${height} pixels`,
      `export it with sides of 1 to ${MAX_SIDE_PIXELS} pixels`,
    );
  }
  return size;
}

/** @throws MediaError when there is nothing to play, or more than a gift can be */
export function checkFrames(noun: string, frames: number): void {
  if (frames < 1)
    throw new MediaError(`the ${noun} has no frames`, "export an animation of at least one frame");
  if (frames > MAX_FRAMES)
    throw new MediaError(
      `the ${noun} has ${frames} frames, at most ${MAX_FRAMES} are allowed`,
      "make it shorter or lower its frame rate, then export it again",
    );
}
