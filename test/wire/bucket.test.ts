import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALL_BASIS_POINTS, bucketOf, isInSlice, murmur3 } from "../../src/wire/bucket.ts";
import vectors from "./bucket-vectors.json" with { type: "json" };
import { unitIdWhere } from "./catalogOf.ts";

describe("the vectors that every client shares", () => {
  test("are 1,071", () => expect(vectors.vectors).toHaveLength(1_071));

  test("have the hash that is written beside them", () => {
    const different = vectors.vectors.filter(({ salt, id, hash }) => murmur3(`${salt}:${id}`) !== hash);
    expect(different).toEqual([]);
  });

  test("have the bucket that is written beside them", () => {
    const different = vectors.vectors.filter(({ salt, id, bucket }) => bucketOf(salt, id) !== bucket);
    expect(different).toEqual([]);
  });

  test("hold text beyond ASCII and beyond one UTF-16 unit, where clients came to disagree", () => {
    const ids = vectors.vectors.map(({ id }) => id);
    expect(ids.filter((id) => /[^\0-\u007f]/.test(id)).length).toBeGreaterThanOrEqual(5);
    expect(ids.some((id) => /[\u{10000}-\u{10ffff}]/u.test(id))).toBe(true);
  });
});

test("the hash is of the text's UTF-8 bytes, as the platform encodes them", () => {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      // A lone surrogate has no UTF-8; the platform and this hash both take U+FFFD for it.
      expect(murmur3(text)).toBe(murmur3(decoder.decode(encoder.encode(text))));
    }),
  );
  expect(murmur3("gift_玫瑰:42")).toBe(1_578_653_629);
  expect(murmur3("a\ud800b")).toBe(murmur3("a\ufffdb"));
  expect(murmur3("\udc00")).toBe(murmur3("\ufffd"));
});

describe("a slice", () => {
  test("of 0 holds nobody, of 10,000 everybody", () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (salt, unitId) => {
        expect(isInSlice(salt, unitId, 0)).toBe(false);
        expect(isInSlice(salt, unitId, ALL_BASIS_POINTS)).toBe(true);
      }),
    );
  });

  test("never holds a viewer without a unit id, not even the slice of everyone", () => {
    expect(isInSlice("rose/1.0.0", "", ALL_BASIS_POINTS)).toBe(false);
    expect(isInSlice("rose/1.0.0", "", 1)).toBe(false);
  });

  test("ends just before the bucket that it is as large as", () => {
    const { salt, id, bucket } = { salt: "gift_rose", id: "42", bucket: 379 };
    expect(bucketOf(salt, id)).toBe(bucket);
    expect(isInSlice(salt, id, bucket)).toBe(false);
    expect(isInSlice(salt, id, bucket + 1)).toBe(true);
  });

  test("of one basis point holds bucket 0 alone", () => {
    const first = unitIdWhere((id) => bucketOf("rose/1.0.0", id) === 0);
    const second = unitIdWhere((id) => bucketOf("rose/1.0.0", id) === 1);
    expect([isInSlice("rose/1.0.0", first, 1), isInSlice("rose/1.0.0", second, 1)]).toEqual([true, false]);
  });

  test("keeps everyone it held when it is raised", () => {
    const basisPoints = fc.integer({ min: 0, max: ALL_BASIS_POINTS });
    fc.assert(
      fc.property(fc.string(), fc.string(), basisPoints, basisPoints, (salt, unitId, a, b) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        if (isInSlice(salt, unitId, less)) expect(isInSlice(salt, unitId, more)).toBe(true);
      }),
    );
  });

  test("holds about its share of the viewers", () => {
    const ids = Array.from({ length: 10_000 }, (_, i) => `user-${i}`);
    const held = ids.filter((id) => isInSlice("rose/1.4.0", id, 500)).length;
    expect(held).toBeGreaterThan(430);
    expect(held).toBeLessThan(570);
  });
});
