import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { readPicture } from "../../src/player/picture/readPicture.ts";
import { animatedGif, animatedWebp, apng, drawFrames } from "./mediaFixtures.ts";

const SIZE = { width: 64, height: 64 };

describe("what a picture's headers say", () => {
  let files: Readonly<Record<string, Uint8Array>>;
  let still: Buffer;

  beforeAll(async () => {
    still = (await drawFrames(1))[0] ?? Buffer.alloc(0);
    files = {
      webp: await animatedWebp(4, 120, 2),
      gif: await animatedGif(4, 120, 0),
      apng: await apng(4, 120, 3),
      png: still,
      lossy: await sharp(still).webp().toBuffer(),
      lossless: await sharp(still).webp({ lossless: true }).toBuffer(),
      avif: await sharp(still).avif({ effort: 0 }).toBuffer(),
    };
  });

  test.each([
    ["webp", { ...SIZE, frames: 4, milliseconds: 480, plays: 2 }],
    ["gif", { ...SIZE, frames: 4, milliseconds: 480, plays: Number.POSITIVE_INFINITY }],
    ["apng", { ...SIZE, frames: 4, milliseconds: 480, plays: 3 }],
    ["png", { ...SIZE, frames: 1, milliseconds: 0, plays: 1 }],
    ["lossy", { ...SIZE, frames: 1, milliseconds: 0, plays: 1 }],
    ["lossless", { ...SIZE, frames: 1, milliseconds: 0, plays: 1 }],
    ["avif", { ...SIZE, frames: 1, milliseconds: 0, plays: 1 }],
  ])("is read from %s", (name, facts) => {
    expect(readPicture(files[name] ?? new Uint8Array())).toEqual(facts);
  });

  test("is not taken from a file that is cut off anywhere", () => {
    for (const [name, bytes] of Object.entries(files)) {
      for (let length = 0; length < bytes.length; length += 7)
        expect(() => readPicture(bytes.subarray(0, length)), `${name}, ${length} bytes`).toThrow();
    }
  });

  test("never takes long, and is an Error where bytes were changed", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(files)),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
        (bytes, changes) => {
          const changed = Uint8Array.from(bytes);
          for (const [at, value] of changes) changed[at % changed.length] = value;
          try {
            expect(readPicture(changed).width).toBeGreaterThanOrEqual(0);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        },
      ),
    );
  });

  test("is told by the bytes and not by a name", () => {
    for (const text of ["", "{}", "<svg>", "RIFF____WAVE", "GIF90a"])
      expect(() => readPicture(Buffer.from(text))).toThrow("not a picture of a type that is known");
  });
});
