import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { seenByNewcomers } from "../support/audience.ts";
import { breakGlass, liveOf, renew } from "../support/otherWriters.ts";
import { createWorld, quietIo, type World } from "../support/world.ts";

const HOUR = 3_600_000;

describe("a publish of the commit that is live", () => {
  let world: World;

  beforeEach(async () => {
    world = await createWorld();
    await world.release({ gift: "anchor", version: "1.0.0", regional: true, full: true });
    await world.release({ gift: "anchor", version: "1.1.0", regional: true, full: true });
    await world.commit("Release");
    await world.publish();
  });
  afterEach(() => world.remove());

  const seen = async () => [...new Set(await seenByNewcomers(world, ["anchor"]))];

  /** Publishes, and gives the keys that the store was asked for. */
  async function askedFor(hoursLater = 0): Promise<{ asked: string[]; said: string }> {
    const { environment } = await world.publisher();
    const asked: string[] = [];
    const noted =
      <A extends readonly unknown[], T>(act: (key: string, ...rest: A) => T) =>
      (key: string, ...rest: A): T => {
        asked.push(key);
        return act(key, ...rest);
      };
    const { get, head, putIfAbsent, replace, list } = environment.store;
    const store: Store = {
      ...environment.store,
      get: noted(get),
      head: noted(head),
      putIfAbsent: noted(putIfAbsent),
      replace: noted(replace),
      list: noted(list),
    };
    const io = { ...quietIo(world.root), now: () => Date.now() + hoursLater * HOUR };
    const { said } = await world.publish({ io, environment: { ...environment, store } });
    return { asked, said: said.join() };
  }

  test("asks the store for three small files and writes nothing, also after a renewal and over a break-glass override", async () => {
    const three = ["metadata/timestamp.json", "metadata/1.snapshot.json", "metadata/1.targets.json"];
    expect(await askedFor()).toEqual({ asked: three, said: expect.stringContaining("nothing to do") });
    await renew(world);
    await breakGlass(world, {
      id: "night",
      origin: "break-glass",
      gifts: ["anchor"],
      versions: [[[1, 1, 0], null]],
      limit: {},
    });
    expect(await askedFor()).toEqual({ asked: three, said: expect.stringContaining("nothing to do") });
    expect(await seen()).toEqual(["anchor 1.0.0"]);
  });

  test("takes an override out that has ended since", async () => {
    const ends = new Date(Date.now() + 2 * HOUR).toISOString().replace(/\.\d+Z/, "Z");
    await world.write({
      "releases/overrides/anchor.yaml": `gifts: [anchor]\nversions: ">=1.1.0"\nlimit: none\nreason: For two hours\nends: ${ends}\n`,
    });
    await world.commit("Hold it back for two hours");
    await world.publish();
    expect((await askedFor(1)).said).toContain("nothing to do");
    expect(await seen()).toEqual(["anchor 1.0.0"]);
    expect((await askedFor(3)).said).toContain("published");
    expect(await seen()).toEqual(["anchor 1.1.0"]);
    expect((await askedFor(3)).said).toContain("nothing to do");
  });

  test("looks at everything again while a gift is kept as it is live", async () => {
    await world.release({ gift: "balloon", version: "1.0.0", regional: true, full: true });
    await world.write({ "gifts/anchor/gift.yaml": "id: [" });
    await world.commit("A slip beside a new gift");
    for (const exit of [1, 1]) expect((await world.publish()).exit).toBe(exit);
    expect((await liveOf(world)).signed.giftwrap.settled).toBeUndefined();
    expect(await seen()).toEqual(["anchor 1.1.0"]);
  });
});
