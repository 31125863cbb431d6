import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { type Collector, type CollectorLimits } from "../../src/metrics/collector.ts";
import { type CollectServer, startCollectServer } from "../../src/metrics/collectServer.ts";
import { FAMILIES } from "../../src/metrics/families.ts";
import { MAX_BATCH_BYTES } from "../../src/wire/beacon.ts";
import {
  batchOf,
  collectorOf,
  deviceOf,
  endedOf,
  exposedOf,
  NOW,
  parseExposition,
  playOf,
  scrape,
  sumOf,
  wellOf,
} from "./beacons.ts";

const started: CollectServer[] = [];

afterEach(async () => {
  for (const server of started.splice(0)) await server.close();
});

async function start(
  limits: Partial<CollectorLimits> = {},
  requestsPerSecond?: number,
): Promise<{ collector: Collector; url: string }> {
  const collector = collectorOf(limits);
  const server = await startCollectServer(collector, {
    port: 0,
    now: () => NOW,
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
  });
  started.push(server);
  return { collector, url: server.url };
}

function post(
  url: string,
  body: BodyInit,
  headers: Record<string, string> = { "content-type": "application/json" },
) {
  return fetch(`${url}v1/beacons`, { method: "POST", body, headers });
}

const WELL = JSON.stringify(batchOf(wellOf(1)));

describe("a batch", () => {
  test("is accepted, with what was refused and why, and shown to Prometheus", async () => {
    const { url } = await start();
    const response = await post(url, JSON.stringify(batchOf([...wellOf(1), endedOf(7)])));
    expect([response.status, await response.json()]).toEqual([202, { accepted: 4, refused: { play: 1 } }]);
    const metrics = await fetch(`${url}metrics`);
    expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const found = parseExposition(await metrics.text());
    expect(sumOf(found, FAMILIES.units)).toBe(1);
    expect(found.get(FAMILIES.started)).toBe(NOW / 1000);
  });

  test("may come from any page, also as the text that sendBeacon sends", async () => {
    const { url } = await start();
    const asked = await fetch(`${url}v1/beacons`, { method: "OPTIONS" });
    expect([asked.status, asked.headers.get("access-control-allow-headers")]).toEqual([204, "content-type"]);
    const response = await post(url, WELL, { "content-type": "text/plain;charset=UTF-8" });
    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([202, "*"]);
    await response.text();
  });

  const event = (parts: object) =>
    JSON.stringify({ ...batchOf([]), events: [{ ...exposedOf(1), ...parts }] });
  test.each([
    ["no JSON", "{", "this is no JSON"],
    ["nothing", "", "this is no JSON"],
    ["JSON without an end", "[".repeat(9_000), "this is no JSON"],
    ["JSON of another kind", "[]", "a batch is one JSON object"],
    ["no events", JSON.stringify(batchOf([])), "events"],
    ["too many events", JSON.stringify(batchOf(Array.from({ length: 21 }, () => endedOf(1)))), "events"],
    ["an unknown format", JSON.stringify({ ...batchOf(wellOf(1)), format: "2.0" }), "format"],
    [
      "a key that nobody asked for, such as a name",
      JSON.stringify({ ...batchOf(wellOf(1)), user: "ana" }),
      "user",
    ],
    ["a key of every object", WELL.replace("{", '{"__proto__":{"tier":"mid"},'), "__proto__"],
    [
      "keys of every object in an event",
      WELL.replace('"kind":"loaded"', '"constructor":1,"kind":"loaded"'),
      "events.1",
    ],
    [
      "a device that is no device",
      JSON.stringify({ ...batchOf(wellOf(1)), device: "ana@example.com" }),
      "device",
    ],
    ["a huge number", event({ sharePerMillion: 1e300 }), "events.0"],
    ["a number that is none", event({}).replace("200000", "1e999"), "events.0"],
    ["a negative number", event({ sharePerMillion: -1 }), "events.0"],
    ["a text for a number", event({ sharePerMillion: "1" }), "events.0"],
    ["a gift without an end", event({ gift: "x".repeat(9_000) }), "events.0"],
    ["an event of another kind", event({ kind: "bought" }), "events.0"],
  ])("of %s is refused with a reason, and counted nowhere", async (_name, body, why) => {
    const { url, collector } = await start();
    const response = await post(url, body);
    const said = JSON.stringify(await response.json());
    expect([response.status, said]).toEqual([400, expect.stringContaining(why)]);
    const found = scrape(collector);
    expect(sumOf(found, FAMILIES.refused, 'reason="malformed"')).toBe(1);
    expect(sumOf(found, FAMILIES.events)).toBe(0);
  });

  test("is not read when it says that it is too long, and not to its end when it says nothing of that", async () => {
    const { url, collector } = await start();
    const long = "x".repeat(MAX_BATCH_BYTES + 1);
    const said = await post(url, long);
    expect(said.status).toBe(413);
    await said.text();
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(long)),
    });
    const options = {
      method: "POST",
      body: endless,
      duplex: "half",
      headers: { "content-type": "text/plain" },
    };
    const answered = await fetch(`${url}v1/beacons`, options).then(
      (response) => response.status,
      // The connection is closed while the other side still writes: whether the answer is seen is chance.
      () => 413,
    );
    expect(answered).toBe(413);
    expect(sumOf(scrape(collector), FAMILIES.refused, 'reason="too_large"')).toBe(2);
    expect((await post(url, WELL)).status).toBe(202);
  });

  test("is taken when it is as long as may be", async () => {
    const { url } = await start();
    const response = await post(url, WELL.padEnd(MAX_BATCH_BYTES, " "));
    expect(response.status).toBe(202);
  });

  test("in another type or packed is refused", async () => {
    const { url } = await start();
    expect((await post(url, WELL, { "content-type": "application/x-www-form-urlencoded" })).status).toBe(415);
    const packed = { "content-type": "application/json", "content-encoding": "gzip" };
    expect((await post(url, WELL, packed)).status).toBe(415);
  });
});

describe("too much", () => {
  test("in a second is told to come again, plainly, and what was within is counted", async () => {
    const { url, collector } = await start({}, 10);
    const answers = await Promise.all(
      Array.from({ length: 25 }, (_, at) =>
        post(url, JSON.stringify(batchOf(wellOf(at), { device: deviceOf(at) }))),
      ),
    );
    const statuses = answers.map((it) => it.status);
    expect(statuses.filter((it) => it === 202)).toHaveLength(10);
    expect(statuses.filter((it) => it === 429)).toHaveLength(15);
    for (const it of answers.filter(({ status }) => status === 429))
      expect(it.headers.get("retry-after")).toBe("5");
    const found = scrape(collector);
    expect(sumOf(found, FAMILIES.units)).toBe(10);
    expect(sumOf(found, FAMILIES.refused, 'reason="busy"')).toBe(15);
  });

  test("at a time is told so, while ends of plays still come through", async () => {
    const { url, collector } = await start({ pendingPlays: 1 });
    await post(url, JSON.stringify(batchOf([exposedOf(1)])));
    const full = await post(url, JSON.stringify(batchOf(wellOf(2), { device: deviceOf(2) })));
    expect([full.status, full.headers.get("retry-after")]).toEqual([429, "5"]);
    expect((await post(url, JSON.stringify(batchOf([endedOf(1)])))).status).toBe(202);
    expect((await post(url, JSON.stringify(batchOf(wellOf(2), { device: deviceOf(2) })))).status).toBe(202);
    expect(sumOf(scrape(collector), FAMILIES.units)).toBe(2);
  });
});

describe("the server", () => {
  test("knows its addresses and no others", async () => {
    const { url } = await start();
    const statusOf = async (path: string, method: string) => (await fetch(url + path, { method })).status;
    expect(await statusOf("healthz", "GET")).toBe(200);
    expect(await statusOf("metrics", "HEAD")).toBe(200);
    expect(await statusOf("metrics", "POST")).toBe(405);
    expect(await statusOf("v1/beacons", "GET")).toBe(405);
    expect(await statusOf("v1/beacons/../../etc/passwd", "GET")).toBe(404);
    expect(await statusOf("", "GET")).toBe(404);
  });

  test("outlives what is no HTTP, requests that are broken off, and headers without an end", async () => {
    const { url, collector } = await start();
    const { port } = new URL(url);
    for (const text of [
      "\u0000\u0001\u0002\r\n\r\n",
      "POST /v1/beacons HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n{",
      "POST /v1/beacons HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
      `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${"y".repeat(20_000)}\r\n\r\n`,
    ]) {
      const socket = connect(Number(port), "127.0.0.1");
      socket.on("error", () => {});
      await once(socket, "connect");
      socket.end(text);
      socket.resume();
      await once(socket, "close");
    }
    expect((await fetch(`${url}healthz`)).status).toBe(200);
    expect(collector.pendingPlays).toBe(0);
  });

  test("lets go of a request that trickles in, in its headers or in its body", async () => {
    const collector = collectorOf();
    const server = await startCollectServer(collector, { port: 0, requestMilliseconds: 200 });
    started.push(server);
    for (const start of [
      "POST /v1/beacons HTTP/1.1\r\nHost: x\r\n",
      "POST /v1/beacons HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 9000\r\n\r\n",
    ]) {
      const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
      socket.on("error", () => {});
      await once(socket, "connect");
      socket.write(start);
      const trickle = setInterval(() => socket.write("x"), 50);
      socket.resume();
      // Not by `once` of events, which would take a connection that is cut off for an error.
      await new Promise((resolve) => socket.once("close", resolve));
      clearInterval(trickle);
    }
    expect((await fetch(`${server.url}healthz`)).status).toBe(200);
  });

  test("closes although a connection is open, and is gone then", async () => {
    const { url } = await start();
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    await started.pop()?.close();
    await expect(fetch(`${url}healthz`)).rejects.toThrow("fetch failed");
  });

  test("keeps no device and no address in what it shows", async () => {
    const { url } = await start({ addressEventsPerMinute: 1_000 });
    const device = "d00df00dd00df00dd00df00dd00df00d";
    await post(url, JSON.stringify(batchOf([...wellOf(1), exposedOf(2)], { device })));
    const shown = await (await fetch(`${url}metrics`)).text();
    for (const secret of [device, playOf(1), playOf(2), "127.0.0.1"]) expect(shown).not.toContain(secret);
  });
});
