import type { Artwork, DrawingBrowser, Frames, Raster } from "./frames.ts";
import { openFrames } from "./openFrames.ts";

/** Frames of one animation that are looked at. */
const MOST_SAMPLES = 32;
/** Long enough a side to tell how much of a frame is covered. */
const SAMPLE_SIDE_PIXELS = 128;

/** How much of a frame can be seen: the mean opacity, from 0 to 1. */
export function coverageOf({ pixels }: Raster): number {
  let sum = 0;
  for (let at = 3; at < pixels.length; at += 4) sum += pixels[at] ?? 0;
  return pixels.length === 0 ? 0 : (sum * 4) / (255 * pixels.length);
}

export interface Sample {
  readonly at: number;
  readonly coverage: number;
}

/** The sample that covers most; of equals the one nearest to the middle, and of these the earlier. */
export function pickFullest(samples: readonly Sample[], count: number): number {
  const middle = (count - 1) / 2;
  let best: Sample | null = null;
  for (const sample of samples) {
    const isBetter =
      !best ||
      sample.coverage > best.coverage ||
      (sample.coverage === best.coverage && Math.abs(sample.at - middle) < Math.abs(best.at - middle));
    if (isBetter) best = sample;
  }
  return best?.at ?? 0;
}

/** At most `most` of `count` frames, evenly spread, the first and the last among them. */
export function spread(count: number, most: number): readonly number[] {
  const taken = Math.min(count, most);
  if (taken <= 1) return count > 0 ? [Math.floor((count - 1) / 2)] : [];
  return Array.from({ length: taken }, (_, at) => Math.round((at * (count - 1)) / (taken - 1)));
}

/** The frame that shows most, which frame 0 seldom is. Looks at no more than 32 frames. */
export async function findFullest(frames: Frames): Promise<{ readonly at: number }> {
  const samples: Sample[] = [];
  for (const at of spread(frames.count, MOST_SAMPLES))
    samples.push({ at, coverage: coverageOf(await frames.draw(at)) });
  return { at: pickFullest(samples, frames.count) };
}

/**
 * Draws the fullest frame, for a still. Of a folder every frame is looked at in its own size, and the first of equals is taken: so it
 * was for the locks that are merged.
 * @param longSide its longer side in pixels at most; null for the source's own size
 * @returns null when the artwork cannot be drawn here
 * @throws MediaError when it is damaged
 */
export async function drawFullest(
  artwork: Artwork,
  longSide: number | null,
  browser: DrawingBrowser | null,
): Promise<Raster | null> {
  const at = await drawWith(
    artwork,
    artwork.kind === "folder" ? null : SAMPLE_SIDE_PIXELS,
    browser,
    (frames) =>
      artwork.kind === "folder" ? findFirstFullest(frames) : findFullest(frames).then((it) => it.at),
  );
  return at === null ? null : drawWith(artwork, longSide, browser, (frames) => frames.draw(at));
}

async function findFirstFullest(frames: Frames): Promise<number> {
  let best = { at: 0, coverage: -1 };
  for (let at = 0; at < frames.count && frames.count > 1; at++) {
    const coverage = coverageOf(await frames.draw(at));
    if (coverage > best.coverage) best = { at, coverage };
  }
  return best.at;
}

async function drawWith<T>(
  artwork: Artwork,
  longSide: number | null,
  browser: DrawingBrowser | null,
  draw: (frames: Frames) => Promise<T>,
): Promise<T | null> {
  const frames = await openFrames(artwork, longSide, browser);
  if (!frames) return null;
  try {
    return await draw(frames);
  } finally {
    await frames.close();
  }
}
