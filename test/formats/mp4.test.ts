import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { box, fullBox, u16be, u32be, withNumber } from "./buildBoxes.ts";
import {
  av1Entry,
  buildMovie,
  buildMp4,
  h265Entry,
  sampleM4a,
  sampleMp4,
  soundEntry,
  soundTrack,
  visualEntry,
} from "./buildMp4.ts";
import { answersOfPieces } from "./everyPiece.ts";
import { refusal } from "./refusal.ts";

describe("an MP4", () => {
  test("says its size, frames, rate, length, coding and player", async () => {
    expect(await inspect(buildMp4())).toMatchObject({
      kind: "animation",
      format: "mp4",
      mediaType: "video/mp4",
      extensions: ["mp4"],
      width: 320,
      height: 160,
      frames: 25,
      fps: 25,
      durationSeconds: 1,
      embeddedSound: false,
      sound: null,
      video: { codec: "avc1.640028", width: 320, height: 160, saysItsAlpha: false },
      slots: [],
      drawnBy: "browser",
      deadWeight: [],
      warnings: [],
    });
  });

  test("costs six decoded frames of the whole video, transparency included", async () => {
    const { decodedBytes, memoryRule } = await inspect(buildMp4(), { alpha: "right" });
    expect(decodedBytes).toBe(320 * 160 * 1.5 * 6);
    expect(memoryRule).toMatch(/6 decoded frames of the whole video/);
  });

  test.each([
    ["left", 160, 160],
    ["right", 160, 160],
    ["top", 320, 80],
    ["bottom", 320, 80],
    ["none", 320, 160],
  ] as const)(
    "whose transparency is declared as %s is as large as its colour",
    async (alpha, width, height) => {
      expect(await inspect(buildMp4(), { alpha })).toMatchObject({
        width,
        height,
        player: { name: "mp4", version: "1.0.0", alpha },
        video: { width: 320, height: 160, saysItsAlpha: false },
      });
    },
  );

  test("whose transparency nobody declared counts as a video without, and its player is told nothing", async () => {
    expect((await inspect(buildMp4())).player).toEqual({ name: "mp4", version: "1.0.0" });
  });

  test("with sound says so, and how much of it", async () => {
    expect(await inspect(buildMp4({ sound: soundTrack() }))).toMatchObject({
      embeddedSound: true,
      sound: { codec: "aac", seconds: (47 * 1_024) / 48_000, bytes: 47 * 5 },
    });
    const mp3 = soundTrack({ entry: soundEntry(0x6b) });
    expect((await inspect(buildMp4({ sound: mp3 }))).sound?.codec).toBe("mp3");
  });

  test("lasts what its frames last, whatever its headers say", async () => {
    const bytes = withNumber(buildMp4(), "mdhd", 16, 0xff_ff_ff_ff);
    expect((await inspect(bytes)).durationSeconds).toBe(1);
  });

  test("with bytes behind its end that are no part, or a part that nobody knows, is read all the same", async () => {
    for (const garbage of [Buffer.from("\0\0\x40\0    xxxx", "latin1"), Buffer.alloc(5), Buffer.alloc(40)])
      expect((await inspect(buildMp4({ after: [garbage] }))).frames).toBe(25);
    expect((await inspect(buildMp4({ before: [box("    ", Buffer.alloc(9))] }))).frames).toBe(25);
  });

  test("with a part whose size is written in 64 bits, or goes on to the end, is read", async () => {
    const whole = buildMp4();
    const data = whole.lastIndexOf("mdat", undefined, "latin1") - 4;
    const [before, content] = [whole.subarray(0, data), whole.subarray(data + 8)];
    const wide = Buffer.concat([
      before,
      u32be(1),
      Buffer.from("mdat"),
      u32be(0, 16 + content.length),
      content,
    ]);
    const endless = Buffer.concat([before, u32be(0), Buffer.from("mdat"), content]);
    for (const bytes of [wide, endless]) expect((await inspect(bytes)).frames).toBe(25);
  });

  test("says padding that is more than a thousand bytes as dead weight", async () => {
    const bytes = buildMp4({ before: [box("free", Buffer.alloc(4_000)), box("free", Buffer.alloc(100))] });
    expect((await inspect(bytes)).deadWeight).toEqual([
      { what: "file", name: "box free", bytes: 4_008, isRemovable: false },
    ]);
  });
});

describe("an MP4 that could be better says how", () => {
  test.each([
    [
      "a side that is no multiple of 16",
      { width: 750, height: 1_334 },
      /750 x 1334 .* green edge/,
      /752 x 1344 pixels/,
    ],
    [
      "a side that is too long for weak devices",
      { width: 1_520, height: 720 },
      /1520 x 720 .* green screen/,
      /at most 1504/,
    ],
    ["H.265", { entry: h265Entry(320, 160) }, /coded as H\.265, which not every device/, /H\.264/],
    ["AV1", { entry: av1Entry(320, 160) }, /coded as AV1, which not every device/, /H\.264/],
    [
      "its index at the end",
      { isIndexLast: true },
      /starts only once all of it was downloaded/,
      /fast start/,
    ],
  ])("%s", async (_, parts, message, fix) => {
    const { warnings } = await inspect(buildMp4(parts));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toMatch(message);
    expect(warnings[0]?.fix).toMatch(fix);
  });

  test("H.265 and AV1 are named as browsers ask for them", async () => {
    const codecs = [h265Entry(320, 160), av1Entry(320, 160)].map(
      async (entry) => (await inspect(buildMp4({ entry }))).video?.codec,
    );
    expect(await Promise.all(codecs)).toEqual(["hvc1.1.6.L120.90", "av01.0.00M.08"]);
  });
});

describe("an MP4 is refused in words", () => {
  test.each([
    [
      "in fragments, by its index",
      buildMp4({ inIndex: [box("mvex")] }),
      "the MP4 is in fragments, as it is made for streaming",
    ],
    [
      "in fragments, by its parts",
      buildMp4({ after: [box("moof")] }),
      "the MP4 is in fragments, as it is made for streaming",
    ],
    ["encrypted", buildMp4({ entry: visualEntry("encv", 320, 160) }), "the MP4 is encrypted"],
    ["coded as phones do not play", buildMp4({ entry: visualEntry("apcn", 320, 160) }), /coded as apcn/],
    ["turned", buildMp4({ isTurned: true }), /stored turned or mirrored/],
    ["without frames", buildMp4({ frames: 0 }), "the MP4 has no frames"],
    [
      "with more frames than a gift can have",
      buildMp4({ frames: 2_001, fps: 50 }),
      "the MP4 has 2001 frames, at most 2000 are allowed",
    ],
    [
      "longer than a gift can be",
      buildMp4({ frames: 1_505 }),
      "the MP4 lasts 61 seconds, at most 60 are allowed",
    ],
    ["faster than a screen", buildMp4({ fps: 100 }), /plays 100 frames per second/],
    ["without a size", buildMp4({ width: 0 }), "the MP4 is 0 x 160 pixels"],
    ["with too long sides", buildMp4({ width: 20_000 }), "the MP4 is 20000 x 160 pixels"],
    [
      "with a sound that goes on and on",
      buildMp4({ sound: soundTrack({ ticksPerSample: 200_000 }) }),
      /^the sound of the MP4 lasts 196 seconds/,
    ],
    [
      "with neither picture nor sound",
      buildMovie({ brands: ["isom"], tracks: [] }),
      /neither a picture nor a sound/,
    ],
    [
      "with a hundred tracks",
      buildMovie({ brands: ["isom"], tracks: Array.from({ length: 100 }, () => soundTrack({ samples: 1 })) }),
      /has 100 tracks/,
    ],
  ])("%s", async (_, bytes, message) => {
    expect((await refusal(bytes)).message).toMatch(message);
  });

  test("a QuickTime movie is named, with what to export instead", async () => {
    const { message, fix } = await refusal(buildMp4({ brands: ["qt  "] }));
    expect(message).toBe("this is a QuickTime movie (MOV), which is not supported");
    expect(fix).toMatch(/MP4 with H\.264/);
  });
});

describe("an MP4 that lies", () => {
  const whole = sampleMp4();

  test.each([
    ["its index is longer than the file", "moov", -8, 0x7f_ff_ff_ff, "its part moov is not all there"],
    ["its pictures are longer than the file", "mdat", -8, 0x7f_ff_ff_ff, "its part mdat is not all there"],
    ["a part is longer than what it is in", "mdia", -8, 100_000, "its part mdia reaches beyond its end"],
    ["a part is shorter than its own header", "mdia", -8, 3, "a part of it has an impossible size"],
    [
      "its sizes are more than the table",
      "stsz",
      8,
      0xff_ff_ff_ff,
      "its table stsz speaks of 4294967295 entries and has room for 25",
    ],
    [
      "its sizes are all alike and endless",
      "stsz",
      4,
      0x7f_ff_ff_ff,
      /its index speaks of 53687091175 bytes where 360 are/,
    ],
    [
      "its times are more than the table",
      "stts",
      4,
      0xff_ff_ff_ff,
      "its table stts speaks of 4294967295 entries and has room for 1",
    ],
    [
      "its times are of more frames than there are",
      "stts",
      8,
      26,
      "its index speaks of 25 samples in one place and of 26 in another",
    ],
    [
      "its chunks are more than the table",
      "stsc",
      4,
      0xff_ff_ff_ff,
      "its table stsc speaks of 4294967295 entries and has room for 1",
    ],
    [
      "its places are more than the table",
      "stco",
      4,
      0xff_ff_ff_ff,
      "its table stco speaks of 4294967295 entries and has room for 1",
    ],
    ["its clock stands still", "mdhd", 12, 0, "its clock stands still"],
  ])("because %s is refused", async (_, type, at, value, how) => {
    const { message } = await refusal(withNumber(whole, type, at, value));
    expect(message).toMatch(how);
    expect(message).toMatch(/^the MP4 is damaged or cut off: /);
  });

  test("with frames of one size that nothing holds is refused without counting them", async () => {
    const endless = withNumber(withNumber(whole, "stsz", 4, 1), "stsz", 8, 0xff_ff_ff_ff);
    expect((await refusal(endless)).message).toMatch(/4294967295 samples in one place and of 25 in another/);
  });

  test("with thousands of parts side by side is refused", async () => {
    const boxes = Array.from({ length: 1_200 }, () => box("free"));
    expect((await refusal(buildMp4({ before: boxes }))).message).toMatch(/1000 parts or more side by side/);
    expect((await refusal(buildMp4({ inIndex: boxes }))).message).toMatch(/1000 parts or more side by side/);
  });

  test("with parts inside of parts without end is read to the depth that matters", async () => {
    let nested = box("free");
    for (let depth = 0; depth < 2_000; depth++) nested = box("moov", nested);
    const bytes = Buffer.concat([buildMp4().subarray(0, 24), nested]);
    expect((await refusal(bytes)).message).toBe("the MP4 has neither a picture nor a sound in it");
  });

  test("with an index of ten million bytes is refused before it is read", async () => {
    const bytes = buildMp4({ inIndex: [box("udta", Buffer.alloc(10_000_000))] });
    expect((await refusal(bytes)).message).toMatch(/at most 8000000 are allowed/);
  });

  test("that lacks a part that it needs is refused by its name", async () => {
    for (const type of [
      "moov",
      "mdia",
      "minf",
      "stbl",
      "stsd",
      "stsz",
      "stts",
      "hdlr",
      "mdhd",
      "tkhd",
      "avcC",
    ]) {
      const bytes = Buffer.from(buildMp4());
      bytes.write("xxxx", bytes.indexOf(type, 24, "latin1"), "latin1");
      expect((await refusal(bytes)).message).toContain(type);
    }
  });

  test("with a codec's record that is too short is refused", async () => {
    const entry = visualEntry("avc1", 320, 160, box("avcC", Buffer.from([1])));
    expect((await refusal(buildMp4({ entry }))).message).toMatch(/its part avcC is too short/);
  });

  test("whose first part has an impossible size is damaged, and nothing else", async () => {
    const bytes = withNumber(whole, "ftyp", -8, 3);
    expect((await refusal(bytes)).message).toBe("the MP4 is damaged or cut off: it has no index (moov)");
  });

  test("that was cut off anywhere is refused", async () => {
    for (const file of [whole, buildMp4({ sound: soundTrack() })])
      expect(new Set(await answersOfPieces(file))).toEqual(new Set(["refused"]));
  });
});

describe("an M4A", () => {
  test("is an MP4 with sound alone", async () => {
    expect(await inspect(sampleM4a())).toMatchObject({
      kind: "sound",
      format: "aac",
      mediaType: "audio/mp4",
      durationSeconds: (47 * 1_024) / 48_000,
      sound: { codec: "aac", bytes: 47 * 5 },
      player: null,
      drawnBy: null,
    });
  });

  test("costs its samples in stereo at 48 kHz", async () => {
    expect((await inspect(sampleM4a())).decodedBytes).toBe(47 * 1_024 * 4);
  });

  test("is recognized by what is in it, not by its brand", async () => {
    const bytes = buildMovie({ brands: ["isom"], tracks: [soundTrack()] });
    expect((await inspect(bytes)).mediaType).toBe("audio/mp4");
    expect((await inspect(buildMp4({ brands: ["M4A ", "isom"] }))).mediaType).toBe("video/mp4");
  });

  test("with other sound than AAC is refused", async () => {
    const entry = box("alac", Buffer.alloc(28), fullBox("alac", u16be(0, 0)));
    const bytes = buildMovie({ brands: ["M4A "], tracks: [soundTrack({ entry })] });
    expect((await refusal(bytes)).message).toBe("the sound in the MP4 is coded as alac");
  });

  test("that lasts longer than a sound can is refused", async () => {
    const bytes = buildMovie({ brands: ["M4A "], tracks: [soundTrack({ ticksPerSample: 200_000 })] });
    expect((await refusal(bytes)).message).toBe("the M4A lasts 196 seconds, at most 120 are allowed");
  });
});
