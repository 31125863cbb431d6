import { expect } from "vitest";
import { GiftError } from "../../src/report/error.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { openAudience, seenBy, seenByNewcomers } from "./audience.ts";
import { failingStore, watchedStore } from "./failingStore.ts";
import type { ReleaseSpec, World } from "./world.ts";

const HOUR = 3_600_000;

export const GIFTS = ["anchor", "balloon"];

export interface Kind {
  /** What is committed and published first. */
  readonly before: ((world: World) => Promise<void>) | null;
  /** What is committed then. */
  readonly after: (world: World) => Promise<void>;
  /** How much later the publish is. */
  readonly hoursLater?: number;
}

const OVERRIDE = "releases/overrides/anchor.yaml";
const OVERRIDE_TEXT = 'gifts: [anchor]\nversions: ">=1.1.0"\nlimit: none\nreason: Crashes\n';

/** Each kind of publish. */
export const KINDS: Readonly<Record<string, Kind>> = {
  "the first publish": { before: null, after: (world) => releaseAll(world, [{}, { regional: true }]) },
  "a new release": {
    before: (world) => releaseAll(world, [{ canary: false }, {}]),
    after: (world) => world.release({ gift: "anchor", version: "1.2.0", regional: true, full: true }),
  },
  "a rollback": {
    before: (world) => releaseAll(world, [{ regional: true, full: true }, {}]),
    after: (world) => world.release({ gift: "anchor", version: "1.1.0", canary: false }),
  },
  "a rollback with a promotion beside it": {
    before: (world) => releaseAll(world, [{ regional: true, full: true }, {}]),
    after: async (world) => {
      await world.release({ gift: "anchor", version: "1.1.0", canary: true });
      await world.release({ gift: "balloon", version: "1.1.0", regional: true, full: true });
    },
  },
  "a raise": {
    before: (world) => releaseAll(world, [{ regional: true, regions: { SG: 10 } }, {}]),
    after: (world) =>
      world.release({ gift: "anchor", version: "1.1.0", regional: true, regions: { SG: 100 } }),
  },
  "a deleted release": {
    before: (world) => releaseAll(world, [{ regional: true, full: true }, {}]),
    after: (world) =>
      world.write({ "releases/anchor/1.1.0.yaml": null, "releases/anchor/1.1.0.lock.json": null }),
  },
  "an override that is added": {
    before: (world) => releaseAll(world, [{ regional: true, full: true }, {}]),
    after: (world) => world.write({ [OVERRIDE]: OVERRIDE_TEXT }),
  },
  "an override that is removed": {
    before: async (world) => {
      await releaseAll(world, [{ regional: true, full: true }, {}]);
      await world.write({ [OVERRIDE]: OVERRIDE_TEXT });
    },
    after: (world) => world.write({ [OVERRIDE]: null }),
  },
  "a renewal alone": {
    before: (world) => releaseAll(world, [{}, {}]),
    after: async () => {},
    hoursLater: 13,
  },
};

/** An old release of each gift at full, and a newer one as the specs say. */
export async function releaseAll(
  world: World,
  specs: readonly Omit<ReleaseSpec, "gift" | "version">[],
): Promise<void> {
  for (const [at, gift] of GIFTS.entries()) {
    await world.release({ gift, version: "1.0.0", regional: true, full: true });
    await world.release({ ...specs[at], gift, version: "1.1.0" });
  }
}

/**
 * Publishes once for each write of that kind of publish, dying there; after each, viewers who watched and newcomers must be
 * shown something whole (a link that cannot be loaded throws), and the next run must end where an undisturbed one does.
 */
export async function dieAtEach(
  world: World,
  kind: string,
  when: "before" | "after",
  isChosen: (key: string) => boolean,
): Promise<void> {
  const { before = null, after, hoursLater = 0 } = KINDS[kind] ?? {};
  if (!after) throw new Error(`${kind} is not known`);
  if (before) {
    await before(world);
    await world.commit("Before");
    await world.publish();
  }
  await after(world);
  if (hoursLater === 0) await world.commit("After");
  const restore = await world.saveStore();
  const publisher = await world.publisher();
  const io = { ...publisher.io, now: () => Date.now() + hoursLater * HOUR };
  const publishTo = (store: typeof publisher.environment.store) =>
    world.publish({ io, environment: { ...publisher.environment, store } });

  const written: string[] = [];
  const watched = watchedStore(await world.store(), async (key) => {
    written.push(key);
  });
  await publishTo(watched);
  const expected = await seenByNewcomers(world, GIFTS);
  const chosen = written.flatMap((key, at) => (isChosen(key) ? [at + 1] : []));
  expect(chosen.length).toBeGreaterThan(0);

  for (const at of chosen) {
    await restore();
    const watching = await openAudience(world);
    if (before) await Promise.all(watching.map((client) => client.refresh()));
    await expect(publishTo(failingStore(await world.store(), at, when))).rejects.toSatisfy(isStoreFailure);

    if (await (await world.store()).head(TIMESTAMP_KEY)) {
      await Promise.all(watching.map((client) => client.refresh()));
      await seenBy(watching, GIFTS);
      await seenByNewcomers(world, GIFTS);
    }
    await world.publish({ io });
    await Promise.all(watching.map((client) => client.refresh()));
    expect(await seenBy(watching, GIFTS)).toEqual(expected);
    expect(await seenByNewcomers(world, GIFTS)).toEqual(expected);
  }
}

export function expectStoreFailure(error: unknown): void {
  expect(error).toSatisfy(isStoreFailure);
}

function isStoreFailure(error: unknown): boolean {
  return error instanceof GiftError && error.code === "STORE_FAILED";
}
