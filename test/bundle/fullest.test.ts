import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { Frames, Raster } from "../../src/bundle/render/frames.ts";
import {
  coverageOf,
  drawFullest,
  findFullest,
  pickFullest,
  spread,
} from "../../src/bundle/render/fullest.ts";
import { pixelOf } from "./pixelOf.ts";

const plain = (alpha: number): Raster => ({ width: 1, height: 1, pixels: Uint8Array.of(9, 9, 9, alpha) });

const framesOf = (alphas: readonly number[]): Frames & { readonly asked: number[] } => {
  const asked: number[] = [];
  return {
    width: 1,
    height: 1,
    count: alphas.length,
    fps: 10,
    asked,
    draw: async (at) => {
      asked.push(at);
      return plain(alphas[at] ?? 0);
    },
    close: async () => {},
  };
};

describe("the fullest frame", () => {
  test("is the one that covers most, which is not the first where that is empty", async () => {
    expect(await findFullest(framesOf([0, 90, 200, 100]))).toEqual({ at: 2 });
  });

  test("is of equals the one nearest to the middle", () => {
    const at = (...places: number[]) => places.map((it) => ({ at: it, coverage: 1 }));
    expect(pickFullest(at(0, 3, 5, 9), 10)).toBe(5);
    expect(pickFullest(at(0, 1, 2, 3), 4)).toBe(1);
    expect(pickFullest([], 4)).toBe(0);
  });

  test("is looked for in no more than 32 frames, the first and the last among them", async () => {
    const frames = framesOf(Array.from({ length: 500 }, () => 0));
    await findFullest(frames);
    expect(frames.asked.length).toBe(32);
    expect([frames.asked[0], frames.asked.at(-1)]).toEqual([0, 499]);
    expect(spread(3, 32)).toEqual([0, 1, 2]);
    expect(spread(1, 32)).toEqual([0]);
  });

  test("is told by opacity alone", () => {
    expect(coverageOf(plain(255))).toBe(1);
    expect(coverageOf({ width: 2, height: 1, pixels: Uint8Array.of(255, 255, 255, 0, 0, 0, 0, 255) })).toBe(
      0.5,
    );
  });

  test("of a folder is the first of equals among all its frames, in the size that is asked for", async () => {
    const colours = ["rgba(0, 0, 0, 0)", "#ff0000", "#00ff00"];
    const frames = await Promise.all(
      colours.map((background) =>
        sharp({ create: { width: 8, height: 4, channels: 4, background } })
          .png()
          .toBuffer(),
      ),
    );
    const still = await drawFullest({ kind: "folder", frames, width: 8, height: 4, fps: 10 }, 4, null);
    expect([still?.width, still?.height]).toEqual([4, 2]);
    expect(still && pixelOf(still, 1, 1)).toEqual([255, 0, 0, 255]);
  });
});
