import type { Artwork, DrawingBrowser } from "../render/frames.ts";
import { openFrames } from "../render/openFrames.ts";
import { rememberFrames } from "../render/rememberFrames.ts";
import { drawMotion, MOTION_SIDE_PIXELS } from "./motion.ts";
import { drawSheet, type Preview } from "./sheet.ts";

export interface Previews {
  readonly sheet: Preview;
  readonly motion: Preview;
}

/**
 * The pictures by which people judge an artwork; both are WebP, and the same for the same bytes.
 * @returns null when it cannot be drawn here
 * @throws MediaError when it is damaged
 */
export async function makePreviews(
  artwork: Artwork,
  browser: DrawingBrowser | null,
): Promise<Previews | null> {
  const opened = await openFrames(artwork, MOTION_SIDE_PIXELS, browser);
  if (!opened) return null;
  const frames = rememberFrames(opened);
  try {
    return { sheet: await drawSheet(frames), motion: await drawMotion(frames) };
  } finally {
    await frames.close();
  }
}
