import { afterEach, describe, expect, test } from "vitest";
import { confirmTimestamp, type Edge, toEdges, warmObjects } from "../../src/publish/edges.ts";
import type { Route } from "../../src/store/edgeServer.ts";
import type { Stored } from "../../src/store/store.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { objectKey, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import {
  answers,
  cutsOff,
  downEdge,
  isSilent,
  late,
  onlyFor,
  right,
  serves,
  stalls,
  startTestEdge,
  type TestEdge,
} from "../support/edges.ts";

/** For edges that never come right: each test waits for it once. */
const ENOUGH = { deadlineMilliseconds: 700 };
/** Far longer than any answer here takes: what is waited for comes by itself. */
const PATIENTLY = { deadlineMilliseconds: 20_000 };

const started: TestEdge[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((it) => it.close()));
});

/** What the edges have behind them: a timestamp of revision 7, and some objects. */
const content = new Map<string, Stored>();
const published = { bytes: timestampOf(7, "as published"), revision: 7 };
content.set(TIMESTAMP_KEY, storedOf(published.bytes));
const objects = Array.from({ length: 20 }, (_, at) => {
  const bytes = new TextEncoder().encode(`object ${at}`);
  const digest = digestOf(bytes);
  const key = objectKey(digest, "image/webp");
  content.set(key, storedOf(bytes));
  return { key, digest };
});

async function start(region: string, route: Route): Promise<TestEdge> {
  const edge = await startTestEdge(region, () => ({ get: async (key) => content.get(key) ?? null }), route);
  started.push(edge);
  return edge;
}

describe("confirming a timestamp", () => {
  const confirmAt = async (edge: Edge, options = PATIENTLY) => {
    const results = await confirmTimestamp([edge], published, options);
    expect(results.map((it) => it.edge)).toEqual([edge]);
    return results[0] ?? expect.fail("an edge has a result");
  };

  test("is asked once of an edge that serves the very bytes", async () => {
    const { edge, asked } = await start("SG", right);
    expect(await confirmAt(edge)).toEqual({
      edge,
      ok: true,
      answered: true,
      milliseconds: expect.any(Number),
    });
    expect(asked).toEqual([TIMESTAMP_KEY]);
  });

  test.each<[string, Route]>([
    ["serves the one of before", serves(timestampOf(6, "before"))],
    ["answers 500", answers(500)],
    ["answers 404", answers(404)],
    ["cuts its answer off", cutsOff],
    ["serves what is not JSON", serves(new TextEncoder().encode("<html>"))],
  ])("waits for an edge that at first %s", async (_, wrong) => {
    const { edge, asked } = await start("SG", late(3, wrong));
    expect(await confirmAt(edge, PATIENTLY)).toMatchObject({ ok: true });
    expect(asked).toHaveLength(4);
  });

  test("is content with a newer one, which somebody else wrote since", async () => {
    const { edge } = await start("SG", serves(timestampOf(8, "newer")));
    expect(await confirmAt(edge)).toMatchObject({ ok: true });
  });

  test("gives up at every edge that never comes right, and says why", async () => {
    const wrong: Record<string, [Route, string]> = {
      "is stuck on an old one": [serves(timestampOf(5, "old")), "it still serves revision 5"],
      "serves other bytes as this revision": [
        serves(timestampOf(7, "not as published")),
        "it serves other bytes under the same revision",
      ],
      "serves no metadata": [serves(new TextEncoder().encode("{}")), "it still serves revision 0"],
      "serves a version that is no number": [
        serves(new TextEncoder().encode('{"signed":{"version":"9"}}')),
        "it still serves revision 0",
      ],
      "answers 500": [answers(500), "it answered 500"],
      "answers 404": [answers(404), "it answered 404"],
      "answers without a body": [answers(204), "it answered 204"],
      "cuts its answer off": [cutsOff, "it did not answer: terminated: other side closed"],
      "takes the question and is silent": [isSilent, "it did not answer in time"],
      "begins an answer and stalls": [stalls, "it did not answer in time"],
      "was ill, and then is silent": [late(1, answers(502), isSilent), "it answered 502"],
    };
    const edges = await Promise.all(
      Object.entries(wrong).map(async ([name, [route]]) => (await start(name, route)).edge),
    );
    const down = await downEdge("is down");
    const results = await confirmTimestamp([...edges, down], published, ENOUGH);
    expect(results.filter((it) => it.ok)).toEqual([]);
    expect(Object.fromEntries(results.map(({ edge, why }) => [edge.region, why]))).toEqual({
      ...Object.fromEntries(Object.entries(wrong).map(([name, [, why]]) => [name, why])),
      "is down": `it did not answer: fetch failed: connect ECONNREFUSED ${new URL(down.url).host}`,
    });
  });

  test("asks every edge by itself: one that is down takes nothing from the others", async () => {
    const good = await start("BR", right);
    const slow = await start("SG", late(2, answers(503)));
    const down = await downEdge("ID");
    const stuck = await start("US", serves(timestampOf(1, "old")));
    const results = await confirmTimestamp([good.edge, down, slow.edge, stuck.edge], published, ENOUGH);
    expect(results.map(({ edge, ok }) => [edge.region, ok])).toEqual([
      ["BR", true],
      ["ID", false],
      ["SG", true],
      ["US", false],
    ]);
  });

  test("has nothing to ask where there is no edge", async () => {
    expect(await confirmTimestamp([], published, PATIENTLY)).toEqual([]);
  });
});

describe("warming objects", () => {
  test("asks each edge for each object, once, and has nothing to say when all is well", async () => {
    const edges = [await start("SG", right), await start("ID", right)];
    const cold = await warmObjects(
      edges.map((it) => it.edge),
      objects,
      PATIENTLY,
    );
    expect(cold).toEqual([]);
    const keys = objects.map((it) => it.key).sort();
    for (const { asked } of edges) expect([...asked].sort()).toEqual(keys);
  });

  test("waits for objects that an edge has not got yet", async () => {
    const { edge, asked } = await start("SG", late(objects.length, answers(404)));
    expect(await warmObjects([edge], objects, PATIENTLY)).toEqual([]);
    expect(asked).toHaveLength(2 * objects.length);
  });

  test("names the object and the edge that is wrong about it, and no other", async () => {
    const other = "it serves other bytes than were published";
    const wrong: Record<string, [Route, string]> = {
      "serves swapped bytes": [serves(new TextEncoder().encode("object 0")), other],
      "serves none of the bytes": [serves(new Uint8Array()), other],
      "answers 500": [answers(500), "it answered 500"],
      "answers 206": [answers(206), "it answered 206"],
      "has not got it": [answers(404), "it answered 404"],
      "cuts the body off": [cutsOff, "it did not answer: terminated: other side closed"],
      stalls: [stalls, "it did not answer in time"],
    };
    const [healthy, damaged] = objects;
    if (!healthy || !damaged) return expect.fail("there are objects");
    const edges = await Promise.all(
      Object.entries(wrong).map(([name, [route]]) =>
        start(
          name,
          onlyFor((key) => key === damaged.key, route),
        ),
      ),
    );
    const good = await start("is right", right);
    const asked = [good, ...edges].map((it) => it.edge);
    const cold = await warmObjects(asked, [healthy, damaged], ENOUGH);
    expect(Object.fromEntries(cold.map(({ edge, why }) => [edge.region, why]))).toEqual(
      Object.fromEntries(Object.entries(wrong).map(([name, [, why]]) => [name, why])),
    );
    expect(cold.map((it) => it.digest)).toEqual(Array(edges.length).fill(damaged.digest));
    expect(cold.map((it) => it.ok)).toEqual(Array(edges.length).fill(false));
  });

  test("names every object at an edge that is down", async () => {
    const down = await downEdge("ID");
    const { edge } = await start("SG", right);
    const some = objects.slice(0, 6);
    const cold = await warmObjects([edge, down], some, ENOUGH);
    expect(cold.map((it) => it.digest).sort()).toEqual(some.map((it) => it.digest).sort());
    for (const it of cold) {
      expect(it.edge).toEqual(down);
      expect(it.why).toContain("ECONNREFUSED");
    }
  });

  test("has nothing to ask without objects", async () => {
    const { edge, asked } = await start("SG", right);
    expect(await warmObjects([edge], [], PATIENTLY)).toEqual([]);
    expect(asked).toEqual([]);
  });
});

test("edges are in the order of their regions, with one slash at the end of each address", () => {
  expect(toEdges({ SG: ["http://a", "http://b/x/"], ID: ["http://c/"] })).toEqual([
    { region: "ID", url: "http://c/" },
    { region: "SG", url: "http://a/" },
    { region: "SG", url: "http://b/x/" },
  ]);
});

function timestampOf(version: number, note: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ signatures: [], signed: { version, note } }));
}

function storedOf(bytes: Uint8Array): Stored {
  return { bytes, tag: digestOf(bytes) };
}
