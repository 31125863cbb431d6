import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readMark, readTreeState, writeMark } from "../../src/commands/build/mark.ts";
import { build } from "../../src/commands/build/buildReleases.ts";
import type { BuiltRelease } from "../../src/commands/build/builtRelease.ts";
import { buildLottie } from "../formats/buildLottie.ts";
import { buildPng } from "../formats/buildPng.ts";
import { giftwrap } from "../support/cli.ts";
import { createWorld, quietIo, releaseText, type World } from "../support/world.ts";

let world: World;

beforeEach(async () => {
  world = await createWorld();
  await world.write({
    "gifts/star/gift.yaml":
      'id: star\nname: Star\nowner: "@acme/art"\nanimation: source/star.json\nstill: source/star.png\n',
    "gifts/star/source/star.json": Buffer.from(buildLottie()).toString("utf8"),
    "releases/star/1.0.0.yaml": releaseText({ gift: "star", version: "1.0.0" }),
  });
  await writeFile(join(world.root, "gifts/star/source/star.png"), buildPng(8, 8));
  await buildAll();
  await world.commit("Release star 1.0.0");
  await buildAndRemember();
});

afterEach(() => world.remove());

const buildAndRemember = async (): Promise<void> => {
  const before = await readTreeState(world.root);
  await writeMark(world.root, before, await buildAll());
};

const buildAll = (): Promise<readonly BuiltRelease[]> =>
  build(quietIo(world.root), { words: [], check: false, relock: false });

describe("a build of a tree that is built", () => {
  test("remembers it, and says what a look at everything would say", async () => {
    expect(await readMark(world.root)).toEqual(await buildAll());
    const said = await giftwrap(world.root, "build");
    expect(said).toMatchObject({ code: 0, stdout: "1 release: built already\n" });
  });

  test("looks again when a file of git's has changed, and remembers it once it is as it was", async () => {
    const path = "releases/star/1.0.0.yaml";
    await world.write({ [path]: `${releaseText({ gift: "star", version: "1.0.0" })}# a remark\n` });
    expect(await readMark(world.root)).toBeNull();
    await world.write({ [path]: releaseText({ gift: "star", version: "1.0.0" }) });
    expect(await readMark(world.root)).not.toBeNull();
  });

  test("looks again when there is a file that git does not know yet, or when that one changes", async () => {
    const path = "releases/star/1.1.0.yaml";
    await world.write({ [path]: releaseText({ gift: "star", version: "1.1.0" }) });
    expect(await readMark(world.root)).toBeNull();
    await buildAll();
    await buildAndRemember();
    expect(await readMark(world.root)).toHaveLength(2);
    await world.write({ [path]: `${releaseText({ gift: "star", version: "1.1.0" })}# a remark\n` });
    expect(await readMark(world.root)).toBeNull();
  });

  test("looks again when another commit is checked out", async () => {
    await world.write({ "releases/star/1.1.0.yaml": releaseText({ gift: "star", version: "1.1.0" }) });
    await buildAll();
    await world.commit("Release star 1.1.0");
    await buildAndRemember();
    await world.git("checkout", "--quiet", "HEAD~1");
    expect(await readMark(world.root)).toBeNull();
  });

  test("looks again when an object is gone, and brings it back", async () => {
    const objects = join(world.root, ".giftwrap/cache/objects/sha256");
    const [folder = ""] = await readdir(objects);
    const [file = ""] = await readdir(join(objects, folder));
    await rm(join(objects, folder, file));
    expect(await readMark(world.root)).toBeNull();
    expect(await buildAll()).toMatchObject([{ outcome: "built", message: "built from its locked sources" }]);
    expect(await readdir(join(objects, folder))).toContain(file);
  });

  test("remembers nothing where something is not built", async () => {
    await world.write({ "gifts/star/source/star.json": "{}" });
    await rm(join(world.root, ".giftwrap/cache"), { recursive: true });
    await world.git("checkout", "--quiet", "--orphan", "new");
    const before = await readTreeState(world.root);
    const built = await buildAll();
    expect(built).toMatchObject([{ outcome: "sources_gone" }]);
    await writeMark(world.root, before, built);
    expect(await readMark(world.root)).toBeNull();
  });

  test("remembers nothing of a tree that was changed while it was built", async () => {
    const before = await readTreeState(world.root);
    const built = await buildAll();
    await world.write({ "releases/star/1.1.0.yaml": releaseText({ gift: "star", version: "1.1.0" }) });
    await writeMark(world.root, before, built);
    expect(await readMark(world.root)).toBeNull();
    expect(await buildAll()).toHaveLength(2);
  });

  test("never locks anew what is merged: a lock that is damaged or gone has to come back from git", async () => {
    const path = "releases/star/1.0.0.lock.json";
    for (const text of ["<<<<<<< HEAD\n{}", null]) {
      await world.write({ [path]: text });
      const built = await buildAll();
      expect(built).toMatchObject([{ outcome: "lock_damaged" }]);
      expect(built[0]?.message).toContain(`git checkout HEAD -- ${path}`);
      await world.git("checkout", "--quiet", "HEAD", "--", path);
    }
    expect(await buildAll()).toMatchObject([{ outcome: "built" }]);
  });
});
