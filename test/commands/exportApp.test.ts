import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Loader } from "../../src/client/load/loader.ts";
import { readBundled } from "../../src/client/node/node.ts";
import type { Fetch } from "../../src/client/ports.ts";
import * as exportApp from "../../src/commands/exportApp.ts";
import { digestOf, nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { Catalog } from "../../src/wire/catalog.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { resolve } from "../../src/wire/resolve.ts";
import { harm } from "../support/damage.ts";
import { runCommand } from "../support/runCommand.ts";
import { createWorld, type World } from "../support/world.ts";
import { viewerOf } from "../wire/catalogOf.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
  for (const [gift, bytes] of [
    ["anchor", 100],
    ["balloon", 2_000],
    ["comet", 300],
  ] as const)
    await world.release({ gift, version: "1.0.0", regional: true, full: true }, gift.padEnd(bytes, "."));
  await world.commit("Release");
  await world.publish();
});

afterAll(() => world.remove());

const run = (...words: string[]) => runCommand(exportApp, world.root, words);
const offline: Fetch = () => Promise.reject(new Error("there is no network"));

/** Every file below the folder with its digest. */
async function contentsOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((it) => it.isFile());
  const paths = names.map((it) => join(it.parentPath, it.name)).sort();
  return Object.fromEntries(
    await Promise.all(
      paths.map(async (path) => [path.slice(folder.length + 1), digestOf(await readFile(path))]),
    ),
  );
}

describe("giftwrap export-app", () => {
  test("writes what an app needs to play without a network, each object under its own digest", async () => {
    const folder = join(world.root, "app");
    const { exit, text } = await run("--out", "app", "--tier", "mid");
    expect([exit, text]).toEqual([
      0,
      expect.stringMatching(/^production, revision 1: 6 objects, [\d.]+ kB of 5\.00 MB, in /),
    ]);
    const contents = await contentsOf(folder);
    expect(Object.keys(contents).filter((name) => !name.startsWith("objects/"))).toEqual([
      "catalog.mid.jsonl",
      "giftwrap-app.json",
      "root.json",
      "snapshot.json",
      "targets.json",
      "timestamp.json",
    ]);
    for (const [name, digest] of Object.entries(contents))
      if (name.startsWith("objects/")) expect(name).toBe(`objects/${digest}`);

    const catalog = new Catalog(await readFile(join(folder, "catalog.mid.jsonl"), "utf8"));
    const loader = new Loader({ fetch: offline, crypto: nodeCrypto, bundled: readBundled(folder) });
    const { link, failed, files } = await loader.load(resolve(catalog, [], viewerOf(), "comet"));
    expect([link.kind, failed, files.length]).toEqual(["release", [], 1]);
  });

  test("stays within the budget, and says what did not fit", async () => {
    const { text } = await run("--out", "small", "--tier", "mid", "--budget", "9500", "--json");
    const index = JSON.parse(text);
    expect(index.bytes).toBeLessThanOrEqual(9_500);
    const names = Object.keys(await contentsOf(join(world.root, "small")));
    expect(names.filter((it) => it.startsWith("objects/"))).toHaveLength(index.objects.length);
    await expect(run("--out", "small", "--budget", "1kB")).rejects.toMatchObject({
      code: "BUDGET_TOO_SMALL",
    });
  });

  test("writes the same folder from the same input, whatever was exported there before", async () => {
    await run("--out", "same", "--gift", "balloon");
    const first = await contentsOf(join(world.root, "same"));
    await run("--out", "same", "--tier", "low");
    await run("--out", "same", "--gift", "balloon");
    expect(await contentsOf(join(world.root, "same"))).toEqual(first);
    expect((await readdir(world.root)).filter((it) => it.startsWith("same."))).toEqual([]);
  });

  test("replaces no folder that is not its own", async () => {
    await mkdir(join(world.root, "mine"));
    await writeFile(join(world.root, "mine", "letter.txt"), "dear");
    await expect(run("--out", "mine")).rejects.toMatchObject({ code: "FOLDER_TAKEN" });
    expect(await readdir(join(world.root, "mine"))).toEqual(["letter.txt"]);
    // The root of many an app has a file of this name.
    await mkdir(join(world.root, "project"));
    await writeFile(join(world.root, "project", "app.json"), "{}");
    await expect(run("--out", "project")).rejects.toMatchObject({ code: "FOLDER_TAKEN" });
    await expect(run("--out", ".")).rejects.toMatchObject({ code: "FOLDER_TAKEN" });
  });

  test("ships no object that is not itself, and leaves the folder as it was", async () => {
    await run("--out", "before");
    const before = await contentsOf(join(world.root, "before"));
    const store = await world.store();
    const key = (await store.list("objects/")).find((it) => it.endsWith(".json")) ?? "";
    const undo = await harm(world, key, "flip");
    try {
      await expect(run("--out", "before")).rejects.toMatchObject({ code: "LIVE_BROKEN" });
      expect(await contentsOf(join(world.root, "before"))).toEqual(before);
    } finally {
      await undo();
    }
  });

  test("exports nothing where nothing is published", async () => {
    const undo = await harm(world, TIMESTAMP_KEY, "delete");
    try {
      await expect(run("--out", "none")).rejects.toMatchObject({ code: "NOT_PUBLISHED" });
    } finally {
      await undo();
    }
  });

  test.each([
    ["--budget", "much"],
    ["--budget", "-5"],
    ["--tier", "huge"],
    ["--gift", "nobody"],
  ])("refuses %s %s in words", async (option, value) => {
    await expect(run(`${option}=${value}`)).rejects.toMatchObject({ name: "UsageError" });
  });

  test("reads sizes as people write them", () => {
    expect(["5MB", "500kB", "0.5MB", "12000", "12b"].map(exportApp.parseBudget)).toEqual([
      5_000_000, 500_000, 500_000, 12_000, 12,
    ]);
  });
});
