import { afterEach, describe, expect, test } from "vitest";
import { type ConfirmOptions, confirmTimestamp } from "../../src/publish/confirmTimestamp.ts";
import { type Edge, inService, outOfServiceLines, toEdges } from "../../src/publish/edges.ts";
import { warmObjects } from "../../src/publish/warmObjects.ts";
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
const ENOUGH = { deadlineMilliseconds: 700, isSigned: async () => false };
/** Far longer than any answer here takes: what is waited for comes by itself. */
const PATIENTLY = { deadlineMilliseconds: 20_000, isSigned: async () => false };

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
  return { key, file: { digest, mediaType: "image/webp", bytes: bytes.length } };
});

/** Asks every edge for every object; gives what failed. */
async function warmAll(edges: readonly Edge[], wanted: typeof objects, options = PATIENTLY) {
  const questions = edges.flatMap((edge) => wanted.map(({ file }) => ({ edge, file })));
  const results = await warmObjects(questions, options);
  expect(results).toHaveLength(questions.length);
  return results.filter((it) => !it.ok);
}

async function start(region: string, route: Route): Promise<TestEdge> {
  const edge = await startTestEdge(region, () => ({ get: async (key) => content.get(key) ?? null }), route);
  started.push(edge);
  return edge;
}

describe("confirming a timestamp", () => {
  const confirmAt = async (edge: Edge, options: ConfirmOptions = PATIENTLY) => {
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
      asked: 1,
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
    expect(await confirmAt(edge, PATIENTLY)).toMatchObject({ ok: true, asked: 4 });
    expect(asked).toHaveLength(4);
  });

  test("is content with a newer one, which somebody else wrote since and signed", async () => {
    const newer = timestampOf(8, "newer");
    const { edge } = await start("SG", serves(newer));
    const isSigned = async (body: Uint8Array) => digestOf(body) === digestOf(newer);
    expect(await confirmAt(edge, { ...PATIENTLY, isSigned })).toMatchObject({ ok: true, asked: 1 });
  });

  test("waits no longer for an edge that failed a moment ago", async () => {
    const { edge } = await start("SG", answers(500));
    const { ok, milliseconds } = await confirmAt(edge, { ...PATIENTLY, failedBefore: new Set([edge.url]) });
    expect(ok).toBe(false);
    expect(milliseconds).toBeLessThan(5_000);
  });

  test("gives up at every edge that never comes right, and says why", async () => {
    const wrong: Record<string, [Route, string]> = {
      "is stuck on an old one": [serves(timestampOf(5, "old")), "it still serves revision 5"],
      "serves other bytes as this revision": [
        serves(timestampOf(7, "not as published")),
        "it serves other bytes under the same revision",
      ],
      "claims a newer one that nobody signed": [
        serves(timestampOf(9, "forged")),
        "it serves a revision 9 that nobody signed",
      ],
      "serves far too much": [
        serves(new Uint8Array(70_000)),
        "it serves more than 65536 bytes, which is no timestamp",
      ],
      "serves no metadata": [serves(new TextEncoder().encode("{}")), "it serves what is no timestamp"],
      "serves a version that is no number": [
        serves(new TextEncoder().encode('{"signed":{"version":"9"}}')),
        "it serves what is no timestamp",
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
    const cold = await warmAll(
      edges.map((it) => it.edge),
      objects,
    );
    expect(cold).toEqual([]);
    const keys = objects.map((it) => it.key).sort();
    for (const { asked } of edges) expect([...asked].sort()).toEqual(keys);
  });

  test("waits for objects that an edge has not got yet", async () => {
    const { edge, asked } = await start("SG", late(objects.length, answers(404)));
    expect(await warmAll([edge], objects)).toEqual([]);
    expect(asked).toHaveLength(2 * objects.length);
  });

  test("names the object and the edge that is wrong about it, and no other", async () => {
    const other = "it serves other bytes than were published";
    const wrong: Record<string, [Route, string]> = {
      "serves swapped bytes": [serves(new TextEncoder().encode("object 0")), other],
      "serves more than there is": [serves(new Uint8Array(50_000_000)), other],
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
    const cold = await warmAll(asked, [healthy, damaged], ENOUGH);
    expect(Object.fromEntries(cold.map(({ edge, why }) => [edge.region, why]))).toEqual(
      Object.fromEntries(Object.entries(wrong).map(([name, [, why]]) => [name, why])),
    );
    expect(cold.map((it) => it.digest)).toEqual(Array(edges.length).fill(damaged.file.digest));
    expect(cold.map((it) => it.ok)).toEqual(Array(edges.length).fill(false));
  });

  test("names every object at an edge that is down", async () => {
    const down = await downEdge("ID");
    const { edge } = await start("SG", right);
    const some = objects.slice(0, 6);
    const cold = await warmAll([edge, down], some, ENOUGH);
    expect(cold.map((it) => it.digest).sort()).toEqual(some.map((it) => it.file.digest).sort());
    for (const it of cold) {
      expect(it.edge).toEqual(down);
      expect(it.why).toContain("ECONNREFUSED");
    }
  });

  test("waits once for an edge that answers wrongly, and then asks it once for each other object", async () => {
    const { edge, asked } = await start("SG", answers(404));
    const many = [...objects, ...objects];
    const cold = await warmAll([edge], many, ENOUGH);
    expect(cold).toHaveLength(many.length);
    const patient = cold.filter((it) => it.asked > 1);
    expect(patient.length).toBeLessThanOrEqual(8);
    expect(asked.length - patient.reduce((sum, it) => sum + it.asked, 0)).toBe(many.length - patient.length);
  });

  test("many objects through three edges open no more than 24 connections, 8 to each", async () => {
    const sockets = new Map<string, { open: Set<unknown>; most: number }>();
    let [open, most] = [0, 0];
    const counting: Route = async ({ socket, headers }) => {
      const own = sockets.get(headers.host ?? "") ?? { open: new Set(), most: 0 };
      sockets.set(headers.host ?? "", own);
      if (!own.open.has(socket)) {
        own.open.add(socket);
        most = Math.max(most, ++open);
        own.most = Math.max(own.most, own.open.size);
        socket.once("close", () => {
          own.open.delete(socket);
          open--;
        });
      }
      return false;
    };
    const edges = await Promise.all(["SG", "ID", "BR"].map((region) => start(region, counting)));
    const many = Array.from({ length: 10 }, () => objects).flat();
    const cold = await warmAll(
      edges.map((it) => it.edge),
      many,
    );
    expect(cold).toEqual([]);
    expect(edges.map((it) => it.asked.length)).toEqual([200, 200, 200]);
    expect(most).toBeLessThanOrEqual(24);
    for (const own of sockets.values()) expect(own.most).toBeLessThanOrEqual(8);
  });

  test("has nothing to ask without objects", async () => {
    const { edge, asked } = await start("SG", right);
    expect(await warmAll([edge], [])).toEqual([]);
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

test("an edge out of service is not asked, and is named with the reason", () => {
  const edges = toEdges({
    ID: ["http://c/"],
    SG: [{ url: "http://a", outOfService: "INC-4711" }],
  });
  expect(inService(edges)).toEqual([{ region: "ID", url: "http://c/" }]);
  expect(outOfServiceLines(edges)).toEqual([
    "SG http://a/ is out of service: INC-4711; nobody waited for it",
  ]);
});

function timestampOf(version: number, note: string): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ signatures: [], signed: { version, note } }));
}

function storedOf(bytes: Uint8Array): Stored {
  return { bytes, tag: digestOf(bytes) };
}
