import type { Raster } from "./frames.ts";

/**
 * Lays a picture over another with its corner at a place, in straight alpha; what would lie outside is left out. Changes `below`.
 * Source: Portable Network Graphics (third edition, W3C 2025), section 13.16, with the sample values as they are stored.
 */
export function layOver(below: Raster, above: Raster, left: number, top: number): void {
  const from = below.pixels;
  const over = above.pixels;
  for (let y = Math.max(0, -top); y < Math.min(above.height, below.height - top); y++) {
    for (let x = Math.max(0, -left); x < Math.min(above.width, below.width - left); x++) {
      const source = (y * above.width + x) * 4;
      const target = ((y + top) * below.width + x + left) * 4;
      const opacity = over[source + 3] ?? 0;
      if (opacity === 0) continue;
      const under = from[target + 3] ?? 0;
      if (opacity === 255 || under === 0) {
        for (let at = 0; at < 4; at++) from[target + at] = over[source + at] ?? 0;
        continue;
      }
      // Both weights are of 255 * 255.
      const rest = (255 - opacity) * under;
      const whole = opacity * 255 + rest;
      for (let at = 0; at < 3; at++)
        from[target + at] = Math.round(
          ((over[source + at] ?? 0) * opacity * 255 + (from[target + at] ?? 0) * rest) / whole,
        );
      from[target + 3] = Math.round(whole / 255);
    }
  }
}
