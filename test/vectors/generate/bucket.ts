import { ALL_BASIS_POINTS, bucketOf, isInSlice, murmur3 } from "../../../src/wire/bucket.ts";
import reference from "../../wire/bucket-vectors.json" with { type: "json" };
import type { VectorFile } from "./vectorFile.ts";

/**
 * Beside the reference's: what is easily read wrongly once bytes above 127 stand in a tail or a block; and the first and the last
 * hash of a bucket, odd ones among them, which a projection of 31 bits puts into another.
 */
const MORE: readonly (readonly [salt: string, id: string])[] = [
  ["s", "é"],
  ["s", "éé"],
  ["s", "ééé"],
  ["s", "玫"],
  ["s", "玫瑰"],
  ["s", "😀😀"],
  ["s", "\u0000"],
  ["s", "\u0000\u0000\u0000"],
  ["s", "a\ud800b"],
  ["s", "\udc00"],
  ["s", " user-1"],
  ["s", "USER-1"],
  ["s", "a:b"],
  ["s:a", "b"],
  ["s", "🎁".repeat(300)],
  ["玫瑰", "user-1"],
  ["gift_rose", "623102"],
  ["gift_rose", "897895"],
  ["gift_rose", "682081"],
  ["gift_rose", "688313"],
];

/** Near a bucket's edge, in the first, in the last, beyond ASCII, and nobody. */
const SLICED: readonly (readonly [salt: string, id: string])[] = [
  ["gift_rose", "5722"],
  ["gift_rose", "4594"],
  ["gift_rose", "3382"],
  ["gift_rose", "17477"],
  ["gift_rose", "2392231"],
  ["gift_rose", "42"],
  ["gift_rose", "用户1"],
  ["gift_rose", ""],
];

export function bucketVectors(): VectorFile {
  return {
    about:
      "hash = MurmurHash3_x86_32(utf8(salt + ':' + id), seed 0); bucket = hash * 10000 >> 32; in a slice when the id is not empty and bucket < basisPoints.",
    lists: {
      buckets: [
        ...reference.vectors.map(({ salt, id, hash, bucket }) => {
          if (murmur3(`${salt}:${id}`) !== hash) throw new Error(`${salt}:${id} has another hash`);
          return [salt, id, hash, bucket];
        }),
        ...MORE.map(([salt, id]) => [salt, id, murmur3(`${salt}:${id}`), bucketOf(salt, id)]),
      ],
      slices: SLICED.flatMap(([salt, id]) => {
        const bucket = bucketOf(salt, id);
        const edges = [0, 1, bucket - 1, bucket, bucket + 1, 5_000, ALL_BASIS_POINTS - 1, ALL_BASIS_POINTS];
        const shares = [...new Set(edges)].filter((it) => it >= 0 && it <= ALL_BASIS_POINTS);
        return shares.map((basisPoints) => ({
          salt,
          id,
          basisPoints,
          isIn: isInSlice(salt, id, basisPoints),
        }));
      }),
    },
  };
}
