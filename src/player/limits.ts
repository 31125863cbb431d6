/*
 * What a player takes at most. Signed bytes may still be wrong, and a few of them can ask for any amount of memory; what a gift may
 * be is decided before it is published, and is far below this.
 */

/** One picture or frame: 48 MB when it is decoded. */
export const MAX_PIXELS = 12_000_000;
/** All pictures inside of one file together: 160 MB. */
export const MAX_PIXELS_TOGETHER = 40_000_000;
export const MAX_FRAMES = 2_000;
export const MAX_FPS = 120;
/** A day. A timer that is to run for more than 24 days runs out at once. */
export const MAX_SECONDS = 86_400;
export const MAX_INFLATED_BYTES = 64_000_000;

/** @throws Error when a picture of this size has nothing to show or needs too much memory */
export function checkSize(width: number, height: number): void {
  if (!(width >= 1 && height >= 1)) throw new Error(`it is ${width} x ${height} pixels`);
  if (width * height > MAX_PIXELS) {
    throw new Error(`it is ${width} x ${height} pixels, and a player takes at most ${MAX_PIXELS} in all`);
  }
}
