import type { Frames, Size } from "./frames.ts";
import { decodePicture } from "./pixels.ts";

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

function fileAt(files: readonly Uint8Array[], at: number): Uint8Array {
  const file = files[at];
  if (!file) throw new RangeError(`there is no frame ${at}`);
  return file;
}
