import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GiftwrapClient } from "../../src/client/client.ts";
import { openAudience, seenBy, seenByNewcomers } from "../support/audience.ts";
import { createWorld, type World } from "../support/world.ts";

const PROGRAM = new URL("publishAndDie.mjs", import.meta.url).pathname;
const GIFTS = ["anchor", "balloon"];
const BEFORE = ["anchor 1.1.0", "balloon 1.0.0"];
const STOPPED = ["anchor 1.0.0", "balloon 1.0.0"];
const AFTER = ["anchor 1.0.0", "balloon 1.1.0"];

/** A rollback with a promotion beside it writes the timestamp twice: the stop, and then the catalogs. */
describe("a publish of a rollback and a promotion that is killed with SIGKILL", () => {
  let world: World;
  let restore: () => Promise<void>;

  beforeAll(async () => {
    world = await createWorld();
    await world.release({ gift: "anchor", version: "1.0.0", regional: true, full: true });
    await world.release({ gift: "anchor", version: "1.1.0", regional: true, full: true });
    await world.release({ gift: "balloon", version: "1.0.0", regional: true, full: true });
    await world.commit("Release");
    await world.publish();
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    await world.release({ gift: "balloon", version: "1.1.0", regional: true, full: true });
    await world.commit("Take one back, open the other");
    restore = await world.saveStore();
  });
  afterAll(() => world.remove());

  test.each([
    ["just before the stop is written leaves all as it was", "before", 1, BEFORE],
    ["while the stop is moved into place leaves all as it was", "while", 1, BEFORE],
    ["just after the stop is written leaves the rollback alone", "after", 1, STOPPED],
    ["just before the catalogs are named leaves the rollback alone", "before", 2, STOPPED],
    ["while the catalogs' name is moved into place leaves the rollback alone", "while", 2, STOPPED],
    ["just after the catalogs are named leaves both", "after", 2, AFTER],
  ] as const)("%s, and the next one completes it", async (_, when, write, expected) => {
    await restore();
    const watching = await openAudience(world);
    await refreshAll(watching);
    expect(await distinct(seenBy(watching, GIFTS))).toEqual(BEFORE);

    expect(await publishAndDie(when, write)).toBe("SIGKILL");

    await refreshAll(watching);
    expect(await distinct(seenBy(watching, GIFTS))).toEqual(expected);
    expect(await distinct(seenByNewcomers(world, GIFTS))).toEqual(expected);

    // What the dead one holds is taken from it at once: its process is gone from this machine.
    expect((await locks()).length > 0).toBe(when === "while");
    const started = performance.now();
    expect((await world.publish()).exit).toBe(0);
    expect(performance.now() - started).toBeLessThan(8_000);
    expect(await locks()).toEqual([]);
    await refreshAll(watching);
    expect(await distinct(seenBy(watching, GIFTS))).toEqual(AFTER);
    expect(await distinct(seenByNewcomers(world, GIFTS))).toEqual(AFTER);
  });

  function publishAndDie(when: string, write: number): Promise<NodeJS.Signals | null> {
    return new Promise((resolve) => {
      const child = execFile(process.execPath, [PROGRAM, world.root, when, String(write), "timestamp"], () =>
        resolve(child.signalCode),
      );
    });
  }

  async function locks(): Promise<readonly string[]> {
    const folder = join(world.root, ".giftwrap", "store", "production", "metadata");
    return (await readdir(folder)).filter((name) => name.startsWith("."));
  }
});

async function refreshAll(clients: readonly GiftwrapClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.refresh()));
}

async function distinct(seen: Promise<readonly string[]>): Promise<string[]> {
  return [...new Set(await seen)].sort();
}
