import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import {
  adtsFrame,
  adtsFrames,
  buildOpus,
  id3Tag,
  mp3Frame,
  mp3Frames,
  mp3Summary,
  oggPage,
  opusHead,
  opusPacket,
  sampleAac,
  sampleMp3,
  sampleOpus,
} from "./buildSounds.ts";
import { answersOfPieces } from "./everyPiece.ts";
import { refusal } from "./refusal.ts";

const FRAME_SECONDS = 1_152 / 44_100;

describe("an MP3", () => {
  test("says how long it is, and what it costs in stereo at 48 kHz", async () => {
    const bytes = mp3Frames(100);
    const media = await inspect(bytes);
    expect(media).toMatchObject({
      kind: "sound",
      format: "mp3",
      mediaType: "audio/mpeg",
      extensions: ["mp3"],
      width: 0,
      frames: 0,
      sound: { codec: "mp3", bytes: bytes.length },
      player: null,
      drawnBy: null,
      deadWeight: [],
    });
    expect(media.durationSeconds).toBeCloseTo(100 * FRAME_SECONDS, 9);
    expect(media.decodedBytes).toBe(Math.ceil(100 * FRAME_SECONDS * 48_000) * 4);
  });

  test("lasts what is heard: not its tags, and not the summary that an encoder writes first", async () => {
    const tail = Buffer.alloc(128);
    tail.write("TAG", "latin1");
    for (const bytes of [
      Buffer.concat([id3Tag(Buffer.alloc(300)), mp3Frames(4)]),
      Buffer.concat([id3Tag(Buffer.alloc(300)), Buffer.alloc(20), mp3Summary(4), mp3Frames(4), tail]),
      Buffer.concat([mp3Frames(4), Buffer.from("APETAGEX....")]),
      Buffer.concat([mp3Frames(4), Buffer.alloc(50)]),
    ])
      expect((await inspect(bytes)).durationSeconds).toBeCloseTo(4 * FRAME_SECONDS, 9);
  });

  test("of MPEG-2 has half the samples in a frame", async () => {
    // 64 kbit/s at 22.05 kHz: 208 bytes for 576 samples.
    const frame = Buffer.alloc(208);
    frame.set([0xff, 0xf3, 0x80, 0x00]);
    const { durationSeconds } = await inspect(Buffer.concat(Array.from({ length: 10 }, () => frame)));
    expect(durationSeconds).toBeCloseTo(5_760 / 22_050, 9);
  });

  test("with a cover says it as dead weight", async () => {
    const media = await inspect(Buffer.concat([id3Tag(Buffer.alloc(50_000)), mp3Frames(4)]));
    expect(media.deadWeight).toEqual([
      { what: "file", name: "the tag before the sound (ID3)", bytes: 50_010, isRemovable: false },
    ]);
  });

  test.each([
    [
      "whose tag is longer than the file",
      id3Tag(mp3Frames(2), 50_000_000),
      /its tag \(ID3\) says that it has 50000010 bytes, 844 are there/,
    ],
    ["that is a tag and nothing else", id3Tag(Buffer.alloc(40)), /no sound where it should begin/],
    [
      "whose tag stands before something else",
      id3Tag(Buffer.from("hello"), 2),
      /no sound where it should begin/,
    ],
    [
      "with something else behind its sound",
      Buffer.concat([mp3Frames(3), Buffer.from("hello")]),
      /there is no sound at byte 1251, and 5 bytes come after it/,
    ],
    ["that was cut off in a frame", mp3Frames(3).subarray(0, 1_000), /its last frame is not all there/],
    [
      "that was cut off between frames, when it says how many there are",
      Buffer.concat([mp3Summary(9), mp3Frames(3)]),
      /3 frames of 9 are there/,
    ],
    [
      "that lasts longer than a sound can",
      mp3Frames(4_700),
      "the MP3 lasts 123 seconds, at most 120 are allowed",
    ],
  ])("%s is refused", async (_, bytes, message) => {
    expect((await refusal(bytes)).message).toMatch(message);
  });

  test("that was cut off anywhere is refused, for it says how many frames it has", async () => {
    expect(new Set(await answersOfPieces(sampleMp3()))).toEqual(new Set(["refused"]));
  });

  test("of ten million bytes that are no sound is refused at once", async () => {
    const bytes = Buffer.concat([mp3Frame(), Buffer.alloc(10_000_000, 0x11)]);
    expect((await refusal(bytes)).message).toMatch(/there is no sound at byte 417/);
  });
});

describe("an AAC sound", () => {
  test("says how long it is", async () => {
    const media = await inspect(adtsFrames(43));
    expect(media).toMatchObject({
      kind: "sound",
      format: "aac",
      mediaType: "audio/aac",
      extensions: ["aac"],
    });
    expect(media.durationSeconds).toBeCloseTo((43 * 1_024) / 44_100, 9);
    expect(media.sound).toMatchObject({ codec: "aac", bytes: 43 * 27 });
  });

  test.each([
    [
      "with a frame that is shorter than its own header",
      adtsFrame(Buffer.alloc(20), 3),
      /its last frame is not all there/,
    ],
    [
      "with a frame that is longer than the file",
      adtsFrame(Buffer.alloc(20), 900),
      /its last frame is not all there/,
    ],
    [
      "with something else behind its sound",
      Buffer.concat([adtsFrames(3), Buffer.from("hello")]),
      /there is no sound at byte 81/,
    ],
    ["of a rate that is none", Buffer.from([0xff, 0xf1, 0x7c, 0x80, 0, 0xff, 0xfc]), /names no rate/],
    ["that lasts longer than a sound can", adtsFrames(6_000), /^the AAC lasts 140 seconds/],
  ])("%s is refused", async (_, bytes, message) => {
    expect((await refusal(bytes)).message).toMatch(message);
  });

  test("of a million empty frames is counted to its end and refused", async () => {
    const bytes = Buffer.alloc(7_000_000);
    adtsFrame(Buffer.alloc(0)).copy(bytes);
    bytes.copyWithin(7, 0);
    for (let filled = 7; filled < bytes.length; filled *= 2) bytes.copyWithin(filled, 0, filled);
    expect((await refusal(bytes)).message).toMatch(/^the AAC lasts 23220 seconds/);
  });

  test("that was cut off inside of a frame is refused; what ends with a frame is whole", async () => {
    const bytes = sampleAac();
    for (let length = 1; length < bytes.length; length++) {
      if (length % 27 === 0) expect((await inspect(bytes.subarray(0, length))).format).toBe("aac");
      else await expect(refusal(bytes.subarray(0, length))).resolves.toBeDefined();
    }
  });
});

describe("an Opus sound", () => {
  const head = oggPage({ flags: 2 }, [opusHead(0)]);
  const notes = oggPage({ sequence: 1 }, [Buffer.from("OpusTags")]);

  test("lasts what its packets hold, without what a decoder needs to start", async () => {
    const media = await inspect(buildOpus(50, { preSkip: 312 }));
    expect(media).toMatchObject({
      kind: "sound",
      format: "opus",
      mediaType: "audio/ogg",
      extensions: ["opus", "ogg"],
      durationSeconds: (50 * 960 - 312) / 48_000,
      sound: { codec: "opus" },
    });
  });

  test("ends where its last page says, and never after its last packet", async () => {
    expect((await inspect(buildOpus(50, { position: 1_272 }))).durationSeconds).toBe(960 / 48_000);
    const { durationSeconds } = await inspect(buildOpus(50, { position: 0x7f_ff_ff_ff, preSkip: 0 }));
    expect(durationSeconds).toBe(1);
  });

  test("whose packets go over pages is counted once for each packet", async () => {
    const long = Buffer.concat([opusPacket(), Buffer.alloc(507)]);
    const bytes = Buffer.concat([
      head,
      notes,
      oggPage({ sequence: 2 }, [long], true),
      oggPage({ sequence: 3, flags: 5, position: 1_920 }, [Buffer.alloc(5), opusPacket()]),
    ]);
    expect((await inspect(bytes)).durationSeconds).toBe(1_920 / 48_000);
  });

  test.each([
    [[31 << 3], 960],
    [[(31 << 3) | 1], 1_920],
    [[(16 << 3) | 3, 4], 480],
    [[3 << 3], 2_880],
    [[15 << 3], 960],
  ])("a packet that begins with %j is %i samples", async (packet, samples) => {
    const page = oggPage({ sequence: 2, flags: 4, position: 48_000 }, [Buffer.from(packet)]);
    expect((await inspect(Buffer.concat([head, notes, page]))).durationSeconds).toBe(samples / 48_000);
  });

  test("with a cover in its notes says it as dead weight", async () => {
    const media = await inspect(buildOpus(5, { notes: Buffer.alloc(2_000) }));
    expect(media.deadWeight).toEqual([
      { what: "file", name: "the notes before the sound (OpusTags)", bytes: 2_008, isRemovable: false },
    ]);
  });

  test.each([
    [
      "Vorbis",
      oggPage({ flags: 2 }, [Buffer.from("\x01vorbis.....")]),
      "this is Vorbis sound in Ogg, which is not supported",
    ],
    [
      "FLAC",
      oggPage({ flags: 2 }, [Buffer.from("\x7fFLAC.......")]),
      "this is FLAC sound in Ogg, which is not supported",
    ],
    [
      "Theora",
      oggPage({ flags: 2 }, [Buffer.from("\x80theora.....", "latin1")]),
      "this is Theora video in Ogg, which is not supported",
    ],
    [
      "nothing that is known",
      oggPage({ flags: 2 }, [Buffer.from("hello")]),
      "the Ogg file holds no sound that is known here",
    ],
  ])("an Ogg file with %s is refused, with what to export instead", async (_, bytes, message) => {
    expect(await refusal(bytes)).toEqual({ message, fix: "export the sound as Opus, MP3 or AAC" });
  });

  test.each([
    [
      "with a header that is too short",
      oggPage({ flags: 2 }, [Buffer.from("OpusHead")]),
      /its header is too short/,
    ],
    [
      "with an empty packet",
      Buffer.concat([head, notes, oggPage({ sequence: 2, flags: 4 }, [Buffer.alloc(0)])]),
      /a packet of it is empty/,
    ],
    [
      "with a packet of no frames",
      Buffer.concat([head, notes, oggPage({ sequence: 2, flags: 4 }, [Buffer.from([3, 0])])]),
      /a packet of it is empty/,
    ],
    ["without its last page", Buffer.concat([head, notes]), /its last page is missing/],
    [
      "with a page missing",
      Buffer.concat([head, notes, oggPage({ sequence: 3, flags: 4 }, [opusPacket()])]),
      /a page of it is missing/,
    ],
    [
      "with the rest of a packet that never began",
      Buffer.concat([head, notes, oggPage({ sequence: 2, flags: 5 }, [opusPacket()])]),
      /a packet of it is torn/,
    ],
    [
      "with two streams",
      Buffer.concat([head, oggPage({ stream: 8, flags: 2 }, [opusHead(0)])]),
      /more than one stream/,
    ],
    ["with another sound behind it", Buffer.concat([sampleOpus(), sampleOpus()]), /more than one stream/],
    ["without sound", buildOpus(0), "the Opus lasts no time at all"],
    ["with bytes between its pages", Buffer.concat([head, Buffer.alloc(40)]), /there is no page at byte 47/],
  ])("%s is refused", async (_, bytes, message) => {
    expect((await refusal(bytes)).message).toMatch(message);
  });

  test("that lasts longer than a sound can is refused", async () => {
    const pages = Array.from({ length: 50 }, (_, at) =>
      oggPage(
        { sequence: 2 + at, position: 1_000_000_000, flags: at === 49 ? 4 : 0 },
        Array.from({ length: 200 }, opusPacket),
      ),
    );
    expect((await refusal(Buffer.concat([head, notes, ...pages]))).message).toMatch(
      /^the Opus lasts 200 seconds/,
    );
  });

  test("with more packets than fit into its longest time is not counted to its end", async () => {
    const page = (sequence: number): Buffer =>
      oggPage(
        { sequence },
        Array.from({ length: 250 }, () => Buffer.from([16 << 3])),
      );
    const pages = Array.from({ length: 400 }, (_, at) => page(2 + at));
    const { message } = await refusal(Buffer.concat([head, notes, ...pages]));
    expect(message).toBe("the Opus has more than 48400 packets, so it lasts longer than 120 seconds");
  });

  test("that was cut off anywhere is refused", async () => {
    expect(new Set(await answersOfPieces(sampleOpus()))).toEqual(new Set(["refused"]));
  });
});
