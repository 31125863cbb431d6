import { MediaError } from "./media.ts";

/** A chunk of a RIFF file; `data` is a view of the file's bytes. */
export interface RiffChunk {
  readonly id: string;
  readonly data: Uint8Array;
}

/** Whether the bytes are a RIFF file of this form (`WEBP`, `WAVE`). */
export function isRiff(bytes: Uint8Array, form: string): boolean {
  return textAt(bytes, 0, 4) === "RIFF" && textAt(bytes, 8, 4) === form;
}

/**
 * The chunks of a RIFF file in order (Multimedia Programming Interface and Data Specifications 1.0, IBM and Microsoft
 * 1991, chapter 2: identifier, little-endian size, data, padded to an even length). Bytes after the end that the header
 * states are not read.
 * @throws MediaError when the file is shorter than it says, or a chunk reaches beyond its end
 */
export function* riffChunks(noun: string, bytes: Uint8Array): Generator<RiffChunk> {
  const end = 8 + (bytes.length >= 8 ? u32(bytes, 4) : Infinity);
  if (end > bytes.length) throw cutOff(noun, `${bytes.length} bytes of ${end} are there`);
  yield* chunksWithin(noun, bytes.subarray(12, end));
}

/** Every frame of an animation is one, and a sound has a handful. */
const MAX_CHUNKS = 100_000;

/** Chunks one after the other, without a header before them. @throws MediaError when one is not whole, or there are more than `most` */
export function* chunksWithin(noun: string, bytes: Uint8Array, most = MAX_CHUNKS): Generator<RiffChunk> {
  for (let at = 0, chunks = 1; at < bytes.length; chunks++) {
    if (chunks > most)
      throw new MediaError(
        `the ${noun} is in more than ${most} pieces`,
        "export it again, or save it anew with another program",
      );
    if (at + 8 > bytes.length) throw cutOff(noun, "its last part has no size");
    const id = textAt(bytes, at, 4);
    const size = u32(bytes, at + 4);
    const from = at + 8;
    if (from + size > bytes.length) throw cutOff(noun, "a part of it reaches beyond its end");
    yield { id, data: bytes.subarray(from, from + size) };
    at = from + size + (size & 1);
  }
}

export function cutOff(noun: string, how: string): MediaError {
  return new MediaError(
    `the ${noun} is damaged or cut off: ${how}`,
    "export it again and upload the whole file",
  );
}

export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

export function u24(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) | ((bytes[at + 2] ?? 0) << 16);
}

export function u32(bytes: Uint8Array, at: number): number {
  return u24(bytes, at) + (bytes[at + 3] ?? 0) * 0x1_00_00_00;
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
