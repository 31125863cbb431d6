import fc from "fast-check";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { trustEnvironment } from "../../src/commands/environment.ts";
import { applyCollection } from "../../src/publish/applyCollection.ts";
import { planCollection } from "../../src/publish/collect.ts";
import { openReachable, type Surroundings } from "../../src/publish/reachable.ts";
import { readGenerationCatalogs } from "../../src/publish/readLog.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import type { Store } from "../../src/store/store.ts";
import { type CatalogGift, catalogLines } from "../../src/wire/catalog.ts";
import { catalogTarget, objectKey, TIMESTAMP_KEY, targetKey } from "../../src/wire/keys.ts";
import { TIERS } from "../../src/wire/viewer.ts";
import { seenByNewcomers } from "../support/audience.ts";
import { type Call, takeTurns } from "../support/turns.ts";
import { createWorld, quietIo, type World } from "../support/world.ts";

const DAY = 24 * 3_600_000;
const GIFTS = ["anchor", "balloon"];
/** What was released, withdrawn and forgotten, and comes back while it is being collected. */
const FORGOTTEN = { gift: "anchor", version: "1.1.0", regional: true, full: true };
const FILES = ["releases/anchor/1.1.0.yaml", "releases/anchor/1.1.0.lock.json"];

async function withdraw(world: World): Promise<void> {
  await world.write(Object.fromEntries(FILES.map((path) => [path, null])));
  await world.commit("Withdraw");
}

/** Every key that what is live names and the store does not have. */
async function missingFromLive(store: Store): Promise<string[]> {
  const timestamp = await store.get(TIMESTAMP_KEY);
  const { signed } = JSON.parse(new TextDecoder().decode(timestamp?.bytes));
  const catalogs = await readGenerationCatalogs(store, signed.meta["snapshot.json"].version);
  if (!catalogs) return ["metadata"];
  const keys = new Set<string>();
  for (const tier of TIERS) {
    const key = targetKey(catalogTarget(tier), catalogs[tier]);
    keys.add(key);
    const text = new TextDecoder().decode((await store.get(key))?.bytes);
    for (const line of catalogLines(text).values()) {
      const gift: CatalogGift = JSON.parse(line);
      for (const file of gift.releases.flatMap((it) => it.files))
        keys.add(objectKey(file.digest, file.mediaType));
    }
  }
  const missing: string[] = [];
  for (const key of keys) if (!(await store.head(key))) missing.push(key);
  return missing;
}

/** A world in which one release was published, withdrawn and forgotten. `race` lets it come back while it is collected. */
async function forgetfulWorld() {
  const world = await createWorld();
  for (const gift of GIFTS) await world.release({ gift, version: "1.0.0", regional: true, full: true });
  await world.commit("Release");
  await world.publish();
  await world.release(FORGOTTEN);
  await world.commit("Release what will be forgotten");
  await world.publish();
  await withdraw(world);
  await world.publish();
  await world.release({ gift: "balloon", version: "1.1.0", regional: true });
  await world.commit("Go on");
  await world.publish();
  const begin = await world.git("rev-parse", "HEAD");
  const restore = await world.saveStore();
  const store = await world.store();
  const { environment } = await world.publisher();
  const now = () => Date.now() + 400 * DAY;
  const surroundings = (seen: Store): Surroundings => ({
    root: world.root,
    store: seen,
    environment: "production",
    branch: "main",
    trust: () => trustEnvironment(environment),
    now,
    retentionDays: 180,
    catalogDays: 30,
    progress: () => {},
  });

  const race = async (
    choose: (waiting: readonly Call[]) => string | undefined,
    batchSize: number,
    hasSource: boolean,
  ) => {
    await world.git("reset", "--quiet", "--hard", begin);
    await restore();
    const { reachable } = await openReachable(surroundings(store))();
    const { remove } = planCollection(await store.list(""), reachable);
    expect(remove.filter((it) => it.key.startsWith("objects/"))).toHaveLength(2);
    expect(remove.some((it) => it.key.startsWith("targets/catalog/"))).toBe(true);

    const turns = takeTurns(store);
    const publisher = async () => {
      const io = { ...quietIo(world.root), now };
      const changes = {
        io,
        environment: { ...environment, store: turns.storeOf("publisher") },
        edgeDeadlineMilliseconds: 60_000,
        ...(!hasSource && { source: async () => null }),
      };
      await turns.pause("publisher");
      await world.release(FORGOTTEN);
      await world.commit("Bring it back");
      await world.publish(changes);
      await turns.pause("publisher");
      await withdraw(world);
      await world.publish(changes);
    };
    const collection = async () => {
      const seen = turns.storeOf("collection");
      await applyCollection(
        remove.map((it) => it.key),
        {
          store: seen,
          environment: "production",
          trash: fileStore(join(world.root, ".giftwrap", "trash", "production")),
          look: openReachable(surroundings(seen)),
          now,
          progress: () => {},
          batchSize,
        },
      );
    };
    await turns.run({ publisher, collection }, choose, async () =>
      expect(await missingFromLive(store)).toEqual([]),
    );
    await seenByNewcomers(world, GIFTS);
  };
  return { race, remove: world.remove };
}

describe("whatever is published while a collection runs, nothing that is live is ever missing", () => {
  let world: Awaited<ReturnType<typeof forgetfulWorld>>;
  beforeAll(async () => {
    world = await forgetfulWorld();
  });
  afterAll(() => world.remove());

  test("with calls in any order", async () => {
    await fc.assert(
      fc.asyncProperty(
        // How many calls each makes in turn: few changes, at any place.
        fc.tuple(fc.nat(30), fc.nat(60), fc.integer({ min: 1, max: 12 }), fc.nat(30), fc.nat(60)),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        async (runs, batchSize, hasSource) => {
          const order = runs.flatMap((calls, at) =>
            Array<string>(calls).fill(at % 2 === 0 ? "collection" : "publisher"),
          );
          await world.race(() => order.shift(), batchSize, hasSource);
        },
      ),
      { numRuns: 3 },
    );
  });

  test.each([[true], [false]])(
    "when a publisher finds an object just before it is taken away, and names it just after (source: %s)",
    async (hasSource) => {
      // The collection has looked and is about to delete; the publisher goes on as far as it can; one delete; the publisher.
      let stage: "look" | "find" | "delete" | "name" = "look";
      let calls = 0;
      await world.race(
        (waiting) => {
          const isAbout = (party: string, call: string) =>
            waiting.some((it) => it.party === party && it.call.startsWith(call));
          const mayDelete = isAbout("collection", "delete objects/");
          if (stage === "look" && mayDelete) stage = "find";
          else if (stage === "find" && (isAbout("publisher", `replace ${TIMESTAMP_KEY}`) || ++calls > 80))
            stage = "delete";
          else if (stage === "delete" && !mayDelete) stage = "name";
          if (stage === "find") return "publisher";
          return stage === "name" && ++calls < 120 ? "publisher" : "collection";
        },
        1,
        hasSource,
      );
      expect(stage).toBe("name");
    },
  );
});
