import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeUtf8, encodeUtf8 } from "../../src/wire/utf8.ts";

/** What a platform has, asked to refuse what is not UTF-8, and to leave a byte order mark alone. */
const platform = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).map((it) => it.repeat(700)),
);

const anyBytes = fc.oneof(
  fc.uint8Array(),
  fc
    .array(
      fc.constantFrom(0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef),
    )
    .map((it) => Uint8Array.from(it)),
  fc
    .array(fc.constantFrom(0x80, 0x8f, 0x90, 0xbf, 0xf0, 0xf1, 0xf4, 0xf5, 0xff))
    .map((it) => Uint8Array.from(it)),
  fc
    .tuple(fc.string({ unit: "binary" }), fc.nat(), fc.nat(255))
    .map(([text, at, byte]) => encodeUtf8(text).map((it, i, { length }) => (i === at % length ? byte : it))),
);

test("a text becomes the bytes that a platform's encoder gives, halves of pairs too", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(encodeUtf8(text)).toEqual(new TextEncoder().encode(text));
    }),
  );
});

test("bytes become the text that a platform's decoder gives, or are refused where it refuses them", () => {
  const read = (decode: (bytes: Uint8Array) => string, bytes: Uint8Array) => {
    try {
      return decode(bytes);
    } catch (error) {
      return error instanceof TypeError ? null : error;
    }
  };
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      expect(read(decodeUtf8, bytes)).toEqual(read((it) => platform.decode(it), bytes));
    }),
    { numRuns: 2_000 },
  );
});

test("every well-formed text comes back, however long", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(decodeUtf8(encodeUtf8(text))).toBe(platform.decode(new TextEncoder().encode(text)));
    }),
  );
});
