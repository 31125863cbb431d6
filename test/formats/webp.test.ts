import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { buildRiff, riffChunk } from "./buildRiff.ts";
import { buildAnimatedWebp, buildExtendedWebp, buildLosslessWebp, buildLossyWebp } from "./buildWebp.ts";
import { refusal } from "./refusal.ts";

const frame = (durationMs: number) => ({ width: 40, height: 30, durationMs });

describe("a WebP", () => {
  test.each([
    ["lossy", buildLossyWebp(300, 200)],
    ["lossless", buildLosslessWebp(300, 200)],
    ["extended", buildExtendedWebp(300, 200, [300, 200])],
  ])("that is a %s still is a picture", async (_, bytes) => {
    expect(await inspect(bytes)).toMatchObject({
      kind: "picture",
      mediaType: "image/webp",
      width: 300,
      height: 200,
      frames: 1,
      fps: 0,
      decodedBytes: 300 * 200 * 4,
      player: null,
    });
  });

  test("that is animated says its frames, mean rate and player", async () => {
    expect(await inspect(buildAnimatedWebp(40, 30, [frame(50), frame(50), frame(100)]))).toMatchObject({
      kind: "animation",
      width: 40,
      height: 30,
      frames: 3,
      fps: 15,
      durationSeconds: 0.2,
      player: { name: "webp", version: "1.0.0" },
    });
  });

  test("that is animated costs three canvases: players stream it", async () => {
    const { decodedBytes } = await inspect(buildAnimatedWebp(40, 30, [frame(50), frame(50)]));
    expect(decodedBytes).toBe(40 * 30 * 4 * 3);
  });

  test("with one frame is a picture", async () => {
    expect(await inspect(buildAnimatedWebp(40, 30, [frame(50)]))).toMatchObject({
      kind: "picture",
      frames: 1,
      player: null,
    });
  });

  test("as the encoder writes it is read alike", async () => {
    const raw = Buffer.alloc(16 * 36 * 4, 255);
    raw.fill(90, 0, 16 * 12 * 4);
    raw.fill(10, 16 * 24 * 4);
    const strip = { width: 16, height: 36, channels: 4, pageHeight: 12 } as const;
    for (const lossless of [true, false]) {
      const bytes = await sharp(raw, { raw: strip })
        .webp({ delay: [40, 40, 40], lossless })
        .toBuffer();
      expect(await inspect(bytes)).toMatchObject({
        kind: "animation",
        width: 16,
        height: 12,
        frames: 3,
        fps: 25,
      });
    }
    const still = await sharp(raw, { raw: { width: 16, height: 36, channels: 4 } })
      .webp()
      .toBuffer();
    expect(await inspect(still)).toMatchObject({ kind: "picture", width: 16, height: 36 });
  });

  test("in endless pieces is refused before all of them were followed, also inside of a frame", async () => {
    const piece = riffChunk("XXXX", Buffer.alloc(0));
    const pieces = Buffer.alloc(piece.length * 1_000_000, piece);
    const header = riffChunk("VP8X", Buffer.from([2, 0, 0, 0, 8, 0, 0, 8, 0, 0]));
    expect((await refusal(buildRiff("WEBP", [header, pieces]))).message).toBe(
      "the WebP is in more than 100000 pieces",
    );
    const place = Buffer.from([0, 0, 0, 0, 0, 0, 8, 0, 0, 8, 0, 0, 40, 0, 0, 0]);
    const frame = riffChunk("ANMF", Buffer.concat([place, pieces]));
    expect(await refusal(buildRiff("WEBP", [header, frame]))).toEqual({
      message: "the WebP is in more than 100 pieces",
      fix: "export it again, or save it anew with another program",
    });
  });

  test("with more frames than a gift has is refused at the first that is too many", async () => {
    const frame = { width: 9, height: 9, durationMs: 1 };
    const whole = buildAnimatedWebp(
      9,
      9,
      Array.from({ length: 2_001 }, () => frame),
    );
    // What is behind is not looked at, or it would be found to be damaged.
    const bytes = buildRiff("WEBP", [whole.subarray(12), riffChunk("ANMF", Buffer.alloc(1))]);
    expect((await refusal(bytes)).message).toBe("the WebP has 2001 frames, at most 2000 are allowed");
  });

  test("that was cut off at any byte is refused", async () => {
    const whole = buildAnimatedWebp(40, 30, [frame(50), frame(50)]);
    for (let length = 12; length < whole.length; length++)
      expect((await refusal(whole.subarray(0, length))).message).toMatch(/^the WebP is damaged or cut off/);
  });

  test.each([
    ["no frames", buildAnimatedWebp(40, 30, []), "the WebP has no frames"],
    ["frames without a duration", buildAnimatedWebp(40, 30, [frame(0), frame(0)]), /last no time/],
    [
      "a frame outside its canvas",
      buildAnimatedWebp(40, 30, [frame(50), { ...frame(50), left: 2 }]),
      /outside its canvas/,
    ],
    ["a picture of another size than it says", buildExtendedWebp(300, 200, [30, 20]), /different sizes/],
    [
      "more frames than a gift can have",
      buildAnimatedWebp(
        40,
        30,
        Array.from({ length: 2_001 }, () => frame(20)),
      ),
      "the WebP has 2001 frames, at most 2000 are allowed",
    ],
  ])("with %s is refused", async (_, bytes, words) => {
    expect((await refusal(bytes)).message).toMatch(words);
  });
});
