import type { Frames, Raster } from "./frames.ts";

/** The same frames, each drawn once however often it is asked for. All that were asked for are held: for few or small ones. */
export function rememberFrames(frames: Frames): Frames {
  const drawn = new Map<number, Promise<Raster>>();
  return {
    ...frames,
    draw(at) {
      const known = drawn.get(at) ?? frames.draw(at);
      drawn.set(at, known);
      return known;
    },
    close() {
      drawn.clear();
      return frames.close();
    },
  };
}
