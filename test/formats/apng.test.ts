import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { buildApng } from "./buildApng.ts";
import { buildSvga } from "./buildSvga.ts";
import { refusal } from "./refusal.ts";

const frame = { width: 16, height: 8 };

describe("an APNG", () => {
  test("says its canvas, its frames and how long they are shown", async () => {
    const frames = [frame, { ...frame, width: 4, left: 12, delay: [30, 0] as const }];
    expect(await inspect(buildApng(16, 8, frames))).toMatchObject({
      kind: "animation",
      format: "apng",
      mediaType: "image/apng",
      extensions: ["png", "apng"],
      width: 16,
      height: 8,
      frames: 2,
      fps: 5,
      durationSeconds: 0.4,
      decodedBytes: 16 * 8 * 4 * 3,
      player: { name: "apng", version: "1.0.0" },
    });
  });

  test("may have a picture before its frames, which is none of them", async () => {
    const small = { width: 4, height: 4 };
    const bytes = buildApng(16, 8, [small, small, small], { hasPoster: true });
    expect(await inspect(bytes)).toMatchObject({ frames: 3, durationSeconds: expect.closeTo(0.3) });
  });

  test("is shown by browsers for a tenth of a second where it says no time", async () => {
    const frames = [frame, { ...frame, delay: [0, 1] as const }];
    expect((await inspect(buildApng(16, 8, frames))).durationSeconds).toBeCloseTo(0.2);
  });

  test("of one frame is a picture", async () => {
    expect(await inspect(buildApng(16, 8, [frame]))).toMatchObject({ kind: "picture", format: "apng" });
  });

  test.each([
    [
      "frames that are not all there",
      buildApng(16, 8, [frame, frame], { says: 3 }),
      /2 frames of 3 are there/,
    ],
    ["no frames", buildApng(16, 8, [], { says: 0 }), "the APNG has no frames"],
    ["a billion frames", buildApng(16, 8, [frame], { says: 1e9 }), /at most 2000 are allowed/],
    ["frames in disorder", buildApng(16, 8, [frame, frame], { firstSequence: 1 }), /not in order/],
    ["a frame outside", buildApng(16, 8, [frame, { ...frame, left: 1 }]), /lies outside its canvas/],
    ["a small first frame", buildApng(16, 8, [{ width: 4, height: 4 }, frame]), /have different sizes/],
    [
      "too many pixels",
      buildApng(
        16_000,
        9_000,
        Array.from({ length: 20 }, () => ({ width: 1, height: 1 })),
        { hasPoster: true },
      ),
      /2 billion/,
    ],
  ])("with %s is refused in words", async (_, bytes, words) => {
    expect((await refusal(bytes)).message).toMatch(words);
  });

  test("that was cut off at any byte is refused", async () => {
    const whole = buildApng(16, 8, [frame, frame]);
    for (let length = 4; length < whole.length; length++)
      expect((await refusal(whole.subarray(0, length))).message).toMatch(/damaged/);
  });

  test("inside of an SVGA is refused: a still belongs there", async () => {
    const bytes = buildSvga({ images: { body: buildApng(16, 8, [frame, frame]) } });
    expect((await refusal(bytes)).message).toBe(
      'the image "body" in the SVGA: the PNG is animated (APNG) where a still picture belongs',
    );
  });
});
