import { request } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EdgeServer, type Route, startEdge } from "../../src/store/edgeServer.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import {
  deltaKey,
  lockKey,
  logKey,
  metadataKey,
  objectKey,
  targetKey,
  TIMESTAMP_KEY,
} from "../../src/wire/keys.ts";

const DIGEST = digestOf("object");
const FOREVER = "public, max-age=31536000, immutable";

const SERVED: readonly [string, string, string][] = [
  [TIMESTAMP_KEY, "application/json", "public, max-age=5, stale-if-error=86400"],
  [metadataKey("root", 1), "application/json", FOREVER],
  [metadataKey("snapshot", 12), "application/json", FOREVER],
  [metadataKey("targets", 3), "application/json", FOREVER],
  [targetKey("catalog/mid.jsonl", DIGEST), "application/jsonl", FOREVER],
  [deltaKey(DIGEST, digestOf("other")), "application/json", FOREVER],
  [objectKey(DIGEST, "image/webp"), "image/webp", FOREVER],
  [objectKey(DIGEST, "image/png"), "image/png", FOREVER],
  [objectKey(DIGEST, "application/vnd.lottie+json"), "application/vnd.lottie+json", FOREVER],
  [objectKey(DIGEST, "application/x-svga"), "application/x-svga", FOREVER],
  [objectKey(DIGEST, "audio/wav"), "audio/wav", FOREVER],
  [objectKey(DIGEST, "video/unknown"), "application/octet-stream", FOREVER],
];
const PRIVATE = [lockKey("rose", "1.0.0"), logKey(7), "evidence/rose/1.0.0/drill.json"];

const fromRoute: Route = async (request, response) => {
  if (request.url === "/broken") throw new Error("a secret of the route");
  if (request.url !== "/page") return false;
  response.writeHead(200).end("the page");
  return true;
};

describe("an edge", () => {
  let folder: string;
  let edge: EdgeServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "giftwrap-edge-"));
    const store = fileStore(join(folder, "store"));
    for (const key of [...SERVED.map(([key]) => key), ...PRIVATE]) await store.putIfAbsent(key, bytesOf(key));
    await fileStore(folder).putIfAbsent("outside.json", bytesOf("outside"));
    edge = await startEdge(store, 0, fromRoute);
  });
  afterAll(async () => {
    await edge.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = (key: string, init?: RequestInit) => fetch(edge.url + key, init);

  test.each(SERVED)("serves %s as %s, kept for as long as its name stays true", async (key, type, cache) => {
    const response = await ask(key);
    expect(response.status).toBe(200);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytesOf(key));
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": type,
      "cache-control": cache,
      "content-length": String(bytesOf(key).length),
      "access-control-allow-origin": "*",
    });
  });

  test("never lets the one name that moves be served stale while it is asked for again", async () => {
    const cache = (await ask(TIMESTAMP_KEY)).headers.get("cache-control");
    expect(cache).toContain("max-age=5");
    expect(cache).not.toMatch(/stale-while-revalidate|immutable/);
  });

  test.each(SERVED)("answers 304 without a body when %s is at hand already", async (key, _, cache) => {
    const etag = (await ask(key)).headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[^"]+"$/);
    // Node's own client, because fetch would answer from its cache.
    const { status, headers, body } = await askPlainly("GET", `/${key}`, { "if-none-match": etag });
    expect({ status, body }).toEqual({ status: 304, body: "" });
    expect(headers).toMatchObject({
      etag,
      "cache-control": cache,
      "access-control-allow-origin": "*",
    });
  });

  test("gives other content another ETag, and the whole of it to one who has the old", async () => {
    const [one, other] = [SERVED[1]?.[0] ?? "", SERVED[2]?.[0] ?? ""];
    const etag = (await ask(one)).headers.get("etag") ?? "";
    expect((await ask(other)).headers.get("etag")).not.toBe(etag);
    const { status, body } = await askPlainly("GET", `/${other}`, { "if-none-match": etag });
    expect(status).toBe(200);
    expect(body).toBe(new TextDecoder().decode(bytesOf(other)));
  });

  test("gives the rest of a file from a byte on, and says which part that is", async () => {
    const [, , , [key] = [""]] = SERVED;
    const whole = new TextDecoder().decode(bytesOf(key));
    const rest = await ask(key, { headers: { range: "bytes=5-" } });
    expect([rest.status, await rest.text()]).toEqual([206, whole.slice(5)]);
    expect(rest.headers.get("content-range")).toBe(`bytes 5-${whole.length - 1}/${whole.length}`);
    expect(rest.headers.get("access-control-expose-headers")).toContain("content-range");
    const beyond = await ask(key, { headers: { range: `bytes=${whole.length}-` } });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${whole.length}`]);
    for (const range of ["bytes=2-5", "bytes=-5", "bytes=1-2,4-5", "lines=5-"]) {
      const other = await ask(key, { headers: { range } });
      expect([other.status, await other.text()]).toEqual([200, whole]);
    }
  });

  test("answers HEAD as GET, without the body", async () => {
    const [get, head] = [
      await askPlainly("GET", `/${TIMESTAMP_KEY}`),
      await askPlainly("HEAD", `/${TIMESTAMP_KEY}`),
    ];
    expect({ ...head, headers: { ...head.headers, date: "" } }).toEqual({
      ...get,
      headers: { ...get.headers, date: "" },
      body: "",
    });
    expect(head.headers["content-length"]).toBe(String(bytesOf(TIMESTAMP_KEY).length));
  });

  test.each([...PRIVATE, "locks/", "log", "metadata/none.json", "objects", "metadata", ""])(
    "has no %s for anybody",
    async (key) => {
      const response = await ask(key);
      expect(response.status).toBe(404);
      expect((await response.arrayBuffer()).byteLength).toBe(0);
      expect(response.headers.get("access-control-allow-origin")).toBe("*");
    },
  );

  test("takes what stands behind a question mark for no part of the name", async () => {
    expect((await ask(`${TIMESTAMP_KEY}?t=1`)).status).toBe(200);
    expect((await ask("locks/rose/1.0.0?t=1")).status).toBe(404);
  });

  test("lets nobody remember for long that something is not there yet", async () => {
    expect((await ask("metadata/99.snapshot.json")).headers.get("cache-control")).toBe("public, max-age=1");
  });

  test.each([
    "/../outside.json",
    "/metadata/../../outside.json",
    "/%2e%2e/outside.json",
    "/..%2foutside.json",
    "/metadata/..%2f..%2foutside.json",
    "/metadata/%2e%2e/locks/rose/1.0.0",
    "/metadata/../locks/rose/1.0.0",
    "/./locks/rose/1.0.0",
    "//locks/rose/1.0.0",
    "//locks/rose/../../log/7.json",
    "/%6cocks/rose/1.0.0",
    "/metadata//timestamp.json",
    "/.writing/",
    "/.metadata",
    "/metadata/.timestamp.json.lock",
    "/metadata\\..\\locks\\rose\\1.0.0",
    "/%00",
    "/%",
    "//",
    "/http://[",
  ])("does not lead out of the store by %s", async (path) => {
    const { status, body } = await askPlainly("GET", path);
    expect({ path, status, body }).toEqual({ path, status: 404, body: "" });
  });

  test.each(["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])("does not let anybody %s", async (method) => {
    const { status, headers } = await askPlainly(method, `/${TIMESTAMP_KEY}`);
    expect({ status, allow: headers["allow"] }).toEqual({ status: 405, allow: "GET, HEAD" });
  });

  test("asks its route first, and tells nobody what went wrong there", async () => {
    expect(await (await ask("page")).text()).toBe("the page");
    const broken = await ask("broken");
    expect(broken.status).toBe(500);
    expect(await broken.text()).toBe("");
  });

  test("listens on loopback only, at an address with a slash at the end", () => {
    expect(edge.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  });

  test("says so when its port is taken", async () => {
    const port = Number(new URL(edge.url).port);
    await expect(startEdge(fileStore(folder), port)).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  /** A request as it is written: fetch would tidy the path up before it is sent. */
  function askPlainly(method: string, path: string, headers: Record<string, string> = {}) {
    const { hostname, port } = new URL(edge.url);
    return new Promise<{
      status: number | undefined;
      headers: Readonly<Record<string, unknown>>;
      body: string;
    }>((resolve, reject) => {
      const asked = request({ hostname, port, path, method, headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      });
      asked.on("error", reject).end();
    });
  }
});

test("an edge that is closed answers nobody", async () => {
  const { url, close } = await startEdge(fileStore("nowhere"), 0);
  await close();
  await expect(fetch(url)).rejects.toThrow("fetch failed");
});

function bytesOf(key: string): Uint8Array {
  return new TextEncoder().encode(`content of ${key}`);
}
