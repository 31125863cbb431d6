import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { describe, expect, test } from "vitest";
import { encode } from "../../src/bundle/encode.ts";
import { encodeFrames } from "../../src/bundle/encodeFrames.ts";
import { readFrameTimes } from "../../src/bundle/frameTimes.ts";
import { thinTimes } from "../../src/bundle/recipe.ts";
import { buildPng, pngChunk } from "../formats/buildPng.ts";
import { drawPng } from "./drawSvga.ts";

describe("encoding frames", () => {
  test("gives the bytes that joining them as PNG files gave, whatever kind of PNG they are", async () => {
    const frames = await Promise.all(
      [8, 14, 20].map((left) => drawPng(60, 40, { left, top: 9, width: 30, height: 20 })),
    );
    const kinds: Readonly<Record<string, (bytes: Buffer) => Sharp>> = {
      colour: (bytes) => sharp(bytes).png(),
      opaque: (bytes) => sharp(bytes).flatten({ background: "#345" }).png(),
      grey: (bytes) => sharp(bytes).greyscale().png(),
      palette: (bytes) => sharp(bytes).png({ palette: true }),
      deep: (bytes) => sharp(bytes).toColourspace("rgb16").png(),
      interlaced: (bytes) => sharp(bytes).png({ progressive: true }),
    };
    const [width, height, quality] = [32, 21, 70];
    for (const [kind, toPng] of Object.entries(kinds)) {
      const files = await Promise.all(frames.map((it) => toPng(it).toBuffer()));
      const joined = await Promise.all(
        files.map((it) =>
          sharp(it)
            .ensureAlpha()
            .resize({ width, height, fit: "fill", kernel: "lanczos3" })
            .png({ compressionLevel: 0 })
            .toBuffer(),
        ),
      );
      const delays = [40, 41, 42];
      const before = await sharp(joined, { join: { animated: true } })
        .webp({ quality, effort: 4, delay: delays, loop: 1 })
        .toBuffer();
      const step = {
        kind: "animate",
        role: "animation",
        mediaType: "image/webp",
        frames: ["0", "1", "2"],
      } as const;
      const after = await encode({ ...step, delays, width, height, quality }, (at) => ({
        path: at,
        bytes: files[Number(at)] ?? Buffer.alloc(0),
      }));
      expect([kind, Buffer.from(after).equals(before)]).toEqual([kind, true]);
    }
  });

  test("too many to lie in memory as they are, gives the same bytes", async () => {
    const clip = { width: 40, height: 30, delays: [50, 50, 60], quality: 80 };
    const draw = async (at: number) => {
      const { width, height } = clip;
      const box = { left: 3 * at, top: 2, width: 20, height: 20 };
      const pixels = await sharp(await drawPng(width, height, box))
        .ensureAlpha()
        .raw()
        .toBuffer();
      return { width, height, pixels };
    };
    const plain = await encodeFrames(sharp, clip, draw);
    expect(Buffer.from(await encodeFrames(sharp, clip, draw, 0)).equals(plain)).toBe(true);
  });
});

describe("a picture that cannot be decoded", () => {
  test("is named, with what to do, whatever is made of it", async () => {
    const whole = await drawPng(60, 40);
    // Of so many pixels the fixture holds only the first.
    const files = new Map([
      ["000", { path: "source/frames/000.png", bytes: whole }],
      ["001", { path: "source/frames/001.png", bytes: buildPng(700, 700) }],
    ]);
    const sourceOf = (digest: string) => files.get(digest) ?? { path: digest, bytes: whole };
    const size = { mediaType: "image/webp", width: 32, height: 32, quality: 70 } as const;
    for (const step of [
      { kind: "animate", role: "animation", frames: ["000", "001"], delays: [50, 50], ...size },
      { kind: "still", role: "still", sources: ["001"], ...size },
      { kind: "still", role: "still", sources: ["000", "001"], ...size },
    ] as const)
      await expect(encode(step, sourceOf)).rejects.toMatchObject({
        name: "MediaError",
        message: "source/frames/001.png cannot be decoded: its pixels are damaged or cut off",
        fix: "export it again and upload the whole file",
      });
  });
});

describe("the times of a file's frames", () => {
  const tall = { create: { width: 8, height: 24, channels: 4, background: "#f00" } } as const;

  test("are read from GIF and WebP as the library that decodes them reads them", async () => {
    const noise = { ...tall.create, noise: { type: "gaussian", mean: 120, sigma: 60 } } as const;
    const pixels = await sharp({ create: { ...noise, channels: 3 } })
      .raw()
      .toBuffer();
    const strip = () => sharp(pixels, { raw: { width: 8, height: 24, channels: 3, pageHeight: 8 } });
    const gif = await strip()
      .gif({ delay: [40, 120, 70] })
      .toBuffer();
    expect(readFrameTimes("gif", gif)).toEqual((await sharp(gif, { animated: true }).metadata()).delay);
    const webp = await strip()
      .webp({ delay: [40, 125, 70] })
      .toBuffer();
    expect(readFrameTimes("webp", webp)).toEqual([40, 125, 70]);
  });

  test("are read from APNG, in which nothing below the line means hundredths", () => {
    const control = (numerator: number, denominator: number) => {
      const data = Buffer.alloc(26);
      data.writeUInt16BE(numerator, 20);
      data.writeUInt16BE(denominator, 22);
      return pngChunk("fcTL", data);
    };
    const bytes = buildPng(4, 4, [control(1, 25), control(7, 0), control(1, 30)]);
    expect(readFrameTimes("apng", bytes)).toEqual([40, 70, 33]);
  });

  test("that hardly last are a tenth of a second, as browsers have it", () => {
    const data = Buffer.alloc(26);
    expect(readFrameTimes("apng", buildPng(4, 4, [pngChunk("fcTL", data)]))).toEqual([100]);
  });

  test("of other formats are none", () => {
    expect(readFrameTimes("svga", Buffer.from("x"))).toEqual([]);
  });
});

describe("thinning frames with times of their own", () => {
  test("keeps them all while each is slow enough", () => {
    expect(thinTimes([33, 34, 33, 900], 30)).toEqual({ picks: [0, 1, 2, 3], delays: [33, 34, 33, 900] });
  });

  test("shows what is on the screen at even times, and keeps the long ones long", () => {
    expect(thinTimes([20, 20, 20, 20, 20], 25)).toEqual({ picks: [0, 2], delays: [50, 50] });
    expect(thinTimes([20, 20, 20, 20, 400], 10)).toEqual({ picks: [0, 4], delays: [120, 360] });
  });

  test("keeps the length and the order, starts with the first, and is never faster than allowed", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 11, max: 400 }), { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 1, max: 60 }),
        (times, maxFps) => {
          const { picks, delays } = thinTimes(times, maxFps);
          const total = times.reduce((sum, it) => sum + it, 0);
          expect(delays.reduce((sum, it) => sum + it, 0)).toBe(total);
          expect(picks).toEqual([...new Set(picks)].sort((a, b) => a - b));
          expect(picks[0]).toBe(0);
          expect(picks.at(-1)).toBeLessThan(times.length);
          expect(delays).toHaveLength(picks.length);
          if (picks.length < times.length && picks.length > 1)
            for (const delay of delays) expect(delay + 1).toBeGreaterThan(1000 / maxFps);
        },
      ),
    );
  });
});
