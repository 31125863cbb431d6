import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { objectKey } from "../../src/wire/keys.ts";
import { CHROMIUM_ARGUMENTS, findChromium } from "./chromium.ts";

const executable = findChromium();
const REASON =
  "no Chromium is installed (looked at $CHROMIUM, /usr/lib/chromium/chromium, /usr/bin/chromium)";
const isSkipped = executable === null && !process.env["CI"];
if (isSkipped) console.warn(`the client in a browser is not tested: ${REASON}`);

const DIST = new URL("../../dist/", import.meta.url);
/** Long enough that it comes in several pieces. */
const OBJECT = Buffer.alloc(300_000, "giftwrap ");
const DIGEST = digestOf(OBJECT);
const KEY = objectKey(DIGEST, "image/webp");
const HALF = 150_000;

/** What an app's code says in the page; the modules are those that apps embed. */
const CACHE = "/app/client/cache/indexedDbCache.js";

describe.skipIf(isSkipped)("the client in Chromium", () => {
  let browser: Browser;
  let server: Server;
  let origin: string;
  /** The same server under another origin, as a CDN is. */
  let cdn: string;
  let asked: string[];
  let page: Page;

  beforeAll(async () => {
    if (executable === null) throw new Error(REASON);
    server = createServer((request, response) => {
      const path = request.url ?? "/";
      const send = (
        status: number,
        headers: Record<string, string | number>,
        body: string | Uint8Array = "",
      ) => void response.writeHead(status, { "access-control-allow-origin": "*", ...headers }).end(body);
      if (path === "/") return send(200, { "content-type": "text/html" });
      if (path === "/sandboxed")
        return send(200, { "content-type": "text/html", "content-security-policy": "sandbox allow-scripts" });
      if (path === `/${KEY}`) {
        const { range } = request.headers;
        asked.push(`${request.method} ${range ?? "whole"}`);
        const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
        if (from > 0)
          return send(
            206,
            { "content-range": `bytes ${from}-${OBJECT.length - 1}/${OBJECT.length}` },
            OBJECT.subarray(from),
          );
        response.writeHead(200, { "access-control-allow-origin": "*", "content-length": OBJECT.length });
        response.write(OBJECT.subarray(0, HALF), () => setImmediate(() => response.destroy()));
        return;
      }
      const module = /^\/app\/((?:client|wire)\/[A-Za-z/0-9]+\.js)$/.exec(path)?.[1];
      if (module === undefined) return send(404, {});
      readFile(new URL(module, DIST)).then(
        (text) => send(200, { "content-type": "text/javascript" }, text),
        () => send(404, {}),
      );
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    origin = `http://127.0.0.1:${address.port}`;
    cdn = `http://localhost:${address.port}`;
    browser = await chromium.launch({ executablePath: executable, args: CHROMIUM_ARGUMENTS });
  });

  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    await new Promise((closed) => server?.close(closed));
  });

  beforeEach(async () => {
    asked = [];
    page = await (await browser.newContext()).newPage();
    await page.goto(origin);
  });
  afterEach(() => page.context().close());

  /** Runs an app's code in the page: the body of an async function that knows these values. */
  function inPage<T>(body: string, values: Readonly<Record<string, unknown>> = {}): Promise<T> {
    const names = ["CACHE", ...Object.keys(values)].join(", ");
    const source = `(async ({ ${names} }) => { ${body} })(${JSON.stringify({ CACHE, ...values })})`;
    return page.evaluate<T>(source);
  }

  const OPEN = `
    const { indexedDbCache, indexedDbStore } = await import(CACHE);
    const told = [];
    const onMemoryOnly = (why) => told.push(why);
    const open = (maxBytes) => indexedDbCache({ maxBytes, onMemoryOnly });
    const nth = (at) => at.toString(16).padStart(64, "0");
    const sizeOf = async (cache, at) => (await cache.get(nth(at)))?.length ?? null;
  `;

  test("keeps objects and its state across a reload, and no more than it may", async () => {
    await inPage(`${OPEN}
      const cache = open(100);
      for (const at of [1, 2, 3]) await cache.put(nth(at), new Uint8Array(40).fill(at));
      await indexedDbStore().write("timestamp", new Uint8Array([1, 2, 3]));
    `);
    await page.reload();
    const found = await inPage(`${OPEN}
      const cache = open(100);
      const sizes = [await sizeOf(cache, 1), await sizeOf(cache, 2), await sizeOf(cache, 3)];
      return { sizes, told, state: [...await indexedDbStore().read("timestamp")] };
    `);
    expect(found).toEqual({ sizes: [null, 40, 40], told: [], state: [1, 2, 3] });
  });

  test("begins anew when the person clears the site's storage while it is open", async () => {
    await inPage(`${OPEN}
      window.cache = open(100);
      await window.cache.put(nth(1), new Uint8Array(40));
    `);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Storage.clearDataForOrigin", { origin, storageTypes: "indexeddb" });
    const found = await inPage(`${OPEN}
      const before = await sizeOf(window.cache, 1);
      await window.cache.put(nth(2), new Uint8Array(40));
      return [before, await sizeOf(window.cache, 2), await sizeOf(open(100), 2)];
    `);
    expect(found).toEqual([null, 40, 40]);
  });

  test("makes do with a quota that is smaller than it was allowed", async () => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 3_000_000 });
    const found = await inPage<(number | null)[]>(`${OPEN}
      const cache = open(1_000_000_000);
      const object = () => crypto.getRandomValues(new Uint8Array(60_000));
      const big = () => { const bytes = new Uint8Array(900_000); for (let at = 0; at < 15; at++) bytes.set(object(), at * 60_000); return bytes; };
      for (let at = 1; at <= 8; at++) await cache.put(nth(at), big());
      const sizes = [];
      for (let at = 1; at <= 8; at++) sizes.push(await sizeOf(cache, at));
      return sizes;
    `);
    const held = found.filter((it) => it !== null);
    expect(held.length).toBeGreaterThan(0);
    expect(held.length).toBeLessThan(8);
    expect(held.every((it) => it === 900_000)).toBe(true);
  });

  test("keeps what it has in memory, and says so, where the browser refuses a database", async () => {
    await page.goto(`${origin}/sandboxed`);
    const found = await inPage<{ sizes: (number | null)[]; told: string[]; state: number[] }>(`${OPEN}
      const cache = open(100);
      await cache.put(nth(1), new Uint8Array(40));
      const store = indexedDbStore({ onMemoryOnly });
      await store.write("timestamp", new Uint8Array([1]));
      return { sizes: [await sizeOf(cache, 1)], told, state: [...await store.read("timestamp")] };
    `);
    expect([found.sizes, found.state]).toEqual([[40], [1]]);
    expect(found.told).toHaveLength(2);
    expect(found.told[0]).toMatch(/^nothing is kept longer than this page lives/);
  });

  test("goes on where an answer from another origin broke off, without asking leave first", async () => {
    const found = await inPage<{ kind: string; isSame: boolean }>(
      `
      const { httpFetch } = await import("/app/client/platform/httpFetch.js");
      const { webCrypto } = await import("/app/client/platform/webCrypto.js");
      const { Loader } = await import("/app/client/load/loader.js");
      const loader = new Loader({ fetch: httpFetch({ baseUrl: cdn }), crypto: webCrypto() });
      const link = { kind: "release", gift: "rose", version: "1.0.0", player: {}, requires: [], files: [file] };
      const loaded = await loader.load({ chain: [link, { kind: "default" }], reason: "full" });
      return { kind: loaded.link.kind, isSame: loaded.files[0]?.digest === file.digest };
    `,
      { cdn, file: { role: "animation", mediaType: "image/webp", digest: DIGEST, bytes: OBJECT.length } },
    );
    expect(found).toEqual({ kind: "release", isSame: true });
    expect(asked[0]).toBe("GET whole");
    expect(asked.at(-1)).toMatch(/^GET bytes=[1-9]\d*-$/);
    expect(asked.filter((it) => it.startsWith("OPTIONS"))).toEqual([]);
  });
});
