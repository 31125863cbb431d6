import { afterEach, describe, expect, test } from "vitest";
import { initKeys } from "../../src/commands/keysInit.ts";
import type { Override } from "../../src/wire/override.ts";
import { openAudience, seenBy, seenByNewcomers } from "../support/audience.ts";
import { giftwrap } from "../support/cli.ts";
import { GIFTS, releaseAll } from "../support/crash.ts";
import { watchedStore } from "../support/failingStore.ts";
import { breakGlass, liveOf, renew } from "../support/otherWriters.ts";
import { witnessOf } from "../support/witness.ts";
import { createWorld, quietIo, type World } from "../support/world.ts";

const worlds: World[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.remove()));
});

const NIGHT: Override = {
  id: "night-shift",
  origin: "break-glass",
  gifts: ["balloon"],
  versions: [[[1, 1, 0], null]],
  scope: { regions: ["BR"] },
  limit: {},
};

/** Three commits: what is live, one that takes a release back and opens another, and one that opens a third. */
async function worldOfThree() {
  const world = await createWorld();
  worlds.push(world);
  await releaseAll(world, [{ regional: true, full: true }, {}]);
  const first = await world.commit("Release");
  await world.publish();
  await world.release({ gift: "anchor", version: "1.1.0", canary: false });
  await world.release({ gift: "balloon", version: "1.1.0", regional: true, full: true });
  const second = await world.commit("Take one back, open the other");
  await world.release({ gift: "anchor", version: "1.2.0", regional: true, full: true });
  const third = await world.commit("Open a third");
  return { world, first, second, third, restore: await world.saveStore() };
}

const distinct = async (seen: Promise<readonly string[]>) => [...new Set(await seen)].sort();

describe("between any two steps of a publish", () => {
  /** What somebody else does once, and what then is live when the publish has ended. */
  const OTHERS: Readonly<
    Record<string, (three: Awaited<ReturnType<typeof worldOfThree>>) => Promise<unknown>>
  > = {
    "an override is added by break-glass": ({ world }) => breakGlass(world, NIGHT),
    "the timestamp is renewed": ({ world }) => renew(world),
    "the same commit is published": ({ world, second }) => world.publish({ commit: second }),
    "the live commit is published again": ({ world, first }) =>
      world.publish({ commit: first }).catch(expectOlder),
    "a newer commit is published": ({ world, third }) => world.publish({ commit: third }),
  };

  test.each(Object.entries(OTHERS))(
    "%s: viewers see whole states, nothing is lost, and the newest commit is live",
    async (what, act) => {
      const three = await worldOfThree();
      const { world, second, third, restore } = three;
      const isNewer = what.includes("newer");
      const { environment } = await world.publisher();
      let isDone = false;
      for (let at = 1; !isDone; at++) {
        await restore();
        const witness = witnessOf(environment.store);
        const watching = await openAudience(world);
        const look = async () => {
          await witness.look();
          await Promise.all(watching.map((client) => client.refresh()));
          await seenBy(watching, GIFTS);
          return distinct(seenByNewcomers(world, GIFTS));
        };
        await look();
        let writes = 0;
        const store = watchedStore(environment.store, async () => {
          if (++writes === at) await act(three);
          if (writes === at || writes === at + 1) await look();
        });
        const ended = world.publish({ commit: second, environment: { ...environment, store } });
        if (isNewer) await ended.catch(expectOlder);
        else expect((await ended).exit).toBe(0);
        isDone = writes < at;

        const isOverridden = what.includes("break-glass") && !isDone;
        expect(await look()).toEqual(
          isNewer && !isDone
            ? ["anchor 1.2.0", "balloon 1.1.0"]
            : isOverridden
              ? ["anchor 1.0.0", "balloon 1.0.0", "balloon 1.1.0"]
              : ["anchor 1.0.0", "balloon 1.1.0"],
        );
        const { commit, overrides } = (await liveOf(world)).signed.giftwrap;
        expect(commit).toBe(isNewer && !isDone ? third : second);
        expect(overrides).toEqual(isOverridden ? [NIGHT] : []);
        const again = await world.publish({ commit: isNewer && !isDone ? third : second });
        expect(again.said.join()).toContain("nothing to do");
      }
    },
  );
});

describe("publishers at once, each a process of its own,", () => {
  test("of one commit, its parent and its child end with the newest live, and sign nothing twice", async () => {
    const { world, first, second, third, restore } = await worldOfThree();
    for (let round = 0; round < 3; round++) {
      await restore();
      const witness = witnessOf(await world.store());
      const watching = await openAudience(world);
      const done = new AbortController();
      const look = async () => {
        await witness.look();
        await Promise.all(watching.map((client) => client.refresh()));
        await seenBy(watching, GIFTS);
      };
      const watch = async () => {
        while (!done.signal.aborted) await look();
      };
      const watched = watch();
      const ended = await Promise.all(
        [first, second, third, third].map((commit) => giftwrap(world.root, "publish", "--commit", commit)),
      );
      done.abort();
      await watched;
      for (const { code, stderr } of ended)
        if (code !== 0) expect([code, stderr]).toEqual([3, expect.stringContaining("OLDER_COMMIT")]);
      expect(ended.slice(2).map((it) => it.code)).toEqual([0, 0]);
      await look();
      expect((await liveOf(world)).signed.giftwrap.commit).toBe(third);
      expect(await distinct(seenByNewcomers(world, GIFTS))).toEqual(["anchor 1.2.0", "balloon 1.1.0"]);
    }
  });

  test("of two environments do not touch each other", async () => {
    const world = await createWorld();
    worlds.push(world);
    await releaseAll(world, [{}, { regional: true, full: true }]);
    await world.write({
      "releases/environments/staging.yaml":
        "rollout: testers\nstore: { folder: .giftwrap/store/staging }\npollSeconds: 30\nedges: {}\n",
    });
    await initKeys(quietIo(world.root), "staging");
    const commit = await world.commit("Release in two environments");
    const ended = await Promise.all(
      ["production", "staging"].map((name) => giftwrap(world.root, "publish", "--env", name)),
    );
    expect(ended.map((it) => it.code)).toEqual([0, 0]);
    for (const name of ["production", "staging"]) {
      const again = await giftwrap(world.root, "publish", "--env", name);
      expect(again.stdout).toBe(`nothing to do in ${name}: revision 1 is what ${commit.slice(0, 10)} says\n`);
    }
  });
});

function expectOlder(error: unknown): void {
  expect(error).toMatchObject({ code: "OLDER_COMMIT" });
}
