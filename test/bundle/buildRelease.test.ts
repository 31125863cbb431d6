import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { type BuildOptions, buildRelease, writeLock } from "../../src/bundle/build.ts";
import type { Drawing } from "../../src/bundle/drawing.ts";
import { lanes } from "../../src/bundle/lanes.ts";
import type { BuildCache } from "../../src/bundle/objectCache.ts";
import { type Ingredient, planRecipe } from "../../src/bundle/recipe.ts";
import type { Artwork } from "../../src/bundle/render/frames.ts";
import { inspect } from "../../src/formats/inspect.ts";
import type { GiftFile } from "../../src/model/schemas.ts";
import type { GiftSources } from "../../src/model/sources.ts";
import { parseFile } from "../../src/source/readProject.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { buildPag, pagLayer, pagTag } from "../formats/buildPag.ts";
import { buildWav } from "../formats/buildWav.ts";
import { releaseText } from "../support/world.ts";
import { drawPng, drawSvga } from "./drawSvga.ts";

const encoder = new TextEncoder();
const policy = parseFile("policy", "releases/policy.yaml", await readFile("releases/policy.yaml")).located
  ?.value;
const release = parseFile(
  "release",
  "releases/kite/1.0.0.yaml",
  encoder.encode(releaseText({ gift: "kite", version: "1.0.0" })),
).located?.value;
const GIFT: GiftFile = { id: "kite", name: "Kite", owner: "@acme/art", animation: "source/kite" };
const builder = { recipe: "test" };

function memoryCache(): BuildCache & { readonly objects: Map<string, Uint8Array> } {
  const objects = new Map<string, Uint8Array>();
  const steps = new Map<string, string>();
  return {
    objects,
    object: async (digest) => objects.get(digest) ?? null,
    keepObject: async (bytes) => {
      objects.set(digestOf(bytes), bytes);
      return digestOf(bytes);
    },
    made: async (key) => steps.get(key) ?? null,
    keepMade: async (key, digest) => void steps.set(key, digest),
    seconds: async () => null,
    keepSeconds: async () => {},
  };
}

async function build(
  sources: Omit<GiftSources, "isFolder" | "tooBig">,
  options: Partial<BuildOptions> = {},
  gift: Partial<GiftFile> = {},
) {
  if (!policy || !release) throw new Error("the fixtures can be read");
  const cache = memoryCache();
  const all = { isFolder: false, tooBig: [], ...sources };
  const input = { gift: { ...GIFT, ...gift }, release, sources: all, policy, builder };
  const lock = await buildRelease(input, { cache, ...options });
  const objectOf = (tier: "low" | "mid" | "high", role: string) => {
    const file = lock.tiers[tier]?.files.find((it) => it.role === role);
    return cache.objects.get(file?.digest ?? "") ?? new Uint8Array();
  };
  return { lock, cache, input, objectOf };
}

const source = (path: string, bytes: Uint8Array) => ({ path: `source/${path}`, bytes });

/** Draws what sharp can decode, and a square for everything else. */
const drawing: Drawing = {
  async openFrames(artwork, longSide) {
    if (artwork.kind !== "file") return null;
    const { bytes, media } = artwork;
    const scale = Math.min(1, longSide / Math.max(media.width, media.height));
    const [width, height] = [media.width, media.height].map((it) => Math.round(it * scale));
    if (width === undefined || height === undefined) return null;
    const draw = async (page: number) => {
      const frame = sharp(bytes, { page }).ensureAlpha().resize({ width, height, fit: "fill" });
      return { width, height, pixels: await frame.raw().toBuffer() };
    };
    return { width, height, count: media.frames, fps: media.fps, draw, close: async () => {} };
  },
  async drawFullest(artwork, longSide) {
    const { width, height } = artwork.kind === "file" ? artwork.media : artwork;
    const scale = Math.min(1, longSide / Math.max(width, height));
    const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
    return { ...size, pixels: new Uint8Array(size.width * size.height * 4).fill(200) };
  },
  programs: async (artwork) =>
    artwork.kind === "file" && artwork.media.format === "svga" ? { canvaskit: "1.2.3" } : {},
};

const frame = { layout: { width: 600, height: 600 } };
const svga = async () =>
  drawSvga({
    width: 600,
    height: 450,
    images: { body: await drawPng(600, 600) },
    sprites: { body: [frame, frame] },
  });

/** 40 frames of 600 x 400 in two seconds, the last of which stays longest. */
async function movingWebp(): Promise<{ bytes: Buffer; milliseconds: number }> {
  const delay = Array.from({ length: 40 }, (_, at) => (at === 39 ? 400 : 41));
  const frames = await Promise.all(
    delay.map((_, at) => drawPng(600, 400, { left: 10 * at, top: 50, width: 100, height: 200 })),
  );
  const bytes = await sharp(frames, { join: { animated: true } })
    .webp({ quality: 30, effort: 0, delay })
    .toBuffer();
  return { bytes, milliseconds: delay.reduce((sum, it) => sum + it, 0) };
}

describe("a release of an animated WebP", () => {
  test("gets one at each tier's size and rate that lasts as long, and a still", async () => {
    const { bytes, milliseconds } = await movingWebp();
    const { lock, objectOf } = await build({ animation: [source("kite.webp", bytes)] }, { drawing });
    for (const [tier, width, fps] of [
      ["low", 256, 12],
      ["mid", 384, 18],
      ["high", 512, 24],
    ] as const) {
      const media = await inspect(objectOf(tier, "animation"));
      expect(media).toMatchObject({ kind: "animation", width, durationSeconds: milliseconds / 1000 });
      expect(media.fps).toBeLessThanOrEqual(fps + 0.5);
      expect(await inspect(objectOf(tier, "still"))).toMatchObject({ kind: "picture", width });
    }
    expect(lock.tiers.low?.frames).toBeLessThan(lock.tiers.high?.frames ?? 0);
    expect(lock.player).toEqual({ name: "webp", version: "1.0.0" });
    expect(lock.builder).toEqual(builder);
  });
});

describe("a release of an SVGA", () => {
  test("gets smaller images for weak devices, the file itself where nothing is to do, and its sound once", async () => {
    const bytes = drawSvga({
      width: 500,
      height: 375,
      images: { body: await drawPng(500, 375) },
      sprites: { body: [{ layout: { width: 500, height: 375 } }] },
    });
    const { lock } = await build({
      animation: [source("kite.svga", bytes)],
      still: source("still.png", await drawPng(50, 40)),
      sound: source("chime.wav", buildWav()),
    });
    const { low, mid, high } = lock.tiers;
    expect([low?.decodedBytes, mid?.decodedBytes, high?.decodedBytes]).toEqual([
      256 * 192 * 4,
      384 * 288 * 4,
      500 * 375 * 4,
    ]);
    expect(high?.files[0]?.digest).toBe(digestOf(bytes));
    const sounds = [low, mid, high].map((it) => it?.files.find(({ role }) => role === "sound")?.digest);
    expect(new Set(sounds)).toEqual(new Set([digestOf(buildWav())]));
  });

  test("never takes an object that lost an image", async () => {
    const still = source("still.png", await drawPng(50, 40));
    const { lock, cache, input } = await build({ animation: [source("kite.svga", await svga())], still });
    cache.objects.set(
      lock.tiers.low?.files[0]?.digest ?? "",
      drawSvga({ width: 600, height: 450, images: {}, sprites: { body: [frame, frame] } }),
    );
    await expect(buildRelease(input, { cache })).rejects.toThrow('scaling the images lost "body"');
  });

  test("gets a still that is drawn, with what drew it named in the lock", async () => {
    const { lock, objectOf } = await build({ animation: [source("kite.svga", await svga())] }, { drawing });
    expect(await inspect(objectOf("low", "still"))).toMatchObject({
      mediaType: "image/webp",
      width: 256,
      height: 192,
    });
    expect(lock.builder).toEqual({ recipe: "test", canvaskit: "1.2.3" });
    const own = await build(
      { animation: [source("kite.svga", await svga())], still: source("still.png", await drawPng(50, 40)) },
      { drawing },
    );
    expect(await inspect(own.objectOf("low", "still"))).toMatchObject({ width: 50, height: 40 });
    expect(own.lock.builder).toEqual(builder);
  });

  test("says what to do where there is no still and nothing can draw one", async () => {
    const blind = { ...drawing, drawFullest: async () => null };
    for (const options of [{}, { drawing: blind }])
      await expect(build({ animation: [source("kite.svga", await svga())] }, options)).rejects.toMatchObject({
        name: "MediaError",
        fix: expect.stringContaining("add the line still: source/still.png") as string,
      });
  });

  test("refuses files for single tiers, which it does not need", async () => {
    const bytes = await svga();
    const variants = { low: source("low.svga", bytes) };
    await expect(
      build(
        { animation: [source("kite.svga", bytes)], variants },
        {},
        { variants: { low: "source/low.svga" } },
      ),
    ).rejects.toMatchObject({ fix: "take variants out; they are for MP4, PAG and AVIF" });
    await expect(
      build({ animation: [source("kite.svga", bytes)] }, {}, { variants: { low: "source/low.svga" } }),
    ).rejects.toThrow("the low tier's own file source/low.svga is not there");
  });
});

describe("a release of a file that is carried as it is", () => {
  test("gives a tier the author's own file for it", () => {
    if (!policy) throw new Error("the policy can be read");
    const file = (digest: string): Ingredient => ({
      digest,
      mediaType: "video/mp4",
      width: 750,
      height: 750,
    });
    const animation = { kind: "whole", source: file("main"), variants: { low: file("small") } } as const;
    const recipe = planRecipe({ animation, alpha: "right" }, ["low", "high"], policy);
    expect(recipe.low).toMatchObject([
      { kind: "carry", source: "small" },
      { kind: "draw", source: "small", alpha: "right", width: 256 },
    ]);
    expect(recipe.high).toMatchObject([
      { kind: "carry", source: "main" },
      { kind: "draw", source: "main", width: 512 },
    ]);
    expect(recipe.mid).toBeUndefined();
  });
});

describe("a release of a PAG", () => {
  test("asks for the newest player that one of its files needs", async () => {
    const files = {
      animation: [source("kite.pag", buildPag())],
      variants: { low: source("low.pag", buildPag({ layers: [pagLayer(2), pagTag(80, Buffer.of(0))] })) },
      still: source("still.png", await drawPng(50, 40)),
    };
    const { lock } = await build(files, {}, { variants: { low: "source/low.pag" } });
    expect(lock.player).toEqual({ name: "pag", version: "80.0.0" });
  });
});

describe("building beside each other", () => {
  test("gives the same lock as one after the other, and each object once", async () => {
    const sources = {
      animation: [source("kite.svga", await svga())],
      still: source(
        "still.webp",
        await sharp(await drawPng(700, 700))
          .webp()
          .toBuffer(),
      ),
    };
    const steps: string[] = [];
    const onStep = (step: string) => void steps.push(step);
    const inTurn = await build(sources);
    const beside = await build(sources, { run: lanes(4, 1_000_000_000), onStep });
    expect(writeLock(beside.lock)).toBe(writeLock(inTurn.lock));
    expect([...beside.cache.objects.keys()].sort()).toEqual([...inTurn.cache.objects.keys()].sort());
    expect(steps).toHaveLength(6);
  });

  test("ends all work before it says what went wrong", async () => {
    let working = 0;
    const run = async <T>(_load: unknown, work: () => Promise<T>): Promise<T> => {
      working += 1;
      try {
        return await work();
      } finally {
        working -= 1;
      }
    };
    await expect(build({ animation: [source("kite.svga", await svga())] }, { run })).rejects.toThrow(
      "no still",
    );
    expect(working).toBe(0);
  });
});

describe("previews", () => {
  test("are kept beside the objects, named in the lock, and made once", async () => {
    const sources = {
      animation: [source("kite.svga", await svga())],
      still: source("still.png", await drawPng(50, 40)),
    };
    const drawn: Artwork[] = [];
    const makePreviews = async (artwork: Artwork) => {
      drawn.push(artwork);
      return [
        { role: "sheet", mediaType: "image/webp", bytes: encoder.encode("a sheet"), width: 9, height: 8 },
      ] as const;
    };
    const { lock, cache, input } = await build(sources, { makePreviews });
    const digest = digestOf(encoder.encode("a sheet"));
    expect(lock.previews).toEqual([
      { role: "sheet", mediaType: "image/webp", digest, bytes: 7, width: 9, height: 8 },
    ]);
    expect(cache.objects.has(digest)).toBe(true);
    expect(await buildRelease(input, { cache, makePreviews })).toEqual(lock);
    expect(drawn).toHaveLength(1);
  });
});
