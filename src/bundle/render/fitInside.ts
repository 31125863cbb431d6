import type { Size } from "./frames.ts";

/** The size that fits the long side, keeping the shape; never larger than what is given, and as it is without a limit. */
export function fitInside({ width, height }: Size, longSide: number | null): Size {
  const scale = longSide === null ? 1 : Math.min(1, longSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
