import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { parseSvga } from "../../src/formats/svgaMovie.ts";
import { buildPng } from "./buildPng.ts";
import { buildSvga } from "./buildSvga.ts";
import { mp3Frames } from "./buildSounds.ts";
import { refusal } from "./refusal.ts";

const sprite = (imageKey: string, frames = 40) => ({ imageKey, frames });
const mp3 = mp3Frames(100);

/** protobuf.dev, Encoding: up to 14 bits. */
const varint = (value: number) => Buffer.from(value < 128 ? [value] : [(value & 0x7f) | 0x80, value >> 7]);

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
      memoryRule: "every image at 4 bytes a pixel, since players decode all of them before the first frame",
      images: 0,
      pictures: [],
      embeddedSound: false,
      sound: null,
      video: null,
      slots: [],
      player: { name: "svga", version: "2.0.0" },
      drawnBy: "node",
      deadWeight: [],
      warnings: [],
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

  test("says how long its sound is and what it weighs, once however often it is played", async () => {
    const images = { beat: mp3, drop: mp3Frames(20) };
    const sounds = [
      { audioKey: "beat", endFrame: 10, totalTime: 1_500 },
      { audioKey: "beat", startFrame: 20, endFrame: 30 },
      { audioKey: "drop", endFrame: 10, totalTime: 9_000_000 },
    ];
    expect((await inspect(buildSvga({ images, sounds }))).sound).toEqual({
      codec: "mp3",
      seconds: (100 * 1_152) / 44_100,
      bytes: mp3.length + images.drop.length,
    });
  });

  test("says which sound it is to play and does not have", async () => {
    const { embeddedSound, warnings } = await inspect(buildSvga({ sounds: ["gone", "gone"] }));
    expect(embeddedSound).toBe(false);
    expect(warnings).toEqual([
      {
        message: 'the SVGA is to play the sound "gone", which is not in it: it stays silent',
        fix: "put the sound into the project, or take its audio layer out, and export it again",
      },
    ]);
  });

  test.each([
    ["longer than a gift's", mp3Frames(5_000), /"beat" in the SVGA: the MP3 lasts 131 seconds, at most 120/],
    ["cut off", mp3.subarray(0, mp3.length - 9), /"beat" in the SVGA: the MP3 is damaged or cut off/],
    ["no MP3", Buffer.from("OggS and so on"), 'the sound "beat" in the SVGA is not an MP3'],
  ])("with sound that is %s is refused by its name", async (_, beat, words) => {
    const { message, fix } = await refusal(buildSvga({ images: { beat }, sounds: ["beat"] }));
    expect(message).toMatch(words);
    expect(fix).toMatch(/export it again/);
  });

  test("names the images and the sound that nobody will ever see or hear", async () => {
    const images = { body: buildPng(9, 9), left: buildPng(10, 10), beat: mp3 };
    const { deadWeight, warnings, pictures } = await inspect(buildSvga({ images }));
    expect(deadWeight).toEqual([
      { what: "image", name: "left", bytes: images.left.length, isRemovable: true },
      { what: "sound", name: "beat", bytes: mp3.length, isRemovable: true },
    ]);
    expect(pictures.map(({ name, isUsed }) => [name, isUsed])).toEqual([
      ["body", true],
      ["left", false],
    ]);
    expect(warnings).toEqual([
      {
        message: 'the SVGA carries a sound that nothing plays, "beat", and some web players stop at it',
        fix: "run `giftwrap fix` to take it out, or remove the sound from the project and export it again",
      },
    ]);
  });

  test("keeps the image of a matte, and one whose ending a player leaves out, in use", async () => {
    const images = { moon: buildPng(9, 9), star: buildPng(9, 9), sun: buildPng(9, 9) };
    const sprites = [sprite("moon.matte"), { ...sprite("star.png"), matteKey: "moon.matte" }];
    const { pictures } = await inspect(buildSvga({ images, sprites }));
    expect(pictures.filter((it) => it.isUsed).map((it) => it.name)).toEqual(["moon", "star"]);
  });

  test("at a rate that a screen's 60 does not divide by gets advice and is no error", async () => {
    const { warnings } = await inspect(buildSvga({ fps: 25 }));
    expect(warnings).toEqual([
      {
        message: "the SVGA plays 25 frames per second, which does not divide a screen's 60: it will judder",
        fix: "export it with one of 1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60 frames per second",
      },
    ]);
  });

  test("gives its sprites' frames one by one to whoever asks", async () => {
    const frame = {
      alpha: 0.5,
      layout: { x: 1, width: 30, height: 20 },
      transform: { a: 2, d: 2, tx: 7 },
      clipPath: "M0 0",
    };
    const movie = await parseSvga(
      buildSvga({ frames: 2, sprites: [{ imageKey: "a", frames: 2, first: frame }] }),
    );
    expect([...(movie.sprites[0]?.readFrames() ?? [])]).toEqual([
      {
        alpha: 0.5,
        layout: { x: 1, y: 0, width: 30, height: 20 },
        transform: { a: 2, b: 0, c: 0, d: 2, tx: 7, ty: 0 },
        hasClip: true,
        hasShapes: false,
      },
      {
        alpha: 1,
        layout: { x: 0, y: 0, width: 10, height: 10 },
        transform: { a: 1, b: 0, c: 0, d: 1, tx: 0, ty: 0 },
        hasClip: false,
        hasShapes: false,
      },
    ]);
  });

  test("says which player it needs, as a semantic version", async () => {
    expect((await inspect(buildSvga({ version: "2.1" }))).player).toEqual({ name: "svga", version: "2.1.0" });
    expect((await refusal(buildSvga({ version: "" }))).message).toBe(
      "the SVGA does not say which version it is: found (no name)",
    );
  });

  test("needs a player of 2.x whatever older version it says: players of 1.x open archives", async () => {
    expect((await inspect(buildSvga({ version: "1.1.0" }))).player?.version).toBe("2.0.0");
    expect((await inspect(buildSvga({ version: "10.0.0" }))).player?.version).toBe("10.0.0");
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
    [
      "a length that is none of a gift",
      buildSvga({ fps: 1, frames: 61 }),
      "the SVGA lasts 61 seconds, at most 60 are allowed",
    ],
    [
      "an image whose name is a book",
      buildSvga({ images: { ["x".repeat(201)]: buildPng(1, 1) } }),
      /^the SVGA has an image with a name of 201 characters: "x{60}…"$/,
    ],
    [
      "a sprite whose name is a book",
      buildSvga({ sprites: [sprite(`avatar_${"x".repeat(9_000)}`)] }),
      /^the SVGA has a sprite with a name of 9007 characters/,
    ],
    ["no sprites", buildSvga({ sprites: [] }), "the SVGA draws nothing: it has no sprites"],
    [
      "an image that is the name of a file",
      buildSvga({ images: { body: Buffer.from("images/body.png") } }),
      'the SVGA needs the file "images/body.png" beside it for its image "body"',
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

  test("with a frame of more parts than any drawing has is refused before anybody asks for frames", async () => {
    const first = (parts: number[], times: number): Buffer => {
      const frame = Buffer.alloc(times * parts.length, Buffer.from(parts));
      const sprite = Buffer.concat([Buffer.from([0x12]), varint(frame.length), frame]);
      return deflateSync(Buffer.concat([Buffer.from([0x22]), varint(sprite.length), sprite]));
    };
    for (const parts of [
      [0x12, 0x00],
      [0x1a, 0x00],
      [0x2a, 0x00],
      [0x12, 0x02, 0x78, 0x00],
    ])
      expect((await refusal(first(parts, 1_001))).message).toBe(
        "the SVGA has more than 1000 parts in one frame",
      );
    const nested = Buffer.alloc(4_000, Buffer.from([0x78, 0x00]));
    const layout = [0x12, ...varint(nested.length), ...nested];
    expect((await refusal(first(layout, 1))).message).toBe("the SVGA has more than 1000 parts in one frame");
    expect((await refusal(first([0x2a, 0x00], 900))).message).not.toMatch(/parts in one frame/);
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
    ["sounds", [0x2a, 0x00], "the SVGA has more than 100 sounds"],
    ["unknown things", [0x78, 0x00], "the SVGA has more than 5000000 parts"],
  ])("that hides millions of empty %s in a few kilobytes is refused", async (_, entry, words) => {
    const { message } = await refusal(deflateSync(Buffer.alloc(20_000_000, Buffer.from(entry))));
    expect(message).toMatch(words);
  });
});
