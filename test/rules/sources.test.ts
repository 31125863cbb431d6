import { describe, expect, test } from "vitest";
import type { GiftMedia, MediaFact, SourceFact } from "../../src/rules/facts.ts";
import {
  type Files,
  GOOD,
  GOOD_MEDIA,
  linesOf,
  PNG,
  source,
  SVGA,
  textOf,
  WAV,
  withEdit,
  without,
} from "./projectOf.ts";

const GIFT = "gifts/rose/gift.yaml";
const look = (files: Files, media: GiftMedia) => textOf(files, { media: new Map([["rose", media]]) });

describe("What gift.yaml names is there and is what it says", () => {
  test("a good gift has no findings", async () => {
    expect(await look(GOOD, GOOD_MEDIA)).toBe("");
  });

  test("an animation that is missing, with the file that was probably meant", async () => {
    const files = withEdit(GOOD, GIFT, "rose.svga", "Rose.svg");
    const text = await look(files, { ...GOOD_MEDIA, animation: [] });
    expect(text).toContain(
      `${GIFT}:4:12: animation is source/Rose.svg, but gifts/rose/source/Rose.svg is not there; did you mean source/rose.svga? [SOURCE_MISSING]\n` +
        "  fix: write animation: source/rose.svga, or upload the file\n",
    );
  });

  test("a folder of frames written with a slash at its end", async () => {
    const files = {
      ...without(withEdit(GOOD, GIFT, "rose.svga", "frames/"), "gifts/rose/source/rose.svga"),
      "gifts/rose/source/frames/000.png": "",
    };
    expect(await look(files, { ...GOOD_MEDIA, animation: [] })).toContain("write animation: source/frames,");
  });

  test("a sound and a still that are missing", async () => {
    const files = without(
      withEdit(GOOD, GIFT, "still:", "sound: source/chime.wav\nstill:"),
      "gifts/rose/source/still.png",
    );
    expect(linesOf(await look(files, { isFolder: false, animation: GOOD_MEDIA.animation }))).toEqual([
      `${GIFT}:5:8: sound is source/chime.wav, but gifts/rose/source/chime.wav is not there [SOURCE_MISSING]`,
      `${GIFT}:6:8: still is source/still.png, but gifts/rose/source/still.png is not there [SOURCE_MISSING]`,
    ]);
  });

  test("an empty file", async () => {
    const empty: SourceFact = {
      path: "source/rose.svga",
      bytes: 0,
      problem: { message: "the file is empty", fix: "export it again" },
    };
    expect(linesOf(await look(GOOD, { ...GOOD_MEDIA, animation: [empty] }))).toEqual([
      `${GIFT}:4:12: source/rose.svga is empty: 0 bytes [SOURCE_EMPTY]`,
    ]);
  });

  test("a file that cannot be read says why, and what the artist can do", async () => {
    const broken: SourceFact = {
      path: "source/rose.svga",
      bytes: 130,
      problem: { message: "this is a GIF, which is not supported yet", fix: "export the frames as PNG" },
    };
    expect(await look(GOOD, { ...GOOD_MEDIA, animation: [broken] })).toBe(
      `${GIFT}:4:12: source/rose.svga cannot be used: this is a GIF, which is not supported yet [SOURCE_UNREADABLE]\n` +
        "  fix: export the frames as PNG\n",
    );
  });

  test("a file whose ending says something else", async () => {
    const media = { ...GOOD_MEDIA, animation: [source("source/rose.svga", PNG)] };
    expect(await look(GOOD, media)).toBe(
      `${GIFT}:4:12: source/rose.svga is really a picture (PNG), not what .svga says [SOURCE_MISNAMED]\n` +
        "  fix: export it again as .svga\n",
    );
  });

  test("an ending in capitals is an ending", async () => {
    const upper = { ...GOOD_MEDIA, animation: [source("source/rose.SVGA", SVGA)] };
    expect(await look(GOOD, upper)).toBe("");
  });

  test("a file that is good for its place may be renamed", async () => {
    const webp: MediaFact = { ...PNG, format: "webp", extensions: ["webp"] };
    expect(await look(GOOD, { ...GOOD_MEDIA, still: source("source/still.png", webp) })).toContain(
      "fix: export it again as .png, or rename it to end in .webp\n",
    );
  });

  test("each file has the kind that its place needs", async () => {
    const files = {
      ...withEdit(
        withEdit(GOOD, GIFT, "source/rose.svga", "source/rose.png"),
        GIFT,
        "still: source/still.png",
        "sound: source/still.png\nstill: source/rose.svga",
      ),
      "gifts/rose/source/rose.png": "",
    };
    const media = {
      isFolder: false,
      animation: [source("source/rose.png", PNG)],
      sound: source("source/still.png", PNG),
      still: source("source/rose.svga", SVGA),
    };
    expect(linesOf(await look(files, media))).toEqual([
      `${GIFT}:4:12: source/rose.png is really a picture (PNG), not an animation [SOURCE_WRONG_KIND]`,
      `${GIFT}:5:8: source/still.png is really a picture (PNG), not a sound [SOURCE_WRONG_KIND]`,
      `${GIFT}:6:8: source/rose.svga is really an animation (SVGA), not a single picture [SOURCE_WRONG_KIND]`,
    ]);
  });

  test("a sound as animation", async () => {
    const files = withEdit(GOOD, GIFT, "source/rose.svga", "source/rose.wav");
    const media = { ...GOOD_MEDIA, animation: [source("source/rose.wav", WAV)] };
    expect(await look(files, media)).toContain("source/rose.wav is really a sound (WAV), not an animation");
  });

  describe("a gift without a still", () => {
    const files = without(
      withEdit(GOOD, GIFT, "still: source/still.png\n", ""),
      "gifts/rose/source/still.png",
    );
    const lookAt = (media: MediaFact) =>
      look(files, { isFolder: false, animation: [source("source/rose.svga", media)] });

    test("gets one drawn from what can be drawn here", async () => {
      expect(await lookAt(SVGA)).toBe("");
    });

    test("depends on a browser for what only a browser can draw", async () => {
      expect(await lookAt({ ...SVGA, drawnBy: "browser" })).toBe(
        `${GIFT}:4:12: warning: there is no still, and only a browser can draw one from source/rose.svga: where there is none, the gift cannot be built [STILL_MISSING]\n` +
          "  fix: draw one picture of the gift, upload it as source/still.png and add the line still: source/still.png\n",
      );
    });

    test("cannot go out when nothing can draw one", async () => {
      expect(await lookAt({ ...SVGA, drawnBy: null })).toBe(
        `${GIFT}:4:12: there is no still, and none can be made from source/rose.svga: viewers whose app cannot play it would see nothing of this gift [STILL_MISSING]\n` +
          "  fix: draw one picture of the gift, upload it as source/still.png and add the line still: source/still.png\n",
      );
    });
  });

  describe("a video", () => {
    const mp4: MediaFact = { ...SVGA, format: "mp4", extensions: ["mp4"], saysItsAlpha: false };
    const files = (lines: string) =>
      withEdit(GOOD, GIFT, "animation: source/rose.svga\n", `animation: source/rose.mp4\n${lines}`);
    const lookAt = async (lines: string, media = mp4, variants?: GiftMedia["variants"]) =>
      linesOf(
        await look(files(lines), {
          ...GOOD_MEDIA,
          animation: [source("source/rose.mp4", media)],
          ...(variants && { variants }),
        }),
      ).filter((it) => !it.includes("STRAY_FILE") && !it.includes("SOURCE_MISSING"));

    test("that does not say where its transparency is needs its author to", async () => {
      expect(await lookAt("")).toEqual([
        `${GIFT}:4:12: source/rose.mp4 is an MP4 that does not say where its transparency is, and neither does gift.yaml [ALPHA_MISSING]`,
      ]);
      expect(await lookAt("alpha: right\n")).toEqual([]);
    });

    test("that says so itself does not need its author to", async () => {
      expect(await lookAt("alpha: right\n", { ...mp4, format: "vap", saysItsAlpha: true })).toEqual([
        `${GIFT}:5:8: warning: alpha is right, but source/rose.mp4 says itself what shows through [ALPHA_UNUSED]`,
      ]);
    });

    test("may have another file for a tier, of the same format", async () => {
      const lines = "alpha: right\nvariants:\n  low: source/small.mp4\n";
      expect(await lookAt(lines, mp4, { low: source("source/small.mp4", mp4) })).toEqual([]);
      const vap = { ...mp4, format: "vap", saysItsAlpha: true };
      expect(await lookAt(lines, mp4, { low: source("source/small.mp4", vap) })).toEqual([
        `${GIFT}:7:8: source/small.mp4 is VAP, but source/rose.mp4 is MP4: apps ask for one player, whatever the tier [VARIANT_FORMAT]`,
      ]);
    });
  });

  test("what is made for every tier by itself takes no files for single ones", async () => {
    const files = withEdit(GOOD, GIFT, "still:", "variants:\n  low: source/small.svga\nstill:");
    const variants = { low: source("source/small.svga", SVGA) };
    expect(
      linesOf(await look(files, { ...GOOD_MEDIA, variants })).filter((it) => it.includes("VARIANT")),
    ).toEqual([
      `${GIFT}:6:3: variants are given, but every tier's file is made from source/rose.svga by itself [VARIANTS_UNUSED]`,
    ]);
  });

  test("what nobody sees or hears is told with its weight, and what could be better with what to do", async () => {
    const heavy: MediaFact = {
      ...SVGA,
      deadWeight: [
        { what: "sound", name: "beat", bytes: 17_000, isRemovable: true },
        { what: "image", name: "img_3", bytes: 500, isRemovable: true },
      ],
      warnings: [{ message: "the SVGA plays 24 frames a second", fix: "export it with 20" }],
    };
    expect(await look(GOOD, { ...GOOD_MEDIA, animation: [source("source/rose.svga", heavy)] })).toBe(
      `${GIFT}:4:12: warning: source/rose.svga: the SVGA plays 24 frames a second [ART_ADVICE]\n` +
        "  fix: export it with 20\n" +
        `${GIFT}:4:12: warning: source/rose.svga carries 17.5 kB that nobody sees or hears: the sound "beat" and 1 other [DEAD_WEIGHT]\n` +
        "  fix: run npx giftwrap fix rose --write, or export gifts/rose/source/rose.svga without it; builds leave it out where they can\n",
    );
  });

  test.each([
    [[false], "export gifts/rose/source/rose.svga again without it"],
    [
      [true, false],
      "run npx giftwrap fix rose --write, and export gifts/rose/source/rose.svga again without the rest",
    ],
  ])("what the machine cannot take out is asked of the author: %j", async (removable, fix) => {
    const deadWeight = removable.map((isRemovable) => ({
      what: "file",
      name: "LICENSE",
      bytes: 9,
      isRemovable,
    }));
    const animation = [source("source/rose.svga", { ...SVGA, deadWeight })];
    expect(await look(GOOD, { ...GOOD_MEDIA, animation })).toContain(`  fix: ${fix}\n`);
  });

  test("what is too heavy or could be better about a sound or a still is told where they are named", async () => {
    const files = withEdit(GOOD, GIFT, "still:", "sound: source/chime.wav\nstill:");
    const heavy = {
      deadWeight: [{ what: "file", name: "the tag before the sound", bytes: 2_000, isRemovable: false }],
      warnings: [{ message: "it is very loud", fix: "make it quieter" }],
    };
    const media = {
      ...GOOD_MEDIA,
      sound: source("source/chime.wav", { ...WAV, ...heavy }),
      still: source("source/still.png", { ...PNG, warnings: heavy.warnings }),
    };
    const text = await look({ ...files, "gifts/rose/source/chime.wav": "" }, media);
    expect(linesOf(text)).toEqual([
      `${GIFT}:5:8: warning: source/chime.wav: it is very loud [ART_ADVICE]`,
      `${GIFT}:5:8: warning: source/chime.wav carries 2.0 kB that nobody sees or hears: the file "the tag before the sound" [DEAD_WEIGHT]`,
      `${GIFT}:6:8: warning: source/still.png: it is very loud [ART_ADVICE]`,
    ]);
    expect(text).toContain("  fix: export gifts/rose/source/chime.wav again without it\n");
  });

  test("fps beside a single file is not used", async () => {
    const files = withEdit(GOOD, GIFT, "still:", "fps: 24\nstill:");
    expect(linesOf(await look(files, GOOD_MEDIA))).toEqual([
      `${GIFT}:5:6: warning: fps is 24, but source/rose.svga is one file and knows its own speed [FPS_UNUSED]`,
    ]);
  });
});

describe("A folder of frames", () => {
  const files = (names: readonly string[]): Files => ({
    ...without(
      withEdit(GOOD, GIFT, "animation: source/rose.svga", "animation: source/frames\nfps: 24"),
      "gifts/rose/source/rose.svga",
    ),
    ...Object.fromEntries(names.map((name) => [`gifts/rose/source/frames/${name}`, ""])),
  });
  const media = (names: readonly string[], facts: Readonly<Record<string, MediaFact>> = {}): GiftMedia => ({
    isFolder: true,
    animation: names.map((name) => source(`source/frames/${name}`, facts[name] ?? PNG)),
    still: source("source/still.png", PNG),
  });
  const frames = ["000.png", "001.png", "002.png", "003.png"];

  test("numbered frames of one size, with a speed, need nothing else", async () => {
    expect(await look(files(frames), media(frames))).toBe("");
    const { isFolder, animation } = media(frames);
    const noStill = without(
      withEdit(files(frames), GIFT, "still: source/still.png\n", ""),
      "gifts/rose/source/still.png",
    );
    expect(await look(noStill, { isFolder, animation })).toBe("");
  });

  test("one odd size, wherever it is", async () => {
    const small = { ...PNG, width: 200, height: 100 };
    expect(linesOf(await look(files(frames), media(frames, { "000.png": small })))).toEqual([
      `${GIFT}:4:12: source/frames/000.png is 200x100, but the other frames are 360x360 [FRAME_SIZE]`,
    ]);
  });

  test("a speed must be given", async () => {
    expect(linesOf(await look(withEdit(files(frames), GIFT, "fps: 24\n", ""), media(frames)))).toEqual([
      `${GIFT}:4:12: source/frames is a folder of frames, and nothing says how fast they play [FPS_MISSING]`,
    ]);
  });

  test("one frame is no animation", async () => {
    expect(linesOf(await look(files(["000.png"]), media(["000.png"])))).toEqual([
      `${GIFT}:4:12: source/frames has 1 frame; an animation needs at least 2 [FRAME_COUNT]`,
    ]);
  });

  test.each([
    [["1.png", "2.png", "10.png"], "10.png sorts before 2.png"],
    [["08.png", "9.png", "010.png"], "010.png sorts before 08.png"],
    [["098.png", "99.png"], "99.png has 2 digits, but 098.png has 3"],
    [["000.png", "cover.png"], "cover.png has no number at its end"],
    [["a_000.png", "b_001.png"], "b_001.png is named differently from a_000.png"],
  ])("%j do not sort into playing order", async (names, why) => {
    const text = await look(files(names), media(names));
    expect(text).toContain(`in source/frames ${why} [FRAME_ORDER]`);
    expect(text).toContain("000.png, 001.png");
  });

  test("a whole folder of the wrong kind is one finding", async () => {
    const webp: MediaFact = { ...PNG, format: "webp", extensions: ["webp"] };
    const names = frames.map((it) => it.replace("png", "webp"));
    const facts = Object.fromEntries(names.map((name) => [name, webp]));
    expect(linesOf(await look(files(names), media(names, facts)))).toEqual([
      `${GIFT}:4:12: source/frames/000.webp is really a picture (WebP), not a PNG frame; 3 other files likewise [SOURCE_WRONG_KIND]`,
    ]);
  });
});
