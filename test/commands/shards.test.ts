import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { build } from "../../src/commands/build/buildReleases.ts";
import { buildLottie } from "../formats/buildLottie.ts";
import { buildPng } from "../formats/buildPng.ts";
import { giftwrap } from "../support/cli.ts";
import { copyWorld, createWorld, quietIo, releaseText, type World } from "../support/world.ts";

const GIFTS = ["comet", "crown", "koi", "rose", "star"];

let world: World;
let shared: string;

beforeEach(async () => {
  world = await createWorld();
  shared = await mkdtemp(join(tmpdir(), "giftwrap-shared-"));
  await world.write({
    "releases/environments/production.yaml": `rollout: as-written\nstore: { folder: ${shared} }\npollSeconds: 30\nedges: {}\n`,
  });
  for (const [at, gift] of GIFTS.entries())
    await world.write({
      [`gifts/${gift}/gift.yaml`]: `id: ${gift}\nname: ${gift}\nowner: "@acme/art"\nanimation: source/art.json\nstill: source/still.png\n`,
      [`gifts/${gift}/source/art.json`]: Buffer.from(buildLottie())
        .toString("utf8")
        .padEnd(2_000 * (at + 1)),
      [`gifts/${gift}/source/still.png`]: buildPng(8 + at, 8),
      [`releases/${gift}/1.0.0.yaml`]: releaseText({ gift, version: "1.0.0" }),
    });
  await world.commit("Release five gifts");
});

afterEach(async () => {
  await world.remove();
  await rm(shared, { recursive: true });
});

interface Matrix {
  readonly include: readonly {
    readonly shard: string;
    readonly releases: string;
    readonly seconds: number;
  }[];
}

async function shards(at: World, ...args: string[]): Promise<Matrix> {
  const { code, stdout } = await giftwrap(at.root, "shards", ...args);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

/** What a build had to encode, and what came of each release. */
async function buildIn(at: World, request: Partial<Parameters<typeof build>[1]> = {}) {
  const encoded: string[] = [];
  const io = { ...quietIo(at.root), progress: (text: string) => void encoded.push(text) };
  const built = await build(io, { words: [], check: false, relock: false, ...request });
  return { built, encoded: encoded.filter((it) => it.includes("encoding")) };
}

describe("spreading a build over runners", () => {
  test("prints a matrix in which every release has its place, and leaves out runners with nothing to do", async () => {
    const { include } = await shards(world, "--count", "8");
    expect(include).toHaveLength(5);
    expect(include.flatMap((it) => it.releases.split(" ")).sort()).toEqual(GIFTS.map((it) => `${it}@1.0.0`));
    for (const { shard, seconds } of include) {
      expect(shard).toMatch(/^\d\/8$/);
      expect(seconds).toBeGreaterThanOrEqual(0);
    }
  });

  test("all shards together build every release once, each what the matrix says", async () => {
    const { include } = await shards(world, "--count", "2");
    const built: string[] = [];
    for (const { shard, releases } of include) {
      const runner = await copyWorld(world);
      try {
        const { code, stdout } = await giftwrap(runner.root, "build", "--shard", shard, "--json");
        expect(code).toBe(0);
        const names = JSON.parse(stdout).map((it: { release: string }) => it.release);
        expect(names).toEqual(releases.split(" "));
        built.push(...names);
      } finally {
        await runner.remove();
      }
    }
    expect(built.sort()).toEqual(GIFTS.map((it) => `${it}@1.0.0`));
  });

  test("with a shared store every runner takes its share of the first plan, whatever was measured since", async () => {
    const first = await shards(world, "--count", "2", "--env", "production");
    const [one] = first.include;
    await buildIn(world, { shard: one?.shard, environment: "production" });
    const later = await copyWorld(world);
    try {
      expect(await shards(later, "--count", "2", "--env", "production")).toEqual(first);
    } finally {
      await later.remove();
    }
  });

  test("what is no share, or none of so many, is told as a mistake in the command", async () => {
    for (const shard of ["0/4", "5/4", "3", "a/b", "1/9999"]) {
      const { code, stderr } = await giftwrap(world.root, "build", "--shard", shard);
      expect(code).toBe(2);
      expect(stderr).toContain(`--shard ${shard}: write it as 3/16`);
    }
    expect((await giftwrap(world.root, "shards")).code).toBe(2);
    expect((await giftwrap(world.root, "shards", "--count", "0")).code).toBe(2);
  });
});

describe("a store as the build cache of many machines", () => {
  test("what one has built another does not encode again, and both write the same locks", async () => {
    const other = await copyWorld(world);
    try {
      const first = await buildIn(world, { environment: "production" });
      expect(first.encoded.length).toBeGreaterThan(0);
      const second = await buildIn(other, { environment: "production" });
      expect(second.encoded).toEqual([]);
      expect(second.built.map((it) => it.outcome)).toEqual(GIFTS.map(() => "locked"));
      const [ours, theirs] = await Promise.all(
        [world, other].map((it) => readFile(join(it.root, "releases/rose/1.0.0.lock.json"), "utf8")),
      );
      expect(theirs).toBe(ours);
    } finally {
      await other.remove();
    }
  });
});
