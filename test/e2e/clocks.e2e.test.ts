import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GiftwrapClient } from "../../src/client/client.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { AUDIENCE, seenBy } from "../support/audience.ts";
import { liveOf } from "../support/otherWriters.ts";
import { witnessOf } from "../support/witness.ts";
import { createWorld, quietIo, storeFetch, type World } from "../support/world.ts";

const HOUR = 3_600_000;

describe("clocks", () => {
  let world: World;
  /** The hour that it is, of the test's own time. */
  let hour = 0;
  const start = Date.now();

  beforeEach(async () => {
    world = await createWorld();
    hour = 0;
    await world.release({ gift: "anchor", version: "1.0.0", regional: true, full: true });
    await world.commit("Release");
  });
  afterEach(() => world.remove());

  const clock = (ahead: number) => () => start + (hour + ahead) * HOUR;
  const publish = (ahead = 0) => world.publish({ io: { ...quietIo(world.root), now: clock(ahead) } });
  const viewer = async (ahead: number) => {
    const { environment, trustedRoot } = await world.publisher();
    return GiftwrapClient.open({
      viewer: AUDIENCE[0] ?? expect.fail("there are viewers"),
      root: trustedRoot,
      crypto: nodeCrypto,
      fetch: storeFetch(environment.store),
      now: clock(ahead),
    });
  };
  const expires = async () => Date.parse((await liveOf(world)).signed.expires);

  test("an hour apart, of publishers and of viewers, take nothing back and hide nothing", async () => {
    await publish();
    const witness = witnessOf(await world.store());
    const viewers = await Promise.all([-1, 0, 1].map(viewer));
    for (const [round, ahead] of [1, -1, 1, -1].entries()) {
      const version = `1.${round + 1}.0`;
      await world.release({ gift: "anchor", version, regional: true, full: true });
      await world.commit(`Release ${version}`);
      await witness.look();
      expect((await publish(ahead)).exit).toBe(0);
      // The other publisher, with the other clock, finds it as it should be.
      expect((await publish(-ahead)).said.join()).toContain("nothing to do");
      await witness.look();
      await Promise.all(viewers.map((it) => it.refresh()));
      expect(new Set(await seenBy(viewers, ["anchor"]))).toEqual(new Set([`anchor ${version}`]));
    }
  });

  test("an hour apart, a stop and what reopens it come in the order of the commits", async () => {
    await world.release({ gift: "anchor", version: "1.1.0", regional: true, full: true });
    await world.commit("Release 1.1.0");
    await publish(1);
    const viewers = await Promise.all([-1, 1].map(viewer));
    for (const [canary, expected] of [
      [false, "anchor 1.0.0"],
      [true, "anchor 1.1.0"],
    ] as const) {
      await world.release({ gift: "anchor", version: "1.1.0", canary, regional: canary, full: canary });
      await world.commit(canary ? "Reopen" : "Close");
      await publish(canary ? 1 : -1);
      await Promise.all(viewers.map((it) => it.refresh()));
      expect(new Set(await seenBy(viewers, ["anchor"]))).toEqual(new Set([expected]));
    }
  });

  test("a timestamp that is about to expire is signed anew by a publish with nothing else to do, and only then", async () => {
    const { generation } = await publish();
    const before = await expires();
    hour = 11;
    expect((await publish()).said.join()).toContain("nothing to do");
    expect(await expires()).toBe(before);
    hour = 13;
    const renewed = await publish();
    expect([renewed.exit, renewed.generation]).toEqual([0, generation]);
    expect(await expires()).toBeGreaterThan(before);
  });

  test("with a publish every twelve hours no viewer, an hour off either way, ever sees an expired one", async () => {
    await publish();
    const viewers = await Promise.all([-1, 0, 1].map(viewer));
    for (hour = 0; hour <= 120; hour += 6) {
      if (hour % 12 === 0) await publish(hour % 24 === 0 ? 1 : -1);
      await Promise.all(viewers.map((it) => it.refresh()));
      await (await viewer(1)).refresh();
    }
    expect(new Set(await seenBy(viewers, ["anchor"]))).toEqual(new Set(["anchor 1.0.0"]));
  });

  test("one that did expire is renewed by the next publish, and viewers who waited go on", async () => {
    await publish();
    const waiting = await viewer(0);
    await waiting.refresh();
    hour = 49;
    await expect(waiting.refresh()).rejects.toMatchObject({ code: "expired" });
    expect(await seenBy([waiting], ["anchor"])).toEqual(["anchor 1.0.0"]);
    expect((await publish()).exit).toBe(0);
    await waiting.refresh();
  });
});
