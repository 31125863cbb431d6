import { afterAll, beforeAll, expect, test } from "vitest";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { ANNOUNCED_PREFIX, COLLECTION_KEY, objectKey, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import type { Store } from "../../src/store/store.ts";
import { seenByNewcomers } from "../support/audience.ts";
import { watchedStore } from "../support/failingStore.ts";
import { createWorld, type World } from "../support/world.ts";

const OBJECT = objectKey(digestOf("rose 1.1.0"), "application/vnd.lottie+json");

/** A release whose bytes are in the store before it is published, as a step that builds brings them. */
let world: World;
let restore: () => Promise<void>;
beforeAll(async () => {
  world = await createWorld();
  await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
  await world.commit("Release");
  await world.publish();
  await world.release({ gift: "rose", version: "1.1.0", regional: true, full: true });
  await world.commit("Release another");
  await (await world.store()).putIfAbsent(OBJECT, Buffer.from("rose 1.1.0"));
  restore = await world.saveStore();
});
afterAll(() => world.remove());

async function publishTo(store: Store, changes = {}) {
  const { environment } = await world.publisher();
  return world.publish({ environment: { ...environment, store }, ...changes });
}

/** Whoever takes the object away does so just after that key was written, and asks nobody. */
async function takenAwayAfter(isThen: (key: string) => boolean): Promise<Store> {
  const store = await world.store();
  return watchedStore(store, async (key) => {
    if (isThen(key)) await store.delete(OBJECT);
  });
}

test("an object that somebody takes away while it is published is put again, before its name or just after", async () => {
  for (const isThen of [(key: string) => key.startsWith("locks/"), (key: string) => key === TIMESTAMP_KEY]) {
    await restore();
    expect((await publishTo(await takenAwayAfter(isThen))).exit).toBe(0);
    expect(new Set(await seenByNewcomers(world, ["rose"]))).toEqual(new Set(["rose 1.1.0"]));
  }
});

test("one that cannot be put again is told, and keeps the gift as it was where there is time for that", async () => {
  const source = async (digest: string) =>
    digest === digestOf("still of rose 1.1.0") ? Buffer.from("still of rose 1.1.0") : null;
  await restore();
  const before = await publishTo(await takenAwayAfter((key) => key.startsWith("locks/")), { source });
  expect([before.exit, Object.keys(before.kept)]).toEqual([3, ["rose"]]);
  expect(new Set(await seenByNewcomers(world, ["rose"]))).toEqual(new Set(["rose 1.0.0"]));

  await restore();
  const after = await publishTo(await takenAwayAfter((key) => key === TIMESTAMP_KEY), { source });
  expect(after.exit).toBe(3);
  expect(after.said.join("\n")).toContain(
    `ALARM: object ${digestOf("rose 1.1.0")} is live and was taken away`,
  );
});

test("a publish waits for a collection that is taking its bytes, gives up in words, and does not wait for a dead one", async () => {
  const store = await world.store();
  const taking = async (at: number) => {
    await restore();
    const batch = { at: new Date(at).toISOString(), keys: [OBJECT] };
    await store.replace(COLLECTION_KEY, Buffer.from(JSON.stringify(batch)), null);
  };
  await taking(Date.now());
  await expect(world.publish({ edgeDeadlineMilliseconds: 200 })).rejects.toMatchObject({
    code: "COLLECTION_UNDER_WAY",
  });
  expect(await store.list(ANNOUNCED_PREFIX)).toEqual([]);
  await taking(Date.now() - 20 * 60_000);
  expect((await world.publish({ edgeDeadlineMilliseconds: 200 })).exit).toBe(0);
});

test("a publish with nothing to do announces nothing and asks for no collection", async () => {
  await restore();
  await world.publish();
  const asked: string[] = [];
  const store = await world.store();
  const noting: Store = {
    ...store,
    get: (key) => {
      asked.push(key);
      return store.get(key);
    },
    putIfAbsent: (key, bytes) => {
      asked.push(key);
      return store.putIfAbsent(key, bytes);
    },
  };
  expect((await publishTo(noting)).said.join()).toContain("nothing to do");
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((key) => key.startsWith("collection/") || key.startsWith("objects/"))).toEqual([]);
});
