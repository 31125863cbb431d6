import { afterEach, describe, expect, test } from "vitest";
import { stopOnly } from "../../src/commands/publish.ts";
import type { Store } from "../../src/store/store.ts";
import type { Publisher } from "../../src/commands/publish.ts";
import { type TestEdge, startTestEdge } from "../support/edges.ts";
import { createWorld, type World } from "../support/world.ts";

const worlds: World[] = [];
const edges: TestEdge[] = [];

afterEach(async () => {
  await Promise.all(edges.splice(0).map((it) => it.close()));
  await Promise.all(worlds.splice(0).map((world) => world.remove()));
});

/** Everyone gets star 1.1.0, and 1.0.0 lies under it. */
async function released(): Promise<World> {
  let store: Store | null = null;
  const edge = await startTestEdge("SG", () => store ?? { get: async () => null });
  edges.push(edge);
  const world = await createWorld([edge.edge]);
  worlds.push(world);
  for (const version of ["1.0.0", "1.1.0"])
    await world.release({ gift: "star", version, regional: true, full: true });
  await world.commit("Release");
  store = await world.store();
  await world.publish();
  return world;
}

const close = (world: World) => world.release({ gift: "star", version: "1.1.0", canary: false });

async function stop(world: World, changes: Partial<Publisher> = {}) {
  const said: string[] = [];
  const result = await stopOnly(await world.publisher(changes), (line) => said.push(line));
  return { ...result, said: said.join("\n") };
}

const viewer = {
  platform: "android",
  app: [9, 0, 0],
  tier: "mid",
  region: "SG",
  cohorts: [],
  unitId: "u1",
} as const;

describe("publish --stops-only", () => {
  test("takes viewers away and confirms it, although nothing else of the tree can be used; the publish does the rest", async () => {
    const world = await released();
    await close(world);
    await world.write({ "releases/policy.yaml": "no: policy\n" });
    await world.commit("Close, with a policy that is broken");
    const client = await world.viewer(viewer);
    const { exit, stops, revision, edges, said } = await stop(world);
    expect({ exit, revision }).toEqual({ exit: 0, revision: 2 });
    expect(stops).toHaveLength(1);
    expect(edges.map((it) => it.ok)).toEqual([true]);
    expect(said).toMatch(/stop confirmed at 1 edge after \d+ ms/);
    await client.refresh();
    expect(client.resolve("star").chain[0]).toMatchObject({ version: "1.0.0" });

    const again = await stop(world);
    expect(again.said).toContain("nothing to stop in production");
    expect(again).toMatchObject({ exit: 0, stops: [], revision: 2 });

    await world.git("checkout", "--quiet", "HEAD~1", "releases/policy.yaml");
    await world.commit("Mend the policy");
    const published = await world.publish();
    expect(published).toMatchObject({ exit: 0, stops: [] });
    await client.refresh();
    expect(client.resolve("star").chain[0]).toMatchObject({ version: "1.0.0" });
  });

  test("writes nothing when a change takes nobody anything, and says so", async () => {
    const world = await released();
    await world.release({ gift: "star", version: "1.2.0" });
    await world.commit("Another");
    const store = await world.store();
    const before = await store.list("");
    expect((await stop(world)).said).toMatch(/^nothing to stop in production: [0-9a-f]{10} takes nobody/);
    expect(await store.list("")).toEqual(before);
  });

  test("says when nothing is published", async () => {
    const world = await createWorld();
    worlds.push(world);
    await world.commit("Nothing");
    expect(await stop(world)).toMatchObject({
      exit: 0,
      revision: 0,
      said: "nothing to stop in production: nothing is published",
    });
  });

  test("of an older commit is overtaken by a newer one, whose stop holds all that it would have stopped", async () => {
    const world = await released();
    await close(world);
    const older = await world.commit("Close");
    await world.write({ "README.md": "x" });
    const newer = await world.commit("Newer");
    await stop(world);
    const { exit, said, stops } = await stop(world, { commit: older });
    expect({ exit, stops }).toEqual({ exit: 0, stops: [] });
    expect(said).toContain(`was overtaken in production: ${newer.slice(0, 10)} is live`);
  });

  test("a publish that is under way when a newer commit's stop goes out ends in peace, and leaves the rest to that one", async () => {
    const world = await released();
    await world.release({ gift: "star", version: "1.2.0" });
    const older = await world.commit("Another");
    await close(world);
    const newer = await world.commit("Close");
    const publisher = await world.publisher({ commit: older });
    let isFirst = true;
    const store: Store = {
      ...publisher.environment.store,
      replace: async (...args) => {
        if (isFirst) {
          isFirst = false;
          await stop(world, { commit: newer });
        }
        return publisher.environment.store.replace(...args);
      },
    };
    const result = await world.publish({ commit: older, environment: { ...publisher.environment, store } });
    expect(result.exit).toBe(0);
    expect(result.said.join("\n")).toContain(`${older.slice(0, 10)} was overtaken in production`);
    expect(await world.publish()).toMatchObject({ exit: 0, stops: [] });
  });

  test("an edge that does not follow is an alarm", async () => {
    const world = await released();
    await close(world);
    await world.commit("Close");
    edges[0]?.behave((_, response) => {
      response.writeHead(500).end();
      return Promise.resolve(true);
    });
    expect(await stop(world, { edgeDeadlineMilliseconds: 100 })).toMatchObject({ exit: 3, revision: 2 });
  });
});
