import { cutOff, frameMilliseconds, type PictureFacts, textAt, viewOf } from "./facts.ts";

/**
 * Source: Graphics Interchange Format 89a (CompuServe), sections 17 to 27; how often it plays from Netscape's application
 * extension, where 0 means without end, and n that it begins again n times.
 * @throws Error when it is cut off, also when nothing but its trailer is missing
 */
export function readGif(bytes: Uint8Array): PictureFacts {
  if (bytes.length < 13) throw cutOff("GIF");
  const view = viewOf(bytes);
  const size = { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  const byte = (at: number) => {
    const value = bytes[at];
    if (value === undefined) throw cutOff("GIF");
    return value;
  };
  let frames = 0;
  let milliseconds = 0;
  let delay = 0;
  let plays = 1;
  let at = 13 + tableBytes(byte(10));
  for (;;) {
    const block = byte(at);
    if (block === 0x3b) {
      return frames > 1
        ? { ...size, frames, milliseconds, plays }
        : { ...size, frames: 1, milliseconds: 0, plays: 1 };
    }
    if (block === 0x2c) {
      frames++;
      milliseconds += frameMilliseconds(delay);
      delay = 0;
      at = afterBlocks(byte, at + 11 + tableBytes(byte(at + 9)));
    } else if (block === 0x21) {
      const label = byte(at + 1);
      if (label === 0xf9) delay = 10 * (byte(at + 4) + 256 * byte(at + 5));
      else if (label === 0xff && textAt(bytes, at + 3, 11) === "NETSCAPE2.0") {
        const again = byte(at + 16) + 256 * byte(at + 17);
        plays = again === 0 ? Number.POSITIVE_INFINITY : again + 1;
      }
      at = afterBlocks(byte, at + 2);
    } else throw new Error("the GIF is damaged");
  }
}

/** A colour table's length, from the flags in front of it. */
function tableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** Behind a chain of blocks, each with its length in front; an empty one is the last. */
function afterBlocks(byte: (at: number) => number, start: number): number {
  let at = start;
  for (let length = byte(at); length > 0; length = byte(at)) at += 1 + length;
  return at + 1;
}
