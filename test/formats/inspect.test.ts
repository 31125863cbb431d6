import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { type Declared, MediaError, UnforeseenError } from "../../src/formats/media.ts";
import { buildApng } from "./buildApng.ts";
import { sampleAvifSequence, sampleAvifStill } from "./buildAvif.ts";
import { buildDotLottie } from "./buildDotLottie.ts";
import { buildGif } from "./buildGif.ts";
import { sampleJpeg } from "./buildJpeg.ts";
import { buildLayer, buildLottie, dataUrl } from "./buildLottie.ts";
import { sampleM4a, sampleMp4, sampleVap, sampleYyeva } from "./buildMp4.ts";
import { buildPag, pagImage, pagLayer, pagVideo } from "./buildPag.ts";
import { buildPng, pngChunk } from "./buildPng.ts";
import { sampleMp3, sampleOpus } from "./buildSounds.ts";
import { buildSvga } from "./buildSvga.ts";
import { buildSvgaArchive } from "./buildSvgaArchive.ts";
import { buildWav } from "./buildWav.ts";
import { buildAnimatedWebp, buildExtendedWebp, buildLosslessWebp, buildLossyWebp } from "./buildWebp.ts";
import { refusal } from "./refusal.ts";

const box = (brands: string, rest = "") =>
  Buffer.from(`${String.fromCharCode(0, 0, 0, 8 + brands.length)}ftyp${brands}${rest}`, "latin1");

describe("a file that is not supported is named, with what to export instead", () => {
  test.each([
    ["RIVE\x07", "a Rive animation", /SVGA 2\.x/],
    ["\x1a\x45\xdf\xa3", "a WebM or Matroska video", /as MP4/],
    ["fLaC", "a FLAC sound", /as WAV/],
    ["8BPS\0\x01", "a Photoshop document", /PNG files in a folder/],
    ["RIFX\0\0", "an After Effects project", /Lottie JSON/],
    ["<svg xmlns=", "an SVG or XML file", /Lottie JSON/],
    ["PK\x03\x04......readme.txt", "a zip archive", /unpack it/],
    ["\nrose.png\nsize: 1024, 512\nformat: RGBA8888\n", "a part of a Spine animation", /PNG sequence/],
    ["rose.png\r\nfilter:Linear\r\nsize:64,64\r\n", "a part of a Spine animation", /PNG sequence/],
    ["\x01\x02\x03\x04\x05\x06\x07\x08\x074.2.33\0", "a part of a Spine animation", /PNG sequence/],
    ['{"skeleton":{"hash":"x","spine":"4.2.33"},"bones":[]}', "a part of a Spine animation", /PNG sequence/],
  ])("%j is %s", async (start, what, fix) => {
    const words = await refusal(Buffer.from(start, "latin1"));
    expect(words.message).toBe(`this is ${what}, which is not supported`);
    expect(words.fix).toMatch(fix);
  });

  test.each([
    [box("msf1\0\0\0\0msf1hevc"), "a HEIF picture"],
    [box("heic\0\0\0\0mif1heic"), "a HEIF picture"],
    [box("qt  \0\0\0\0qt  "), "a QuickTime movie (MOV)"],
  ])("a file of boxes is %j", async (bytes, what) => {
    expect((await refusal(bytes)).message).toBe(`this is ${what}, which is not supported`);
  });

  test("an empty file", async () => {
    expect((await refusal(new Uint8Array())).message).toBe("the file is empty");
  });

  test("a Git LFS pointer is no animation, and the artist is told in words", async () => {
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
    const { message, fix } = await refusal(Buffer.from(pointer));
    expect(message).toMatch(/Git LFS pointer/);
    expect(fix).toMatch(/upload the file itself/);
  });

  test("anything else", async () => {
    expect(await refusal(Buffer.from("hello"))).toEqual({
      message: "this is no kind of file that is known here",
      fix: "use SVGA, Lottie JSON, dotLottie, PAG, VAP or another MP4, animated WebP, GIF, APNG or AVIF, or PNG frames for animations; PNG, JPEG, WebP or AVIF for pictures; MP3, AAC, Opus or WAV for sounds",
    });
  });
});

test("a reader that fails as nobody foresaw refuses the one file in words, and keeps the reason", async () => {
  const cause = new RangeError("Maximum call stack size exceeded");
  const declared: Declared = {
    get alpha(): never {
      throw cause;
    },
  };
  const error = await inspect(sampleMp4(), declared).catch((it: unknown) => it);
  expect(error).toBeInstanceOf(UnforeseenError);
  expect(error).toMatchObject({
    message: "the MP4 is damaged in a way that was not foreseen",
    fix: "export it again and upload the whole file, and send the file to the people of this project",
    cause,
  });
});

const frame = { width: 16, height: 8, durationMs: 40 };
const WHOLE_FILES: readonly Buffer[] = [
  buildPng(16, 8),
  buildPng(16, 8, [pngChunk("tEXt", Buffer.from("Title\0Rose"))]),
  buildLossyWebp(16, 8),
  buildLosslessWebp(16, 8),
  buildExtendedWebp(16, 8, [16, 8]),
  buildAnimatedWebp(16, 8, [frame, frame, frame]),
  buildWav({ sampleBytes: 64 }),
  sampleMp4(),
  sampleVap(),
  sampleYyeva(),
  sampleM4a(),
  sampleAvifStill(),
  sampleAvifSequence(),
  sampleJpeg(),
  sampleMp3(),
  sampleOpus(),
  buildSvga({ images: { avatar: buildPng(4, 4) }, frames: 3, sounds: ["beat"] }),
  buildLottie({
    assets: [{ id: "avatar", w: 4, h: 4, p: dataUrl("image/png", buildPng(4, 4)), e: 1 }],
    layers: [buildLayer(), buildLayer({ ty: 5, nm: "name" })],
  }),
  buildSvgaArchive(),
  buildDotLottie(),
  buildGif(16, 8, [frame, frame]),
  buildApng(16, 8, [frame, frame]),
  buildPag({
    before: [pagImage(1, buildLossyWebp(4, 4)), pagVideo(2, [[18, 10]])],
    layers: [pagLayer(5, [11, 1])],
  }),
];

/** Whether the bytes were read, or refused in words; any other error is a bug. */
async function isAnswered(bytes: Uint8Array): Promise<boolean> {
  try {
    const media = await inspect(bytes);
    return Number.isSafeInteger(media.decodedBytes) && Number.isFinite(media.durationSeconds);
  } catch (error) {
    const isForeseen = error instanceof MediaError && !(error instanceof UnforeseenError);
    return isForeseen && error.message !== "" && error.fix !== "";
  }
}

describe("whatever the bytes are, they are read or refused in words", () => {
  const wholeFile = fc.constantFrom(...WHOLE_FILES);

  test("arbitrary bytes", async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), isAnswered), { numRuns: 300 });
  });

  test("arbitrary bytes after the beginning of a known format", async () => {
    const bytes = fc.tuple(wholeFile, fc.nat(60), fc.uint8Array({ maxLength: 200 }));
    const law = fc.asyncProperty(bytes, ([file, length, rest]) =>
      isAnswered(Buffer.concat([file.subarray(0, length), rest])),
    );
    await fc.assert(law, { numRuns: 500 });
  });

  test("a file that was cut off", async () => {
    for (const file of WHOLE_FILES) {
      expect(await isAnswered(file)).toBe(true);
      for (let length = 0; length < file.length; length++)
        await expect(refusal(file.subarray(0, length))).resolves.toBeDefined();
    }
  });

  test("a file with wrong bytes in it", async () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
    const law = fc.asyncProperty(wholeFile, changes, (file, places) => {
      const bytes = Buffer.from(file);
      for (const [at, value] of places) bytes[at % bytes.length] = value;
      return isAnswered(bytes);
    });
    await fc.assert(law, { numRuns: 2_000 });
  });

  test("an SVGA that unpacks well to arbitrary bytes", async () => {
    const { deflateSync, inflateSync } = await import("node:zlib");
    const message = inflateSync(
      buildSvga({ images: { avatar: buildPng(4, 4) }, frames: 3, sounds: ["beat"] }),
    );
    const changes = fc.array(fc.tuple(fc.nat(message.length - 1), fc.nat(255)), { maxLength: 6 });
    const law = fc.asyncProperty(changes, fc.nat(message.length), (places, length) => {
      const bytes = Buffer.from(message);
      for (const [at, value] of places) bytes[at] = value;
      return isAnswered(deflateSync(bytes.subarray(0, length)));
    });
    await fc.assert(law, { numRuns: 1_000 });
  });
});
