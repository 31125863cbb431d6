import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { buildJpeg } from "./buildJpeg.ts";
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
      memoryRule:
        "every image at 4 bytes a pixel, one canvas, and one more for each layer with a mask or a matte, but at most 4",
      images: 0,
      pictures: [],
      embeddedSound: false,
      sound: null,
      video: null,
      slots: [],
      player: { name: "lottie", version: "5.7.4" },
      drawnBy: "node",
      deadWeight: [],
      warnings: [],
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
    const assets = [
      embedded("a", buildPng(200, 100)),
      embedded("b", buildLossyWebp(10, 10), "image/webp"),
      embedded("c", buildJpeg({ width: 60, height: 40 }), "image/jpeg"),
    ];
    expect(await inspect(buildLottie({ assets }))).toMatchObject({
      decodedBytes: CANVAS_BYTES + 4 * (200 * 100 + 10 * 10 + 60 * 40),
      images: 3,
    });
  });

  test("costs the stated size of an image that is a drawing", async () => {
    const assets = [embedded("a", Buffer.from("<svg/>"), "image/svg+xml")];
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
    ["a length that is none of a gift", buildLottie({ fr: 1, op: 61 }), "lasts 61 seconds, at most 60"],
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

  test("that is nested a hundred thousand times is refused before it is parsed", async () => {
    const deep = `${'{"k":'.repeat(100_000)}0${"}".repeat(100_000)}`;
    const text = buildLottie().toString().replace('"k":100', `"k":${deep}`);
    expect((await refusal(Buffer.from(text))).message).toBe("the Lottie is nested more than 256 levels deep");
    const brackets = Buffer.from(`{"layers":${"[".repeat(9_000_000)}`);
    expect((await refusal(brackets)).message).toBe("the Lottie is nested more than 256 levels deep");
  });

  test("of millions of empty lists, or of more text than any drawing needs, is refused before it is parsed", async () => {
    const lists = Buffer.from(`{"layers":[${"[],".repeat(1_600_000)}0]}`);
    expect(await refusal(lists)).toEqual({
      message: "the Lottie would take 641 MB of memory, at most 120 MB are allowed",
      fix: "make it of fewer groups, layers and key frames, then export it again",
    });
    const names = Buffer.from(`{"layers":[{${'"a":0,'.repeat(600_000)}"b":0}]}`);
    expect((await refusal(names)).message).toMatch(/would take 139 MB of memory/);
    const numbers = Buffer.from(`{"layers":[${"0,".repeat(2_500_000)}0]}`);
    expect((await refusal(numbers)).message).toMatch(/would take 126 MB of memory/);
    const text = Buffer.from(`{"nm":"${"x".repeat(10_000_000)}"}`);
    expect((await refusal(text)).message).toBe("the Lottie is 11 MB of JSON, at most 10 MB are allowed");
  });

  test("may have brackets and quotation marks in its texts", async () => {
    const layers = [buildLayer({ nm: `"${"[{".repeat(400)}\\` })];
    expect(await inspect(buildLottie({ layers }))).toMatchObject({ format: "lottie" });
  });

  const shows = (refId: string) => buildLayer({ ty: 0, nm: refId, refId });

  test("whose composition shows itself is refused, and the chain is named", async () => {
    const assets = [
      { id: "petals", layers: [shows("leaf")] },
      { id: "leaf", layers: [buildLayer(), shows("petals")] },
    ];
    expect(await refusal(buildLottie({ assets, layers: [shows("petals")] }))).toEqual({
      message: 'a composition in the Lottie shows itself without end: "petals" > "leaf" > "petals"',
      fix: "take the composition out of itself, then export it again",
    });
  });

  test("with compositions far within each other is refused", async () => {
    const assets = Array.from({ length: 40 }, (_, at) => ({ id: `c${at}`, layers: [shows(`c${at + 1}`)] }));
    expect((await refusal(buildLottie({ assets, layers: [shows("c0")] }))).message).toMatch(
      /more than 32 deep: "the Lottie itself" > "c0" > "c1" > "c2"/,
    );
  });

  test("that comes to millions of layers by showing a composition ten times in ten is refused", async () => {
    const tenOf = (refId: string) => Array.from({ length: 10 }, () => shows(refId));
    const assets = Array.from({ length: 6 }, (_, at) => ({ id: `c${at}`, layers: tenOf(`c${at + 1}`) }));
    expect((await refusal(buildLottie({ assets, layers: tenOf("c0") }))).message).toBe(
      "the Lottie comes to 11111110 layers when its compositions are laid out, at most 10000 are allowed",
    );
  });

  test("whose repeaters multiply is refused by the layer's name", async () => {
    const repeater = {
      ty: "rp",
      c: {
        a: 1,
        k: [
          { t: 0, s: [40] },
          { t: 9, s: [20] },
        ],
      },
    };
    const shapes = [{ ty: "gr", it: [{ ty: "el" }, repeater] }, repeater];
    expect((await refusal(buildLottie({ layers: [buildLayer({ shapes })] }))).message).toBe(
      'the repeaters in the layer "petals" of the Lottie draw its shapes 1600 times, at most 1000 are allowed',
    );
  });

  test("whose repeater has hundreds of thousands of values is read to the largest of them", async () => {
    const k = Array.from({ length: 200_000 }, (_, at) => (at === 150_000 ? 1_001 : 1));
    const layers = [buildLayer({ shapes: [{ ty: "rp", c: { a: 0, k } }] })];
    expect((await refusal(buildLottie({ layers }))).message).toMatch(/draw its shapes 1001 times/);
  });

  const repeated = (c: unknown) => buildLayer({ nm: "spark", shapes: [{ ty: "el" }, { ty: "rp", c }] });

  test("whose repeater takes its number from a slot is refused by the number in the slot", async () => {
    const layers = [repeated({ a: 0, k: 1, sid: "sparks" })];
    const slots = { sparks: { p: { a: 0, k: 5_000 } } };
    expect((await refusal(buildLottie({ layers, slots }))).message).toBe(
      'the repeaters in the layer "spark" of the Lottie draw its shapes 5000 times, at most 1000 are allowed',
    );
    expect(await inspect(buildLottie({ layers, slots: { sparks: { p: { k: 12 } } } }))).toBeDefined();
    expect(await inspect(buildLottie({ layers }))).toBeDefined();
    const nested = buildLayer({
      shapes: [
        { ty: "gr", it: repeated({ sid: "x" })["shapes"] },
        { ty: "rp", c: 2 },
      ],
    });
    expect((await refusal(buildLottie({ layers: [nested] }))).message).toMatch(/draw its shapes 2000 times/);
  });

  test("with many layers of many copies each is refused, compositions counted as often as they are shown", async () => {
    const many = Array.from({ length: 21 }, () => repeated({ a: 0, k: 1_000 }));
    expect((await refusal(buildLottie({ layers: many }))).message).toBe(
      "the repeaters of the Lottie draw its layers 21000 times in all, at most 20000 are allowed",
    );
    const assets = [{ id: "sky", layers: many.slice(0, 7) }];
    const shown = (times: number) => Array.from({ length: times }, () => shows("sky"));
    expect(await inspect(buildLottie({ assets, layers: shown(2) }))).toBeDefined();
    expect((await refusal(buildLottie({ assets, layers: shown(3) }))).message).toMatch(/21003 times/);
  });

  test("says which images a layer shows, through compositions, and what nobody ever sees", async () => {
    const assets = [
      embedded("seen", buildPng(9, 9)),
      embedded("left", buildPng(9, 9)),
      { id: "scene", layers: [buildLayer({ ty: 2, refId: "seen" })] },
      { id: "old", layers: [buildLayer({ ty: 2, refId: "left" })] },
    ];
    const { pictures, deadWeight } = await inspect(buildLottie({ assets, layers: [shows("scene")] }));
    expect(pictures.map(({ name, isUsed }) => [name, isUsed])).toEqual([
      ["seen", true],
      ["left", false],
    ]);
    expect(deadWeight.map(({ what, name, isRemovable }) => [what, name, isRemovable])).toEqual([
      ["image", "left", true],
      ["composition", "old", true],
    ]);
  });

  test("keeps what an app may put in, and takes nothing out that its own slots may fill", async () => {
    const assets = [
      embedded("avatar", buildPng(9, 9)),
      { ...embedded("image_1", buildPng(9, 9)), nm: "photo.png" },
      { id: "name_left", layers: [buildLayer()] },
      embedded("left", buildPng(9, 9)),
    ];
    const removable = async (parts: object) =>
      (await inspect(buildLottie({ assets, ...parts }))).deadWeight.map((it) => [it.name, it.isRemovable]);
    expect(await removable({})).toEqual([["left", true]]);
    expect(await removable({ slots: {} })).toEqual([["left", false]]);
  });

  test("with a layer whose name goes to apps and is a book is refused, and any other name is the author's", async () => {
    const text = (nm: string) => buildLottie({ layers: [buildLayer({ ty: 5, nm })] });
    expect((await refusal(text(`name_${"x".repeat(9_000)}`))).message).toMatch(
      /^the Lottie has a layer with a name of 9005 characters/,
    );
    expect((await inspect(text("x".repeat(9_000)))).slots).toEqual([]);
  });

  test("with an asset whose name is a book is refused", async () => {
    const assets = [embedded("x".repeat(100_000), buildPng(9, 9))];
    expect(await refusal(buildLottie({ assets }))).toEqual({
      message: `the Lottie has an asset with a name of 100000 characters: "${"x".repeat(60)}…"`,
      fix: "give it a name of at most 200 characters, then export it again",
    });
  });

  test("costs a canvas more for each layer with a mask or a matte, but not for ever", async () => {
    const masked = buildLayer({ masksProperties: [{ mode: "a" }] });
    const matted = buildLayer({ tt: 1 });
    const media = await inspect(buildLottie({ layers: [masked, matted, buildLayer()] }));
    expect(media.decodedBytes).toBe(3 * CANVAS_BYTES);
    const many = await inspect(buildLottie({ layers: Array.from({ length: 50 }, () => masked) }));
    expect(many.decodedBytes).toBe(5 * CANVAS_BYTES);
  });

  test("with sound in it has none that is played, and the artist hears where sound belongs", async () => {
    const sound = { id: "beat", u: "", p: dataUrl("audio/mp3", Buffer.from("ID3")), e: 1 };
    const layers = [buildLayer(), buildLayer({ ty: 6, refId: "beat" })];
    expect(await inspect(buildLottie({ assets: [sound], layers }))).toMatchObject({
      embeddedSound: false,
      images: 0,
      deadWeight: [{ what: "sound", name: "beat", isRemovable: false }],
      warnings: [{ message: "the Lottie has sound in it, which its players do not play" }],
    });
    expect((await inspect(buildLottie({ assets: [sound] }))).deadWeight).toMatchObject([
      { what: "sound", name: "beat", isRemovable: true },
    ]);
  });
});
