import { checkFrames, checkPictures } from "./limits.ts";
import { MediaError, type MediaFormat, pictureOf } from "./media.ts";
import { shownSeconds, toAnimation } from "./pictureRow.ts";
import { isPng, pngChunks, readPngHeader } from "./png.ts";

const DEFAULT_DENOMINATOR = 100;

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * APNG, the animated PNG; one of one frame is a picture. Pixels are not decoded. Source: Portable Network Graphics (PNG) Specification, third
 * edition, W3C 2025: animation 4.9, acTL 11.3.6.1, fcTL 11.3.6.2, fdAT 11.3.6.3. A picture before the frames, for programs that
 * know no APNG, is no frame (4.9).
 */
export const apng: MediaFormat = {
  name: "APNG",
  matches: isApng,
  read(bytes) {
    const { canvas, frames, seconds } = readFrames(bytes);
    const picture = pictureOf("apng", "image/apng", ["png", "apng"], canvas);
    checkPictures("APNG", frames, canvas);
    if (frames === 1) return picture;
    return toAnimation("APNG", picture, frames, seconds, { name: "apng", version: "1.0.0" });
  },
};

/** Whether a PNG says before its pixels that it is animated, be it a damaged one. */
export function isApng(bytes: Uint8Array): boolean {
  if (!isPng(bytes)) return false;
  try {
    for (const { type } of pngChunks(bytes)) {
      if (type === "acTL") return true;
      if (type === "IDAT") return false;
    }
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
  }
  return false;
}

interface Frames {
  readonly canvas: Size;
  readonly frames: number;
  readonly seconds: number;
}

function readFrames(bytes: Uint8Array): Frames {
  let canvas: Size | null = null;
  let promised = 0;
  let frames = 0;
  let seconds = 0;
  let sequence = 0;
  let hasPixels = true;
  let isAfterPicture = false;
  const next = (data: DataView): void => {
    if (data.byteLength < 4 || data.getUint32(0) !== sequence) throw damaged("its frames are not in order");
    sequence += 1;
  };
  for (const { type, data } of pngChunks(bytes)) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    if (!canvas) canvas = readPngHeader(type, data);
    else if (type === "acTL") {
      if (view.byteLength < 8) throw damaged("its number of frames is not all there");
      promised = view.getUint32(0);
      checkFrames("APNG", promised);
    } else if (type === "fcTL") {
      next(view);
      if (!hasPixels) throw damaged("a frame has no pixels");
      seconds += readFrame(view, canvas, !isAfterPicture);
      frames += 1;
      hasPixels = false;
      checkFrames("APNG", frames);
    } else if (type === "fdAT") {
      next(view);
      if (!isAfterPicture || frames === 0) throw damaged("its frames are not in order");
      hasPixels = true;
    } else if (type === "IDAT") {
      isAfterPicture = true;
      hasPixels = true;
    }
  }
  if (!canvas || !isAfterPicture || !hasPixels) throw damaged("a frame has no pixels");
  if (frames !== promised) throw damaged(`${frames} frames of ${promised} are there`);
  return { canvas, frames, seconds };
}

/** Checks a frame's place and gives how long it is shown, in seconds. The frame that is the picture itself fills the canvas. */
function readFrame(data: DataView, canvas: Size, isPicture: boolean): number {
  if (data.byteLength < 26) throw damaged("a frame's header is too short");
  const [width, height] = [data.getUint32(4), data.getUint32(8)];
  const [left, top] = [data.getUint32(12), data.getUint32(16)];
  if (width === 0 || height === 0 || left + width > canvas.width || top + height > canvas.height)
    throw damaged("a frame lies outside its canvas");
  if (isPicture && (width !== canvas.width || height !== canvas.height))
    throw damaged("its first frame and its canvas have different sizes");
  return shownSeconds(data.getUint16(20) / (data.getUint16(22) || DEFAULT_DENOMINATOR));
}

function damaged(how: string): MediaError {
  return new MediaError(
    `the APNG is damaged or cut off: ${how}`,
    "export it again and upload the whole file",
  );
}
