import { inflateSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { adviseFile } from "../../src/bundle/fix/adviseFile.ts";
import { adviseFrames } from "../../src/bundle/fix/adviseFrames.ts";
import { planFixes } from "../../src/bundle/fix/planFixes.ts";
import { inspect } from "../../src/formats/inspect.ts";
import { sampleMp4 } from "../formats/buildMp4.ts";
import { decodeSvga, drawPng, type DrawnFrame, drawSvga } from "./drawSvga.ts";

const fix = async (bytes: Uint8Array) => planFixes(await inspect(bytes), bytes);
const open = (bytes: Uint8Array) => decodeSvga(inflateSync(bytes));
const CANVAS = { width: 120, height: 90 };
const layout = { width: 60, height: 40 };

/** What a player shows of every frame, by going back from each pixel of the canvas to the picture, smoothly between its pixels. */
async function render(bytes: Uint8Array): Promise<Float64Array[]> {
  const { images, frames } = open(bytes);
  return Promise.all(
    frames.map(async ({ key, layout: box, transform: [a = 0, b = 0, c = 0, d = 0, tx = 0, ty = 0] }) => {
      const { data, info } = await sharp(images[key])
        .ensureAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true });
      const shown = new Float64Array(CANVAS.width * CANVAS.height * 4);
      const { width, height } = box ?? { width: 0, height: 0 };
      const area = a * d - b * c;
      if (area === 0 || width === 0 || height === 0) return shown;
      const sample = (x: number, y: number, channel: number) => {
        if (x < 0 || y < 0 || x >= info.width || y >= info.height) return 0;
        const at = (y * info.width + x) * 4;
        const alpha = data[at + 3] ?? 0;
        return channel === 3 ? alpha : ((data[at + channel] ?? 0) * alpha) / 255;
      };
      for (let py = 0; py < CANVAS.height; py++) {
        for (let px = 0; px < CANVAS.width; px++) {
          const [dx, dy] = [px + 0.5 - tx, py + 0.5 - ty];
          const x = (((d * dx - c * dy) / area) * info.width) / width - 0.5;
          const y = (((a * dy - b * dx) / area) * info.height) / height - 0.5;
          const [left, top] = [Math.floor(x), Math.floor(y)];
          for (let channel = 0; channel < 4; channel++) {
            const across = (row: number) =>
              sample(left, row, channel) * (1 - x + left) + sample(left + 1, row, channel) * (x - left);
            shown[(py * CANVAS.width + px) * 4 + channel] =
              across(top) * (1 - y + top) + across(top + 1) * (y - top);
          }
        }
      }
      return shown;
    }),
  );
}

const turning: readonly DrawnFrame[] = [
  { layout },
  { layout, transform: [1, 0, 0, 1, 12.5, 7] },
  { layout, transform: [0.8, 0.6, -0.6, 0.8, 50, 10] },
  { layout, transform: [-1, 0, 0, 1.5, 80, 5] },
  {},
];

describe("fixing an SVGA", () => {
  test("cuts clear edges off an image, and every frame looks as it did", async () => {
    const images = { body: await drawPng(60, 40, { left: 20, top: 9, width: 25, height: 14 }) };
    const bytes = drawSvga({ ...CANVAS, images, sprites: { body: turning } });
    const fixed = await fix(bytes);
    expect(fixed.changes).toMatchObject([
      { kind: "cut", before: { width: 60, height: 40 }, after: { width: 27, height: 16 } },
    ]);
    const [before, after] = [await render(bytes), await render(fixed.bytes)];
    expect(after).toHaveLength(before.length);
    for (const [at, frame] of before.entries()) {
      let farthest = 0;
      for (const [pixel, value] of frame.entries())
        farthest = Math.max(farthest, Math.abs(value - (after[at]?.[pixel] ?? -1)));
      expect(farthest).toBeLessThan(0.01);
    }
    expect(await fix(fixed.bytes)).toEqual({ bytes: fixed.bytes, changes: [] });
  });

  test("cuts nothing where a frame says more than the picture's place, nor off a matte or a slot", async () => {
    const png = await drawPng(60, 40, { left: 20, top: 9, width: 25, height: 14 });
    for (const [key, frames] of [
      ["body", [{ layout, clipPath: "M0 0L10 0L10 10Z" }]],
      ["body", [{ layout: { ...layout, x: 5 } }]],
      ["body.matte", [{ layout }]],
      ["avatar", [{ layout }]],
    ] as const) {
      const bytes = drawSvga({
        ...CANVAS,
        images: { [key.replace(".matte", "")]: png },
        sprites: { [key]: frames },
      });
      expect((await fix(bytes)).bytes).toBe(bytes);
    }
  });

  test("cuts nothing off an image that a player may draw for another key, nor where it may draw another image", async () => {
    const png = await drawPng(60, 40, { left: 20, top: 9, width: 25, height: 14 });
    const full = await drawPng(60, 40);
    for (const [images, keys] of [
      [{ body: png }, ["body.png"]],
      [{ body: png }, ["body", "body.png"]],
      [{ body: png, "body.png": full }, ["body"]],
    ] as const) {
      const sprites = Object.fromEntries(keys.map((it) => [it, [{ layout }]]));
      const bytes = drawSvga({ ...CANVAS, images, sprites });
      expect((await fix(bytes)).bytes).toBe(bytes);
    }
  });

  test("scales down what is larger than it is ever shown, drops dead weight, and then finds nothing more", async () => {
    const images = {
      big: await drawPng(300, 200),
      padded: await drawPng(300, 200, { left: 100, top: 100, width: 80, height: 51 }),
      fine: await drawPng(62, 41),
      old: await drawPng(30, 30),
    };
    const bytes = drawSvga({ ...CANVAS, images, sprites: { big: turning, padded: turning, fine: turning } });
    const fixed = await fix(bytes);
    expect(fixed.changes.map(({ kind, name }) => `${name} ${kind}`).sort()).toEqual([
      "big scaled",
      "old dropped",
      "padded cut and scaled",
    ]);
    const [before, after] = [await inspect(bytes), await inspect(fixed.bytes)];
    expect(after.decodedBytes).toBeLessThan(before.decodedBytes / 4);
    expect([after.width, after.frames, after.fps]).toEqual([before.width, before.frames, before.fps]);
    expect((await fix(fixed.bytes)).bytes).toBe(fixed.bytes);
  });
});

describe("advice that only the author can follow", () => {
  test("repeats what the file itself gives reason to", async () => {
    const bytes = drawSvga({ ...CANVAS, fps: 24, images: {}, sprites: { body: turning } });
    const media = await inspect(bytes);
    expect(media.warnings).toHaveLength(1);
    expect(adviseFile(media, null)).toEqual(media.warnings);
    const video = adviseFile(await inspect(sampleMp4()), null);
    expect(video.map((it) => it.fix).join()).toContain("variants");
  });

  test("tells where all frames of a folder are clear", async () => {
    const one = {
      path: "000.png",
      bytes: await drawPng(60, 40, { left: 20, top: 9, width: 10, height: 14 }),
    };
    const two = {
      path: "001.png",
      bytes: await drawPng(60, 40, { left: 24, top: 9, width: 10, height: 20 }),
    };
    expect(await adviseFrames([one, two], { width: 60, height: 40 })).toMatchObject([
      { message: expect.stringContaining("16x22 from 19,8") as string },
    ]);
    const full = { path: "002.png", bytes: await drawPng(60, 40) };
    expect(await adviseFrames([one, full], { width: 60, height: 40 })).toEqual([]);
  });
});
