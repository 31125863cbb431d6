import type { Frames, Raster, Size } from "./frames.ts";
import { decodePages, decodePicture } from "./pixels.ts";

/** Pixels of decoded frames that are held at a time, in the size of the source. */
const CHUNK_BYTES = 64_000_000;

/** PNG files in playing order, decoded one at a time. */
export function folderFrames(files: readonly Uint8Array[], fps: number, size: Size): Frames {
  return {
    ...size,
    count: files.length,
    fps,
    draw: (at) => decodePicture(fileAt(files, at), size, `frame ${at + 1} of the folder`),
    close: async () => {},
  };
}

/** One picture. */
export function stillFrames(bytes: Uint8Array, size: Size): Frames {
  return { ...folderFrames([bytes], 1, size), draw: () => decodePicture(bytes, size, "picture") };
}

export interface Paged {
  readonly noun: string;
  readonly bytes: Uint8Array;
  readonly source: Size;
  readonly count: number;
  readonly fps: number;
}

/**
 * An animated WebP or GIF. A frame is built on those before it, so the decoder begins at the first for each question: frames are
 * decoded by the chunk, and the last chunk is kept. Asking in order is fast.
 */
export function pagedFrames({ noun, bytes, source, count, fps }: Paged, size: Size): Frames {
  const atOnce = Math.max(1, Math.floor(CHUNK_BYTES / (source.width * source.height * 4)));
  let chunk: { readonly from: number; readonly rasters: Promise<readonly Raster[]> } | null = null;
  return {
    ...size,
    count,
    fps,
    async draw(at) {
      const from = at - (at % atOnce);
      if (chunk?.from !== from)
        chunk = { from, rasters: decodePages(bytes, from, Math.min(count, from + atOnce), size, noun) };
      const raster = (await chunk.rasters)[at - from];
      if (!raster) throw new RangeError(`there is no frame ${at}`);
      return raster;
    },
    async close() {
      chunk = null;
    },
  };
}

function fileAt(files: readonly Uint8Array[], at: number): Uint8Array {
  const file = files[at];
  if (!file) throw new RangeError(`there is no frame ${at}`);
  return file;
}
