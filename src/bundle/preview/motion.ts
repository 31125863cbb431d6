import { thinFrames } from "../recipe.ts";
import { fitInside } from "../render/fitInside.ts";
import type { Frames, Raster } from "../render/frames.ts";
import { layOver } from "../render/layOver.ts";
import { encodeMotion, encodeWebp, resizeRaster } from "../render/pixels.ts";
import { type Backdrop, GREY_CHECKER, openBoard } from "./board.ts";
import { type Preview, sizeOf } from "./sheet.ts";

/** The longer side of a moving preview. */
export const MOTION_SIDE_PIXELS = 320;
const MAX_FPS = 12;
const MAX_SECONDS = 6;
/** A page shows many of them; GitHub's image proxy takes at most 10 MB. */
const MAX_BYTES = 2_000_000;

/** What is tried, one after the other, until it is small enough; the last is taken as it is. */
const ATTEMPTS = [
  { side: MOTION_SIDE_PIXELS, quality: 75 },
  { side: MOTION_SIDE_PIXELS, quality: 50 },
  { side: 240, quality: 50 },
  { side: 160, quality: 40 },
] as const;

/** Which frames a moving preview shows, and for how many milliseconds each: at most 12 a second, and the first six seconds. */
export function motionFrames(
  count: number,
  fps: number,
): { readonly picks: number[]; readonly delays: number[] } {
  return thinFrames(Math.max(1, Math.min(count, Math.floor(MAX_SECONDS * fps))), fps, MAX_FPS);
}

/**
 * An animated WebP in real time that repeats.
 * @param backdrop a grey checker where nothing else is said, since the page behind it may be light or dark; null keeps it transparent
 * @param frames at most {@link MOTION_SIDE_PIXELS} long: all that are shown are held at once, some 30 MB
 */
export async function drawMotion(frames: Frames, backdrop: Backdrop | null = GREY_CHECKER): Promise<Preview> {
  const { picks, delays } = motionFrames(frames.count, frames.fps);
  const drawn: Raster[] = [];
  for (const at of picks) {
    const frame = await frames.draw(at);
    drawn.push(backdrop ? onBoard(frame, backdrop) : frame);
  }
  let preview: Preview | null = null;
  for (const { side, quality } of ATTEMPTS) {
    const size = fitInside(frames, side);
    const scaled: Raster[] = [];
    for (const it of drawn) scaled.push(await resizeRaster(it, size));
    const [first] = scaled;
    if (!first) throw new TypeError("an animation has a frame");
    const bytes =
      scaled.length === 1 ? await encodeWebp(first, quality) : await encodeMotion(scaled, delays, quality);
    preview = { ...size, bytes };
    if (bytes.length <= MAX_BYTES) break;
  }
  if (!preview) throw new TypeError("nothing was tried");
  return preview;
}

function onBoard(frame: Raster, backdrop: Backdrop): Raster {
  const board = openBoard(sizeOf(frame), backdrop);
  layOver(board, frame, 0, 0);
  return board;
}
