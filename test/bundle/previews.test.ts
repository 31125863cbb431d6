import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { captionSize, writeCaption } from "../../src/bundle/preview/caption.ts";
import { drawBeforeAfter } from "../../src/bundle/preview/beforeAfter.ts";
import { makePreviews } from "../../src/bundle/preview/makePreviews.ts";
import { motionFrames } from "../../src/bundle/preview/motion.ts";
import { cellSize, columnsOf, layOutGrid, numberOf, timeOf } from "../../src/bundle/preview/sheet.ts";
import type { Artwork, Raster } from "../../src/bundle/render/frames.ts";
import { layOver } from "../../src/bundle/render/layOver.ts";
import { drawFrames } from "../player/mediaFixtures.ts";
import { pixelOf } from "./pixelOf.ts";

const folder = async (count: number, side = 64): Promise<Artwork> => ({
  kind: "folder",
  frames: await drawFrames(count, side),
  width: side,
  height: side,
  fps: 24,
});

async function decode(bytes: Uint8Array): Promise<Raster> {
  const { data, info } = await sharp(bytes).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: data };
}

/** Lossy pictures keep a colour about. */
function expectColour(found: readonly number[], wanted: readonly number[]): void {
  for (const [at, value] of wanted.entries()) expect(Math.abs((found[at] ?? 0) - value)).toBeLessThan(14);
}

describe("a contact sheet", () => {
  test("shows the first frame, three between and the last, each once", () => {
    expect(columnsOf(101)).toEqual([0, 25, 50, 75, 100]);
    expect(columnsOf(3)).toEqual([0, 1, 2]);
    expect(columnsOf(1)).toEqual([0]);
    expect(columnsOf(9, 3)).toEqual([0, 4, 8]);
    expect(columnsOf(9, 1)).toEqual([4]);
  });

  test("is no wider than 1200 pixels, and enlarges nothing", () => {
    const cell = cellSize({ width: 1_000, height: 500 }, 5);
    expect(layOutGrid(cell, 5, [2, 0, 0]).width).toBeLessThanOrEqual(1_200);
    expect(cell).toEqual({ width: 225, height: 113 });
    expect(cellSize({ width: 40, height: 30 }, 5)).toEqual({ width: 40, height: 30 });
    expect(cellSize({ width: 13, height: 1_690 }, 5)).toEqual({ width: 2, height: 320 });
  });

  test("has a row for a checker, for light and for dark, one below the other", async () => {
    const previews = await makePreviews(await folder(12), null);
    if (!previews) throw new Error("a folder can be drawn");
    const { sheet } = previews;
    const drawn = await decode(sheet.bytes);
    expect([drawn.width, drawn.height]).toEqual([sheet.width, sheet.height]);
    const [checker, light, dark] = layOutGrid({ width: 64, height: 64 }, 5, [2, 0, 0]).cells.map(
      (row) => row[0],
    );
    if (!checker || !light || !dark) throw new Error("the sheet has three rows");
    // The fixture's square is at the left in frame 0; the corner below is transparent.
    for (const area of [checker, light, dark])
      expectColour(pixelOf(drawn, area.left + 8, area.top + 24), [255, 48, 96]);
    expectColour(pixelOf(drawn, light.left + 40, light.top + 50), [255, 255, 255]);
    expectColour(pixelOf(drawn, dark.left + 40, dark.top + 50), [24, 26, 32]);
    expect(light.top).toBeGreaterThan(checker.top + 64);
  });

  test("says which frame stands where, from 1 as people count, in letters of its own", () => {
    expect([numberOf(0), timeOf(36, 24)]).toEqual(["#1", "1.50s"]);
    const board = { width: 20, height: 10, pixels: new Uint8Array(800) };
    writeCaption(board, "1.", { left: 1, top: 1, scale: 1, colour: [9, 8, 7] });
    expect(pixelOf(board, 3, 1)).toEqual([9, 8, 7, 255]);
    expect(pixelOf(board, 1, 1)).toEqual([0, 0, 0, 0]);
    expect(captionSize("#12", 2)).toEqual({ width: 34, height: 14 });
  });

  test("gives the same bytes each time", async () => {
    const artwork = await folder(6);
    const [one, two] = [await makePreviews(artwork, null), await makePreviews(artwork, null)];
    expect(Buffer.compare(one?.sheet.bytes ?? Buffer.of(1), two?.sheet.bytes ?? Buffer.of(2))).toBe(0);
    expect(Buffer.compare(one?.motion.bytes ?? Buffer.of(1), two?.motion.bytes ?? Buffer.of(2))).toBe(0);
  });
});

describe("a moving preview", () => {
  test("shows at most twelve frames a second of the first six seconds, in real time", () => {
    const { picks, delays } = motionFrames(24 * 10, 24);
    expect(picks).toHaveLength(72);
    expect(picks.slice(0, 3)).toEqual([0, 2, 4]);
    expect(delays.reduce((sum, it) => sum + it, 0)).toBe(6_000);
    expect(motionFrames(10, 10).picks).toHaveLength(10);
    expect(motionFrames(1, 1)).toEqual({ picks: [0], delays: [1_000] });
  });

  test("is an animated WebP of at most 320 pixels and 2 MB that repeats", async () => {
    const previews = await makePreviews(await folder(24, 400), null);
    const { motion } = previews ?? {};
    if (!motion) throw new Error("a folder can be drawn");
    const { pages, loop, width, pageHeight, format } = await sharp(motion.bytes, {
      animated: true,
    }).metadata();
    expect([format, width, pageHeight, loop]).toEqual(["webp", 320, 320, 0]);
    expect(pages).toBe(12);
    expect(motion.bytes.length).toBeLessThan(2_000_000);
  });

  test("of a picture is one picture", async () => {
    const previews = await makePreviews(await folder(1), null);
    expect((await sharp(previews?.motion.bytes).metadata()).pages ?? 1).toBe(1);
  });
});

describe("before and after", () => {
  test("stand one above the other, each as large as fits, so that fewer pixels of a built file look no smaller", async () => {
    const preview = await drawBeforeAfter(await folder(6, 64), await folder(6, 128), null);
    if (!preview) throw new Error("folders can be drawn");
    const drawn = await decode(preview.bytes);
    const grid = layOutGrid({ width: 128, height: 128 }, 5, [3, 3]);
    expect([drawn.width, drawn.height]).toEqual([grid.width, grid.height]);
    const [above, below] = grid.cells.map((row) => row[0]);
    if (!above || !below) throw new Error("there are two rows");
    // The square of the first is twice as large as it was drawn: it begins at 0, 32 and is 32 long.
    expectColour(pixelOf(drawn, above.left + 24, above.top + 56), [255, 48, 96]);
    expectColour(pixelOf(drawn, below.left + 8, below.top + 24), [255, 48, 96]);
  });

  test("are none where one of them cannot be drawn", async () => {
    const [bytes = Buffer.alloc(0)] = await drawFrames(1);
    const { pictureOf } = await import("../../src/formats/media.ts");
    const media = {
      ...pictureOf("mp4", "video/mp4", ["mp4"], { width: 8, height: 8 }),
      drawnBy: "browser" as const,
    };
    const video: Artwork = { kind: "file", bytes, media: { ...media, kind: "animation" }, declared: {} };
    expect(await drawBeforeAfter(await folder(2), video, null)).toBeNull();
  });
});

describe("a picture laid over another", () => {
  test("mixes by opacity, and leaves out what lies outside", () => {
    const below = { width: 2, height: 1, pixels: Uint8Array.of(255, 0, 0, 255, 0, 0, 0, 0) };
    const above = { width: 2, height: 1, pixels: Uint8Array.of(0, 0, 255, 128, 0, 255, 0, 128) };
    layOver(below, above, 0, 0);
    expect([...below.pixels]).toEqual([127, 0, 128, 255, 0, 255, 0, 128]);
    layOver(below, { width: 1, height: 1, pixels: Uint8Array.of(1, 1, 1, 255) }, 5, -3);
    expect([...below.pixels.subarray(0, 4)]).toEqual([127, 0, 128, 255]);
  });
});
