import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { drawWorkerFile } from "../../src/bundle/render/drawWorkerFile.ts";
import { framesApart } from "../../src/bundle/render/framesApart.ts";
import { needsFonts } from "../../src/formats/needsFonts.ts";
import { openFrames } from "../../src/bundle/render/openFrames.ts";
import { inspect } from "../../src/formats/inspect.ts";
import type { Media } from "../../src/formats/media.ts";
import { buildLayer, buildLottie } from "../formats/buildLottie.ts";
import { drawnSvga } from "./drawnSvga.ts";
import { pixelOf } from "./pixelOf.ts";

const SIZE = { width: 120, height: 80 };
const DIST = new URL("../../dist/", import.meta.url);

const transform = {
  ty: "tr",
  p: { a: 0, k: [0, 0] },
  a: { a: 0, k: [0, 0] },
  s: { a: 0, k: [100, 100] },
  r: { a: 0, k: 0 },
  o: { a: 0, k: 100 },
};
const group = (...it: readonly object[]) => ({ ty: "gr", it: [...it, transform] });
const circle = group(
  { ty: "el", p: { a: 0, k: [50, 50] }, s: { a: 0, k: [80, 80] } },
  { ty: "fl", c: { a: 0, k: [1, 0, 0, 1] }, o: { a: 0, k: 50 } },
);
const repeater = {
  ty: "rp",
  c: { a: 0, k: 1_000 },
  o: { a: 0, k: 0 },
  m: 1,
  tr: { ...transform, p: { a: 0, k: [1, 0] }, so: { a: 0, k: 100 }, eo: { a: 0, k: 100 } },
};
/** Circles a thousand times, three times over: a billion for each frame, in less than 1 KB. */
const endless = buildLottie({
  layers: [buildLayer({ shapes: [group(group(group(circle, repeater), repeater), repeater)] })],
});

function lottieTask(bytes: Uint8Array) {
  const movie = { noun: "Lottie", json: Buffer.from(bytes).toString(), count: 60, fps: 30 };
  return { noun: "Lottie", count: 60, fps: 30, task: { kind: "lottie", movie } } as const;
}

async function openFile(bytes: Uint8Array, over: Partial<Media> = {}) {
  const media = { ...(await inspect(bytes)), ...over };
  return openFrames({ kind: "file", bytes, media, declared: {} }, null, null);
}

describe("a drawing in a thread of its own", () => {
  test("that takes too long is ended in words, and keeps nobody else waiting", async () => {
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 20);
    const drawing = framesApart(lottieTask(endless), SIZE, 2_000).then((it) => it.draw(0));
    await expect(drawing).rejects.toMatchObject({
      name: "MediaError",
      message: expect.stringMatching(/^the Lottie takes .*longer than 2 seconds to (draw|open)$/),
      fix: expect.stringContaining("simplify it"),
    });
    clearInterval(turning);
    expect(turns).toBeGreaterThan(10);
  });

  test("says what is wrong with the artwork as it is said here", async () => {
    await expect(framesApart(lottieTask(Buffer.from("{}")), SIZE)).rejects.toMatchObject({
      name: "MediaError",
      message: "the Lottie cannot be drawn: it is no animation that Skia's Lottie player takes",
      fix: expect.stringContaining("Bodymovin"),
    });
  });

  test("goes on with other frames after one that is damaged", async () => {
    const layout = { width: 20, height: 20 };
    const red = { type: 1, rect: { x: 0, y: 0, ...layout }, styles: { fill: { r: 1, a: 1 } } };
    const bytes = drawnSvga(
      [
        { imageKey: "petal", frames: [{ alpha: 1, layout }, {}] },
        { imageKey: "", frames: [{}, { alpha: 1, shapes: [red] }] },
      ],
      { petal: Buffer.from("no picture at all") },
    );
    const task = { kind: "svga", bytes, count: 2, fps: 10 } as const;
    const frames = await framesApart({ noun: "SVGA", count: 2, fps: 10, task }, { width: 40, height: 40 });
    await expect(frames.draw(0)).rejects.toThrow('the image "petal" in the SVGA is damaged');
    expect(pixelOf(await frames.draw(1), 10, 10)).toEqual([255, 0, 0, 255]);
    await frames.close();
  });

  test("serves the next artwork when it is closed, whatever was still asked of it", async () => {
    const frames = await framesApart(lottieTask(buildLottie()), SIZE);
    const asked = Promise.allSettled([frames.draw(0), frames.draw(1)]);
    await frames.close();
    expect((await asked).map((it) => it.status)).toContain("rejected");
    const next = await framesApart(lottieTask(buildLottie()), { width: 12, height: 8 });
    expect((await next.draw(0)).pixels).toHaveLength(12 * 8 * 4);
    await next.close();
  });

  test("never holds the process that forgot to close it", async () => {
    const script = `
      const { framesApart } = await import(${JSON.stringify(new URL("bundle/render/framesApart.js", DIST).href)});
      const frames = await framesApart(${JSON.stringify(lottieTask(buildLottie()))}, ${JSON.stringify(SIZE)});
      console.log((await frames.draw(0)).pixels.length);`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      timeout: 30_000,
    });
    expect(Number(stdout)).toBe(SIZE.width * SIZE.height * 4);
  });

  test("has its program beside the module, beside the single file, and compiled for tests", async () => {
    expect(drawWorkerFile("file:///a/dist/bundle/render/drawWorkerFile.js").href).toBe(
      "file:///a/dist/bundle/render/drawWorker.js",
    );
    expect(drawWorkerFile("file:///a/.github/giftwrap/ops.mjs").href).toBe(
      "file:///a/.github/giftwrap/draw.mjs",
    );
    const compiled = drawWorkerFile();
    expect(await readdir(new URL(".", compiled))).toContain("drawWorker.js");
  });

  test("is not begun where the images take more memory than there is for it", async () => {
    const bytes = buildLottie();
    await expect(openFile(bytes, { decodedBytes: 732_000_001 })).rejects.toThrow(
      "the Lottie JSON takes 733 MB of memory once it is decoded, at most 150 MB are drawn here",
    );
  });
});

describe("the texts of a Lottie", () => {
  const text = (words: string, over: object = {}) => ({
    ...buildLayer({ ty: 5, nm: "headline" }),
    t: {
      d: { k: [{ t: 0, s: { s: 50, f: "Rose", t: words, j: 0, fc: [1, 0, 0], lh: 50 } }] },
      p: {},
      m: { g: 1, a: { a: 0, k: [0, 0] } },
      a: [],
    },
    ks: { o: { a: 0, k: 100 }, p: { a: 0, k: [10, 70] } },
    ...over,
  });
  const fonts = { list: [{ fName: "Rose", fFamily: "Rose", fStyle: "Regular", ascent: 70 }] };
  const corners = [
    [0, 0],
    [60, 0],
    [60, -60],
    [0, -60],
  ];
  const none = corners.map(() => [0, 0]);
  const square = { ty: "sh", ks: { a: 0, k: { c: true, v: corners, i: none, o: none } } };
  const glyph = {
    ch: "a",
    fFamily: "Rose",
    style: "Regular",
    size: 50,
    w: 60,
    data: { shapes: [group(square)] },
  };
  const parsed = (parts: Readonly<Record<string, unknown>>) => JSON.parse(buildLottie(parts).toString());

  test("are drawn from the characters in the file", async () => {
    const frames = await openFile(buildLottie({ layers: [text("a")], fonts, chars: [glyph] }));
    if (!frames) throw new Error("its characters are in it");
    expect(pixelOf(await frames.draw(0), 20, 60)).toEqual([255, 0, 0, 255]);
    expect(pixelOf(await frames.draw(0), 60, 60)).toEqual([0, 0, 0, 0]);
    await frames.close();
  });

  test("that need a font of the device leave the whole file undrawn, for a still of its author", async () => {
    expect(await openFile(buildLottie({ layers: [text("a")], fonts }))).toBeNull();
  });

  test.each([
    ["in a composition that is shown", [{ ty: 0, refId: "c" }], true],
    ["in a composition that nothing shows", [buildLayer()], false],
  ])("need their font %s", (_, layers, expected) => {
    expect(needsFonts(parsed({ layers, fonts, assets: [{ id: "c", layers: [text("a")] }] }))).toBe(expected);
  });

  test("need no font that is in the file, and none for spaces or in hidden layers", () => {
    const inside = { list: [{ ...fonts.list[0], fPath: "data:font/ttf;base64,AAEAAA==" }] };
    expect(needsFonts(parsed({ layers: [text("Your name", { nm: "nickname" })], fonts }))).toBe(false);
    expect(needsFonts(parsed({ layers: [text("a")], fonts: inside }))).toBe(false);
    expect(needsFonts(parsed({ layers: [text("a")], fonts, chars: [glyph] }))).toBe(false);
    expect(needsFonts(parsed({ layers: [text(" "), text("a", { hd: true })], fonts }))).toBe(false);
    expect(needsFonts(parsed({ layers: [text("a")] }))).toBe(true);
    expect(needsFonts(parsed({ layers: [text("a")], fonts, chars: [{ ...glyph, style: "Bold" }] }))).toBe(
      true,
    );
  });
});
