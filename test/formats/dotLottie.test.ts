import { describe, expect, test } from "vitest";
import { inlineDotLottie, parseDotLottie } from "../../src/formats/dotLottie.ts";
import { inspect } from "../../src/formats/inspect.ts";
import { buildDotLottie, buildDotLottie1, buildManifest } from "./buildDotLottie.ts";
import { buildLottie } from "./buildLottie.ts";
import { buildPng } from "./buildPng.ts";
import { buildZip } from "./buildZip.ts";
import { refusal } from "./refusal.ts";

const twoAnimations = { "a/thorn.json": buildLottie({ w: 500 }) };
const manifest = (parts: object) => ({ "manifest.json": buildManifest({ version: "2", ...parts }) });

describe("a dotLottie", () => {
  test.each([
    ["2", buildDotLottie(), "2.0.0"],
    ["1", buildDotLottie1(), "1.0.0"],
  ])(
    "of version %s says what the Lottie in it says, and the version of its player",
    async (_, bytes, version) => {
      expect(await inspect(bytes)).toMatchObject({
        format: "dotlottie",
        mediaType: "application/zip+dotlottie",
        extensions: ["lottie"],
        width: 120,
        height: 80,
        frames: 60,
        fps: 30,
        decodedBytes: 4 * (120 * 80 + 30 * 20),
        pictures: [{ name: "petal", width: 30, height: 20, bytes: buildPng(30, 20).length, isUsed: true }],
        player: { name: "dotlottie", version },
        deadWeight: [],
        warnings: [],
      });
    },
  );

  test("plays the animation that its manifest names, or the first; the others stay, with their images", async () => {
    const animations = [{ id: "rose" }, { id: "thorn" }];
    const first = await inspect(buildDotLottie({ ...twoAnimations, ...manifest({ animations }) }));
    expect(first).toMatchObject({ width: 120, deadWeight: [] });
    expect(first.warnings[0]?.message).toBe(
      'the dotLottie holds 2 animations, and only "a/rose.json" is played',
    );
    for (const named of [{ initial: { animation: "thorn" } }, { activeAnimationId: "thorn" }]) {
      const media = await inspect(
        buildDotLottie({ ...twoAnimations, ...manifest({ animations, ...named }) }),
      );
      expect(media).toMatchObject({ width: 500, images: 0 });
      expect(media.deadWeight).toEqual([]);
    }
  });

  test("keeps an image that it holds twice, for the animation that is played and not shown, and for another", async () => {
    const assets = [{ id: "thing", w: 3, h: 2, u: "/i/", p: "petal.png", e: 0 }];
    const media = await inspect(
      buildDotLottie({ "a/rose.json": buildLottie({ assets }), "a/thorn.json": buildLottie({ assets }) }),
    );
    expect(media.pictures).toMatchObject([{ name: "thing", isUsed: false }]);
    expect(media.deadWeight).toEqual([]);
  });

  test.each([
    ["damaged", Buffer.from('{"layers":['), /the Lottie is damaged or cut off/],
    [
      "endless",
      buildLottie({
        assets: [{ id: "a", layers: [{ ty: 0, refId: "a" }] }],
        layers: [{ ty: 0, refId: "a" }],
      }),
      /shows itself without end/,
    ],
  ])("with another animation that is %s is read, and says that it is dead weight", async (_, thorn, why) => {
    const { deadWeight, warnings } = await inspect(
      buildDotLottie({ "a/thorn.json": thorn, "a/vine.json": thorn }),
    );
    expect(deadWeight.map((it) => [it.what, it.name, it.isRemovable])).toEqual([
      ["file", "a/thorn.json", false],
      ["file", "a/vine.json", false],
    ]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toMatch(
      /^the animation "a\/thorn.json" in the dotLottie is not played, and could not be: .*; 1 more likewise$/,
    );
    expect(warnings[0]?.message).toMatch(why);
  });

  test("says which of its dead weight `giftwrap fix` takes out", async () => {
    const dead = {
      "i/left.png": buildPng(9, 9),
      "__MACOSX/._a": Buffer.alloc(9),
      LICENSE: Buffer.alloc(9),
      "extra/left.png": buildPng(9, 9),
    };
    const removable = async (files: Readonly<Record<string, Uint8Array>>) =>
      (await inspect(buildDotLottie({ ...dead, ...files }))).deadWeight
        .filter((it) => it.isRemovable)
        .map((it) => it.name);
    expect(await removable({})).toEqual(["i/left.png", "__MACOSX/._a"]);
    expect(await removable({ "t/dark.json": Buffer.from('{"p":"left.png"}') })).toEqual(["__MACOSX/._a"]);
    expect(await removable({ "a/thorn.json": Buffer.from('{"p":"left.png"') })).toEqual(["__MACOSX/._a"]);
    expect(await removable(manifest({ animations: [{ id: "rose" }], cover: "left.png" }))).toEqual([
      "__MACOSX/._a",
    ]);
  });

  test("with a file whose name is a book is refused", async () => {
    expect((await refusal(buildDotLottie({ [`i/${"x".repeat(199)}`]: Buffer.alloc(1) }))).message).toMatch(
      /^the dotLottie has a file with a name of 201 characters/,
    );
  });

  test("with themes or state machines is shown without them, and says so", async () => {
    const { warnings, deadWeight } = await inspect(
      buildDotLottie({ "t/dark.json": Buffer.from("{}"), "s/tap.json": Buffer.from("{}") }),
    );
    expect(deadWeight).toEqual([]);
    expect(warnings.map((it) => it.message)).toEqual([
      "the dotLottie has themes and state machines, which players here ignore: it is shown as it was drawn",
    ]);
  });

  test("becomes one Lottie JSON that needs nothing beside it", async () => {
    const movie = inlineDotLottie(parseDotLottie(buildDotLottie()));
    const media = await inspect(Buffer.from(JSON.stringify(movie)));
    expect(media).toMatchObject({ format: "lottie", pictures: [{ name: "petal", width: 30 }] });
  });

  test.each([
    ["no animation", manifest({ animations: [] }), "the dotLottie names no animation in its manifest.json"],
    [
      "an animation that is not there",
      manifest({ animations: [{ id: "tulip" }] }),
      'the dotLottie is to play the animation "tulip", which is not in it',
    ],
    [
      "a version and a name that are no texts",
      { "manifest.json": Buffer.from('{"version":{"toString":1},"animations":[{"id":{"toString":1}}]}') },
      "the dotLottie is to play the animation (no name), which is not in it",
    ],
    [
      "a manifest that goes on and on",
      manifest({ animations: [{ id: "rose" }], description: "x".repeat(200_000) }),
      "the dotLottie has a manifest.json of 201 kB, at most 200 kB are allowed",
    ],
    ["a manifest that is no JSON", { "manifest.json": Buffer.from("{") }, /manifest.json is damaged/],
    [
      "a damaged image",
      { "i/petal.png": buildPng(9, 9).subarray(0, 60) },
      /the image "petal" in the Lottie: the PNG/,
    ],
  ])("with %s is refused in words", async (_, files, words) => {
    expect((await refusal(buildDotLottie(files))).message).toMatch(words);
  });

  test("whose image is missing is refused by the image's path", async () => {
    const files = parseDotLottie(buildDotLottie()).files;
    const without = Object.fromEntries([...files].filter(([name]) => name !== "i/petal.png"));
    expect((await refusal(buildZip(without))).message).toBe(
      'the Lottie needs the file "/i/petal.png" beside it',
    );
  });

  test("that was cut off at any byte is refused", async () => {
    const whole = buildDotLottie();
    for (let length = 0; length < whole.length; length += 3)
      await expect(refusal(whole.subarray(0, length))).resolves.toBeDefined();
  });
});
