import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { buildPng } from "./buildPng.ts";
import { buildSvga } from "./buildSvga.ts";
import { refusal } from "./refusal.ts";

const sprite = (imageKey: string, frames = 40) => ({ imageKey, frames });
const mp3 = Buffer.concat([Buffer.from("ID3"), Buffer.alloc(500)]);

describe("an SVGA", () => {
  test("says its size, rate, frames and player", async () => {
    expect(await inspect(buildSvga())).toEqual({
      kind: "animation",
      format: "svga",
      mediaType: "application/x-svga",
      extensions: ["svga"],
      width: 300,
      height: 200,
      frames: 40,
      fps: 20,
      durationSeconds: 2,
      decodedBytes: 0,
      images: 0,
      embeddedSound: false,
      slots: [],
      player: { name: "svga", version: "2.0.0" },
    });
  });

  test("costs the pixels of every image in it, used or not: players decode all of them", async () => {
    const images = { body: buildPng(30, 20), unused: buildPng(10, 10) };
    expect(await inspect(buildSvga({ images }))).toMatchObject({
      decodedBytes: 4 * (600 + 100),
      images: 2,
    });
  });

  test("counts a sprite's image once however many sprites show it", async () => {
    const images = { star_3: buildPng(10, 10) };
    const sprites = [sprite("star_3"), sprite("star_3"), sprite("star_3")];
    expect(await inspect(buildSvga({ images, sprites }))).toMatchObject({
      decodedBytes: 400,
      images: 1,
      slots: [],
    });
  });

  test("offers the images that an app may replace, once each, and not the parts of the drawing", async () => {
    const sprites = ["body", "fin-left", "avatar", "flame_01", "star_3", "avatar", "name_left"].map((key) =>
      sprite(key),
    );
    expect((await inspect(buildSvga({ sprites }))).slots).toEqual(["avatar", "name_left"]);
  });

  test("may carry sound that its audio entries play, which is no image", async () => {
    const bytes = buildSvga({ images: { beat: mp3, body: buildPng(10, 10) }, sounds: ["beat"] });
    expect(await inspect(bytes)).toMatchObject({ decodedBytes: 400, images: 1, embeddedSound: true });
  });

  test("says which player it needs, as a semantic version", async () => {
    expect((await inspect(buildSvga({ version: "2.1" }))).player).toEqual({ name: "svga", version: "2.1.0" });
    expect((await refusal(buildSvga({ version: "" }))).message).toBe(
      "the SVGA does not say which version it is: found (no name)",
    );
  });

  test("with a sprite that is shorter than the animation is refused by the sprite's name", async () => {
    expect(await refusal(buildSvga({ sprites: [sprite("body"), sprite("tail", 12)] }))).toEqual({
      message: 'the sprite "tail" has 12 frames, the SVGA has 40',
      fix: "make every layer as long as the animation and export it again",
    });
  });

  test.each([
    ["no size", buildSvga({ width: 0 }), "the SVGA is 0 x 200 pixels"],
    ["a size that is no number", buildSvga({ height: Number.NaN }), "the SVGA is 300 x NaN pixels"],
    ["no frame rate", buildSvga({ fps: 0 }), "the SVGA plays 0 frames per second"],
    ["a frame rate beyond every player", buildSvga({ fps: 61 }), "the SVGA plays 61 frames per second"],
    ["no frames", buildSvga({ frames: 0 }), "the SVGA has no frames"],
    ["too many frames", buildSvga({ frames: 2_001, sprites: [sprite("a", 1)] }), /2001 frames, at most 2000/],
    ["no sprites", buildSvga({ sprites: [] }), "the SVGA draws nothing: it has no sprites"],
    [
      "an image that is the name of a file",
      buildSvga({ images: { body: Buffer.from("images/body.png") } }),
      'the SVGA needs the file "images/body.png" beside it for its image "body"',
    ],
    [
      "a sound that nothing plays",
      buildSvga({ images: { beat: mp3 } }),
      'the image "beat" in the SVGA is a sound that nothing plays',
    ],
    [
      "an image that is no PNG",
      buildSvga({ images: { body: Buffer.from([0xff, 0xd8, 0xff, 0xe0]) } }),
      'the image "body" in the SVGA is not a PNG',
    ],
    [
      "an empty image",
      buildSvga({ images: { body: Buffer.alloc(0) } }),
      'the image "body" in the SVGA is empty',
    ],
    [
      "a damaged image",
      buildSvga({ images: { body: buildPng(9, 9).subarray(0, 60) } }),
      /^the image "body" in the SVGA: the PNG is damaged or cut off/,
    ],
  ])("with %s is refused in words", async (_, bytes, words) => {
    const { message, fix } = await refusal(bytes);
    expect(message).toMatch(words);
    expect(fix).toMatch(/export/);
  });

  test("that was cut off at any byte is refused", async () => {
    const whole = buildSvga();
    for (let length = 2; length < whole.length; length++)
      expect((await refusal(whole.subarray(0, length))).message).toMatch(/^the SVGA is damaged or cut off/);
  });

  test("that is some other zlib stream is refused", async () => {
    expect((await refusal(deflateSync(Buffer.from("hello, hello, hello")))).message).toMatch(
      /no SVGA animation/,
    );
  });

  test("that unpacks without end is refused before it fills the memory", async () => {
    const bomb = deflateSync(Buffer.alloc(65_000_000));
    expect(await refusal(bomb)).toEqual({
      message: "the SVGA unpacks to more than 64 MB",
      fix: "use fewer or smaller images and export it again",
    });
  });

  test.each([
    ["sprites", [0x22, 0x00], "the SVGA has more than 2000 sprites"],
    ["images", [0x1a, 0x00], "the SVGA has more than 5000000 parts"],
    ["parameters", [0x12, 0x00], "the SVGA has more than 5000000 parts"],
    ["sounds", [0x2a, 0x00], "the SVGA has more than 5000000 parts"],
    ["unknown things", [0x78, 0x00], "the SVGA has more than 5000000 parts"],
  ])("that hides millions of empty %s in a few kilobytes is refused", async (_, entry, words) => {
    const { message } = await refusal(deflateSync(Buffer.alloc(20_000_000, Buffer.from(entry))));
    expect(message).toMatch(words);
  });
});
