import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { GiftError } from "../../src/report/error.ts";
import { metadataKey, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { dieAtEach, expectStoreFailure, GIFTS, releaseAll } from "../support/crash.ts";
import { openAudience, seenBy, seenByNewcomers } from "../support/audience.ts";
import { failingStore, watchedStore } from "../support/failingStore.ts";
import { createWorld, type ReleaseSpec, type World } from "../support/world.ts";
import { runsOf } from "../support/runs.ts";

const worlds: World[] = [];

async function newWorld(): Promise<World> {
  const world = await createWorld();
  worlds.push(world);
  return world;
}

afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.remove()));
});

/** An old release at full and a newer one somewhere on its way, for each gift. */
const newer: fc.Arbitrary<Omit<ReleaseSpec, "gift" | "version">> = fc.record({
  canary: fc.constant(true),
  regional: fc.boolean(),
  full: fc.boolean(),
  regions: fc.constantFrom({ SG: 100 }, { SG: 50, ID: 100 }),
});

async function withStore(world: World, store: Store) {
  const publisher = await world.publisher();
  return { environment: { ...publisher.environment, store } };
}

async function contentOf(store: Store): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for (const key of await store.list("")) content[key] = (await store.get(key))?.tag ?? "";
  return content;
}

describe("the laws of publishing, with real git and a real folder", () => {
  test("publishing twice does nothing the second time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(newer, newer), async (specs) => {
        const world = await newWorld();
        await releaseAll(world, specs);
        await world.commit("Release");
        await world.publish();
        const before = await contentOf(await world.store());
        const again = await world.publish();
        expect(await contentOf(await world.store())).toEqual(before);
        expect(again.said.join()).toContain("nothing to do");
      }),
      runsOf(4, 2),
    );
  });

  test("a revert uploads no object, and gives every viewer back the very bytes of before", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(newer, newer),
        fc.constantFrom("canary", "regional", "full"),
        async (specs, stage) => {
          const world = await newWorld();
          await releaseAll(world, [{ ...specs[0], canary: false }, specs[1]]);
          await world.commit("Release");
          await world.publish();
          const watching = await openAudience(world);
          await Promise.all(watching.map((client) => client.refresh()));
          const before = await seenBy(watching, GIFTS);

          await world.release({
            gift: "anchor",
            version: "1.1.0",
            canary: true,
            regional: stage !== "canary",
            full: stage === "full",
          });
          await world.commit(`Open anchor 1.1.0 up to ${stage}`);
          await world.publish();
          await Promise.all(watching.map((client) => client.refresh()));
          const objects = await (await world.store()).list("objects/");

          await world.git("revert", "--no-edit", "HEAD");
          await world.publish();
          await Promise.all(watching.map((client) => client.refresh()));
          expect(await seenBy(watching, GIFTS)).toEqual(before);
          expect(await seenByNewcomers(world, GIFTS)).toEqual(before);
          expect(await (await world.store()).list("objects/")).toEqual(objects);
        },
      ),
      runsOf(5, 2),
    );
  });

  test("reverting an older promotion after a newer one applies cleanly and stops everything below it", async () => {
    const world = await newWorld();
    await releaseAll(world, [{ canary: false }, {}]);
    await world.commit("Release");
    const open = async (spec: Partial<ReleaseSpec>) => {
      await world.release({ gift: "anchor", version: "1.1.0", ...spec });
      return world.commit(`Open ${Object.keys(spec).at(-1) ?? ""}`);
    };
    const canary = await open({ canary: true });
    await open({ canary: true, regional: true });
    await open({ canary: true, regional: true, full: true });
    await world.publish();
    expect(await seenByNewcomers(world, ["anchor"])).toEqual(Array(9).fill("anchor 1.1.0"));
    await world.git("revert", "--no-edit", canary);
    await world.publish();
    expect(await seenByNewcomers(world, ["anchor"])).toEqual(Array(9).fill("anchor 1.0.0"));
  });

  test("a stop is visible before anything of the same commit widens", async () => {
    const world = await newWorld();
    await releaseAll(world, [{ regional: true, full: true }, { canary: false }]);
    await world.commit("Release");
    await world.publish();
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    await world.release({ gift: "balloon", version: "1.1.0", regional: true, full: true });
    await world.commit("Close one, open the other");

    const states: string[][] = [];
    const store = await world.store();
    await world.publish(
      await withStore(
        world,
        watchedStore(store, async (key) => {
          if (key === TIMESTAMP_KEY) states.push(await seenByNewcomers(world, GIFTS));
        }),
      ),
    );
    expect(states.map((seen) => [...new Set(seen)].sort())).toEqual([
      ["anchor 1.0.0", "balloon 1.0.0"],
      ["anchor 1.0.0", "balloon 1.1.0"],
    ]);
  });

  // The slow tests die at every write of every kind.
  for (const kind of [
    "the first publish",
    "a new release",
    "a rollback",
    "a rollback with a promotion beside it",
  ]) {
    for (const when of ["before", "after"] as const) {
      test(`${kind} that dies just ${when} the timestamp's write leaves every viewer a whole gift, and the next run completes it`, async () => {
        await dieAtEach(await newWorld(), kind, when, (key) => key === TIMESTAMP_KEY);
      });
    }
  }

  test("an older commit never overwrites a newer one", async () => {
    const world = await newWorld();
    await releaseAll(world, [{}, {}]);
    const older = await world.commit("Older");
    await world.publish();
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    await world.commit("Newer");
    await world.publish();
    const before = await contentOf(await world.store());
    await expect(world.publish({ commit: older })).rejects.toMatchObject({ code: "OLDER_COMMIT" });
    expect(await contentOf(await world.store())).toEqual(before);
  });

  test("a commit without any change still moves the live commit, so that what lies between can never come back", async () => {
    const world = await newWorld();
    await releaseAll(world, [{}, {}]);
    await world.commit("Release");
    await world.publish();
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    const between = await world.commit("Close");
    await world.git("revert", "--no-edit", "HEAD");
    await world.publish();
    await expect(world.publish({ commit: between })).rejects.toMatchObject({ code: "OLDER_COMMIT" });
  });

  test("history that was replaced is refused, unless the live commit is repeated", async () => {
    const world = await newWorld();
    await releaseAll(world, [{}, {}]);
    const live = await world.commit("Release");
    await world.publish();
    await world.git("checkout", "--quiet", "--orphan", "other");
    await world.commit("Another history");
    await expect(world.publish()).rejects.toMatchObject({ code: "HISTORY_UNRELATED" });
    expect((await world.publish({ replaceHistory: live })).exit).toBe(0);
  });

  test("a lock whose version was published before with other bytes is left alone, also after its file was gone", async () => {
    const world = await newWorld();
    await releaseAll(world, [{ regional: true, full: true }, {}]);
    await world.commit("Release");
    await world.publish();
    await world.write({ "releases/anchor/1.1.0.yaml": null, "releases/anchor/1.1.0.lock.json": null });
    await world.commit("Withdraw");
    await world.publish();
    await world.release({ gift: "anchor", version: "1.1.0", regional: true, full: true }, "other bytes");
    await world.commit("Use the version again");
    const { exit, kept } = await world.publish();
    expect(exit).toBe(3);
    expect(kept["anchor"]).toContain("make it a new version");
    expect(new Set(await seenByNewcomers(world, ["anchor"]))).toEqual(new Set(["anchor 1.0.0"]));
  });

  test("a gift whose files are wrong keeps its live entry and its stop, and does not hold the others up", async () => {
    const world = await newWorld();
    await releaseAll(world, [{ regional: true, full: true }, { canary: false }]);
    await world.commit("Release");
    await world.publish();
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    await world.write({ "gifts/anchor/gift.yaml": "id: [" });
    await world.release({ gift: "balloon", version: "1.1.0", regional: true, full: true });
    await world.commit("Stop one with a slip beside it, promote the other");
    const { exit, stops } = await world.publish();
    expect(exit).toBe(1);
    expect(stops).toEqual(["stop/anchor/1.1.0"]);
    expect(new Set(await seenByNewcomers(world, GIFTS))).toEqual(new Set(["anchor 1.0.0", "balloon 1.1.0"]));
    await world.publish();
    expect(new Set(await seenByNewcomers(world, GIFTS))).toEqual(new Set(["anchor 1.0.0", "balloon 1.1.0"]));
  });

  test("a kept gift keeps its stop also when an interrupted run has used up the next generation's number", async () => {
    const world = await newWorld();
    await releaseAll(world, [{ regional: true, full: true }, { canary: false }]);
    await world.commit("Release");
    await world.publish();
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    await world.write({ "gifts/anchor/gift.yaml": "id: [" });
    await world.release({ gift: "balloon", version: "1.1.0", regional: true, full: true });
    await world.commit("Stop one with a slip beside it, promote the other");
    const store = await world.store();
    // Dies when the snapshot is written, before anything names it.
    const dying = watchedStore(store, async (key) => {
      if (key === metadataKey("snapshot", 2)) throw new GiftError("STORE_FAILED", "gone", "this is a test");
    });
    await world.publish(await withStore(world, dying)).catch(expectStoreFailure);
    expect((await world.publish()).generation).toBe(3);
    expect(new Set(await seenByNewcomers(world, GIFTS))).toEqual(new Set(["anchor 1.0.0", "balloon 1.1.0"]));
  });

  test("a deliberate reopening after a stop works at once, even when the catalogs never carried the stop", async () => {
    const world = await newWorld();
    await releaseAll(world, [{ regional: true, full: true }, {}]);
    await world.commit("Release");
    await world.publish();
    const watching = await openAudience(world);
    await Promise.all(watching.map((client) => client.refresh()));
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    await world.commit("Close");
    // Dies after the stop: its write is the first.
    await world
      .publish(await withStore(world, failingStore(await world.store(), 1, "after")))
      .catch(expectStoreFailure);
    await Promise.all(watching.map((client) => client.refresh()));
    expect(new Set(await seenBy(watching, ["anchor"]))).toEqual(new Set(["anchor 1.0.0"]));
    await world.git("revert", "--no-edit", "HEAD");
    await world.publish();
    await Promise.all(watching.map((client) => client.refresh()));
    expect(new Set(await seenBy(watching, ["anchor"]))).toEqual(new Set(["anchor 1.1.0"]));
  });

  test("an override file holds over catalogs, goes out before them, and ends with its file", async () => {
    const world = await newWorld();
    await releaseAll(world, [{ regional: true, full: true }, {}]);
    await world.commit("Release");
    await world.publish();
    await world.write({
      "releases/overrides/anchor.yaml":
        'gifts: [anchor]\nversions: ">=1.1.0"\nlimit: none\nreason: Crashes\n',
    });
    await world.commit("Hold anchor back");
    expect((await world.publish()).stops).toEqual(["anchor"]);
    expect(new Set(await seenByNewcomers(world, ["anchor"]))).toEqual(new Set(["anchor 1.0.0"]));
    await world.release({ gift: "anchor", version: "1.2.0", regional: true, full: true });
    await world.commit("Another release, while the override stands");
    await world.publish();
    expect(new Set(await seenByNewcomers(world, ["anchor"]))).toEqual(new Set(["anchor 1.0.0"]));
    await world.write({ "releases/overrides/anchor.yaml": null });
    await world.commit("Let it go");
    await world.publish();
    expect(new Set(await seenByNewcomers(world, ["anchor"]))).toEqual(new Set(["anchor 1.2.0"]));
  });

  test("two publishers at once both end well, and the newest commit is live", async () => {
    const world = await newWorld();
    await releaseAll(world, [{}, {}]);
    const first = await world.commit("First");
    await world.publish();
    await world.release({ gift: "anchor", version: "1.1.0", regional: true, full: true });
    const second = await world.commit("Second");
    await Promise.allSettled([
      world.publish({ commit: first }),
      world.publish({ commit: second }),
      world.publish({ commit: second }),
    ]);
    expect(new Set(await seenByNewcomers(world, ["anchor"]))).toEqual(new Set(["anchor 1.1.0"]));
    expect((await world.publish()).said.join()).toContain("nothing to do");
  });
});
