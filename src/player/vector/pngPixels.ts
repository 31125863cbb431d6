import { viewOf } from "../picture/facts.ts";

/** The first bytes of a PNG, up to its size. Source: PNG Specification (Third Edition, W3C), sections 5.2 and 11.2.1. */
const HEAD = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];

/** How many pixels all PNGs that lie in these bytes have together, wherever they begin; nothing is decoded. */
export function pngPixels(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  let pixels = 0;
  for (let at = bytes.indexOf(0x89); at >= 0; at = bytes.indexOf(0x89, at + 1)) {
    if (at + HEAD.length + 8 > bytes.length) break;
    if (!HEAD.every((byte, offset) => bytes[at + offset] === byte)) continue;
    pixels += view.getUint32(at + 16) * view.getUint32(at + 20);
  }
  return pixels;
}
