import { cutOff, frameMilliseconds, type PictureFacts, textAt, viewOf } from "./facts.ts";

/**
 * PNG and APNG. Source: PNG Specification (Third Edition, W3C), sections 5.2, 11.2.1 and 11.3.6 (acTL, fcTL).
 * @throws Error when it is cut off or has no header
 */
export function readPng(bytes: Uint8Array): PictureFacts {
  const view = viewOf(bytes);
  let size: { width: number; height: number } | undefined;
  let frames = 0;
  let milliseconds = 0;
  let plays = 0;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const name = textAt(bytes, at + 4, 4);
    const data = at + 8;
    if (data + length + 4 > bytes.length) throw cutOff("PNG");
    if (name === "IHDR" && length >= 8)
      size ??= { width: view.getUint32(data), height: view.getUint32(data + 4) };
    else if (name === "acTL" && length >= 8) plays = view.getUint32(data + 4) || Number.POSITIVE_INFINITY;
    else if (name === "fcTL" && length >= 24) {
      frames++;
      const seconds = view.getUint16(data + 20) / (view.getUint16(data + 22) || 100);
      milliseconds += frameMilliseconds(1000 * seconds);
    } else if (name === "IEND") {
      if (!size) throw new Error("the PNG has no header");
      return plays > 0 && frames > 1
        ? { ...size, frames, milliseconds, plays }
        : { ...size, frames: 1, milliseconds: 0, plays: 1 };
    }
    at = data + length + 4;
  }
  throw cutOff("PNG");
}
