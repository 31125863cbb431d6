import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { parseSvgaArchive } from "../../src/formats/svgaArchive.ts";
import { buildPng } from "./buildPng.ts";
import { mp3Frames } from "./buildSounds.ts";
import { buildMovieBinary, buildSpec, buildSpecSprite, buildSvgaArchive } from "./buildSvgaArchive.ts";
import { buildZip } from "./buildZip.ts";
import { refusal } from "./refusal.ts";

describe("an SVGA 1.x", () => {
  test("says what an SVGA 2.x says, with the version of a player that opens archives", async () => {
    expect(await inspect(buildSvgaArchive())).toMatchObject({
      format: "svga",
      mediaType: "application/x-svga",
      width: 300,
      height: 200,
      frames: 40,
      fps: 20,
      durationSeconds: 2,
      decodedBytes: 4 * (600 + 100),
      images: 2,
      player: { name: "svga", version: "1.1.0" },
      deadWeight: [],
      warnings: [],
    });
  });

  test("finds an image by its file's name with its ending or without, or by its key", async () => {
    const images = { a: "one.png", b: "two", c: "" };
    const sprites = ["a", "b", "c"].map((key) => buildSpecSprite(key));
    const files = { "one.png": buildPng(1, 1), "two.png": buildPng(2, 2), "c.png": buildPng(3, 3) };
    const bytes = buildZip({ "movie.spec": buildSpec({ images, sprites }), ...files });
    expect((await inspect(bytes)).pictures.map(({ name, width }) => [name, width])).toEqual([
      ["a", 1],
      ["b", 2],
      ["c", 3],
    ]);
  });

  test("names the files that nobody reads, and the images that no sprite shows", async () => {
    const dirt = {
      "__MACOSX/._movie.spec": Buffer.alloc(212),
      ".DS_Store": Buffer.alloc(9),
      "movie.spec": buildSpec({ sprites: [buildSpecSprite("body")] }),
    };
    expect((await inspect(buildSvgaArchive(dirt))).deadWeight).toEqual([
      { what: "image", name: "fin", bytes: buildPng(10, 10).length, isRemovable: false },
      { what: "file", name: "__MACOSX/._movie.spec", bytes: 212, isRemovable: false },
      { what: "file", name: ".DS_Store", bytes: 9, isRemovable: false },
    ]);
  });

  test("with a message beside its JSON is read from the message, and the artist hears of the two", async () => {
    const message = buildMovieBinary({ width: 500, images: { body: Buffer.from("body") } });
    const media = await inspect(buildSvgaArchive({ "movie.binary": message }));
    expect(media).toMatchObject({ width: 500, images: 1, player: { name: "svga", version: "1.5.0" } });
    expect(media.warnings).toEqual([
      {
        message:
          "the SVGA holds its animation twice, in movie.binary and in movie.spec, and players differ in which they read",
        fix: "export it again as SVGA 2.x",
      },
    ]);
    const says2 = buildSvgaArchive({ "movie.spec": buildSpec({ ver: "2.0.0" }) });
    expect((await inspect(says2)).player?.version).toBe("1.5.0");
    const alone = buildZip({ "movie.binary": buildMovieBinary({ version: "1.1.0" }) });
    expect(await inspect(alone)).toMatchObject({ player: { version: "1.1.0" }, warnings: [] });
  });

  test("with a sound that nothing plays is not sent to `giftwrap fix`, which leaves archives as they are", async () => {
    const beat = mp3Frames(3);
    const { deadWeight, warnings } = await inspect(
      buildZip({ "movie.binary": buildMovieBinary({ images: { beat } }) }),
    );
    expect(deadWeight).toEqual([{ what: "sound", name: "beat", bytes: beat.length, isRemovable: false }]);
    expect(warnings.map((it) => it.fix)).toEqual(["remove the sound from the project and export it again"]);
  });

  test("gives its sprites' frames to whoever asks", async () => {
    const { movie } = await parseSvgaArchive(buildSvgaArchive());
    const frames = [...(movie.sprites[0]?.readFrames() ?? [])];
    expect(frames).toHaveLength(40);
    expect(frames[0]).toEqual({
      alpha: 0.5,
      layout: { x: 0, y: 0, width: 30, height: 20 },
      transform: { a: 1, b: 0, c: 0, d: 1, tx: 5, ty: 0 },
      hasClip: false,
      hasShapes: false,
    });
  });

  test.each([
    [
      "an image that is not there",
      { images: { body: "gone" }, sprites: [buildSpecSprite("body")] },
      /"gone" beside it/,
    ],
    ["a short sprite", { sprites: [buildSpecSprite("body", 3)] }, /"body" has 3 frames, the SVGA has 40/],
    ["no movie", { movie: 7 }, /its movie.spec describes no movie/],
    [
      "half a frame rate",
      { movie: { viewBox: { width: 9, height: 9 }, fps: 12.5, frames: 40 } },
      /plays 12.5/,
    ],
    ["a version that is none", { ver: "new", images: {} }, /does not say which version it is: found "new"/],
    [
      "hundreds of thousands of sprites",
      { sprites: Array.from({ length: 200_000 }, () => ({})) },
      /more than 2000 sprites/,
    ],
  ])("with %s is refused in words", async (_, parts, words) => {
    const bytes = buildZip({ "movie.spec": buildSpec(parts), "tail.png": buildPng(9, 9) });
    expect((await refusal(bytes)).message).toMatch(words);
  });

  test("whose movie lies in a folder, where no player looks, is refused", async () => {
    expect((await refusal(buildZip({ "rose/movie.spec": buildSpec() }))).message).toBe(
      "the SVGA has no movie.spec at the top of its zip archive",
    );
  });

  test("that was cut off at any byte is refused", async () => {
    const whole = buildSvgaArchive();
    for (let length = 0; length < whole.length; length += 7)
      await expect(refusal(whole.subarray(0, length))).resolves.toBeDefined();
    expect((await refusal(whole.subarray(0, whole.length - 1))).message).toMatch(
      /^the SVGA is damaged or cut off/,
    );
  });
});
