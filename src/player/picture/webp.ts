import { cutOff, frameMilliseconds, type PictureFacts, textAt, viewOf } from "./facts.ts";

/**
 * Source: RFC 9649, WebP Image Format, section 2.7 (VP8X, ANIM, ANMF) and section 3 (lossless); RFC 6386, section 9.1 (lossy).
 * @throws Error when it is cut off or has no picture
 */
export function readWebp(bytes: Uint8Array): PictureFacts {
  const view = viewOf(bytes);
  if (bytes.length < 12 || view.getUint32(4, true) + 8 > bytes.length) throw cutOff("WebP");
  let size: { width: number; height: number } | undefined;
  let frames = 0;
  let milliseconds = 0;
  let plays = 1;
  const end = view.getUint32(4, true) + 8;
  for (let at = 12; at + 8 <= end; ) {
    const name = textAt(bytes, at, 4);
    const length = view.getUint32(at + 4, true);
    const data = at + 8;
    if (data + length > end) throw cutOff("WebP");
    if (name === "VP8X" && length >= 10)
      size ??= { width: 1 + u24(view, data + 4), height: 1 + u24(view, data + 7) };
    else if (name === "VP8L" && length >= 5) size ??= losslessSize(view.getUint32(data + 1, true));
    else if (name === "VP8 " && length >= 10)
      size ??= {
        width: view.getUint16(data + 6, true) & 0x3fff,
        height: view.getUint16(data + 8, true) & 0x3fff,
      };
    else if (name === "ANIM" && length >= 6)
      plays = view.getUint16(data + 4, true) || Number.POSITIVE_INFINITY;
    else if (name === "ANMF" && length >= 16) {
      frames++;
      milliseconds += frameMilliseconds(u24(view, data + 12));
    }
    at = data + length + (length % 2);
  }
  if (!size) throw new Error("the WebP has no picture");
  return frames > 1
    ? { ...size, frames, milliseconds, plays }
    : { ...size, frames: 1, milliseconds: 0, plays: 1 };
}

function losslessSize(bits: number): { width: number; height: number } {
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
}

function u24(view: DataView, at: number): number {
  return view.getUint16(at, true) + view.getUint8(at + 2) * 0x10000;
}
