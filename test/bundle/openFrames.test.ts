import sharp from "sharp";
import { describe, expect, test, vi } from "vitest";
import { splitApng } from "../../src/bundle/render/apngPieces.ts";
import { composedFrames } from "../../src/bundle/render/composedFrames.ts";
import type { Frames } from "../../src/bundle/render/frames.ts";
import { openFrames } from "../../src/bundle/render/openFrames.ts";
import { inspect } from "../../src/formats/inspect.ts";
import { buildPng } from "../formats/buildPng.ts";
import { buildLayer, buildLottie, dataUrl } from "../formats/buildLottie.ts";
import { animatedGif, animatedWebp, drawFrames, pngChunk } from "../player/mediaFixtures.ts";
import { buildZip } from "../formats/buildZip.ts";
import { pixelOf } from "./pixelOf.ts";

const NOTHING = [0, 0, 0, 0];
const PINK = [255, 48, 96, 255];
const SIZE = { width: 64, height: 64 };

/** Where the moving square's left edge is in each frame, by what is opaque in row 20. */
async function leftEdges(frames: Frames): Promise<number[]> {
  const edges: number[] = [];
  for (let at = 0; at < frames.count; at++) {
    const raster = await frames.draw(at);
    edges.push(
      Array.from({ length: raster.width }, (_, x) => x).findIndex((x) => pixelOf(raster, x, 20)[3] === 255),
    );
  }
  await frames.close();
  return edges;
}

async function openFile(bytes: Uint8Array, longSide: number | null = null): Promise<Frames> {
  const media = await inspect(bytes);
  const frames = await openFrames({ kind: "file", bytes, media, declared: {} }, longSide, null);
  if (!frames) throw new Error("it needs no browser");
  return frames;
}

/** A file whose frames are laid on each other in other ways: the flags behind each mark are these in turn. */
function otherwiseLaid(
  bytes: Buffer,
  mark: Buffer,
  after: number,
  shift: number,
  ways: readonly number[],
): Buffer {
  const changed = Buffer.from(bytes);
  let seen = 0;
  for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) {
    const kept = (bytes[at + after] ?? 0) & ((1 << shift) - 1);
    changed[at + after] = kept | ((ways[seen++ % ways.length] ?? 0) << shift);
  }
  return changed;
}

/** The largest difference between two pictures, where colours count as far as they are seen. */
function farthest(a: Uint8Array, b: Uint8Array): number {
  let most = Math.abs(a.length - b.length);
  for (const [at, value] of a.entries()) {
    const alpha = at - (at % 4) + 3;
    const isSeen = at === alpha || (a[alpha] ?? 0) > 0;
    if (isSeen) most = Math.max(most, Math.abs(value - (b[at] ?? 0)));
  }
  return most;
}

describe("the frames", () => {
  test("of a folder are its pictures, one at a time, in straight alpha", async () => {
    const files = await drawFrames(4);
    const frames = await openFrames({ kind: "folder", frames: files, ...SIZE, fps: 12 }, null, null);
    if (!frames) throw new Error("a folder needs no browser");
    expect([frames.count, frames.fps, frames.width]).toEqual([4, 12, 64]);
    expect(pixelOf(await frames.draw(1), 20, 20)).toEqual(PINK);
    expect(pixelOf(await frames.draw(1), 60, 60)).toEqual(NOTHING);
    expect(await leftEdges(frames)).toEqual([0, 16, 32, 0]);
  });

  test("of an animated WebP and a GIF are whole, whatever is stored of each", async () => {
    for (const bytes of [await animatedWebp(6, 80, 1), await animatedGif(6, 80, 1)])
      expect(await leftEdges(await openFile(bytes))).toEqual([0, 16, 32, 0, 16, 32]);
  });

  test("of an animated WebP and a GIF are those that the image library gives, asked for in whatever order", async () => {
    const side = 24;
    const frame = (at: number) => {
      const opacity = at % 4 === 3 ? 0 : 1;
      return Buffer.from(
        `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><rect x="${(at * 5) % 16}" y="${(at * 3) % 12}" width="${4 + (at % 5)}" height="7" fill="hsl(${at * 40},80%,50%)" opacity="${opacity}"/><rect x="${at}" width="2" height="3" fill="#0af"/></svg>`,
      );
    };
    const strip = () =>
      sharp(
        Array.from({ length: 9 }, (_, at) => frame(at)),
        { join: { animated: true } },
      );
    const delay = Array<number>(9).fill(50);
    for (const bytes of [
      await strip().webp({ delay, lossless: true }).toBuffer(),
      await strip().webp({ delay, quality: 60 }).toBuffer(),
      await strip().webp({ delay, minSize: true }).toBuffer(),
      await strip().gif({ delay }).toBuffer(),
      await strip().gif({ delay, progressive: true }).toBuffer(),
      otherwiseLaid(await strip().gif({ delay }).toBuffer(), Buffer.of(0x21, 0xf9, 4), 3, 2, [1, 2, 3, 1, 2]),
      otherwiseLaid(
        await strip().webp({ delay, lossless: true }).toBuffer(),
        Buffer.from("ANMF"),
        23,
        0,
        [1, 0, 2, 3],
      ),
    ]) {
      const frames = await openFile(bytes);
      expect(frames.count).toBe(9);
      for (const at of [0, 1, 2, 5, 3, 4, 6, 7, 8]) {
        const expected = await sharp(bytes, { page: at }).ensureAlpha().raw().toBuffer();
        const { pixels } = await frames.draw(at);
        expect(farthest(pixels, expected)).toBeLessThanOrEqual(1);
      }
      await frames.close();
    }
  });

  test("of a WebP and a GIF do not shine into each other when they are made smaller", async () => {
    const side = 40;
    const pixels = Buffer.alloc(side * side * 4 * 4);
    for (const at of [1, 3])
      for (let pixel = 0; pixel < side * side; pixel++)
        pixels.set([255, 0, 0, 255], (at * side * side + pixel) * 4);
    const raw = { width: side, height: side * 4, channels: 4, pageHeight: side } as const;
    const delay = [100, 100, 100, 100];
    for (const bytes of [
      await sharp(pixels, { raw }).gif({ delay }).toBuffer(),
      await sharp(pixels, { raw }).webp({ delay, lossless: true }).toBuffer(),
    ]) {
      const frames = await openFile(bytes, 13);
      for (let at = 0; at < 4; at++) {
        const raster = await frames.draw(at);
        const alphas = new Set(raster.pixels.filter((_, index) => index % 4 === 3));
        expect([...alphas]).toEqual([at % 2 === 0 ? 0 : 255]);
      }
    }
  });

  test("of a WebP and a GIF are each decoded once when they are asked for in order", async () => {
    const file = vi.fn(() => buildPng(8, 8));
    const place = { left: 0, top: 0, width: 8, height: 8, dispose: "keep", blend: "replace" } as const;
    const pieces = Array.from({ length: 30 }, () => ({ ...place, file }));
    const size = { width: 8, height: 8 };
    const frames = composedFrames({ noun: "WebP", pieces, fps: 10 }, size, size);
    for (let at = 0; at < 30; at++) await frames.draw(at);
    expect(file).toHaveBeenCalledTimes(30);
  });

  test("of a WebP with a damaged frame say that it is damaged", async () => {
    const bytes = await animatedWebp(3, 80, 1);
    const frames = await openFile(bytes);
    const last = bytes.lastIndexOf("VP8");
    bytes.fill(0xff, last + 20);
    await expect(frames.draw(2)).rejects.toThrow("the frame 3 of the WebP is damaged");
  });

  test("of a Lottie move as its key frames say", async () => {
    const bytes = buildLottie({
      layers: [
        buildLayer({
          ks: {
            o: { a: 0, k: 100 },
            p: {
              a: 1,
              k: [
                { t: 0, s: [20, 40], i: { x: [1], y: [1] }, o: { x: [0], y: [0] } },
                { t: 40, s: [100, 40] },
              ],
            },
            a: { a: 0, k: [0, 0] },
            s: { a: 0, k: [100, 100] },
            r: { a: 0, k: 0 },
          },
          shapes: [
            {
              ty: "gr",
              it: [
                { ty: "rc", p: { a: 0, k: [0, 0] }, s: { a: 0, k: [20, 20] }, r: { a: 0, k: 0 } },
                { ty: "fl", c: { a: 0, k: [1, 0, 0, 1] }, o: { a: 0, k: 50 } },
                {
                  ty: "tr",
                  p: { a: 0, k: [0, 0] },
                  a: { a: 0, k: [0, 0] },
                  s: { a: 0, k: [100, 100] },
                  r: { a: 0, k: 0 },
                  o: { a: 0, k: 100 },
                },
              ],
            },
          ],
        }),
      ],
    });
    const frames = await openFrames(
      { kind: "file", bytes, media: await inspect(bytes), declared: {} },
      null,
      null,
    );
    if (!frames) throw new Error("a Lottie needs no browser");
    expect(frames.count).toBe(60);
    const first = await frames.draw(0);
    expect(pixelOf(first, 20, 40)).toEqual([255, 0, 0, 128]);
    expect(pixelOf(first, 100, 40)).toEqual(NOTHING);
    expect(pixelOf(await frames.draw(59), 100, 40)).toEqual([255, 0, 0, 128]);
    await frames.close();
  });

  test("of a Lottie show the pictures that are inside of it", async () => {
    const [picture = Buffer.alloc(0)] = await drawFrames(1);
    const bytes = buildLottie({
      assets: [{ id: "petal", w: 64, h: 64, e: 1, u: "", p: dataUrl("image/png", picture) }],
      layers: [{ ty: 2, refId: "petal", ip: 0, op: 60, ks: {} }],
    });
    const frames = await openFrames(
      { kind: "file", bytes, media: await inspect(bytes), declared: {} },
      null,
      null,
    );
    if (!frames) throw new Error("a Lottie needs no browser");
    expect(pixelOf(await frames.draw(0), 8, 24)).toEqual(PINK);
    expect(pixelOf(await frames.draw(0), 40, 24)).toEqual(NOTHING);
    await frames.close();
  });

  test("of a dotLottie show the pictures that lie beside its animation", async () => {
    const [picture = Buffer.alloc(0)] = await drawFrames(1);
    const movie = buildLottie({
      assets: [{ id: "petal", w: 64, h: 64, u: "", p: "petal.png" }],
      layers: [{ ty: 2, refId: "petal", ip: 0, op: 60, ks: {} }],
    });
    const bytes = buildZip({
      "manifest.json": Buffer.from(JSON.stringify({ version: "2", animations: [{ id: "rose" }] })),
      "a/rose.json": movie,
      "i/petal.png": picture,
    });
    const frames = await openFrames(
      { kind: "file", bytes, media: await inspect(bytes), declared: {} },
      null,
      null,
    );
    if (!frames) throw new Error("a dotLottie needs no browser");
    expect(pixelOf(await frames.draw(0), 8, 24)).toEqual(PINK);
    await frames.close();
  });

  test("of a picture are itself", async () => {
    const [bytes = Buffer.alloc(0)] = await drawFrames(1);
    const frames = await openFrames(
      { kind: "file", bytes, media: await inspect(bytes), declared: {} },
      32,
      null,
    );
    expect([frames?.count, frames?.width]).toEqual([1, 32]);
  });

  test("of what only a browser draws are none where there is no browser", async () => {
    const [bytes = Buffer.alloc(0)] = await drawFrames(1);
    const media = { ...(await inspect(bytes)), drawnBy: "browser" as const };
    expect(await openFrames({ kind: "file", bytes, media, declared: {} }, null, null)).toBeNull();
  });
});

describe("the frames of an APNG", () => {
  const side = { width: 4, height: 4 };
  const openApng = (bytes: Uint8Array) =>
    composedFrames({ noun: "APNG", pieces: splitApng(bytes), fps: 10 }, side, side);
  const draw = async (pieces: readonly Piece[], at: number) => {
    const frames = openApng(await buildApng(pieces));
    const raster = await frames.draw(at);
    return (x: number, y: number) => pixelOf(raster, x, y);
  };

  test("keep what was there, clear it, or give it back", async () => {
    for (const [dispose, expected] of [
      [0, [0, 255, 0, 255]],
      [1, NOTHING],
      [2, [255, 0, 0, 255]],
    ] as const) {
      const at = await draw(
        [
          { colour: "#ff0000", place: [0, 0, 4, 4], dispose: 0, blend: 0 },
          { colour: "#00ff00", place: [1, 1, 2, 2], dispose, blend: 0 },
          { colour: "#0000ff", place: [3, 3, 1, 1], dispose: 0, blend: 0 },
        ],
        2,
      );
      expect(at(1, 1)).toEqual(expected);
      expect(at(0, 0)).toEqual([255, 0, 0, 255]);
      expect(at(3, 3)).toEqual([0, 0, 255, 255]);
    }
  });

  test("replace what is there, or lie over it", async () => {
    const pieces = (blend: number): Piece[] => [
      { colour: "#ff0000", place: [0, 0, 4, 4], dispose: 0, blend: 0 },
      { colour: "rgba(0, 0, 255, 0.5)", place: [0, 0, 2, 2], dispose: 0, blend },
    ];
    expect((await draw(pieces(0), 1))(0, 0)).toEqual([0, 0, 255, 128]);
    expect((await draw(pieces(1), 1))(0, 0)).toEqual([127, 0, 128, 255]);
    expect((await draw(pieces(1), 1))(3, 3)).toEqual([255, 0, 0, 255]);
  });

  test("are the same when asked for backwards", async () => {
    const pieces: Piece[] = ["#ff0000", "#00ff00", "#0000ff"].map((colour, at) => ({
      colour,
      place: [at, 0, 1, 1],
      dispose: 1,
      blend: 0,
    }));
    const frames = openApng(await buildApng(pieces));
    const seen = await Promise.all([2, 0, 1].map((at) => frames.draw(at)));
    expect(seen.map((it) => [0, 1, 2].map((x) => pixelOf(it, x, 0)[3]))).toEqual([
      [0, 0, 255],
      [255, 0, 0],
      [0, 255, 0],
    ]);
  });

  test("share what pixels depend on, and no text of the file", async () => {
    const whole = await buildApng([
      { colour: "#ff0000", place: [0, 0, 4, 4], dispose: 0, blend: 0 },
      { colour: "#00ff00", place: [0, 0, 2, 2], dispose: 0, blend: 0 },
    ]);
    const gamma = pngChunk("gAMA", Buffer.of(0, 0, 0xb1, 0x8f));
    const text = pngChunk("tEXt", Buffer.concat([Buffer.from("Comment\0"), Buffer.alloc(1_000_000, 65)]));
    const profile = pngChunk("iCCP", Buffer.alloc(100_001));
    const bytes = Buffer.concat([whole.subarray(0, 33), gamma, text, profile, whole.subarray(33)]);
    for (const piece of splitApng(bytes)) {
      const png = Buffer.from(piece.file());
      expect(png.length).toBeLessThan(500);
      expect(png.includes("gAMA")).toBe(true);
    }
  });

  test("that lie outside of the canvas are refused in words", async () => {
    await expect(draw([{ colour: "#ff0000", place: [3, 0, 2, 1], dispose: 0, blend: 0 }], 0)).rejects.toThrow(
      "the APNG is damaged: a frame lies outside its canvas",
    );
  });
});

interface Piece {
  readonly colour: string;
  /** Left, top, width, height. */
  readonly place: readonly [number, number, number, number];
  readonly dispose: number;
  readonly blend: number;
}

/** An animated PNG of 4 x 4 pixels, whose default image is no frame of it. */
async function buildApng(pieces: readonly Piece[]): Promise<Buffer> {
  let sequence = 0;
  const numbers = (...values: number[]) => {
    const data = Buffer.alloc(values.length * 4);
    values.forEach((value, at) => data.writeUInt32BE(value, at * 4));
    return data;
  };
  const draw = (width: number, height: number, background: string) =>
    sharp({ create: { width, height, channels: 4, background } })
      .png()
      .toBuffer();
  const dataOf = (png: Buffer) => {
    const at = png.indexOf("IDAT");
    return png.subarray(at + 4, at + 4 + png.readUInt32BE(at - 4));
  };
  const cover = await draw(4, 4, "#ffffff");
  const body: Buffer[] = [];
  for (const { colour, place, dispose, blend } of pieces) {
    const [left, top, width, height] = place;
    const control = Buffer.concat([
      numbers(sequence++, width, height, left, top),
      Buffer.of(0, 1, 0, 10, dispose, blend),
    ]);
    const data = Buffer.concat([numbers(sequence++), dataOf(await draw(width, height, colour))]);
    body.push(pngChunk("fcTL", control), pngChunk("fdAT", data));
  }
  return Buffer.concat([
    cover.subarray(0, 33),
    pngChunk("acTL", numbers(pieces.length, 0)),
    pngChunk("IDAT", dataOf(cover)),
    ...body,
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}
