import { inflateSync } from "node:zlib";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { coveredSize } from "../../src/bundle/vector/coveredSize.ts";
import { scaleSvga } from "../../src/bundle/vector/scaleSvga.ts";
import { inspect } from "../../src/formats/inspect.ts";
import { buildPng } from "../formats/buildPng.ts";
import { buildSvga } from "../formats/buildSvga.ts";
import { decodeSvga, drawPng, type DrawnFrame, drawSvga } from "./drawSvga.ts";

const open = (bytes: Uint8Array) => decodeSvga(inflateSync(bytes));
const sizeOf = async (bytes: Uint8Array | undefined) => {
  const { width, height } = await sharp(bytes).metadata();
  return [width, height];
};
const still = (width: number, height: number): DrawnFrame => ({ layout: { width, height } });

describe("scaling the images of an SVGA", () => {
  test("leaves no more pixels than an image covers on the tier's canvas", async () => {
    const bytes = drawSvga({
      images: { body: await drawPng(200, 100), glow: await drawPng(90, 90) },
      sprites: {
        body: [still(200, 100), still(200, 100)],
        glow: [still(90, 90), { ...still(90, 90), transform: [0, 0.5, -0.5, 0, 40, 40] }],
      },
    });
    const { images } = open((await scaleSvga(bytes, 100)).bytes);
    expect(await sizeOf(images["body"])).toEqual([50, 25]);
    expect(await sizeOf(images["glow"])).toEqual([23, 23]);
  });

  test("first takes what is larger than it is ever shown", async () => {
    const images = { body: await drawPng(300, 300) };
    const quarter = { ...still(300, 300), transform: [0.25, 0, 0, 0.25, 0, 0] } as const;
    const bytes = drawSvga({ images, sprites: { body: [quarter, quarter] } });
    expect(await sizeOf(open((await scaleSvga(bytes, 4_000)).bytes).images["body"])).toEqual([75, 75]);
    expect(await sizeOf(open((await scaleSvga(bytes, 200)).bytes).images["body"])).toEqual([38, 38]);
  });

  test("keeps an image that is shown larger than it is while it has no more pixels than it covers", async () => {
    const images = { body: await drawPng(40, 40) };
    const bytes = drawSvga({ images, sprites: { body: [still(160, 160)] } });
    expect((await scaleSvga(bytes, 100)).bytes).toBe(bytes);
    expect(await sizeOf(open((await scaleSvga(bytes, 50)).bytes).images["body"])).toEqual([20, 20]);
  });

  test("gives the very file back where the canvas fits and nothing is dead", async () => {
    const images = { body: await drawPng(200, 100) };
    const bytes = drawSvga({ images, sprites: { body: [still(200, 100)] } });
    expect(await scaleSvga(bytes, 400)).toEqual({ bytes, changes: [] });
    expect((await scaleSvga(bytes, 400)).bytes).toBe(bytes);
  });

  test("drops an image that no sprite draws, and keeps sounds and mattes", async () => {
    const beat = Buffer.from("ID3 and so on");
    const images = {
      body: await drawPng(20, 20),
      mask: await drawPng(20, 20),
      old: await drawPng(20, 20),
      beat,
    };
    const sprites = { body: [still(20, 20)], "mask.matte": [still(20, 20)] };
    const { bytes, changes } = await scaleSvga(drawSvga({ images, sprites, sounds: ["beat"] }), 400);
    expect(Object.keys(open(bytes).images).sort()).toEqual(["beat", "body", "mask"]);
    expect(Buffer.from(open(bytes).images["beat"] ?? [])).toEqual(beat);
    expect(changes).toMatchObject([{ kind: "dropped", name: "old", before: { width: 20 } }]);
  });

  test("keeps every image that some player shows, by whichever of its names, as large as it is shown", async () => {
    const png = await drawPng(40, 40);
    const first = { alpha: 1, layout: { width: 40, height: 40 } };
    const cases = [
      [{ fire: png }, [{ imageKey: "fire.png", frames: 40, first }]],
      [{ "fire.png": png }, [{ imageKey: "fire", frames: 40, first }]],
      [
        { "mask.matte": png, body: png },
        [
          { imageKey: "mask.matte", frames: 40, first },
          { imageKey: "body", frames: 40, matteKey: "mask.matte", first },
        ],
      ],
      [{ mask: png }, [{ imageKey: "body", frames: 40, matteKey: "mask.matte", first }]],
    ] as const;
    for (const [images, sprites] of cases) {
      const bytes = buildSvga({ images, sprites });
      expect((await scaleSvga(bytes, 300)).bytes).toBe(bytes);
      const smaller = open((await scaleSvga(bytes, 150)).bytes).images;
      expect(Object.keys(smaller)).toEqual(Object.keys(images));
      for (const image of Object.values(smaller)) expect(await sizeOf(image)).toEqual([20, 20]);
      expect((await inspect(bytes)).deadWeight).toEqual([]);
    }
  });

  test("keeps a slot's key, and a palette", async () => {
    const images = { avatar: await drawPng(100, 100, undefined, true) };
    const { bytes } = await scaleSvga(drawSvga({ images, sprites: { avatar: [still(100, 100)] } }), 200);
    const { avatar } = open(bytes).images;
    expect(await sizeOf(avatar)).toEqual([50, 50]);
    expect((await sharp(avatar).metadata()).isPalette).toBe(true);
    expect((await inspect(bytes)).slots).toEqual(["avatar"]);
  });

  test("says which image is damaged", async () => {
    // Of so many pixels the fixture holds only the first.
    const images = { body: buildPng(700, 700) };
    const bytes = drawSvga({ images, sprites: { body: [still(700, 700)] } });
    await expect(scaleSvga(bytes, 100)).rejects.toMatchObject({
      name: "MediaError",
      message: expect.stringContaining('"body"') as string,
    });
  });

  test("never changes a sprite, and never makes anything larger", async () => {
    const transform = fc.tuple(
      ...Array.from({ length: 6 }, () => fc.integer({ min: -12, max: 12 }).map((it) => it / 4)),
    );
    const frame = fc.record(
      {
        layout: fc.record({
          width: fc.integer({ min: 0, max: 80 }),
          height: fc.integer({ min: 0, max: 80 }),
        }),
        transform,
      },
      { requiredKeys: [] },
    );
    const sprite = fc.array(frame, { minLength: 3, maxLength: 3 });
    const png = await drawPng(60, 40);
    await fc.assert(
      fc.asyncProperty(sprite, sprite, fc.integer({ min: 1, max: 500 }), async (one, two, longSide) => {
        const bytes = drawSvga({ images: { one: png, two: png, three: png }, sprites: { one, two } });
        const scaled = (await scaleSvga(bytes, longSide)).bytes;
        const [before, after] = [open(bytes), open(scaled)];
        expect(after.sprites).toEqual(before.sprites);
        const [was, is] = [await inspect(bytes).catch(() => null), await inspect(scaled)];
        expect(is.decodedBytes).toBeLessThanOrEqual(was?.decodedBytes ?? 3 * 60 * 40 * 4);
        expect([is.width, is.height, is.frames, is.fps]).toEqual([400, 300, 3, 20]);
        const isShown = [one, two].every((it) =>
          it.some(({ layout }) => layout && layout.width * layout.height > 0),
        );
        if (isShown) expect((await scaleSvga(scaled, longSide)).bytes).toBe(scaled);
      }),
      { numRuns: 40 },
    );
  });
});

describe("the size that an image needs", () => {
  test("covers what is shown, is never larger than it was, and is the answer to itself", () => {
    const size = fc.record({
      width: fc.integer({ min: 1, max: 3_000 }),
      height: fc.integer({ min: 1, max: 3_000 }),
    });
    const shown = fc.record({
      width: fc.float({ min: 0, max: 3_000, noNaN: true }),
      height: fc.float({ min: 0, max: 3_000, noNaN: true }),
    });
    fc.assert(
      fc.property(
        size,
        shown,
        fc.float({ min: Math.fround(0.05), max: 1, noNaN: true }),
        (own, seen, factor) => {
          const needed = coveredSize(own, seen, factor);
          expect(needed.width).toBeLessThanOrEqual(own.width);
          expect(needed.height).toBeLessThanOrEqual(own.height);
          expect(needed.width).toBeGreaterThanOrEqual(Math.min(own.width, seen.width * factor) - 0.01);
          expect(needed.height).toBeGreaterThanOrEqual(Math.min(own.height, seen.height * factor) - 0.01);
          expect(coveredSize(needed, seen, factor)).toEqual(needed);
        },
      ),
    );
  });
});
