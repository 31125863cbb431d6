import { afterEach, describe, expect, test } from "vitest";
import { writeTimestamp } from "../../src/publish/apply.ts";
import { readLiveTimestamp, trustRoot } from "../../src/publish/live.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import type { Override } from "../../src/wire/override.ts";
import { seenByNewcomers } from "../support/audience.ts";
import { failingStore } from "../support/failingStore.ts";
import { createWorld, type World } from "../support/world.ts";

const worlds: World[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.remove()));
});

async function releaseEverywhere(world: World, ...releases: readonly [string, string][]): Promise<void> {
  for (const [gift, version] of releases) await world.release({ gift, version, regional: true, full: true });
}

/** What all newcomers see, each once. */
async function seen(world: World, gifts: readonly string[]): Promise<string[]> {
  return [...new Set(await seenByNewcomers(world, gifts))].sort();
}

describe("an override from break-glass", () => {
  /** As the break-glass command writes it: from the live timestamp and the timestamp key alone. */
  async function breakGlass(world: World, override: Override): Promise<void> {
    const { environment, trustedRoot, signers } = await world.publisher();
    const live = await readLiveTimestamp(environment.store, await trustRoot(trustedRoot, nodeCrypto));
    if (!live) return expect.fail("something is published");
    const { pollSeconds, commit, overrides } = live.signed.giftwrap;
    const content = {
      snapshot: live.signed.meta["snapshot.json"],
      pollSeconds,
      commit,
      overrides: [...overrides, override],
    };
    expect(
      await writeTimestamp(environment.store, live, content, signers.timestamp, Date.now()),
    ).not.toBeNull();
  }

  async function liveOverrides(world: World) {
    const { environment, trustedRoot } = await world.publisher();
    const live = await readLiveTimestamp(environment.store, await trustRoot(trustedRoot, nodeCrypto));
    return (live?.signed.giftwrap.overrides ?? []).map(({ id, origin }) => ({ id, origin }));
  }

  const STOP: Override = {
    id: "anchor-crash",
    origin: "break-glass",
    gifts: ["anchor"],
    versions: [[[1, 1, 0], null]],
    limit: {},
  };
  const FILE = "releases/overrides/anchor-crash.yaml";

  async function stoppedWorld(): Promise<World> {
    const world = await createWorld();
    worlds.push(world);
    await releaseEverywhere(world, ["anchor", "1.0.0"], ["anchor", "1.1.0"], ["balloon", "1.0.0"]);
    await world.commit("Release");
    await world.publish();
    expect(await seen(world, ["anchor"])).toEqual(["anchor 1.1.0"]);
    await breakGlass(world, STOP);
    expect(await seen(world, ["anchor"])).toEqual(["anchor 1.0.0"]);
    return world;
  }

  test("survives publishes of other things, of nothing, and of a newer release of its own gift", async () => {
    const world = await stoppedWorld();
    const stands = async () => {
      expect(await liveOverrides(world)).toEqual([{ id: STOP.id, origin: "break-glass" }]);
      expect(await seen(world, ["anchor"])).toEqual(["anchor 1.0.0"]);
    };
    expect((await world.publish()).said.join()).toContain("nothing to do");
    await stands();

    await releaseEverywhere(world, ["balloon", "1.1.0"]);
    await world.commit("Something else");
    await world.publish();
    await stands();
    expect(await seen(world, ["balloon"])).toEqual(["balloon 1.1.0"]);

    await releaseEverywhere(world, ["anchor", "1.2.0"]);
    await world.commit("A newer release, without looking");
    await world.publish();
    await stands();

    await world.release({ gift: "balloon", version: "1.1.0", canary: false });
    await world.commit("A stop beside it");
    await world.publish();
    await stands();
    expect(await seen(world, ["balloon"])).toEqual(["balloon 1.0.0"]);
  });

  test("survives another override file, and its end", async () => {
    const world = await stoppedWorld();
    const other = "releases/overrides/other.yaml";
    await world.write({ [other]: "gifts: [balloon]\nlimit: none\nreason: Another\n" });
    await world.commit("Another override");
    await world.publish();
    expect(await liveOverrides(world)).toEqual([
      { id: "other", origin: "git" },
      { id: STOP.id, origin: "break-glass" },
    ]);
    await world.write({ [other]: null });
    await world.commit("It ends");
    await world.publish();
    expect(await liveOverrides(world)).toEqual([{ id: STOP.id, origin: "break-glass" }]);
  });

  test.each([
    ["the same reach", 'gifts: [anchor]\nversions: ">=1.1.0"\nlimit: none\nreason: Crashes\n'],
    ["another reach", 'gifts: [anchor]\nversions: "1.1.0"\nlimit: canary\nreason: Crashes\n'],
  ])("is git's once a file with its name and %s is published, and ends with that file", async (_, file) => {
    const world = await stoppedWorld();
    await world.write({ [FILE]: file });
    await world.commit("Adopt it");
    await world.publish();
    expect(await liveOverrides(world)).toEqual([{ id: STOP.id, origin: "git" }]);

    await world.write({ [FILE]: null });
    await world.commit("Let it go");
    await world.publish();
    expect(await liveOverrides(world)).toEqual([]);
    expect(await seen(world, ["anchor"])).toEqual(["anchor 1.1.0"]);
  });

  test("is git's also when the publish that adopts it dies half-way and is run again", async () => {
    const world = await stoppedWorld();
    await world.write({ [FILE]: 'gifts: [anchor]\nversions: "1.1.0"\nlimit: canary\nreason: Crashes\n' });
    await world.commit("Adopt it");
    const { environment } = await world.publisher();
    const dying = { ...environment, store: failingStore(environment.store, 1, "after") };
    await expect(world.publish({ environment: dying })).rejects.toMatchObject({ code: "STORE_FAILED" });
    // Both stand: nothing may widen before the catalogs are out.
    expect((await liveOverrides(world)).map((it) => it.origin).sort()).toEqual(["break-glass", "git"]);
    expect(await seen(world, ["anchor"])).toEqual(["anchor 1.0.0"]);
    await world.publish();
    expect(await liveOverrides(world)).toEqual([{ id: STOP.id, origin: "git" }]);
  });
});
