import { crc32 } from "node:zlib";
import { checkSize } from "./limits.ts";
import { MediaError, type MediaFormat, pictureOf } from "./media.ts";

const NAME = [0x89, 0x50, 0x4e, 0x47];
/** The four bytes after the name are there to be spoilt by a program that takes the file for text. */
const SIGNATURE = [...NAME, 0x0d, 0x0a, 0x1a, 0x0a];
/** Length, type and check value: what surrounds a chunk's data. */
const CHUNK_FRAME_BYTES = 12;
/** Programs cut pixels into chunks of some kilobytes: a file of 100 MB has some ten thousand. */
const MAX_CHUNKS = 100_000;
const EXPORT_AGAIN = "export it again and upload the whole file";

/** Bit depths by colour type: Portable Network Graphics (third edition, W3C 2025), section 11.2.1. */
const BIT_DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/**
 * Still PNG pictures. Source: Portable Network Graphics (PNG) Specification, third edition, W3C 2025: signature 5.2,
 * chunks 5.3 to 5.6, IHDR 11.2.1, animation control 11.3.6.1.
 */
export const png: MediaFormat = {
  name: "PNG",
  matches: isPng,
  read(bytes) {
    return pictureOf("png", "image/png", ["png"], readPngSize(bytes));
  },
};

/** Whether the bytes begin as a PNG does, be it a damaged one. */
export function isPng(bytes: Uint8Array): boolean {
  return startsWith(bytes, NAME);
}

/**
 * The size of a whole, still PNG: chunks are followed to the end and those that a picture cannot do without are checked
 * against their check values. The pixels themselves are not decoded.
 * @throws MediaError when it is cut off, damaged or animated
 */
export function readPngSize(bytes: Uint8Array): { width: number; height: number } {
  let size: { width: number; height: number } | null = null;
  let hasPixels = false;
  for (const { type, data } of pngChunks(bytes)) {
    if (!size) size = readPngHeader(type, data);
    else if (type === "acTL" && !hasPixels)
      throw new MediaError(
        "the PNG is animated (APNG) where a still picture belongs",
        "export it as a still PNG",
      );
    else if (type === "IDAT") hasPixels = true;
  }
  if (!size || !hasPixels) throw damaged("it has no pixels");
  return size;
}

/** The chunks from the header to the end mark, which is left out. @throws MediaError when it is cut off, damaged, or in endless pieces */
export function* pngChunks(bytes: Uint8Array): Generator<{ type: string; data: Uint8Array }> {
  if (!startsWith(bytes, SIGNATURE))
    throw new MediaError(
      "the PNG was damaged on its way: its first bytes were changed as if it were text",
      "add `*.png binary` to .gitattributes and upload the original file again",
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = SIGNATURE.length, chunks = 1; ; chunks++) {
    if (chunks > MAX_CHUNKS)
      throw new MediaError(
        `the PNG is in more than ${MAX_CHUNKS} pieces`,
        "export it again, or save it anew with another program",
      );
    if (at + CHUNK_FRAME_BYTES > bytes.length) throw damaged("it ends before its end mark");
    const length = view.getUint32(at);
    const dataAt = at + 8;
    const type = String.fromCharCode(...bytes.subarray(at + 4, dataAt));
    if (!/^[A-Za-z]{4}$/.test(type)) throw damaged(`there is no chunk at byte ${at}`);
    if (dataAt + length + 4 > bytes.length) throw damaged(`its chunk ${type} is not all there`);
    // A capital first letter marks the chunks that a decoder cannot skip (section 5.4); of an animation it cannot skip its own.
    const isNeeded = type < "a" || type === "acTL" || type === "fcTL" || type === "fdAT";
    if (isNeeded && view.getUint32(dataAt + length) !== crc32(bytes.subarray(at + 4, dataAt + length)))
      throw damaged(`the check value of its chunk ${type} is wrong`);
    if (type === "IEND") return;
    yield { type, data: bytes.subarray(dataAt, dataAt + length) };
    at = dataAt + length + 4;
  }
}

/** The size from the first chunk. @throws MediaError when that is no header of a legal picture */
export function readPngHeader(type: string, data: Uint8Array): { width: number; height: number } {
  if (type !== "IHDR" || data.length !== 13) throw damaged("it does not begin with its header");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [depth, colour, compression, filter, interlace] = data.subarray(8);
  const isLegal = depth !== undefined && colour !== undefined && BIT_DEPTHS[colour]?.includes(depth);
  if (!isLegal || compression !== 0 || filter !== 0 || (interlace !== 0 && interlace !== 1))
    throw damaged("its header describes no legal kind of picture");
  return checkSize("PNG", view.getUint32(0), view.getUint32(4));
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, at) => bytes[at] === byte);
}

function damaged(how: string): MediaError {
  return new MediaError(`the PNG is damaged or cut off: ${how}`, EXPORT_AGAIN);
}
