import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { buildLayer, buildLottie, dataUrl } from "./buildLottie.ts";
import { buildPng } from "./buildPng.ts";
import { buildLossyWebp } from "./buildWebp.ts";
import { refusal } from "./refusal.ts";

const CANVAS_BYTES = 120 * 80 * 4;

const embedded = (id: string, bytes: Uint8Array, mediaType = "image/png") => ({
  id,
  w: 50,
  h: 40,
  u: "",
  p: dataUrl(mediaType, bytes),
  e: 1,
});

describe("a Lottie", () => {
  test("says its size, rate, frames and player", async () => {
    expect(await inspect(buildLottie())).toEqual({
      kind: "animation",
      format: "lottie",
      mediaType: "application/vnd.lottie+json",
      extensions: ["json"],
      width: 120,
      height: 80,
      frames: 60,
      fps: 30,
      durationSeconds: 2,
      decodedBytes: CANVAS_BYTES,
      images: 0,
      embeddedSound: false,
      slots: [],
      player: { name: "lottie", version: "5.7.4" },
    });
  });

  test("is as long as from its in point to its out point", async () => {
    expect(await inspect(buildLottie({ ip: 15, op: 45 }))).toMatchObject({ frames: 30, durationSeconds: 1 });
  });

  test("may begin with white space or a byte order mark", async () => {
    expect(await inspect(Buffer.from(` \r\n${buildLottie().toString()}`))).toMatchObject({
      format: "lottie",
    });
    expect(await inspect(Buffer.from(`\ufeff${buildLottie().toString()}`))).toMatchObject({
      format: "lottie",
    });
  });

  test("costs one canvas and the real pixels of the images in it", async () => {
    const assets = [embedded("a", buildPng(200, 100)), embedded("b", buildLossyWebp(10, 10), "image/webp")];
    expect(await inspect(buildLottie({ assets }))).toMatchObject({
      decodedBytes: CANVAS_BYTES + 4 * (200 * 100 + 10 * 10),
      images: 2,
    });
  });

  test("costs the stated size of an image that is neither PNG nor WebP", async () => {
    const assets = [embedded("a", Buffer.from([0xff, 0xd8, 0xff]), "image/jpeg")];
    expect(await inspect(buildLottie({ assets }))).toMatchObject({
      decodedBytes: CANVAS_BYTES + 4 * 50 * 40,
      images: 1,
    });
  });

  test("offers the images and texts that an app may replace, also inside precompositions", async () => {
    const assets = [
      embedded("avatar", buildPng(1, 1)),
      { ...embedded("image_1", buildPng(1, 1)), nm: "photo.png" },
      embedded("image_2", buildPng(1, 1)),
      { id: "scene", layers: [buildLayer({ ty: 2, nm: "badge_left", refId: "image_2" })] },
    ];
    const layers = [
      buildLayer({ ty: 5, nm: "nickname" }),
      buildLayer({ ty: 4, nm: "name shine" }),
      buildLayer({ ty: 4, nm: "title" }),
      buildLayer({ ty: 2, nm: "user", refId: "avatar" }),
    ];
    expect((await inspect(buildLottie({ assets, layers }))).slots).toEqual([
      "avatar",
      "badge_left",
      "nickname",
      "photo.png",
    ]);
  });

  test("that needs pictures beside it is refused in words", async () => {
    const assets = [{ id: "image_0", w: 10, h: 10, u: "images/", p: "petal.png", e: 0 }];
    expect(await refusal(buildLottie({ assets }))).toEqual({
      message: 'the Lottie needs the file "images/petal.png" beside it',
      fix: "export it again with its assets included in the JSON",
    });
  });

  test("that claims to embed what it only names is refused all the same", async () => {
    const assets = [{ id: "image_0", w: 10, h: 10, u: "", p: "https://example.com/petal.png", e: 1 }];
    expect((await refusal(buildLottie({ assets }))).message).toMatch(/needs the file/);
  });

  test("that loads a font is refused in words", async () => {
    const fonts = { list: [{ fName: "Roboto", fPath: "https://example.com/roboto.woff2" }] };
    expect(await refusal(buildLottie({ fonts }))).toEqual({
      message: 'the Lottie loads a font from "https://example.com/roboto.woff2"',
      fix: "turn its texts into shapes, or use glyphs, and export it again",
    });
  });

  test("that runs program code is refused, however deep the code is", async () => {
    const layers = [buildLayer({ ks: { r: { a: 0, k: 0, x: "var $bm_rt = time * 90;" } } })];
    for (const bytes of [buildLottie({ layers }), buildLottie({ assets: [{ id: "scene", layers }] })])
      expect((await refusal(bytes)).message).toMatch(/expressions/);
  });

  test("may have easing handles, which are called x too", async () => {
    const keyframes = [{ t: 0, s: [0], o: { x: [0.3], y: [0] }, i: { x: 0.6, y: 1 } }];
    const layers = [buildLayer({ ks: { r: { a: 1, k: keyframes } } })];
    expect(await inspect(buildLottie({ layers }))).toMatchObject({ format: "lottie" });
  });

  test.each([
    ["no version", buildLottie({ v: undefined }), "does not say which version"],
    ["no frame rate", buildLottie({ fr: undefined }), 'its number "fr" is missing'],
    ["a frame rate of zero", buildLottie({ fr: 0 }), "plays 0 frames per second"],
    ["no size", buildLottie({ w: 0 }), "the Lottie is 0 x 80 pixels"],
    ["a size in words", buildLottie({ h: "80" }), 'its number "h" is missing'],
    ["an end before its begin", buildLottie({ ip: 10, op: 5 }), "has no frames"],
    ["too many frames", buildLottie({ op: 2_001 }), "has 2001 frames, at most 2000 are allowed"],
    ["no layers", buildLottie({ layers: [] }), "draws nothing"],
    [
      "a damaged image",
      buildLottie({ assets: [embedded("petal", buildPng(9, 9).subarray(0, 60))] }),
      'the image "petal" in the Lottie: the PNG is damaged',
    ],
  ])("with %s is refused in words", async (_, bytes, words) => {
    expect((await refusal(bytes)).message).toContain(words);
  });

  test("that is damaged, or is some other JSON, is refused", async () => {
    expect((await refusal(buildLottie().subarray(0, 100))).message).toMatch(/damaged or cut off/);
    expect((await refusal(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]))).message).toMatch(/damaged or cut off/);
    expect((await refusal(Buffer.from('{"name":"giftwrap"}'))).message).toMatch(/no Lottie animation/);
  });

  test("that is nested a hundred thousand times does not exhaust the stack", async () => {
    const deep = `${'{"k":'.repeat(100_000)}0${"}".repeat(100_000)}`;
    const text = buildLottie().toString().replace('"k":100', `"k":${deep}`);
    expect(await inspect(Buffer.from(text))).toMatchObject({ format: "lottie" });
  });
});
