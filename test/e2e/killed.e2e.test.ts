import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Override } from "../../src/wire/override.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { openAudience, seenBy, seenByNewcomers } from "../support/audience.ts";
import { GIFTS, KINDS } from "../support/crash.ts";
import { watchedStore } from "../support/failingStore.ts";
import { breakGlass, liveOf } from "../support/otherWriters.ts";
import { witnessOf } from "../support/witness.ts";
import { copyWorld, createWorld, type World } from "../support/world.ts";

const PROGRAM = new URL("publishAndDie.mjs", import.meta.url).pathname;
const WATCHED = [...GIFTS, "compass"];

/** Stands all the while: a publish may end no override that is not git's. */
const STANDING: Override = { id: "compass-crash", origin: "break-glass", gifts: ["compass"], limit: {} };

for (const [kind, { before, after, hoursLater = 0 }] of Object.entries(KINDS)) {
  describe(`${kind} whose process is killed with SIGKILL`, () => {
    /** Two, so that two processes can be killed at a time. */
    const worlds: World[] = [];
    const restores: (() => Promise<void>)[] = [];
    /** How often an undisturbed publish writes. */
    let writes = 0;
    let head = "";
    /** What the viewers may be shown: what they saw before, and after each timestamp of an undisturbed publish. */
    const states: string[][] = [];
    const io = (world: World) => ({
      io: {
        root: world.root,
        variables: {},
        line: () => {},
        progress: () => {},
        summary: () => {},
        output: () => {},
        annotate: () => {},
        now: () => Date.now() + hoursLater * 3_600_000,
        untilInterrupted: async () => {},
      },
    });

    beforeAll(async () => {
      const world = await createWorld();
      worlds.push(world);
      if (before) {
        await before(world);
        await world.release({ gift: "compass", version: "1.0.0", regional: true, full: true });
        await world.commit("Before");
        await world.publish();
        await breakGlass(world, STANDING);
        states.push(await seenByNewcomers(world, WATCHED));
      }
      await after(world);
      if (hoursLater === 0) await world.commit("After");
      head = await world.git("rev-parse", "HEAD");
      const undisturbed = await copyWorld(world);
      worlds.push(await copyWorld(world));
      for (const it of worlds) restores.push(await it.saveStore());

      const { environment } = await undisturbed.publisher();
      const store = watchedStore(environment.store, async (key) => {
        writes++;
        if (key === TIMESTAMP_KEY) states.push(await seenByNewcomers(undisturbed, WATCHED));
      });
      await undisturbed.publish({ ...io(undisturbed), environment: { ...environment, store } });
      await undisturbed.remove();
    });
    afterAll(() => Promise.all(worlds.map((world) => world.remove())));

    /*
     * What the store shows is the same just after one write as just before the next; test/e2e/crash.e2e.test.ts dies there. Half-way it
     * is the same again, and half a temporary file lies about.
     */
    test("half-way through the temporary file of its n-th write, for every n, shows only whole states, loses no override, and is completed by the next run", async () => {
      expect(writes).toBeGreaterThan(1);
      const queue = Array.from({ length: writes }, (_, at) => at + 1);
      await Promise.all(
        worlds.map(async (world, at) => {
          for (let write = queue.shift(); write !== undefined; write = queue.shift()) {
            await restores[at]?.();
            await dieOnce(world, "half", write);
          }
        }),
      );
    });

    test("just after its last write, has done all there was to do", async () => {
      const [world] = worlds;
      if (!world) throw new Error("there is a world");
      await restores[0]?.();
      await dieOnce(world, "after", writes);
    });

    async function dieOnce(world: World, when: string, write: number): Promise<void> {
      const store = await world.store();
      const witness = witnessOf(store);
      const watching = await openAudience(world);
      const look = async () => {
        await witness.look();
        if (!(await store.head(TIMESTAMP_KEY))) return;
        await Promise.all(watching.map((client) => client.refresh()));
        const seen = await seenBy(watching, WATCHED);
        expect(states).toContainEqual(seen);
        expect(await seenByNewcomers(world, WATCHED)).toEqual(seen);
      };
      await look();
      expect(await publishAndDie(world, when, write, hoursLater), `${when} write ${write}`).toBe("SIGKILL");
      await look();
      expect((await world.publish(io(world))).exit).toBe(0);
      await look();
      expect(await seenBy(watching, WATCHED)).toEqual(states.at(-1));
      const { commit, overrides } = (await liveOf(world)).signed.giftwrap;
      expect(commit).toBe(head);
      if (before) expect(overrides).toContainEqual(STANDING);
    }
  });
}

function publishAndDie(
  world: World,
  when: string,
  write: number,
  hoursLater: number,
): Promise<NodeJS.Signals | null> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [PROGRAM, world.root, when, String(write), "any", String(hoursLater)],
      () => resolve(child.signalCode),
    );
  });
}
