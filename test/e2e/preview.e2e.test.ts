import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CannotDraw } from "../../src/bundle/render/browser.ts";
import type { Artwork, DrawingBrowser } from "../../src/bundle/render/frames.ts";
import { openFrames } from "../../src/bundle/render/openFrames.ts";
import { drawFullest } from "../../src/bundle/render/fullest.ts";
import { openDrawingBrowserHere } from "../../src/commands/drawingBrowser.ts";
import { command } from "../../src/commands/preview.ts";
import type { Declared, Media } from "../../src/formats/media.ts";
import { pictureOf } from "../../src/formats/media.ts";
import { pixelOf } from "../bundle/pixelOf.ts";
import { box, fullBox, letters, u32be } from "../formats/buildBoxes.ts";
import { visualEntry } from "../formats/buildMp4.ts";
import { animatedWebp, vapcBox } from "../player/mediaFixtures.ts";
import { createWorld, quietIo, releaseText, type World } from "../support/world.ts";
import { CHROMIUM_ARGUMENTS, findChromium } from "./chromium.ts";

const executable = findChromium();
const isSkipped = executable === null && !process.env["CI"];
if (isSkipped) console.warn("what a browser draws is not tested: no Chromium is installed");

const SIZE = { width: 128, height: 128 };
const FPS = 25;

/** A video of 256 x 128: colour over black, and beside it how opaque it is. Below, it is red at first and blue at the end. */
async function encodeVideo(): Promise<Buffer> {
  const browser = await chromium.launch({ executablePath: executable ?? "", args: CHROMIUM_ARGUMENTS });
  try {
    const context = await browser.newContext();
    await context.route("**/*", (route) => route.fulfill({ contentType: "text/html", body: "" }));
    const page = await context.newPage();
    // Encoders are only where an address is taken for a safe one.
    await page.goto("https://encoding.invalid/");
    const { samples, record } = await page.evaluate(async (count) => {
      const context = new OffscreenCanvas(256, 128).getContext("2d");
      if (!context) throw new Error("the browser has no canvas");
      const toBase64 = (bytes: Uint8Array) =>
        btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
      const samples: string[] = [];
      let record = "";
      const encoder = new VideoEncoder({
        output: (chunk, metadata) => {
          const bytes = new Uint8Array(chunk.byteLength);
          chunk.copyTo(bytes);
          samples.push(toBase64(bytes));
          const description = metadata?.decoderConfig?.description;
          if (description instanceof ArrayBuffer) record = toBase64(new Uint8Array(description));
        },
        error: (error) => {
          throw error;
        },
      });
      encoder.configure({
        codec: "avc1.42E01E",
        width: 256,
        height: 128,
        bitrate: 4_000_000,
        avc: { format: "avc" },
      });
      const fill = (colour: string, x: number, y: number, width: number) => {
        context.fillStyle = colour;
        context.fillRect(x, y, width, 64);
      };
      for (let at = 0; at < count; at++) {
        ["#ff0000", "#800000", "#000000"].forEach((colour, third) => fill(colour, third * 43, 0, 43));
        ["#ffffff", "#808080", "#000000"].forEach((colour, third) => fill(colour, 128 + third * 43, 0, 43));
        fill(at < count / 2 ? "#ff0000" : "#0000ff", 0, 64, 128);
        fill("#ffffff", 128, 64, 128);
        const frame = new VideoFrame(context.canvas, { timestamp: at * 40_000 });
        encoder.encode(frame, { keyFrame: true });
        frame.close();
      }
      await encoder.flush();
      return { samples, record };
    }, FPS);
    return muxMp4(
      samples.map((it) => Buffer.from(it, "base64")),
      Buffer.from(record, "base64"),
    );
  } finally {
    await browser.close();
  }
}

/** Samples that each stand for themselves, 25 in a second. Source: ISO/IEC 14496-12, sections 8.2 to 8.7, and 14496-15 for avcC. */
function muxMp4(samples: readonly Buffer[], record: Buffer): Buffer {
  const length = samples.length * 40;
  const matrix = u32be(0x1_00_00, 0, 0, 0, 0x1_00_00, 0, 0, 0, 0x40_00_00_00);
  const type = box("ftyp", letters("isom"), u32be(0), letters("isom"), letters("avc1"));
  const sizes = samples.map((it) => it.length);
  const table = box(
    "stbl",
    fullBox("stsd", u32be(1), visualEntry("avc1", 256, 128, box("avcC", record))),
    fullBox("stts", u32be(1, samples.length, 40)),
    fullBox("stsc", u32be(1, 1, samples.length, 1)),
    fullBox("stsz", u32be(0, samples.length, ...sizes)),
    fullBox("stco", u32be(1, type.length + 8)),
  );
  const media = box(
    "mdia",
    fullBox("mdhd", u32be(0, 0, 1_000, length, 0)),
    fullBox("hdlr", u32be(0), letters("vide"), Buffer.alloc(13)),
    box("minf", fullBox("vmhd", Buffer.alloc(8)), table),
  );
  const header = fullBox(
    "tkhd",
    u32be(0, 0, 1, 0, length),
    Buffer.alloc(16),
    matrix,
    u32be(256 << 16, 128 << 16),
  );
  const movie = fullBox(
    "mvhd",
    u32be(0, 0, 1_000, length, 0x1_00_00, 0x1_00_00_00, 0, 0),
    matrix,
    Buffer.alloc(24),
    u32be(2),
  );
  return Buffer.concat([type, box("mdat", ...samples), box("moov", movie, box("trak", header, media))]);
}

async function childrenOf(process: number): Promise<number[]> {
  const text = await readFile(`/proc/${process}/task/${process}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

describe.skipIf(isSkipped)("a browser that draws", () => {
  let browser: DrawingBrowser;
  let video: Buffer;

  beforeAll(async () => {
    video = await encodeVideo();
    const here = await openDrawingBrowserHere(process.env);
    if (!here.browser) throw new Error(here.why);
    browser = here.browser;
  });

  afterAll(() => browser?.close());

  const artworkOf = (
    bytes: Uint8Array,
    facts: Partial<Media>,
    declared: Declared = {},
  ): Artwork & { readonly kind: "file" } => {
    const media: Media = {
      ...pictureOf("mp4", "video/mp4", ["mp4"], SIZE),
      kind: "animation",
      frames: 25,
      fps: FPS,
      drawnBy: "browser",
      video: { codec: "avc1.42E01E", width: 256, height: 128, saysItsAlpha: false },
      ...facts,
    };
    return { kind: "file", bytes, media, declared };
  };

  async function expectRedThenHalfThenNothing(artwork: Artwork, longSide: number | null): Promise<void> {
    const frames = await openFrames(artwork, longSide, browser);
    if (!frames) throw new Error("there is a browser");
    const scale = frames.width / 128;
    const at = async (frame: number, x: number, y: number) =>
      pixelOf(await frames.draw(frame), Math.floor(x * scale), Math.floor(y * scale));
    const [red = 0, green = 0, , opaque = 0] = await at(3, 20, 30);
    expect([red > 200, green < 60, opaque > 235]).toEqual([true, true, true]);
    const [halfRed = 0, , , half = 0] = await at(3, 64, 30);
    expect([halfRed > 190, Math.abs(half - 128) < 25]).toEqual([true, true]);
    expect((await at(3, 110, 30))[3]).toBeLessThan(20);
    const [early = 0, , earlyBlue = 0] = await at(3, 64, 100);
    const [late = 0, , lateBlue = 0] = await at(22, 64, 100);
    expect([early > 200, earlyBlue < 60, late < 60, lateBlue > 200]).toEqual([true, true, true, true]);
    // Backwards, too.
    expect((await at(3, 64, 100))[0]).toBeGreaterThan(200);
    await frames.close();
  }

  test("composes a video's colour with the transparency that its author declares", async () => {
    await expectRedThenHalfThenNothing(artworkOf(video, {}, { alpha: "right" }), null);
  });

  test("takes the places from a VAP's own box, and draws it as small as is asked", async () => {
    const info = { v: 2, videoW: 256, videoH: 128, rgbFrame: [0, 0, 128, 128], aFrame: [128, 0, 128, 128] };
    const bytes = Buffer.concat([video, vapcBox(info)]);
    await expectRedThenHalfThenNothing(artworkOf(bytes, { format: "vap" }), 64);
  });

  test("shows a video without transparency as it is", async () => {
    const whole = { width: 256, height: 128 };
    const frames = await openFrames(artworkOf(video, whole, { alpha: "none" }), null, browser);
    if (!frames) throw new Error("there is a browser");
    const [, , , opaque] = pixelOf(await frames.draw(3), 110, 30);
    expect([frames.width, opaque]).toEqual([256, 255]);
    await frames.close();
  });

  test("draws the frames of a moving picture by its own decoder", async () => {
    const bytes = await animatedWebp(6, 80, 1);
    const facts = { format: "avif", mediaType: "image/webp", width: 64, height: 64, frames: 6 } as const;
    const frames = await openFrames(artworkOf(bytes, facts), null, browser);
    if (!frames) throw new Error("there is a browser");
    // The square moves by its own length.
    for (const [at, x] of [
      [1, 20],
      [0, 4],
    ] as const) {
      const drawn = await frames.draw(at);
      const [red = 0, green = 255, , opaque = 0] = pixelOf(drawn, x, 20);
      expect([red > 240, green < 60, opaque]).toEqual([true, true, 255]);
      expect(pixelOf(drawn, x + 24, 20)).toEqual([0, 0, 0, 0]);
    }
    await frames.close();
  });

  test("gives a still of what only it can draw", async () => {
    const still = await drawFullest(artworkOf(video, {}, { alpha: "right" }), 64, browser);
    expect([still?.width, still?.height]).toEqual([64, 64]);
  });

  test.each([
    ["mp4", "the video cannot be drawn by the browser here"],
    ["pag", "the PAG cannot be drawn by the browser here"],
    ["avif", "the AVIF cannot be drawn by the browser here"],
  ] as const)("refuses a damaged %s in words, and goes on with the next", async (format, words) => {
    const damaged = Buffer.from(`PAG\u0001${"no such file".repeat(9)}`);
    const open = openFrames(artworkOf(damaged, { format }, { alpha: "right" }), null, browser).then((it) =>
      it?.draw(0),
    );
    await expect(open).rejects.toThrow(words);
    await open.catch((error: unknown) => expect(error).toBeInstanceOf(CannotDraw));
    const frames = await openFrames(artworkOf(video, {}, { alpha: "right" }), 32, browser);
    expect((await frames?.draw(0))?.width).toBe(32);
    await frames?.close();
  });

  test("says that it died in words, and draws the next file in a fresh one", async () => {
    const before = await childrenOf(process.pid);
    const here = await openDrawingBrowserHere(process.env);
    if (!here.browser) throw new Error(here.why);
    const mine = (await childrenOf(process.pid)).filter((it) => !before.includes(it));
    const artwork = artworkOf(video, {}, { alpha: "right" });
    const frames = await openFrames(artwork, 32, here.browser);
    if (!frames) throw new Error("there is a browser");
    await frames.draw(0);
    for (const child of mine) process.kill(child, "SIGKILL");
    await expect(frames.draw(1)).rejects.toThrow(CannotDraw);
    await frames.close();
    const again = await openFrames(artwork, 32, here.browser);
    expect((await again?.draw(0))?.width).toBe(32);
    await again?.close();
    await here.browser.close();
  });

  describe("for giftwrap preview", () => {
    let world: World;

    beforeAll(async () => {
      world = await createWorld();
      await world.write({
        "gifts/spin/gift.yaml":
          'id: spin\nname: Spin\nowner: "@acme/art"\nanimation: source/spin.mp4\nalpha: right\n',
        "releases/spin/1.0.0.yaml": releaseText({ gift: "spin", version: "1.0.0" }),
      });
      await mkdir(join(world.root, "gifts/spin/source"), { recursive: true });
      await writeFile(join(world.root, "gifts/spin/source/spin.mp4"), video);
    });

    afterAll(() => world.remove());

    const preview = async (variables: NodeJS.ProcessEnv, lines: string[] = []) => {
      const args = { words: ["spin@1.0.0"], text: () => undefined, texts: () => [], flag: () => false };
      const code = await command.run(args, {
        ...quietIo(world.root),
        variables,
        line: (it) => lines.push(it),
      });
      return { code, lines, names: await readdir(join(world.root, ".giftwrap/preview/spin@1.0.0")) };
    };

    test("shows a video, and says what is missing where there is no browser", async () => {
      const seen = await preview(process.env);
      expect(seen.lines).toEqual(["spin@1.0.0: drawn; open .giftwrap/preview/spin@1.0.0/index.html"]);
      expect(seen.names.sort()).toEqual([
        "giftwrap-preview.json",
        "index.html",
        "motion.webp",
        "sheet.webp",
        "still.png",
      ]);

      const without = await preview({ CHROMIUM: "/nowhere" });
      expect([without.code, without.names]).toEqual([0, ["giftwrap-preview.json", "index.html"]]);
      const html = await readFile(join(world.root, ".giftwrap/preview/spin@1.0.0/index.html"), "utf8");
      expect(html).toContain("Its frames could not be drawn here: there is no Chromium");
    });
  });
});
