import { checkFrames, checkPictures, checkSize } from "./limits.ts";
import { MediaError, type MediaFormat, pictureOf } from "./media.ts";
import { shownSeconds, toAnimation } from "./pictureRow.ts";
import { u16 } from "./riff.ts";

const HEADER_BYTES = 13;
const TRAILER = 0x3b;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const GRAPHIC_CONTROL = 0xf9;

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * GIF, still and animated; an animation of one frame is a picture. Pixels are not decoded. Source: Graphics Interchange Format, version 89a
 * (CompuServe 1990): logical screen 18, image descriptor 20, graphic control extension 23; version 87a has no extensions.
 */
export const gif: MediaFormat = {
  name: "GIF",
  matches: (bytes) => /^GIF8[79]a/.test(String.fromCharCode(...bytes.subarray(0, 6))),
  read(bytes) {
    if (bytes.length < HEADER_BYTES) throw cutOff();
    const canvas = checkSize("GIF", u16(bytes, 6), u16(bytes, 8));
    const { frames, seconds } = readBlocks(bytes, canvas);
    const picture = pictureOf("gif", "image/gif", ["gif"], canvas);
    checkPictures("GIF", frames, canvas);
    if (frames === 1) return picture;
    return toAnimation("GIF", picture, frames, seconds, { name: "gif", version: "1.0.0" });
  },
};

function readBlocks(bytes: Uint8Array, canvas: Size): { frames: number; seconds: number } {
  let frames = 0;
  let seconds = 0;
  let delay = 0;
  for (let at = HEADER_BYTES + colourTableBytes(bytes[10] ?? 0); ; ) {
    const kind = bytes[at];
    if (kind === TRAILER) return { frames, seconds };
    if (kind === EXTENSION) {
      if (bytes[at + 1] === GRAPHIC_CONTROL) delay = u16(bytes, at + 4);
      at = afterBlocks(bytes, at + 2);
    } else if (kind === IMAGE) {
      checkFrame(bytes, at, canvas);
      checkFrames("GIF", ++frames);
      seconds += shownSeconds(delay / 100);
      delay = 0;
      // One byte of the compression's code size stands before the pixels.
      at = afterBlocks(bytes, at + 11 + colourTableBytes(bytes[at + 9] ?? 0));
    } else throw kind === undefined ? cutOff() : damaged(`there is no block at byte ${at}`);
  }
}

function checkFrame(bytes: Uint8Array, at: number, canvas: Size): void {
  if (at + 11 > bytes.length) throw cutOff();
  const [left, top] = [u16(bytes, at + 1), u16(bytes, at + 3)];
  const [width, height] = [u16(bytes, at + 5), u16(bytes, at + 7)];
  if (width === 0 || height === 0 || left + width > canvas.width || top + height > canvas.height)
    throw damaged("a frame lies outside its canvas");
}

/** Behind the data blocks that begin here: each says its length, and one of no length ends them. */
function afterBlocks(bytes: Uint8Array, from: number): number {
  for (let at = from; ; ) {
    const length = bytes[at];
    if (length === undefined) throw cutOff();
    at += 1 + length;
    if (length === 0) return at;
  }
}

function colourTableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function cutOff(): MediaError {
  return damaged("it ends before its end mark");
}

function damaged(how: string): MediaError {
  return new MediaError(`the GIF is damaged or cut off: ${how}`, "export it again and upload the whole file");
}
