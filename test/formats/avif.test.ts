import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { buildAvifSequence, buildAvifStill, sampleAvifSequence, sampleAvifStill } from "./buildAvif.ts";
import { box, fullBox, letters, u32be, withNumber } from "./buildBoxes.ts";
import { av1Entry, buildMovie, h265Entry, soundTrack } from "./buildMp4.ts";
import { answersOfPieces } from "./everyPiece.ts";
import { refusal } from "./refusal.ts";

describe("an AVIF still", () => {
  test("is a picture of the size that is shown, not of the others in the file", async () => {
    expect(await inspect(buildAvifStill())).toMatchObject({
      kind: "picture",
      format: "avif",
      mediaType: "image/avif",
      extensions: ["avif"],
      width: 60,
      height: 40,
      decodedBytes: 60 * 40 * 4,
      player: null,
      drawnBy: "node",
    });
  });

  test("that is turned by a quarter has its sides changed; by a half, not", async () => {
    const turned = (quarters: number): Buffer =>
      buildAvifStill({ properties: [box("irot", Buffer.from([quarters]))] });
    expect(await inspect(turned(1))).toMatchObject({ width: 40, height: 60 });
    expect(await inspect(turned(2))).toMatchObject({ width: 60, height: 40 });
  });

  test("as an encoder writes it, with transparency or without, is read alike", async () => {
    for (const alpha of [1, 0.5]) {
      const background = { r: 200, g: 30, b: 60, alpha };
      const bytes = await sharp({ create: { width: 70, height: 50, channels: 4, background } })
        .avif({ effort: 0 })
        .toBuffer();
      expect(await inspect(bytes)).toMatchObject({ kind: "picture", format: "avif", width: 70, height: 50 });
      expect(new Set(await answersOfPieces(bytes))).toEqual(new Set(["refused"]));
    }
  });

  test.each([
    [
      "is a part of a larger picture",
      buildAvifStill({ properties: [box("clap", Buffer.alloc(32))] }),
      /shows a part of its picture only/,
    ],
    ["is 0 pixels wide", buildAvifStill({ width: 0 }), "the AVIF is 0 x 40 pixels"],
    ["is too large", buildAvifStill({ width: 0xff_ff_ff_ff }), /is 4294967295 x 40 pixels/],
    [
      "shows a picture of which it says nothing",
      withNumber(buildAvifStill(), "pitm", 4, 0x00_09_00_00),
      /says nothing about the picture/,
    ],
    [
      "says of endless pictures",
      withNumber(buildAvifStill({ width: 1 }), "ipma", 4, 0xff_ff_ff_ff).fill(9, 140),
      /damaged/,
    ],
    [
      "has no meta box",
      Buffer.concat([box("ftyp", letters("avif"), u32be(0)), box("mdat")]),
      /its part meta is missing/,
    ],
    [
      "has no properties",
      Buffer.concat([box("ftyp", letters("avif"), u32be(0)), fullBox("meta")]),
      /its part iprp is missing/,
    ],
  ])("that %s is refused", async (_, bytes, message) => {
    expect((await refusal(bytes)).message).toMatch(message);
  });

  test("that was cut off anywhere is refused", async () => {
    expect(new Set(await answersOfPieces(sampleAvifStill()))).toEqual(new Set(["refused"]));
  });
});

describe("an AVIF sequence", () => {
  test("says its size, frames, rate, length and player", async () => {
    expect(await inspect(buildAvifSequence())).toMatchObject({
      kind: "animation",
      format: "avif",
      mediaType: "image/avif",
      width: 60,
      height: 40,
      frames: 6,
      fps: 30,
      durationSeconds: 0.2,
      embeddedSound: false,
      sound: null,
      player: { name: "avif", version: "1.0.0" },
      drawnBy: "browser",
      deadWeight: [],
    });
  });

  test("that repeats for ever lasts what its frames last", async () => {
    const bytes = buildAvifSequence({ saidTicks: 0xff_ff_ff_ff, frames: 60 });
    expect((await inspect(bytes)).durationSeconds).toBe(2);
  });

  test("costs three canvases and what an AV1 decoder refers to, transparency included", async () => {
    expect((await inspect(buildAvifSequence({ hasAlpha: false }))).decodedBytes).toBe(60 * 40 * 24);
    expect((await inspect(buildAvifSequence())).decodedBytes).toBe(60 * 40 * 32);
  });

  test("with sound carries dead weight: no browser plays the sound of a picture", async () => {
    const media = await inspect(buildAvifSequence({ extra: [soundTrack()] }));
    expect(media).toMatchObject({ embeddedSound: false, sound: null });
    expect(media.deadWeight).toEqual([
      { what: "sound", name: "mp4a.40.2", bytes: 47 * 5, isRemovable: false },
    ]);
  });

  test.each([
    [
      "lasts longer than a gift",
      buildAvifSequence({ ticksPerFrame: 400 }),
      "the AVIF lasts 80 seconds, at most 60 are allowed",
    ],
    ["lasts no time", buildAvifSequence({ ticksPerFrame: 0 }), "the AVIF lasts no time at all"],
    ["lasts for ages", buildAvifSequence({ ticksPerFrame: 0xff_ff_ff_ff }), /lasts more than a day/],
    ["has no frames", buildAvifSequence({ frames: 0 }), "the AVIF has no frames"],
    ["has more frames than a gift", buildAvifSequence({ frames: 2_001, hasAlpha: false }), /has 2001 frames/],
    [
      "is coded as something else",
      buildAvifSequence({ entry: h265Entry(60, 40) }),
      /coded as hvc1\.1\.6\.L120\.90, not as AV1/,
    ],
    [
      "has no pictures",
      buildMovie({ brands: ["avis"], tracks: [soundTrack()] }),
      /its row of pictures is missing/,
    ],
    [
      "is transparent for fewer pictures than it has",
      buildAvifSequence({
        hasAlpha: false,
        extra: [{ handler: "auxv", entry: av1Entry(60, 40), samples: 3, timescale: 30, ticksPerSample: 1 }],
      }),
      /it has 6 pictures and transparency for 3/,
    ],
  ])("that %s is refused", async (_, bytes, message) => {
    expect((await refusal(bytes)).message).toMatch(message);
  });

  test("that was cut off anywhere is refused", async () => {
    expect(new Set(await answersOfPieces(sampleAvifSequence()))).toEqual(new Set(["refused"]));
  });
});
