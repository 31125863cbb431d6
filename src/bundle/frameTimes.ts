import { riffChunks, u24 } from "../formats/riff.ts";
import type { FormatName } from "../formats/media.ts";

/** What browsers do with a frame that hardly lasts, so that old files play as they always did: Chromium, WebKit and Gecko agree. */
const HARDLY_MS = 10;
const INSTEAD_MS = 100;

/**
 * How long each frame of an animated WebP, GIF or APNG stays, in milliseconds, in playing order; empty for other formats.
 * @param bytes a file that was inspected
 */
export function readFrameTimes(format: FormatName, bytes: Uint8Array): readonly number[] {
  const read = READERS[format];
  if (!read) return [];
  return read(bytes).map((it) => (it <= HARDLY_MS ? INSTEAD_MS : Math.round(it)));
}

const READERS: Readonly<Partial<Record<FormatName, (bytes: Uint8Array) => number[]>>> = {
  webp: webpTimes,
  gif: gifTimes,
  apng: apngTimes,
};

/** RFC 9649, section 2.7.1.1: an ANMF chunk's duration is its bytes 12 to 14. */
function webpTimes(bytes: Uint8Array): number[] {
  const times: number[] = [];
  for (const { id, data } of riffChunks("WebP", bytes)) if (id === "ANMF") times.push(u24(data, 12));
  return times;
}

/**
 * GIF89a specification (CompuServe, 1990): blocks from section 18 on; a graphic control extension (section 23) holds the delay, in
 * hundredths of a second, of the image that follows.
 */
function gifTimes(bytes: Uint8Array): number[] {
  const times: number[] = [];
  const at = (index: number) => bytes[index] ?? 0;
  const colours = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let delay = 0;
  for (let index = 13 + colours(at(10)); index < bytes.length; ) {
    const block = at(index);
    if (block === 0x21) {
      if (at(index + 1) === 0xf9) delay = at(index + 4) + 256 * at(index + 5);
      index = skipSubBlocks(bytes, index + 2);
    } else if (block === 0x2c) {
      times.push(delay * 10);
      delay = 0;
      index = skipSubBlocks(bytes, index + 10 + colours(at(index + 9)) + 1);
    } else break;
  }
  return times;
}

/** Sub-blocks, each behind its length, up to an empty one (section 15). */
function skipSubBlocks(bytes: Uint8Array, start: number): number {
  let index = start;
  for (let length = bytes[index] ?? 0; length > 0; length = bytes[index] ?? 0) index += length + 1;
  return index + 1;
}

/** PNG third edition (W3C 2025), section 11.3.6.2: the delay is a fraction of a second; nothing below the line means hundredths. */
function apngTimes(bytes: Uint8Array): number[] {
  const times: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = 8; index + 12 <= bytes.length; ) {
    const length = view.getUint32(index);
    const isControl = view.getUint32(index + 4) === FCTL && length === 26 && index + 38 <= bytes.length;
    if (isControl) times.push((1000 * view.getUint16(index + 28)) / (view.getUint16(index + 30) || 100));
    index += length + 12;
  }
  return times;
}

/** `fcTL` in ASCII. */
const FCTL = 0x6663544c;
