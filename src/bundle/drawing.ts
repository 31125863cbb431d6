import type { Artwork, Frames, Raster } from "./render/frames.ts";

/** What draws the frames of animations for the build; a browser may stand behind it. */
export interface Drawing {
  /** Frames of at most `longSide` pixels; null for what cannot be drawn here. */
  openFrames(artwork: Artwork, longSide: number): Promise<Frames | null>;
  /** The frame that shows most, of at most `longSide` pixels; null for what cannot be drawn here. */
  drawFullest(artwork: Artwork, longSide: number): Promise<Raster | null>;
  /** The programs that draw this artwork, with their versions: others may draw other pixels. Empty where it is the builder itself. */
  programs(artwork: Artwork): Promise<Readonly<Record<string, string>>>;
}
