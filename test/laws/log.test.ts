import fc from "fast-check";
import { expect, test } from "vitest";
import { readStateAt } from "../../src/publish/stateAt.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { type Resolution, resolve } from "../../src/wire/resolve.ts";
import { AUDIENCE } from "../support/audience.ts";
import { watchedStore } from "../support/failingStore.ts";
import { createWorld, quietIo, type ReleaseSpec } from "../support/world.ts";
import { runsOf } from "../support/runs.ts";

const GIFTS = ["anchor", "balloon"];
/** One of each region, app and tier. */
const VIEWERS = AUDIENCE.filter((_, at) => at % 4 === 0);

const step: fc.Arbitrary<ReleaseSpec> = fc.record({
  gift: fc.constantFrom(...GIFTS),
  version: fc.constantFrom("1.0.0", "1.1.0"),
  canary: fc.boolean(),
  regional: fc.boolean(),
  full: fc.boolean(),
  regions: fc.constantFrom({ SG: 100 }, { SG: 50, ID: 100 }),
});

test("at any time in a random history, the log answers what a newcomer was given then", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 2, maxLength: 4 }),
      fc.array(fc.nat(1_000), { minLength: 3, maxLength: 6 }),
      async (steps, moments) => {
        const world = await createWorld();
        try {
          const start = Date.now() - 3_600_000;
          let clock = start;
          await world.commit("Begin");
          const store = await world.store();
          const seen: { from: number; views: Resolution[] }[] = [];
          const watched = watchedStore(store, async (key) => {
            if (key !== TIMESTAMP_KEY) return;
            const views: Resolution[] = [];
            for (const viewer of VIEWERS) {
              const client = await world.viewer(viewer);
              await client.refresh();
              views.push(...GIFTS.map((gift) => client.resolve(gift)));
            }
            // The name moved with the clock's last answer.
            seen.push({ from: clock, views });
          });
          const io = { ...quietIo(world.root), now: () => (clock += 1_000) };
          for (const spec of steps) {
            await world.release(spec);
            await world.commit("Step");
            const { environment } = await world.publisher();
            await world.publish({ io, environment: { ...environment, store: watched } });
          }
          const first = seen[0]?.from ?? start;
          for (const part of moments) {
            const moment = first + Math.floor(((clock - first) * part) / 1_000);
            const expected = seen.findLast((it) => it.from <= moment)?.views;
            const views: Resolution[] = [];
            for (const viewer of VIEWERS) {
              const state = await readStateAt(store, "production", seen.length, moment, viewer.tier);
              views.push(...GIFTS.map((gift) => resolve(state.catalog, state.overrides, viewer, gift)));
            }
            expect(views).toEqual(expected);
          }
        } finally {
          await world.remove();
        }
      },
    ),
    runsOf(3, 1),
  );
});
