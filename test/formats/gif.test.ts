import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { buildGif } from "./buildGif.ts";
import { refusal } from "./refusal.ts";

const frame = { width: 16, height: 8 };

describe("a GIF", () => {
  test("says its canvas, its frames and how long they are shown", async () => {
    expect(
      await inspect(buildGif(16, 8, [frame, { ...frame, width: 4, left: 12, delay: 30 }])),
    ).toMatchObject({
      kind: "animation",
      format: "gif",
      mediaType: "image/gif",
      extensions: ["gif"],
      width: 16,
      height: 8,
      frames: 2,
      fps: 5,
      durationSeconds: 0.4,
      decodedBytes: 16 * 8 * 4 * 3,
      player: { name: "gif", version: "1.0.0" },
      drawnBy: "node",
    });
  });

  test("as another program reads it has the same frames", async () => {
    const { pages, pageHeight, delay } = await sharp(buildGif(16, 8, [frame, frame, frame]), {
      animated: true,
    }).metadata();
    expect({ pages, pageHeight, delay }).toEqual({ pages: 3, pageHeight: 8, delay: [100, 100, 100] });
  });

  test("is shown by browsers for a tenth of a second where it says a hundredth or nothing", async () => {
    const hasty = [0, 1, 2].map((delay) => ({ ...frame, delay }));
    expect((await inspect(buildGif(16, 8, hasty))).durationSeconds).toBeCloseTo(0.22);
  });

  test("of one frame is a picture", async () => {
    expect(await inspect(buildGif(16, 8, [frame]))).toMatchObject({
      kind: "picture",
      frames: 1,
      player: null,
    });
  });

  test.each([
    ["no frames", buildGif(16, 8, []), "the GIF has no frames"],
    [
      "a length that is none of a gift",
      buildGif(16, 8, [frame, { ...frame, delay: 6_001 }]),
      "the GIF lasts 61 seconds, at most 60 are allowed",
    ],
    ["no canvas", buildGif(0, 8, [frame]), "the GIF is 0 x 8 pixels"],
    ["a frame outside", buildGif(16, 8, [{ ...frame, left: 1 }]), /a frame lies outside its canvas/],
    [
      "a thousand frames too many",
      buildGif(
        1,
        1,
        Array.from({ length: 3_000 }, () => ({ width: 1, height: 1 })),
      ),
      /at most 2000/,
    ],
    [
      "more pixels than anybody can wait for",
      buildGif(
        16_000,
        9_000,
        Array.from({ length: 20 }, () => ({ width: 1, height: 1 })),
      ),
      "the GIF is 20 frames of 16000 x 9000 pixels, together more than 2 billion pixels",
    ],
  ])("with %s is refused in words", async (_, bytes, words) => {
    expect((await refusal(bytes)).message).toMatch(words);
  });

  test("that was cut off at any byte is refused", async () => {
    const whole = buildGif(16, 8, [frame, frame]);
    for (let length = 6; length < whole.length; length++)
      expect((await refusal(whole.subarray(0, length))).message).toMatch(/^the GIF is damaged or cut off/);
  });

  test("with other bytes where a block should be is refused by the place", async () => {
    const bytes = buildGif(16, 8, [frame]);
    bytes[19] = 0x40;
    expect((await refusal(bytes)).message).toBe(
      "the GIF is damaged or cut off: there is no block at byte 19",
    );
  });
});
