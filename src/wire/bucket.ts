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
 * the other.
 */
export function murmur3(...texts: readonly string[]): number {
  let length = 0;
  for (const text of texts) length = writeUtf8(text, length);
  let hash = 0;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    hash ^= scramble(byte(at) | (byte(at + 1) << 8) | (byte(at + 2) << 16) | (byte(at + 3) << 24));
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
  }
  let tail = 0;
  if (at + 2 < length) tail ^= byte(at + 2) << 16;
  if (at + 1 < length) tail ^= byte(at + 1) << 8;
  if (at < length) hash ^= scramble(tail ^ byte(at));
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

/** What is hashed just now. Kept, and only ever grown: a bucket is asked for too often to make an array each time. */
const bytes: number[] = [];

function byte(at: number): number {
  return bytes[at] ?? 0;
}

/**
 * UTF-8 by hand, into {@link bytes} from `at` on; gives where it ends. `TextEncoder` is missing in some app runtimes, and
 * hashing UTF-16 units is how clients came to disagree.
 */
function writeUtf8(text: string, at: number): number {
  let end = at;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[end++] = unit;
      continue;
    }
    const isPair = unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00;
    const point = isPair ? (text.codePointAt(i++) ?? 0) : unit >= 0xd800 && unit < 0xe000 ? 0xfffd : unit;
    if (point < 0x800) bytes[end++] = 0xc0 | (point >> 6);
    else {
      if (point < 0x10000) bytes[end++] = 0xe0 | (point >> 12);
      else {
        bytes[end++] = 0xf0 | (point >> 18);
        bytes[end++] = 0x80 | ((point >> 12) & 0x3f);
      }
      bytes[end++] = 0x80 | ((point >> 6) & 0x3f);
    }
    bytes[end++] = 0x80 | (point & 0x3f);
  }
  return end;
}
