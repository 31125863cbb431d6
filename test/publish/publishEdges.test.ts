import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { httpFetch } from "../../src/client/client.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { objectKey, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { openAudience, seenBy, seenByNewcomers } from "../support/audience.ts";
import { onlyFor, right, serves, startTestEdge, type TestEdge } from "../support/edges.ts";
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

  test("a widening whose object an edge serves damaged keeps that gift as it is live, while another goes out", async () => {
    const { world, edgeOf } = await worldWithEdges("SG", "ID");
    await releaseEverywhere(world, ["anchor", "1.0.0"], ["balloon", "1.0.0"]);
    await world.commit("Release");
    await world.publish(ENOUGH);

    const damaged = objectKey(digestOf("anchor 1.1.0"), "application/vnd.lottie+json");
    const swapped = serves(new TextEncoder().encode("anchor 1.1.1"));
    edgeOf("ID").behave(onlyFor((key) => key === damaged, swapped));
    await releaseEverywhere(world, ["anchor", "1.1.0"], ["balloon", "1.1.0"]);
    await world.commit("Widen both");
    const { exit, kept, said } = await world.publish(ENOUGH);
    const why = "the ID edge does not serve its bytes: it serves other bytes than were published";
    expect([exit, kept]).toEqual([3, { anchor: why }]);
    expect(said).toContainEqual(`anchor: stays as it is live, because ${why}`);
    const both = ["anchor", "balloon"];
    for (const region of ["SG", "ID"])
      expect(await seen(world, both, edgeOf(region))).toEqual(["anchor 1.0.0", "balloon 1.1.0"]);

    // Nothing is remembered of it: when the edge is well, the same commit goes out.
    edgeOf("ID").behave(right);
    const again = await world.publish(ENOUGH);
    expect([again.exit, again.kept]).toEqual([0, {}]);
    expect(await seen(world, both, edgeOf("ID"))).toEqual(["anchor 1.1.0", "balloon 1.1.0"]);
  });

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
    const stopped = said.indexOf("stop in production: stop/anchor/1.1.0 (revision 2)");
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
});
