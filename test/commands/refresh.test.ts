import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import * as refresh from "../../src/commands/refresh.ts";
import { writeTimestamp } from "../../src/publish/apply.ts";
import { readLiveTimestamp, trustRoot } from "../../src/publish/live.ts";
import { refreshTimestamp } from "../../src/publish/refreshTimestamp.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import type { Override } from "../../src/wire/override.ts";
import { answers, onlyFor, right, startTestEdge, type TestEdge } from "../support/edges.ts";
import { watchedStore } from "../support/failingStore.ts";
import { runCommand } from "../support/runCommand.ts";
import { createWorld, type World } from "../support/world.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STOP: Override = { id: "crash", origin: "break-glass", gifts: ["anchor"], limit: {} };

const worlds: World[] = [];
const edges: TestEdge[] = [];
afterEach(async () => {
  await Promise.all(edges.splice(0).map((it) => it.close()));
  await Promise.all(worlds.splice(0).map((it) => it.remove()));
});

async function publishedWorld(): Promise<World> {
  const world = await createWorld();
  worlds.push(world);
  await world.release({ gift: "anchor", version: "1.0.0", regional: true, full: true });
  await world.commit("Release");
  await world.publish();
  return world;
}

async function readNow(world: World) {
  const store = await world.store();
  const root = await readFile(join(world.root, "releases/environments/production.root.json"));
  const live = await readLiveTimestamp(store, await trustRoot(root, nodeCrypto));
  if (!live) return expect.fail("something is published");
  return live;
}

/** As somebody else writes it meanwhile. */
async function addOverride(world: World, override: Override): Promise<void> {
  const { environment, signers } = await world.publisher();
  const live = await readNow(world);
  const { commit, pollSeconds, overrides } = live.signed.giftwrap;
  const snapshot = live.signed.meta["snapshot.json"];
  const content = { snapshot, commit, pollSeconds, overrides: [...overrides, override] };
  expect(
    await writeTimestamp(environment.store, live, content, signers.timestamp, Date.now()),
  ).not.toBeNull();
}

const runAt = (world: World, now: number, ...words: string[]) =>
  runCommand(refresh, world.root, words, { now: () => now });

describe("giftwrap refresh", () => {
  test("does nothing while more than 36 hours are left, by one read of the store", async () => {
    const world = await publishedWorld();
    const before = await readNow(world);
    const { exit, text } = await runAt(world, Date.now() + 11 * HOUR);
    expect([exit, text]).toEqual([0, "production: nothing to do, revision 1 expires in 37 h"]);
    expect((await readNow(world)).tag).toBe(before.tag);

    const { environment, signers } = await world.publisher();
    const asked: string[] = [];
    const counting = {
      ...environment.store,
      get: (key: string) => (asked.push(key), environment.store.get(key)),
    };
    const live = async () => {
      const stored = await readLiveTimestamp(
        counting,
        await trustRoot((await world.publisher()).trustedRoot, nodeCrypto),
      );
      return stored ?? expect.fail("something is published");
    };
    await refreshTimestamp(counting, signers.timestamp, Date.now(), live);
    expect(asked).toEqual([TIMESTAMP_KEY]);
  });

  test("signs the same content anew when fewer are left, also long after it expired, with the timestamp key alone", async () => {
    const world = await publishedWorld();
    await addOverride(world, STOP);
    await rm(join(world.root, ".giftwrap/keys/production/release.pem"));
    await rm(join(world.root, ".giftwrap/keys/production/root.pem"));
    const before = await readNow(world);
    for (const [revision, days] of [
      [3, 1],
      [4, 100],
    ] as const) {
      const { exit, text } = await runAt(world, Date.now() + days * DAY);
      expect([exit, text]).toEqual([0, `production: signed anew as revision ${revision}, expires in 48 h`]);
      const { signed } = await readNow(world);
      expect({ ...signed, version: 0, expires: "" }).toEqual({ ...before.signed, version: 0, expires: "" });
      expect(signed.version).toBe(revision);
    }
    const log = await (await world.store()).get("log/4.json");
    expect(JSON.parse(new TextDecoder().decode(log?.bytes))).toMatchObject({
      revision: 4,
      kind: "refresh",
      overrides: [STOP],
    });
  });

  test("with --force signs anew at any time", async () => {
    const world = await publishedWorld();
    expect((await runAt(world, Date.now(), "--force")).text).toContain("signed anew as revision 2");
  });

  test("loses no override that is written at the same moment", async () => {
    const world = await publishedWorld();
    const { environment, signers } = await world.publisher();
    let first = true;
    const meanwhile = async () => {
      const live = await readNow(world);
      if (first) await addOverride(world, STOP);
      first = false;
      return live;
    };
    const later = Date.now() + DAY;
    const { now } = await refreshTimestamp(environment.store, signers.timestamp, later, meanwhile);
    expect(now.signed.giftwrap.overrides).toEqual([STOP]);
    expect((await readNow(world)).signed.version).toBe(now.signed.version);
  });

  test("gives up with a reason when somebody never stops writing", async () => {
    const world = await publishedWorld();
    const { environment, signers } = await world.publisher();
    let id = 0;
    const meanwhile = async () => {
      const live = await readNow(world);
      await addOverride(world, { ...STOP, id: `crash-${id++}` });
      return live;
    };
    const busy = watchedStore(environment.store, async () => {});
    await expect(
      refreshTimestamp(busy, signers.timestamp, Date.now() + DAY, meanwhile, true),
    ).rejects.toMatchObject({ code: "RACE_LOST" });
  });

  test("waits for the edges, and an edge that does not serve it is an alarm and exit 3", async () => {
    const world = await publishedWorld();
    const store = await world.store();
    const edge = await startTestEdge("SG", () => store);
    edges.push(edge);
    const to = ["--force", "--deadline", "1", "--edge", `SG=${edge.edge.url}`];
    edge.behave(onlyFor((key) => key === TIMESTAMP_KEY, answers(500)));
    const late = await runAt(world, Date.now(), ...to);
    expect([late.exit, late.text]).toEqual([3, expect.stringContaining("ALARM")]);
    edge.behave(right);
    const fine = await runAt(world, Date.now(), ...to);
    expect([fine.exit, fine.text]).toEqual([0, expect.stringContaining("serves it after")]);
  });

  test("warns of what other keys must renew, and says what to do before the first publish", async () => {
    const world = await publishedWorld();
    const { text } = await runAt(world, Date.now() + 350 * DAY);
    expect(text).toContain(
      "production: warning: the snapshot expires in 15 days; run npx giftwrap reconcile",
    );
    expect(text).toContain("production: warning: the targets expires in 15 days");
    expect(text).not.toContain("root");
    expect((await runAt(world, Date.now() + 700 * DAY)).text).toContain(
      "warning: the root expires in 30 days",
    );

    const empty = await createWorld();
    worlds.push(empty);
    await empty.commit("Begin");
    await expect(runAt(empty, Date.now())).rejects.toMatchObject({
      code: "NOT_PUBLISHED",
      message: expect.stringContaining("production"),
    });
  });
});
