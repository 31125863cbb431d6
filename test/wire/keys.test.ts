import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHex, isDigest, toHex } from "../../src/wire/digest.ts";
import {
  catalogTarget,
  deltaKey,
  evidenceKey,
  headersOf,
  isPrivate,
  lockKey,
  logKey,
  metadataKey,
  objectKey,
  TIMESTAMP_KEY,
  targetKey,
} from "../../src/wire/keys.ts";

const A = "a1".repeat(32);
const B = "b2".repeat(32);

const PUBLIC = [
  objectKey(A, "image/webp"),
  targetKey(catalogTarget("mid"), A),
  deltaKey(A, B),
  metadataKey("root", 2),
  metadataKey("snapshot", 7),
  metadataKey("targets", 7),
];
const PRIVATE = [lockKey("rose", "1.4.0"), logKey(12), evidenceKey(A, "production", "matrix")];

describe("where things are", () => {
  test("an object lies below the first two digits of its digest, with its type's ending", () => {
    expect(objectKey(A, "image/webp")).toBe(`objects/sha256/a1/${A}.webp`);
    expect(objectKey(A, "application/vnd.lottie+json")).toBe(`objects/sha256/a1/${A}.json`);
    expect(objectKey(A, "video/unheard-of")).toBe(`objects/sha256/a1/${A}.bin`);
  });

  test("a catalog has its digest before the last part of its name, as The Update Framework asks", () => {
    expect(targetKey(catalogTarget("low"), A)).toBe(`targets/catalog/${A}.low.jsonl`);
    expect(targetKey("plain", A)).toBe(`targets/${A}.plain`);
  });

  test("a delta is named by both ends", () => expect(deltaKey(A, B)).toBe(`targets/delta/${A}-${B}.json`));

  test("metadata is named by its version, the timestamp alone is not", () => {
    expect(metadataKey("root", 2)).toBe("metadata/2.root.json");
    expect(metadataKey("snapshot", 7)).toBe("metadata/7.snapshot.json");
    expect(TIMESTAMP_KEY).toBe("metadata/timestamp.json");
  });

  test("evidence is named by the lock that it is about, where, and what was shown", () =>
    expect(evidenceKey(A, "production", "matrix")).toBe(`evidence/${A}/production/matrix.json`));
});

describe("how long things are kept", () => {
  test("the timestamp for five seconds, and never a stale copy while a new one is fetched", () => {
    expect(headersOf(TIMESTAMP_KEY)).toEqual({
      contentType: "application/json",
      cacheControl: "public, max-age=5, stale-if-error=86400",
    });
    expect(headersOf(TIMESTAMP_KEY).cacheControl).not.toContain("stale-while-revalidate");
  });

  test.each(PUBLIC)("%s never changes", (key) => {
    expect(isPrivate(key)).toBe(false);
    expect(headersOf(key).cacheControl).toBe("public, max-age=31536000, immutable");
  });

  test.each(PRIVATE)("%s is for the store's owners alone", (key) => {
    expect(isPrivate(key)).toBe(true);
    expect(headersOf(key).cacheControl).toBe("private, no-store");
  });

  test("a public key is not private because of what it is called further on", () => {
    expect(isPrivate("objects/locks/x")).toBe(false);
    expect(isPrivate("blog/1.json")).toBe(false);
  });
});

test.each([
  [objectKey(A, "image/webp"), "image/webp"],
  [objectKey(A, "image/png"), "image/png"],
  [objectKey(A, "application/x-svga"), "application/x-svga"],
  [objectKey(A, "application/vnd.lottie+json"), "application/vnd.lottie+json"],
  [objectKey(A, "audio/wav"), "audio/wav"],
  [objectKey(A, "video/unheard-of"), "application/octet-stream"],
  [targetKey(catalogTarget("high"), A), "application/jsonl"],
  [deltaKey(A, B), "application/json"],
  [metadataKey("root", 1), "application/json"],
  [logKey(3), "application/json"],
  [evidenceKey(A, "staging", "smoke"), "application/json"],
  [lockKey("rose", "1.4.0"), "application/octet-stream"],
])("%s is served as %s", (key, contentType) => expect(headersOf(key).contentType).toBe(contentType));

describe("a digest", () => {
  test("is 64 lower-case hexadecimal digits and nothing else", () => {
    expect(isDigest(A)).toBe(true);
    for (const text of [A.toUpperCase(), A.slice(1), `${A}0`, `${A}\n`, "g".repeat(64), ""])
      expect(isDigest(text)).toBe(false);
  });

  test("is the same bytes after being written and read", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
    expect(toHex(new Uint8Array([0, 1, 15, 16, 255]))).toBe("00010f10ff");
  });
});
