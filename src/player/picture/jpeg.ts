import { cutOff, viewOf } from "./facts.ts";

const START = 0xd8;
const START_OF_SCAN = 0xda;

export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === START && bytes[2] === 0xff;
}

/**
 * A JPEG's size, from its frame header, which stands before its first scan. Source: ITU-T T.81, annex B.1.1 and B.2.2.
 * @throws Error when it is cut off before its size, or says another way how high it is
 */
export function readJpegSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const view = viewOf(bytes);
  for (let at = 2; at + 9 <= bytes.length; ) {
    if (bytes[at] !== 0xff) throw new Error("the JPEG is damaged");
    const marker = view.getUint8(at + 1);
    // Any number of 0xff may stand in front of a marker.
    if (marker === 0xff) at++;
    else if (isFrame(marker)) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    else if (marker < 0xc0 || (marker >= 0xd0 && marker <= START_OF_SCAN))
      throw new Error("the JPEG has no size where it should be");
    else at += 2 + view.getUint16(at + 2);
  }
  throw cutOff("JPEG");
}

/** SOF0 to SOF15; what is left out are tables and an extension. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
