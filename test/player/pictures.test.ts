import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { countPixels } from "../../src/player/picture/countPixels.ts";
import { svgaPictures } from "../../src/player/vector/svgaPictures.ts";
import { drawFrames } from "./mediaFixtures.ts";

const JPEG = { create: { width: 60, height: 40, channels: 3, background: "#ff3060" } } as const;

describe("a picture inside of another file", () => {
  test("has the pixels that its own headers say", async () => {
    const [png = Buffer.alloc(0)] = await drawFrames(1);
    expect(countPixels(png)).toBe(64 * 64);
    for (const progressive of [false, true])
      expect(countPixels(await sharp(JPEG).jpeg({ progressive }).toBuffer())).toBe(60 * 40);
  });

  test("is refused when it is too large, a JPEG too", () => {
    const giant = [0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0x3e, 0x80, 0x3e, 0x80, 3];
    expect(() => countPixels(Uint8Array.from(giant))).toThrow("16000 x 16000");
  });

  test.each([
    ["of a type that is not read here", [0x42, 0x4d, 0, 0, 0, 0]],
    ["with no size before what it shows", [0xff, 0xd8, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0]],
    ["with no size at all", [0xff, 0xd8, 0xff, 0xe0, 0, 8, 0, 0, 0, 0, 0, 0, 0]],
  ])("is refused %s", (_what, bytes) => {
    expect(() => countPixels(Uint8Array.from(bytes))).toThrow();
  });
});

describe("the pictures in an SVGA", () => {
  test("are the values of its images, whatever is in them", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (pictures) => {
        const movie = [
          field(1, Buffer.from("2.0")),
          ...pictures.map((picture, at) =>
            field(3, Buffer.concat([field(1, Buffer.from(`${at}`)), field(2, picture)])),
          ),
          field(4, Buffer.from([0x1a, 0x01])),
        ];
        expect([...svgaPictures(Buffer.concat(movie))].map((it) => [...it])).toEqual(
          pictures.map((it) => [...it]),
        );
      }),
    );
  });

  test.each([
    ["a field without a length", Buffer.from([0x18, 1])],
    ["an entry without a key", field(3, field(2, Buffer.from("a")))],
    ["an entry with two values", field(3, Buffer.concat([1, 2, 2].map((at) => field(at, Buffer.from("a")))))],
    ["a field that is cut off", field(3, Buffer.alloc(20)).subarray(0, 9)],
    ["a length without end", Buffer.from([0x1a, ...Array.from({ length: 12 }, () => 0x80), 0])],
  ])("are not looked for behind %s", (_what, movie) => {
    expect(() => [...svgaPictures(movie)]).toThrow("written in a way that is not known");
  });
});

/** A field with a length. Source: Protocol Buffers, Encoding. */
function field(number: number, content: Uint8Array): Buffer {
  const head = [8 * number + 2];
  let length = content.length;
  for (; length >= 0x80; length >>>= 7) head.push((length & 0x7f) | 0x80);
  return Buffer.concat([Buffer.from([...head, length]), content]);
}
