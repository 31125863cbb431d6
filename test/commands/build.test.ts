import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { build } from "../../src/commands/build/buildReleases.ts";
import { thinFrames } from "../../src/bundle/recipe.ts";
import { inspect } from "../../src/formats/inspect.ts";
import type { LockFile } from "../../src/model/schemas.ts";
import { buildCache } from "../../src/bundle/objectCache.ts";
import { buildPng } from "../formats/buildPng.ts";
import { mp3Frames } from "../formats/buildSounds.ts";
import { buildLayer, buildLottie, dataUrl } from "../formats/buildLottie.ts";
import { buildSvga } from "../formats/buildSvga.ts";
import { drawPng, drawSvga } from "../bundle/drawSvga.ts";
import { giftwrap } from "../support/cli.ts";
import { createWorld, quietIo, releaseText, type World } from "../support/world.ts";

let world: World;

beforeEach(async () => {
  world = await createWorld();
  await drawFrames(0);
  await world.write({
    "gifts/spin/gift.yaml": 'id: spin\nname: Spin\nowner: "@acme/art"\nanimation: source/frames\nfps: 20\n',
    "releases/spin/1.0.0.yaml": releaseText({ gift: "spin", version: "1.0.0" }),
  });
});

afterEach(() => world.remove());

/** Eight frames of a bar that grows until the sixth: the fullest is not the first. */
async function drawFrames(red: number): Promise<void> {
  for (let at = 0; at < 8; at++) {
    const width = 20 + 12 * Math.min(at, 5) - 10 * Math.max(0, at - 5);
    const bar = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><rect x="4" y="20" width="${width}" height="50" fill="rgb(${red},120,200)"/></svg>`;
    const path = join(world.root, `gifts/spin/source/frames/00${at}.png`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await sharp(Buffer.from(bar)).png().toBuffer());
  }
}

const buildAll = (options: Partial<Parameters<typeof build>[1]> = {}) =>
  build(quietIo(world.root), { words: [], check: false, relock: false, ...options });

async function readLock(): Promise<LockFile> {
  return JSON.parse(await readFile(join(world.root, "releases/spin/1.0.0.lock.json"), "utf8"));
}

describe("building a release", () => {
  test("gives each tier its own animated WebP and a still of the fullest frame, as the policy says", async () => {
    expect(await buildAll()).toMatchObject([{ release: "spin@1.0.0", outcome: "locked" }]);
    const lock = await readLock();
    expect(lock.player).toEqual({ name: "webp", version: "1.0.0" });
    expect(lock.sources).toHaveLength(8);
    const { low } = lock.tiers;
    expect(low).toMatchObject({ width: 64, height: 64, frames: 4, fps: 10 });
    const cache = buildCache(world.root);
    const [animation, still] = await Promise.all(
      (low?.files ?? []).map((file) => cache.object(file.digest, file.mediaType)),
    );
    expect(await inspect(animation ?? new Uint8Array())).toMatchObject({
      kind: "animation",
      durationSeconds: 0.4,
    });
    const { data } = await sharp(still ?? new Uint8Array())
      .ensureAlpha()
      .extractChannel(3)
      .raw()
      .toBuffer({ resolveWithObject: true });
    const covered = data.filter((alpha) => alpha > 128).length / data.length;
    expect(covered).toBeCloseTo((80 * 50) / (96 * 96), 1);
  });

  test("twice gives the same bytes, also in two processes with different counts of threads and without the cache", async () => {
    await buildAll();
    const first = await readFile(join(world.root, "releases/spin/1.0.0.lock.json"), "utf8");
    await rm(join(world.root, ".giftwrap/cache"), { recursive: true });
    await rm(join(world.root, "releases/spin/1.0.0.lock.json"));
    process.env["VIPS_CONCURRENCY"] = "1";
    try {
      expect((await giftwrap(world.root, "build")).code).toBe(0);
    } finally {
      delete process.env["VIPS_CONCURRENCY"];
    }
    expect(await readFile(join(world.root, "releases/spin/1.0.0.lock.json"), "utf8")).toBe(first);
    expect(await buildAll({ check: true })).toMatchObject([{ outcome: "built" }]);
  });

  test("of images inside of animations gives the same bytes with one core and with all", async () => {
    const png = await drawPng(400, 300);
    const indexed = await drawPng(400, 300, undefined, true);
    const size = { layout: { width: 400, height: 300 } };
    const image = { id: "petal", w: 400, h: 300, e: 1, u: "", p: dataUrl("image/png", png) };
    const layer = buildLayer({ ty: 2, refId: "petal", ks: {} });
    const lottie = buildLottie({ w: 400, h: 300, assets: [image], layers: [layer] });
    const webp = await sharp(indexed).resize(320).webp().toBuffer();
    const gifts: Readonly<Record<string, readonly [string, Uint8Array]>> = {
      kite: ["kite.svga", drawSvga({ images: { png, indexed }, sprites: { png: [size], indexed: [size] } })],
      petal: ["petal.json", lottie],
    };
    for (const [id, [name, bytes]] of Object.entries(gifts)) {
      await world.write({
        [`gifts/${id}/gift.yaml`]: `id: ${id}\nname: A\nowner: "@acme/art"\nanimation: source/${name}\nstill: source/still.webp\n`,
        [`gifts/${id}/source/${name}`]: "",
        [`releases/${id}/1.0.0.yaml`]: releaseText({ gift: id, version: "1.0.0" }),
      });
      await writeFile(join(world.root, `gifts/${id}/source/${name}`), bytes);
      await writeFile(join(world.root, `gifts/${id}/source/still.webp`), webp);
    }
    const read = async () =>
      Promise.all(
        Object.keys(gifts).map((id) => readFile(join(world.root, `releases/${id}/1.0.0.lock.json`), "utf8")),
      );
    expect(await buildAll({ words: Object.keys(gifts) })).toMatchObject([
      { outcome: "locked" },
      { outcome: "locked" },
    ]);
    const first = await read();
    await rm(join(world.root, ".giftwrap/cache"), { recursive: true });
    for (const id of Object.keys(gifts)) await rm(join(world.root, `releases/${id}/1.0.0.lock.json`));
    const settings = { VIPS_CONCURRENCY: "1", UV_THREADPOOL_SIZE: "1", TZ: "Pacific/Kiritimati" };
    const before = Object.fromEntries(Object.keys(settings).map((name) => [name, process.env[name]]));
    Object.assign(process.env, settings);
    try {
      expect((await giftwrap(world.root, "build", ...Object.keys(gifts))).code).toBe(0);
    } finally {
      for (const [name, value] of Object.entries(before)) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    expect(await read()).toEqual(first);
  });

  test("what is built costs nothing: no object is encoded again", async () => {
    const steps: string[] = [];
    const io = { ...quietIo(world.root), progress: (text: string) => steps.push(text) };
    await build(io, { words: [], check: false, relock: false });
    expect(steps.filter((it) => it.includes("encoding")).length).toBe(2);
    steps.length = 0;
    await rm(join(world.root, "releases/spin/1.0.0.lock.json"));
    await build(io, { words: [], check: false, relock: false });
    expect(steps.filter((it) => it.includes("encoding"))).toEqual([]);
  });

  test("a damaged cache entry is made again rather than used", async () => {
    await buildAll();
    const objects = join(world.root, ".giftwrap/cache/objects/sha256");
    for (const folder of await readdir(objects)) {
      for (const file of await readdir(join(objects, folder)))
        await writeFile(join(objects, folder, file), "damaged");
    }
    expect(await buildAll()).toMatchObject([{ outcome: "built" }]);
    const lock = await readLock();
    const [file] = lock.tiers.high?.files ?? [];
    expect(await buildCache(world.root).object(file?.digest ?? "", file?.mediaType ?? "")).not.toBeNull();
  });

  test("a lock's objects come back from the commit that wrote it, when the sources have gone on since", async () => {
    await buildAll();
    await world.commit("Release 1.0.0");
    await drawFrames(250);
    await world.write({ "releases/spin/1.1.0.yaml": releaseText({ gift: "spin", version: "1.1.0" }) });
    await buildAll();
    await world.commit("Release 1.1.0");
    await rm(join(world.root, ".giftwrap/cache"), { recursive: true });
    expect(await buildAll()).toMatchObject([{ outcome: "built" }, { outcome: "built" }]);
  });

  test("images are counted into the lock, and a lock of before they were is as good as ever", async () => {
    await buildAll();
    const lock = await readLock();
    const { low, mid, high } = lock.tiers;
    expect([low?.images, mid?.images, high?.images]).toEqual([0, 0, 0]);
    expect(Object.keys(lock.player)).toEqual(["name", "version"]);
    const path = "releases/spin/1.0.0.lock.json";
    const uncounted = JSON.stringify(lock, (key, value: unknown) => (key === "images" ? undefined : value));
    await world.write({ [path]: uncounted });
    expect(await buildAll({ check: true })).toMatchObject([{ outcome: "built" }]);
    expect(await readFile(join(world.root, path), "utf8")).toBe(uncounted);
    await world.write({ [path]: JSON.stringify(lock).replace('"images":0', '"images":1') });
    expect(await buildAll({ check: true })).toMatchObject([{ outcome: "differs" }]);
  });

  test("a file that carries its sound inside is locked as such, with the images in it", async () => {
    const images = { body: buildPng(8, 8), beat: mp3Frames(5) };
    await world.write({
      "gifts/spin/gift.yaml":
        'id: spin\nname: Spin\nowner: "@acme/art"\nanimation: source/spin.svga\nstill: source/frames/000.png\n',
    });
    await writeFile(join(world.root, "gifts/spin/source/spin.svga"), buildSvga({ images, sounds: ["beat"] }));
    expect(await buildAll()).toMatchObject([{ outcome: "locked" }]);
    const { player, tiers } = await readLock();
    expect(player).toEqual({ name: "svga", version: "2.0.0", embeddedSound: true });
    expect(tiers.mid).toMatchObject({ images: 1, decodedBytes: 36 });
    expect(await buildAll({ check: true })).toMatchObject([{ outcome: "built" }]);
  });

  test("sources that this clone does not have are told apart from a build that gives other bytes", async () => {
    await buildAll();
    await drawFrames(250);
    await rm(join(world.root, ".giftwrap/cache"), { recursive: true });
    expect(await buildAll()).toMatchObject([{ outcome: "sources_gone" }]);
    await drawFrames(0);
    const lock = await readLock();
    const high = lock.tiers.high;
    const [file] = high?.files ?? [];
    if (!high || !file) throw new Error("the lock has a high tier");
    const changed = {
      ...lock,
      tiers: { ...lock.tiers, high: { ...high, files: [{ ...file, digest: "0".repeat(64) }] } },
    };
    await world.write({ "releases/spin/1.0.0.lock.json": JSON.stringify(changed) });
    expect(await buildAll()).toMatchObject([{ outcome: "differs" }]);
    await world.write({
      "releases/spin/1.0.0.lock.json": JSON.stringify({
        ...changed,
        builder: { ...lock.builder, sharp: "0.1.0" },
      }),
    });
    expect(await buildAll()).toMatchObject([{ outcome: "other_builder" }]);
  });

  test("a lock that is in HEAD is never replaced, one that is not can be", async () => {
    await buildAll();
    const before = await readLock();
    await drawFrames(250);
    expect(await buildAll({ relock: true })).toMatchObject([{ outcome: "locked" }]);
    expect(await readLock()).not.toEqual(before);
    await world.commit("Release");
    const merged = await readLock();
    await drawFrames(0);
    await buildAll({ relock: true });
    expect(await readLock()).toEqual(merged);
  });
});

describe("thinning frames", () => {
  test("keeps the length, whatever the rates", () => {
    for (const [count, fps, maxFps] of [
      [36, 24, 12],
      [36, 24, 18],
      [36, 24, 24],
      [7, 30, 24],
      [2, 5, 60],
      [100, 60, 7],
    ] as const) {
      const { picks, delays } = thinFrames(count, fps, maxFps);
      expect(delays.reduce((sum, it) => sum + it, 0)).toBe(Math.round((count * 1000) / fps));
      expect(picks).toEqual([...picks].sort((a, b) => a - b));
      expect(picks[0]).toBe(0);
      expect(Math.max(...picks)).toBeLessThan(count);
      expect(picks.length / (count / fps)).toBeLessThanOrEqual(Math.min(fps, maxFps));
    }
  });
});
