import { readFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { build } from "../../src/commands/build/buildReleases.ts";
import { buildCache } from "../../src/bundle/objectCache.ts";
import type { LockFile } from "../../src/model/schemas.ts";
import { buildPng } from "../formats/buildPng.ts";
import { fixtures } from "../formats/fixtures.ts";
import { createWorld, quietIo, releaseText, type World } from "../support/world.ts";

let world: World;

beforeEach(async () => {
  world = await createWorld();
});

afterEach(() => world.remove());

/** No browser, whatever this machine has. */
const io = () => ({ ...quietIo(world.root), variables: { CHROMIUM: "/nowhere/chromium" } });

const fixture = (name: string): Uint8Array => {
  const found = fixtures().find((it) => it.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found.bytes;
};

/** Three frames of a square that moves, 200 x 100, 100 ms each. */
async function moving(type: "webp" | "gif"): Promise<Uint8Array> {
  const frames = [0, 60, 120].map((left) =>
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100"><rect x="${left}" y="20" width="60" height="60" fill="#e63946"/></svg>`,
    ),
  );
  const delay = [100, 100, 100];
  const joined = sharp(frames, { join: { animated: true } });
  return (type === "webp" ? joined.webp({ lossless: true, delay }) : joined.gif({ delay })).toBuffer();
}

interface Delivered {
  readonly [path: string]: Uint8Array;
}

async function buildGift(animation: string, files: Delivered, lines = "") {
  await world.write({
    "gifts/star/gift.yaml": `id: star\nname: Star\nowner: "@acme/art"\nanimation: source/${animation}\n${lines}`,
    "releases/star/1.0.0.yaml": releaseText({ gift: "star", version: "1.0.0" }),
    ...Object.fromEntries(Object.entries(files).map(([path, bytes]) => [`gifts/star/source/${path}`, bytes])),
  });
  const [result] = await build(io(), { words: [], check: false, relock: false });
  return result;
}

async function readLock(): Promise<LockFile> {
  return JSON.parse(await readFile(join(world.root, "releases/star/1.0.0.lock.json"), "utf8"));
}

const fileOf = (lock: LockFile, tier: string, role: string) =>
  lock.tiers[tier]?.files.find((it) => it.role === role);

describe("of a file that can be drawn here", () => {
  test.each([
    ["star.svga", "svga.svga", "application/x-svga"],
    ["star.svga", "svga-1-binary.svga", "application/x-svga"],
    ["star.json", "lottie.json", "application/vnd.lottie+json"],
    ["star.lottie", "dotlottie.lottie", "application/zip+dotlottie"],
    ["star.lottie", "dotlottie-1.lottie", "application/zip+dotlottie"],
  ])(
    "such as %s (%s), every tier gets %s, a still of its own and previews, without a person",
    async (name, of, type) => {
      expect(await buildGift(name, { [name]: fixture(of) })).toMatchObject({ outcome: "locked" });
      const lock = await readLock();
      expect(lock.previews?.map((it) => it.role)).toEqual(["sheet", "motion"]);
      const cache = buildCache(world.root);
      for (const tier of ["low", "mid", "high"]) {
        expect(fileOf(lock, tier, "animation")?.mediaType).toBe(type);
        const still = fileOf(lock, tier, "still");
        const bytes = still && (await cache.object(still.digest, still.mediaType));
        expect((await sharp(bytes ?? undefined).metadata()).format).toBe("webp");
      }
    },
  );

  test.each(["webp", "gif"] as const)(
    "an animated %s is made smaller for each tier, as long as it was",
    async (type) => {
      expect(await buildGift(`star.${type}`, { [`star.${type}`]: await moving(type) })).toMatchObject({
        outcome: "locked",
      });
      const { tiers, player } = await readLock();
      expect(player).toEqual({ name: "webp", version: "1.0.0" });
      for (const tier of ["low", "mid", "high"]) {
        const variant = tiers[tier];
        expect([variant?.width, variant?.height]).toEqual([64, 32]);
        expect((variant?.frames ?? 0) / (variant?.fps ?? 1)).toBeCloseTo(0.3, 2);
      }
    },
  );
});

describe("of a file that only a browser can draw, where there is none", () => {
  test("the author's still is asked for, in words", async () => {
    const result = await buildGift("star.mp4", { "star.mp4": fixture("vap.mp4") });
    expect(result).toMatchObject({ outcome: "unreadable" });
    expect(result?.message).toContain("still");
    expect(result?.message).toContain("still: source/still.png");
  });

  test("with a still everything is there but the previews", async () => {
    const result = await buildGift(
      "star.mp4",
      { "star.mp4": fixture("vap.mp4"), "still.png": buildPng(40, 40) },
      "still: source/still.png\n",
    );
    expect(result).toMatchObject({ outcome: "locked" });
    const lock = await readLock();
    expect(lock.previews).toBeUndefined();
    expect(lock.player).toEqual({ name: "vap", version: "2.0.0" });
    const digests = ["low", "mid", "high"].map((tier) => fileOf(lock, tier, "animation")?.digest);
    expect(new Set(digests).size).toBe(1);
  });

  test("a tier gets the author's own file, and a plain MP4's transparency is locked as it was declared", async () => {
    const small = fixture("mp4.mp4");
    const large = Buffer.concat([small, Buffer.from([0, 0, 0, 16]), Buffer.from("free12345678")]);
    const result = await buildGift(
      "star.mp4",
      { "star.mp4": large, "small.mp4": small, "still.png": buildPng(40, 40) },
      "alpha: right\nvariants:\n  low: source/small.mp4\nstill: source/still.png\n",
    );
    expect(result).toMatchObject({ outcome: "locked" });
    const lock = await readLock();
    expect(lock.player).toMatchObject({ name: "mp4", alpha: "right" });
    expect(fileOf(lock, "low", "animation")?.bytes).toBe(small.length);
    expect(fileOf(lock, "mid", "animation")?.bytes).toBe(large.length);
    expect(lock.sources.map((it) => it.path)).toContain("source/small.mp4");
  });

  test("a sound is kept once for all tiers", async () => {
    await buildGift(
      "star.pag",
      { "star.pag": fixture("pag.pag"), "still.png": buildPng(40, 40), "chime.mp3": fixture("sound.mp3") },
      "sound: source/chime.mp3\nstill: source/still.png\n",
    );
    const lock = await readLock();
    const sounds = ["low", "mid", "high"].map((tier) => fileOf(lock, tier, "sound"));
    expect(new Set(sounds.map((it) => it?.digest)).size).toBe(1);
    expect(sounds[0]?.mediaType).toBe("audio/mpeg");
    expect(lock.player.name).toBe("pag");
  });
});
