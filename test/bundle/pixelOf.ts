import type { Raster } from "../../src/bundle/render/frames.ts";

/** Red, green, blue, alpha. */
export function pixelOf({ pixels, width }: Raster, x: number, y: number): number[] {
  return [...pixels.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)];
}
