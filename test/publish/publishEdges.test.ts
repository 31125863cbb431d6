import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { httpFetch } from "../../src/client/client.ts";
import { writeTimestamp } from "../../src/publish/apply.ts";
import { readLiveTimestamp, trustRoot } from "../../src/publish/live.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import { digestOf, nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { objectKey, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import type { Override } from "../../src/wire/override.ts";
import { openAudience, seenBy, seenByNewcomers } from "../support/audience.ts";
import { answers, onlyFor, right, serves, startTestEdge, type TestEdge } from "../support/edges.ts";
import { createWorld, type World } from "../support/world.ts";

/** Long enough for an edge that is well; each edge that is not costs one of these. */
const ENOUGH = { edgeDeadlineMilliseconds: 800 };

const started: { edges: TestEdge[]; world: World }[] = [];
afterEach(async () => {
  for (const { edges, world } of started.splice(0)) {
    await Promise.all(edges.map((it) => it.close()));
    await world.remove();
  }
});

/** A world with a real edge for each region in front of its store. */
async function worldWithEdges(...regions: readonly string[]) {
  let root = "";
  const storeOf = () => fileStore(join(root, ".giftwrap", "store", "production"));
  const edges = await Promise.all(regions.map((region) => startTestEdge(region, storeOf)));
  const world = await createWorld(edges.map((it) => it.edge));
  root = world.root;
  started.push({ edges, world });
  const edgeOf = (region: string) =>
    edges.find((it) => it.edge.region === region) ?? expect.fail(`there is no edge for ${region}`);
  return { world, edgeOf };
}

async function releaseEverywhere(world: World, ...releases: readonly [string, string][]): Promise<void> {
  for (const [gift, version] of releases) await world.release({ gift, version, regional: true, full: true });
}

/** What all newcomers see, each once. */
async function seen(world: World, gifts: readonly string[], through?: TestEdge): Promise<string[]> {
  const fetch = through && httpFetch({ baseUrl: through.edge.url });
  return [...new Set(await seenByNewcomers(world, gifts, fetch))].sort();
}

describe("publishing past edges", () => {
  test("says done only after every edge has served every object and the new revision", async () => {
    const { world, edgeOf } = await worldWithEdges("SG", "ID");
    await releaseEverywhere(world, ["anchor", "1.0.0"]);
    await world.commit("Release");
    const { exit, edges } = await world.publish(ENOUGH);
    expect([exit, edges.map((it) => [it.edge.region, it.ok])]).toEqual([
      0,
      [
        ["SG", true],
        ["ID", true],
      ],
    ]);
    for (const region of ["SG", "ID"]) {
      const { asked } = edgeOf(region);
      const object = objectKey(digestOf("anchor 1.0.0"), "application/vnd.lottie+json");
      expect(asked).toContain(object);
      expect(asked.indexOf(object)).toBeLessThan(asked.indexOf(TIMESTAMP_KEY));
      expect(await seen(world, ["anchor"], edgeOf(region))).toEqual(["anchor 1.0.0"]);
    }
  });

  test.each([
    [
      "serves damaged",
      serves(new TextEncoder().encode("anchor 1.1.1")),
      "it serves other bytes than were published",
    ],
    ["does not serve", answers(404), "it answered 404"],
  ])(
    "a widening whose object an edge %s keeps that gift as it is live, while another goes out",
    async (_, wrong, why) => {
      const { world, edgeOf } = await worldWithEdges("SG", "ID");
      await releaseEverywhere(world, ["anchor", "1.0.0"], ["balloon", "1.0.0"]);
      await world.commit("Release");
      await world.publish(ENOUGH);

      const damaged = objectKey(digestOf("anchor 1.1.0"), "application/vnd.lottie+json");
      edgeOf("ID").behave(onlyFor((key) => key === damaged, wrong));
      await releaseEverywhere(world, ["anchor", "1.1.0"], ["balloon", "1.1.0"]);
      await world.commit("Widen both");
      const { exit, kept, said } = await world.publish(ENOUGH);
      expect([exit, kept]).toEqual([3, { anchor: `the ID edge does not serve its bytes: ${why}` }]);
      expect(said).toContainEqual(`anchor: stays as it is live, because ${kept["anchor"]}`);
      for (const region of ["SG", "ID"])
        expect(await seen(world, ["anchor", "balloon"], edgeOf(region))).toEqual([
          "anchor 1.0.0",
          "balloon 1.1.0",
        ]);

      // Nothing is remembered of it: when the edge is well, the same commit goes out.
      edgeOf("ID").behave(right);
      const again = await world.publish(ENOUGH);
      expect([again.exit, again.kept]).toEqual([0, {}]);
      expect(await seen(world, ["anchor", "balloon"], edgeOf("ID"))).toEqual([
        "anchor 1.1.0",
        "balloon 1.1.0",
      ]);
    },
  );

  test("a stop goes out although an edge is down, and the alarm names the edge", async () => {
    const { world, edgeOf } = await worldWithEdges("SG", "ID");
    await releaseEverywhere(world, ["anchor", "1.0.0"], ["anchor", "1.1.0"]);
    await world.commit("Release");
    await world.publish(ENOUGH);
    const watching = await openAudience(world, httpFetch({ baseUrl: edgeOf("SG").edge.url }));
    await Promise.all(watching.map((client) => client.refresh()));
    expect(new Set(await seenBy(watching, ["anchor"]))).toEqual(new Set(["anchor 1.1.0"]));

    await edgeOf("ID").close();
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    await world.commit("Take it back");
    const { stops, said, edges } = await world.publish(ENOUGH);
    expect(stops).toEqual(["stop/anchor/1.1.0"]);
    const { url } = edgeOf("ID").edge;
    const stopped = said.indexOf("stop: stop/anchor/1.1.0 (revision 2)");
    const [bySG, alarm] = said.slice(stopped + 1).filter((line) => line.startsWith("  "));
    expect(stopped).not.toBe(-1);
    expect(bySG).toMatch(/^ {2}SG \S+ serves it after \d+ ms$/);
    expect(alarm).toBe(
      `  ALARM: ID ${url} does not serve it: it did not answer: fetch failed: connect ECONNREFUSED ${new URL(url).host}`,
    );
    expect(said).toContainEqual(expect.stringMatching(/^stop confirmed at 1 edge after \d+ ms$/));
    expect(edges.map((it) => [it.edge.region, it.ok])).toEqual([
      ["SG", true],
      ["ID", false],
    ]);
    await Promise.all(watching.map((client) => client.refresh()));
    expect(new Set(await seenBy(watching, ["anchor"]))).toEqual(new Set(["anchor 1.0.0"]));
  });

  test("an edge that is down holds no promotion back for good: the next publish after it is well completes it", async () => {
    const { world, edgeOf } = await worldWithEdges("SG", "ID");
    await releaseEverywhere(world, ["anchor", "1.0.0"]);
    await world.commit("Release");
    await world.publish(ENOUGH);
    edgeOf("ID").behave(answers(503));
    await releaseEverywhere(world, ["anchor", "1.1.0"]);
    await world.commit("Widen");
    const { exit, kept } = await world.publish(ENOUGH);
    expect([exit, kept["anchor"]]).toEqual([3, "the ID edge does not serve its bytes: it answered 503"]);
    expect(await seen(world, ["anchor"])).toEqual(["anchor 1.0.0"]);
    edgeOf("ID").behave(right);
    expect((await world.publish(ENOUGH)).exit).toBe(0);
    expect(await seen(world, ["anchor"])).toEqual(["anchor 1.1.0"]);
  });
});

describe("an override from break-glass", () => {
  /** As the break-glass command writes it: from the live timestamp and the timestamp key alone. */
  async function breakGlass(world: World, override: Override): Promise<void> {
    const { environment, trustedRoot, signers } = await world.publisher();
    const live = await readLiveTimestamp(environment.store, await trustRoot(trustedRoot, nodeCrypto));
    if (!live) return expect.fail("something is published");
    const { pollSeconds, commit, overrides } = live.signed.giftwrap;
    const content = {
      snapshot: live.signed.meta["snapshot.json"],
      pollSeconds,
      commit,
      overrides: [...overrides, override],
    };
    expect(
      await writeTimestamp(environment.store, live, content, signers.timestamp, Date.now()),
    ).not.toBeNull();
  }

  async function liveOverrides(world: World) {
    const { environment, trustedRoot } = await world.publisher();
    const live = await readLiveTimestamp(environment.store, await trustRoot(trustedRoot, nodeCrypto));
    return (live?.signed.giftwrap.overrides ?? []).map(({ id, origin }) => ({ id, origin }));
  }

  const STOP: Override = {
    id: "anchor-crash",
    origin: "break-glass",
    gifts: ["anchor"],
    versions: [[[1, 1, 0], null]],
    limit: {},
  };
  const FILE = "releases/overrides/anchor-crash.yaml";

  async function stoppedWorld(): Promise<World> {
    const { world } = await worldWithEdges();
    await releaseEverywhere(world, ["anchor", "1.0.0"], ["anchor", "1.1.0"], ["balloon", "1.0.0"]);
    await world.commit("Release");
    await world.publish();
    expect(await seen(world, ["anchor"])).toEqual(["anchor 1.1.0"]);
    await breakGlass(world, STOP);
    expect(await seen(world, ["anchor"])).toEqual(["anchor 1.0.0"]);
    return world;
  }

  test("survives publishes of other things, of nothing, and of a newer release of its own gift", async () => {
    const world = await stoppedWorld();
    const stands = async () => {
      expect(await liveOverrides(world)).toEqual([{ id: STOP.id, origin: "break-glass" }]);
      expect(await seen(world, ["anchor"])).toEqual(["anchor 1.0.0"]);
    };
    expect((await world.publish()).said.join()).toContain("nothing to do");
    await stands();

    await releaseEverywhere(world, ["balloon", "1.1.0"]);
    await world.commit("Something else");
    await world.publish();
    await stands();
    expect(await seen(world, ["balloon"])).toEqual(["balloon 1.1.0"]);

    await releaseEverywhere(world, ["anchor", "1.2.0"]);
    await world.commit("A newer release, without looking");
    await world.publish();
    await stands();

    await world.release({ gift: "balloon", version: "1.1.0", canary: false });
    await world.commit("A stop beside it");
    await world.publish();
    await stands();
    expect(await seen(world, ["balloon"])).toEqual(["balloon 1.0.0"]);
  });

  test("survives another override file, and its end", async () => {
    const world = await stoppedWorld();
    const other = "releases/overrides/other.yaml";
    await world.write({ [other]: "gifts: [balloon]\nlimit: none\nreason: Another\n" });
    await world.commit("Another override");
    await world.publish();
    expect(await liveOverrides(world)).toEqual([
      { id: "other", origin: "git" },
      { id: STOP.id, origin: "break-glass" },
    ]);
    await world.write({ [other]: null });
    await world.commit("It ends");
    await world.publish();
    expect(await liveOverrides(world)).toEqual([{ id: STOP.id, origin: "break-glass" }]);
  });

  test.each([
    ["the same reach", 'gifts: [anchor]\nversions: ">=1.1.0"\nlimit: none\nreason: Crashes\n'],
    ["another reach", 'gifts: [anchor]\nversions: "1.1.0"\nlimit: canary\nreason: Crashes\n'],
  ])("is git's once a file with its name and %s is published, and ends with that file", async (_, file) => {
    const world = await stoppedWorld();
    await world.write({ [FILE]: file });
    await world.commit("Adopt it");
    await world.publish();
    expect(await liveOverrides(world)).toEqual([{ id: STOP.id, origin: "git" }]);

    await world.write({ [FILE]: null });
    await world.commit("Let it go");
    await world.publish();
    expect(await liveOverrides(world)).toEqual([]);
    expect(await seen(world, ["anchor"])).toEqual(["anchor 1.1.0"]);
  });
});
