import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { command } from "../../src/commands/rollback.ts";
import { releasePath } from "../../src/model/paths.ts";
import { seenByNewcomers } from "../support/audience.ts";
import { runCommand } from "../support/cli.ts";
import { createWorld, quietIo, type World } from "../support/world.ts";

const worlds: World[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.remove()));
});

const FILE = releasePath("rose", "1.1.0");
const ON_ITS_WAY = { gift: "rose", version: "1.1.0", regions: { SG: 50, ID: 50 }, percent: 5 } as const;

async function newWorld(): Promise<World> {
  const world = await createWorld();
  worlds.push(world);
  await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
  await world.release({ ...ON_ITS_WAY, canary: false });
  await world.commit("Release");
  return world;
}

/** One commit for each step of the release; the commits that opened a stage, by the stage. */
async function promote(world: World): Promise<ReadonlyMap<string, string>> {
  const promotions = new Map<string, string>();
  const step = async (name: string, spec: object) => {
    await world.release({ ...ON_ITS_WAY, ...spec });
    promotions.set(name, await world.commit(name));
  };
  await step("canary", {});
  await step("regional", { regional: true });
  await step("raise", { regional: true, regions: { SG: 100, ID: 50 } });
  await step("full", { regional: true, regions: { SG: 100, ID: 50 }, full: true });
  return promotions;
}

function rollback(world: World, ...args: string[]) {
  return runCommand(command, quietIo(world.root), ...args);
}

describe("giftwrap rollback", () => {
  test("shows what it closed, who gets what then, and what a publish would do; it commits nothing by itself", async () => {
    const world = await newWorld();
    await promote(world);
    await world.publish();
    const { code, stdout, stderr } = await rollback(world, "rose", "--limit=canary");
    expect([code, stderr]).toEqual([0, ""]);
    await expect(stdout).toMatchFileSnapshot("golden/rollback.txt");
    expect(await world.git("status", "--porcelain")).toBe(`M ${FILE}`);
    expect(await world.git("diff", "--numstat")).toBe(`2\t2\t${FILE}`);
  });

  test("gives every viewer what reverting the promotions would give, for each limit", async () => {
    const world = await newWorld();
    const promotions = await promote(world);
    const promoted = await world.git("rev-parse", "HEAD");
    await world.publish();
    const restore = await world.saveStore();
    const reverts = {
      none: ["full", "regional", "canary"],
      canary: ["full", "regional"],
      regional: ["full"],
    };
    for (const [limit, stages] of Object.entries(reverts)) {
      const seenAfter = async (change: () => Promise<unknown>) => {
        await restore();
        await world.git("reset", "--quiet", "--hard", promoted);
        await change();
        await world.publish();
        return seenByNewcomers(world, ["rose"]);
      };
      const rolledBack = await seenAfter(async () => {
        const ended = await rollback(world, "rose", `--limit=${limit}`, "--commit", "--reason=Crashes");
        expect(ended.code).toBe(0);
      });
      const reverted = await seenAfter(async () => {
        for (const stage of stages) await world.git("revert", "--no-edit", promotions.get(stage) ?? "");
      });
      expect([limit, rolledBack]).toEqual([limit, reverted]);
      // Some are taken back at every limit, so that the comparison means something.
      expect(rolledBack).toContain("rose 1.0.0");
    }
  });

  test("--commit commits the release file alone, and names gift, version, reach and reason", async () => {
    const world = await newWorld();
    await promote(world);
    await world.write({ "releases/overrides/begun.yaml": "gifts: [rose]\n" });
    await world.git("add", "--all");
    const ended = await rollback(
      world,
      "rose",
      "--limit=regional",
      "--commit",
      "--reason",
      "Crashes on Mali GPUs",
    );
    expect([ended.code, ended.stdout]).toEqual([0, expect.stringContaining("committed as ")]);
    expect(await world.git("log", "-1", "--format=%s", "--name-only")).toBe(
      `Roll back rose 1.1.0 to regional: Crashes on Mali GPUs\n\n${FILE}`,
    );
    expect(await world.git("status", "--porcelain")).toBe("A  releases/overrides/begun.yaml");
  });

  test("never commits what somebody else began in that file", async () => {
    const world = await newWorld();
    await promote(world);
    const path = join(world.root, FILE);
    const begun = (await readFile(path, "utf8")).replace("SG: 100", "SG: 90");
    await writeFile(path, begun);
    const ended = await rollback(world, "rose", "--commit", "--reason=Crashes");
    expect([ended.code, ended.stderr]).toEqual([3, expect.stringContaining("[FILE_CHANGED]")]);
    expect(await readFile(path, "utf8")).toBe(begun);
  });

  test("needs no other file to be in order, and no store", async () => {
    const world = await newWorld();
    await promote(world);
    await world.write({
      "releases/policy.yaml": "platforms: ]\n",
      "releases/rose/0.9.0.yaml": "gift: ]\n",
      "releases/environments/production.yaml": null,
    });
    const ended = await rollback(world, "rose");
    expect([ended.code, ended.stdout]).toEqual([
      0,
      expect.stringContaining("what is live in production could not be compared"),
    ]);
    expect(await world.git("diff", "--numstat", "--", FILE)).toBe(`3\t3\t${FILE}`);
  });

  test("refuses in words what it does not understand, and when there is nothing to close, and changes nothing", async () => {
    const world = await newWorld();
    await world.release({ gift: "rose", version: "1.0.0" });
    await world.commit("Only canary is left");
    const nothing = "so there is nothing to close: rose 1.1.0: closed; rose 1.0.0: canary staff";
    for (const [words, why] of [
      [["rose", "--limit=canary"], `no release of rose reaches anybody beyond canary, ${nothing}`],
      [["rose", "--version=1.1.0"], `rose 1.1.0 does not reach anybody, ${nothing}`],
      [["rose@9.0.0"], "there is no release rose 9.0.0; there are 1.1.0, 1.0.0"],
      [["roze"], "roze has no release here; did you mean rose?"],
      [["rose", "--limit=full"], "write none, canary, regional"],
      [["rose", "--commit"], "say why"],
      [[], "name one gift"],
    ] as const) {
      const ended = await rollback(world, ...words);
      expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(why)]);
    }
    expect(await world.git("status", "--porcelain")).toBe("");
  });
});
