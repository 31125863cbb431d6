import { u16 } from "./buildRiff.ts";

export interface GifFrame {
  readonly width: number;
  readonly height: number;
  readonly left?: number;
  /** Hundredths of a second. */
  readonly delay?: number;
}

/** A GIF89a of two colours whose frames are of the first one. */
export function buildGif(width: number, height: number, frames: readonly GifFrame[]): Buffer {
  const screen = [u16(width), u16(height), Buffer.from([0x80, 0, 0]), Buffer.from([200, 0, 0, 0, 0, 0])];
  const loop = Buffer.from("\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00", "latin1");
  return Buffer.concat([
    Buffer.from("GIF89a"),
    ...screen,
    ...(frames.length > 1 ? [loop] : []),
    ...frames.map(buildFrame),
    Buffer.from([0x3b]),
  ]);
}

function buildFrame({ width, height, left = 0, delay = 10 }: GifFrame): Buffer {
  const control = Buffer.concat([Buffer.from([0x21, 0xf9, 4, 0]), u16(delay), Buffer.from([0, 0])]);
  const place = [u16(left), u16(0), u16(width), u16(height)];
  return Buffer.concat([control, Buffer.from([0x2c]), ...place, Buffer.from([0]), pixels(width * height)]);
}

/** LZW without a dictionary: codes of three bits, cleared before they would grow (Graphics Interchange Format, appendix F). */
function pixels(count: number): Buffer {
  const [clear, end] = [4, 5];
  const codes: number[] = [];
  for (let at = 0; at < count; at++) codes.push(...(at % 2 === 0 ? [clear, 0] : [0]));
  codes.push(end);
  const bytes: number[] = [];
  codes.forEach((code, index) => {
    for (let bit = 0; bit < 3; bit++) {
      const at = index * 3 + bit;
      bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (((code >> bit) & 1) << (at & 7));
    }
  });
  const blocks: number[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.slice(at, at + 255);
    blocks.push(block.length, ...block);
  }
  return Buffer.from([2, ...blocks, 0]);
}
