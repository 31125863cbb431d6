import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { httpFetch } from "../../src/client/client.ts";
import { lockPath } from "../../src/model/paths.ts";
import { trustRoot } from "../../src/publish/live.ts";
import { revisionTree } from "../../src/source/tree.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import { readEvidence } from "../../src/trust/evidence.ts";
import { digestOf, nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { objectKey, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { openAudience, seenBy, seenByNewcomers } from "../support/audience.ts";
import { onlyFor, right, serves, startTestEdge, type TestEdge } from "../support/edges.ts";
import { createWorld, type World } from "../support/world.ts";

/** Long enough for an edge that is well; each edge that is not costs one of these. */
const ENOUGH = { edgeDeadlineMilliseconds: 2_000 };
/** Where every edge is well: nobody waits that long. */
const PATIENTLY = { edgeDeadlineMilliseconds: 20_000 };

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

/** The record that a release is warm, or null. */
async function warmEvidence(world: World, gift: string, version: string) {
  const { commit, trustedRoot, environment } = await world.publisher();
  const path = lockPath(gift, version);
  const lock = (await revisionTree(world.root, commit).read([path])).get(path);
  const { root } = await trustRoot(trustedRoot, nodeCrypto);
  const subject = { lock: digestOf(lock ?? ""), environment: "production", kind: "warm" } as const;
  return readEvidence(environment.store, root, nodeCrypto, subject);
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
    const { exit, edges, said } = await world.publish(PATIENTLY);
    expect(said.filter((it) => it === "apps behind other cache points follow within 5 s")).toHaveLength(1);
    expect(await warmEvidence(world, "anchor", "1.0.0")).toMatchObject({
      result: "passed",
      facts: { edges: 2, objects: 2 },
    });
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
    await world.publish(PATIENTLY);

    const damaged = objectKey(digestOf("anchor 1.1.0"), "application/vnd.lottie+json");
    const swapped = serves(new TextEncoder().encode("anchor 1.1.1"));
    edgeOf("ID").behave(onlyFor((key) => key === damaged, swapped));
    await releaseEverywhere(world, ["anchor", "1.1.0"], ["balloon", "1.1.0"]);
    await world.commit("Widen both");
    const { exit, kept, said } = await world.publish(ENOUGH);
    const why = "the ID edge does not serve its bytes: it serves other bytes than were published";
    expect([exit, kept]).toEqual([3, { anchor: why }]);
    expect(said).toContainEqual(`anchor: stays as it is live, because ${why}`);
    expect(await warmEvidence(world, "anchor", "1.1.0")).toBeNull();
    expect(await warmEvidence(world, "balloon", "1.1.0")).toMatchObject({ result: "passed" });
    const both = ["anchor", "balloon"];
    for (const region of ["SG", "ID"])
      expect(await seen(world, both, edgeOf(region))).toEqual(["anchor 1.0.0", "balloon 1.1.0"]);

    // Nothing is remembered of it: when the edge is well, the same commit goes out.
    edgeOf("ID").behave(right);
    const again = await world.publish(PATIENTLY);
    expect([again.exit, again.kept]).toEqual([0, {}]);
    expect(await seen(world, both, edgeOf("ID"))).toEqual(["anchor 1.1.0", "balloon 1.1.0"]);
  });

  test("a widening through an edge that does not follow stays as it is live, and one elsewhere goes out", async () => {
    const { world, edgeOf } = await worldWithEdges("SG", "ID");
    await world.release({ gift: "anchor", version: "1.1.0", regions: { ID: 50 } });
    await world.release({ gift: "balloon", version: "1.1.0", regions: { SG: 50 } });
    await world.commit("Release");
    await world.publish(PATIENTLY);
    const { url } = edgeOf("ID").edge;
    const stuck = (await (await world.store()).get(TIMESTAMP_KEY))?.bytes ?? new Uint8Array();
    edgeOf("ID").behave(onlyFor((key) => key === TIMESTAMP_KEY, serves(stuck)));

    await world.release({ gift: "anchor", version: "1.1.0", regional: true, regions: { ID: 50 } });
    await world.release({ gift: "balloon", version: "1.1.0", regional: true, regions: { SG: 50 } });
    await world.commit("Widen both");
    const { exit, kept, changes } = await world.publish(ENOUGH);
    const why = `the ID edge ${url} does not follow: it still serves revision 1`;
    expect([exit, kept]).toEqual([3, { anchor: why }]);
    expect(changes.map((it) => [it.gift, it.after, it.reach])).toEqual([["balloon", "regional", ["SG"]]]);

    edgeOf("ID").behave(right);
    const again = await world.publish(PATIENTLY);
    expect([again.exit, again.kept]).toEqual([0, {}]);
  });

  test("an edge out of service is neither asked nor waited for, and is named", async () => {
    const { world, edgeOf } = await worldWithEdges("SG", "ID");
    const { url } = edgeOf("ID").edge;
    await releaseEverywhere(world, ["anchor", "1.0.0"]);
    await world.commit("Release");
    const { environment } = await world.publisher();
    const [first] = environment.edges;
    const edges = [...(first ? [first] : []), { region: "ID", url, outOfService: "INC-4711" }];
    const { exit, said } = await world.publish({ ...PATIENTLY, environment: { ...environment, edges } });
    expect(exit).toBe(0);
    expect(said).toContain(`  ID ${url} is out of service: INC-4711; nobody waited for it`);
    expect(edgeOf("ID").asked).toEqual([]);
    expect(await warmEvidence(world, "anchor", "1.0.0")).toMatchObject({ facts: { edges: 1 } });
  });

  test("a purge that fails is a line of progress: it changes nothing", async () => {
    const { world } = await worldWithEdges("SG");
    await releaseEverywhere(world, ["anchor", "1.0.0"]);
    await world.commit("Release");
    const { environment, io } = await world.publisher();
    const progress: string[] = [];
    const { exit } = await world.publish({
      ...PATIENTLY,
      environment: { ...environment, file: { ...environment.file, purge: { method: "PURGE" } } },
      io: { ...io, progress: (text) => progress.push(text) },
    });
    expect(exit).toBe(0);
    expect(progress).toContainEqual(
      expect.stringMatching(/^the SG edge \S+ was not purged: it answered 405$/),
    );
  });

  test("a stop goes out although an edge is down, and the alarm names the edge", async () => {
    const { world, edgeOf } = await worldWithEdges("SG", "ID");
    await releaseEverywhere(world, ["anchor", "1.0.0"], ["anchor", "1.1.0"]);
    await world.commit("Release");
    await world.publish(PATIENTLY);
    const watching = await openAudience(world, httpFetch({ baseUrl: edgeOf("SG").edge.url }));
    await Promise.all(watching.map((client) => client.refresh()));
    expect(new Set(await seenBy(watching, ["anchor"]))).toEqual(new Set(["anchor 1.1.0"]));

    await edgeOf("ID").close();
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    await world.commit("Take it back");
    const { exit, stops, said, edges } = await world.publish(ENOUGH);
    expect(exit).toBe(3);
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
