import { writeUtf8 } from "./utf8.ts";

/** Shares are integers on the wire: 10,000 basis points are everyone. */
export const ALL_BASIS_POINTS = 10_000;

/**
 * The viewer's place among all viewers, 0 to 9,999: `floor(murmur3_x86_32(utf8(salt + ":" + unitId), 0) * 10000 / 2^32)`.
 * Exact in doubles: the product stays below 2^53 and the divisor is a power of two. Every client must give these very
 * numbers; `test/wire/bucket-vectors.json` holds them.
 */
export function bucketOf(salt: string, unitId: string): number {
  return Math.floor((murmur3(salt, ":", unitId) * ALL_BASIS_POINTS) / 4_294_967_296);
}

/** Whether the viewer is in the slice. An empty unit id is in no slice; it is never hashed. */
export function isInSlice(salt: string, unitId: string, basisPoints: number): boolean {
  return basisPoints > 0 && unitId !== "" && bucketOf(salt, unitId) < basisPoints;
}

/**
 * MurmurHash3 x86 32-bit with seed 0 (Austin Appleby, public domain reference), over the UTF-8 bytes of the texts, one after
 * the other: hashing UTF-16 units is how clients came to disagree.
 */
export function murmur3(...texts: readonly string[]): number {
  let room = 4;
  for (const text of texts) room += 3 * text.length;
  if (bytes.length < room) bytes = new Uint8Array(2 * room);
  let length = 0;
  for (const text of texts) length = writeUtf8(text, bytes, length);
  // Blocks of four bytes; the last one is filled up with zeros.
  bytes.fill(0, length, length + 4);
  let hash = 0;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    hash ^= scramble(blockAt(at));
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  hash ^= scramble(blockAt(at)) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

/** What is hashed just now. Kept, and only ever grown: a bucket is asked for too often to make an array each time. */
let bytes = new Uint8Array(256);

function blockAt(at: number): number {
  return byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24);
}

function byte(at: number): number {
  return bytes[at] ?? 0;
}
