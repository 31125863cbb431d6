import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { fitInside } from "../../src/bundle/render/fitInside.ts";
import type { Frames } from "../../src/bundle/render/frames.ts";
import { openFrames } from "../../src/bundle/render/openFrames.ts";
import { svgaFrames } from "../../src/bundle/render/svgaFrames.ts";
import { inspect } from "../../src/formats/inspect.ts";
import { type DrawnSprite, drawnSvga } from "./drawnSvga.ts";
import { buildZip } from "../formats/buildZip.ts";
import { pixelOf } from "./pixelOf.ts";

const RED = { r: 1, g: 0, b: 0, a: 1 };
const BLUE = { r: 0, g: 0, b: 1, a: 1 };
const NOTHING = [0, 0, 0, 0];
const LAYOUT = { width: 20, height: 20 };

async function open(
  sprites: readonly DrawnSprite[],
  images: Readonly<Record<string, Uint8Array>> = {},
  longSide: number | null = null,
): Promise<Frames> {
  const bytes = drawnSvga(sprites, images);
  const media = await inspect(bytes);
  return svgaFrames(bytes, media.frames, media.fps, fitInside(media, longSide));
}

async function draw(
  sprites: readonly DrawnSprite[],
  images: Readonly<Record<string, Uint8Array>> = {},
  at = 0,
) {
  const frames = await open(sprites, images);
  const raster = await frames.draw(at);
  await frames.close();
  return (x: number, y: number) => pixelOf(raster, x, y);
}

const rect = (styles: object, x = 0, y = 0, width = 20, height = 20) => ({
  type: 1,
  rect: { x, y, width, height },
  styles,
});

const picture = (background: string, side = 20) =>
  sharp({ create: { width: side, height: side, channels: 4, background } })
    .png()
    .toBuffer();

describe("an SVGA's frames", () => {
  test("show an image in its layout, where its transform puts it", async () => {
    const transform = { a: 0, b: 1, c: -1, d: 0, tx: 30, ty: 10 };
    const at = await draw(
      [{ imageKey: "a", frames: [{ alpha: 1, layout: { width: 20, height: 10 }, transform }] }],
      {
        a: await picture("#ff0000"),
      },
    );
    expect(at(25, 20)).toEqual([255, 0, 0, 255]);
    expect(at(15, 20)).toEqual(NOTHING);
    expect(at(25, 35)).toEqual(NOTHING);
    expect(at(25, 5)).toEqual(NOTHING);
  });

  test("are as opaque as each frame says, and hidden where it does not", async () => {
    const frames = [{ alpha: 0.5, shapes: [rect({ fill: RED })] }, { shapes: [rect({ fill: RED })] }];
    expect((await draw([{ imageKey: "", frames }]))(10, 10)).toEqual([255, 0, 0, 128]);
    expect((await draw([{ imageKey: "", frames }], {}, 1))(10, 10)).toEqual(NOTHING);
  });

  test("lie over each other in the order of their sprites", async () => {
    const at = await draw([
      { imageKey: "", frames: [{ alpha: 1, shapes: [rect({ fill: RED })] }] },
      { imageKey: "", frames: [{ alpha: 1, shapes: [rect({ fill: BLUE }, 10, 10)] }] },
    ]);
    expect(at(5, 5)).toEqual([255, 0, 0, 255]);
    expect(at(15, 15)).toEqual([0, 0, 255, 255]);
  });

  test("are cut by a clip path, in the sprite's own place", async () => {
    const transform = { a: 1, d: 1, tx: 10 };
    const clipPath = "M 0 0 L 10 0 L 10 20 L 0 20 Z";
    const at = await draw([{ imageKey: "a", frames: [{ alpha: 1, layout: LAYOUT, transform, clipPath }] }], {
      a: await picture("#00ff00"),
    });
    expect(at(15, 10)).toEqual([0, 255, 0, 255]);
    expect(at(25, 10)).toEqual(NOTHING);
  });

  test("draw paths, ellipses and strokes, each in its own transform", async () => {
    const at = await draw([
      {
        imageKey: "",
        frames: [
          {
            alpha: 1,
            shapes: [
              { type: 0, shape: { d: "M0 0 L10 0 L10 10 L0 10 Z" }, styles: { fill: RED } },
              {
                type: 2,
                ellipse: { x: 0, y: 0, radiusX: 8, radiusY: 4 },
                styles: { fill: BLUE },
                transform: { a: 1, d: 1, tx: 30, ty: 20 },
              },
              { type: 0, shape: { d: "M0 35 L40 35" }, styles: { stroke: RED, strokeWidth: 4 } },
            ],
          },
        ],
      },
    ]);
    expect(at(5, 5)).toEqual([255, 0, 0, 255]);
    expect(at(30, 20)).toEqual([0, 0, 255, 255]);
    expect(at(30, 26)).toEqual(NOTHING);
    expect(at(20, 34)).toEqual([255, 0, 0, 255]);
    expect(at(20, 31)).toEqual(NOTHING);
  });

  test("draw a dashed line with its gaps", async () => {
    const styles = { stroke: RED, strokeWidth: 4, lineDashI: 10, lineDashII: 10 };
    const at = await draw([
      { imageKey: "", frames: [{ alpha: 1, shapes: [{ type: 0, shape: { d: "M0 20 L40 20" }, styles }] }] },
    ]);
    expect([at(5, 20)[3], at(15, 20)[3], at(25, 20)[3]]).toEqual([255, 0, 255]);
  });

  test("keep the shapes of the frame before where they say so", async () => {
    const frames = [
      { alpha: 1, shapes: [rect({ fill: RED })] },
      { alpha: 1, shapes: [{ type: 3 }] },
      { alpha: 1, shapes: [{ type: 3 }] },
    ];
    expect((await draw([{ imageKey: "", frames }], {}, 2))(10, 10)).toEqual([255, 0, 0, 255]);
  });

  test("show what names a matte only where the matte is opaque, and never the matte itself", async () => {
    const half = [{ alpha: 1, shapes: [rect({ fill: BLUE }, 0, 0, 10, 20)] }];
    const at = await draw([
      { imageKey: "m.matte", frames: half },
      { imageKey: "", matteKey: "m.matte", frames: [{ alpha: 1, shapes: [rect({ fill: RED })] }] },
      { imageKey: "", frames: [{ alpha: 1, shapes: [rect({ fill: BLUE }, 30, 30, 10, 10)] }] },
    ]);
    expect(at(5, 10)).toEqual([255, 0, 0, 255]);
    expect(at(15, 10)).toEqual(NOTHING);
    expect(at(35, 35)).toEqual([0, 0, 255, 255]);
  });

  test("take a matte's image by its key without the ending", async () => {
    const frames = [{ alpha: 1, layout: { width: 10, height: 20 } }];
    const at = await draw(
      [
        { imageKey: "m.matte", frames },
        { imageKey: "", matteKey: "m.matte", frames: [{ alpha: 1, shapes: [rect({ fill: RED })] }] },
      ],
      { m: await picture("#ffffff") },
    );
    expect(at(5, 10)).toEqual([255, 0, 0, 255]);
    expect(at(15, 10)).toEqual(NOTHING);
  });

  test("are drawn small without being larger than the source", async () => {
    const sprites = [{ imageKey: "", frames: [{ alpha: 1, shapes: [rect({ fill: RED })] }] }];
    const small = await open(sprites, {}, 10);
    expect([small.width, small.height]).toEqual([10, 10]);
    expect(pixelOf(await small.draw(0), 4, 4)).toEqual([255, 0, 0, 255]);
    expect(pixelOf(await small.draw(0), 6, 6)).toEqual(NOTHING);
    await small.close();
    const large = await open(sprites, {}, 400);
    expect(large.width).toBe(40);
    await large.close();
  });

  test("show nothing behind a mask that is hidden in a frame", async () => {
    const at = await draw([
      { imageKey: "m.matte", frames: [{ shapes: [rect({ fill: BLUE })] }] },
      { imageKey: "", matteKey: "m.matte", frames: [{ alpha: 1, shapes: [rect({ fill: RED })] }] },
    ]);
    expect(at(5, 10)).toEqual(NOTHING);
  });

  test("are refused where one of them would take minutes", async () => {
    const shapes = Array.from({ length: 900 }, () => rect({ fill: RED }));
    const sprites = Array.from({ length: 30 }, () => ({ imageKey: "", frames: [{ alpha: 1, shapes }] }));
    await expect(draw(sprites)).rejects.toThrow("draws 27000 shapes behind 0 masks in one frame");
  });

  test("name the image that is none", async () => {
    const bytes = drawnSvga([{ imageKey: "petal", frames: [{ alpha: 1, layout: LAYOUT }] }], {
      petal: Buffer.from("no picture at all"),
    });
    const frames = await svgaFrames(bytes, 1, 10, { width: 40, height: 40 });
    await expect(frames.draw(0)).rejects.toThrow('the image "petal" in the SVGA is damaged');
    await frames.close();
  });

  test("are drawn of SVGA 1.x, whose numbers that are missing are the unit matrix's", async () => {
    const shapes = [
      {
        type: "rect",
        args: { x: 0, y: 0, width: 10, height: 10 },
        styles: { fill: [1, 0, 0, 1] },
        transform: { tx: 20 },
      },
    ];
    const frames = [
      { alpha: 1, layout: { width: 20, height: 20 }, transform: { tx: 0, ty: 20 }, shapes },
      { alpha: 1, shapes: [{ type: "keep" }] },
    ];
    const movie = { viewBox: { width: 40, height: 40 }, fps: 10, frames: 2 };
    const spec = { ver: "1.1.0", movie, images: { a: "a" }, sprites: [{ imageKey: "a", frames }] };
    const bytes = buildZip({
      "movie.spec": Buffer.from(JSON.stringify(spec)),
      "a.png": await picture("#00ff00"),
    });
    const opened = await openFrames(
      { kind: "file", bytes, media: await inspect(bytes), declared: {} },
      null,
      null,
    );
    if (!opened) throw new Error("an SVGA is drawn without a browser");
    const first = await opened.draw(0);
    expect(pixelOf(first, 10, 30)).toEqual([0, 255, 0, 255]);
    expect(pixelOf(first, 25, 25)).toEqual([255, 0, 0, 255]);
    expect(pixelOf(first, 5, 5)).toEqual(NOTHING);
    expect(pixelOf(await opened.draw(1), 25, 5)).toEqual([255, 0, 0, 255]);
    await opened.close();
  });
});
