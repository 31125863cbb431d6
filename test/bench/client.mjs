import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { GiftwrapClient, httpFetch, toViewer } from "../../dist/client/client.js";
import { nodeCrypto } from "../../dist/trust/nodeCrypto.js";
import { headersOf, objectKey } from "../../dist/wire/keys.js";
import { importTyped } from "./importTyped.mjs";
import { toRow } from "./measure.mjs";

const DIST = new URL("../../dist/", import.meta.url).pathname;
const VIEWER = toViewer({ platform: "android", appVersion: "8.4.0", tier: "mid", region: "SG", unitId: "42" });
const STARTS = 9;
const LOADS = 1_000;
const OBJECTS = 50;
const OBJECT_BYTES = 200_000;
const DAY_MINUTES = 1_440;

/** @returns {AsyncGenerator<import("./measure.mjs").Figure>} */
export async function* measureClient() {
  yield await measureSize();
  const support = await importTyped("test/client/repositoryOf.ts");
  const { catalog } = await importTyped("test/bench/clientGifts.ts");
  const world = await publishGifts(support, catalog);
  yield await measureRequests(world);
  yield await measureLoads(world);
  yield await measureDay(support, catalog);
}

async function measureSize() {
  const entries = {
    "update, resolve and load": [
      `export { Updater } from "${DIST}client/update/updater.js"`,
      `export { resolve } from "${DIST}wire/resolve.js"`,
      `export { Loader } from "${DIST}client/load/loader.js"`,
    ],
    "  with HTTP and WebCrypto": [
      `export { Updater } from "${DIST}client/update/updater.js"`,
      `export { resolve } from "${DIST}wire/resolve.js"`,
      `export { Loader } from "${DIST}client/load/loader.js"`,
      `export { httpFetch } from "${DIST}client/platform/httpFetch.js"`,
      `export { webCrypto } from "${DIST}client/platform/webCrypto.js"`,
    ],
    "  with all of that and the facade: when to ask, messages": [
      `export { GiftwrapClient, httpFetch, webCrypto, toViewer } from "${DIST}client/client.js"`,
    ],
    "telemetry, apart": [`export { telemetryTo, httpPost } from "${DIST}client/telemetry/telemetry.js"`],
    "Ed25519 and SHA-256 where a platform has none, apart": [`export * from "${DIST}client/platform/nobleCrypto.js"`],
  };
  const rows = [];
  for (const [what, code] of Object.entries(entries)) {
    const bytes = await gzippedBytes(code.join("\n"));
    rows.push(toRow(what, "kB", [bytes / 1000]));
  }
  return { title: "client: size", about: "minified by rolldown, gzipped at level 9", rows };
}

async function gzippedBytes(code) {
  const text = await bundle(code);
  return gzipSync(text, { level: 9 }).length;
}

/** One module that a browser runs. */
export async function bundle(code) {
  const made = await rolldown({
    input: "entry",
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === "entry" ? id : null),
        load: (id) => (id === "entry" ? code : null),
      },
    ],
  });
  const { output } = await made.generate({ format: "esm", minify: true, codeSplitting: false });
  await made.close();
  return output[0].code;
}

/** Gifts with objects of some size, published in memory, and an edge that serves them and counts. */
async function publishGifts({ Repository }, catalog) {
  const repository = await Repository.create();
  const files = Array.from({ length: OBJECTS }, (_, at) => {
    const content = Buffer.alloc(OBJECT_BYTES, at + 1);
    const digest = createHash("sha256").update(content).digest("hex");
    repository.files.set(objectKey(digest, "image/webp"), content);
    return { role: "animation", mediaType: "image/webp", digest, bytes: content.length };
  });
  await repository.publish(catalog(files));
  return { repository, gifts: files.map((_, at) => `gift-${at}`) };
}

async function startCountingEdge({ files }, page = "") {
  const counted = { requests: 0, bytes: 0 };
  const server = createServer((request, response) => {
    const key = (request.url ?? "/").slice(1);
    if (key === "" || key === "client.js") {
      const type = key === "" ? "text/html" : "text/javascript";
      response.writeHead(200, { "content-type": type }).end(key === "" ? "<!doctype html><title>bench</title>" : page);
      return;
    }
    counted.requests++;
    const body = files.get(key);
    if (!body) return response.writeHead(404).end();
    const etag = `"${createHash("sha256").update(body).digest("hex")}"`;
    if (request.headers["if-none-match"] === etag) return response.writeHead(304, { etag }).end();
    counted.bytes += body.length;
    response.writeHead(200, { ...headersOf(key), etag }).end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const url = `http://127.0.0.1:${server.address().port}/`;
  return {
    url,
    counted,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function measureRequests({ repository, gifts }) {
  const code = `export { GiftwrapClient, httpFetch, webCrypto, toViewer } from "${DIST}client/client.js"`;
  const edge = await startCountingEdge(repository, await bundle(code));
  const root = repository.trustedRoot;
  try {
    const starts = { milliseconds: [], requests: [], bytes: [] };
    const again = [];
    for (let start = 0; start < STARTS; start++) {
      Object.assign(edge.counted, { requests: 0, bytes: 0 });
      const client = await GiftwrapClient.open({
        viewer: VIEWER,
        root,
        crypto: nodeCrypto,
        fetch: httpFetch({ baseUrl: edge.url, sendEtag: true }),
        now: () => repositoryTime,
      });
      const started = performance.now();
      await client.refresh();
      const { files } = await client.load(gifts[start]);
      if (files.length === 0) throw new Error("the gift has a file");
      starts.milliseconds.push(performance.now() - started);
      starts.requests.push(edge.counted.requests);
      starts.bytes.push(edge.counted.bytes / 1000);
      edge.counted.requests = 0;
      await client.refresh();
      again.push(edge.counted.requests);
    }
    const browser = await startInChromium(edge, root, gifts);
    return {
      title: "client: a start on an empty cache, until the first gift's verified bytes are there",
      about: `${gifts.length} gifts; the gift has ${OBJECT_BYTES / 1000} kB; HTTP/1.1 on loopback`,
      rows: [
        toRow("Node", "ms", starts.milliseconds),
        toRow("Node: requests", "", starts.requests),
        toRow("Node: bodies", "kB", starts.bytes),
        ...browser,
        toRow("a refresh with nothing new: requests", "", again),
      ],
    };
  } finally {
    await edge.close();
  }
}

/** When the tests' repository was signed; an edge's own clock would say that it has long expired, or not begun. */
const repositoryTime = Date.UTC(2027, 0, 31, 12);

async function startInChromium(edge, root, gifts) {
  const { chromium } = await import("playwright-core");
  const { CHROMIUM_ARGUMENTS, findChromium } = await importTyped("test/e2e/chromium.ts");
  const executablePath = findChromium();
  if (executablePath === null) return [];
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS });
  const starts = { milliseconds: [], requests: [], bytes: [] };
  const again = [];
  try {
    for (let start = 0; start < STARTS; start++) {
      // A new context has an empty cache.
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(edge.url);
      await page.evaluate(() => import("/client.js"));
      Object.assign(edge.counted, { requests: 0, bytes: 0 });
      const milliseconds = await page.evaluate(
        async ({ url, rootText, gift, time }) => {
          const { GiftwrapClient, httpFetch, webCrypto, toViewer } = await import("/client.js");
          const client = await GiftwrapClient.open({
            viewer: toViewer({ platform: "android", appVersion: "8.4.0", tier: "mid", region: "SG", unitId: "42" }),
            root: new TextEncoder().encode(rootText),
            crypto: webCrypto(),
            fetch: httpFetch({ baseUrl: url }),
            now: () => time,
          });
          const started = performance.now();
          await client.refresh();
          const { files } = await client.load(gift);
          if (files.length === 0) throw new Error("the gift has a file");
          globalThis.bench = client;
          return performance.now() - started;
        },
        { url: edge.url, rootText: new TextDecoder().decode(root), gift: gifts[start], time: repositoryTime },
      );
      starts.milliseconds.push(milliseconds);
      starts.requests.push(edge.counted.requests);
      starts.bytes.push(edge.counted.bytes / 1000);
      edge.counted.requests = 0;
      await page.evaluate(() => globalThis.bench.refresh());
      again.push(edge.counted.requests);
      await context.close();
    }
  } finally {
    await browser.close();
  }
  return [
    toRow("Chromium", "ms", starts.milliseconds),
    toRow("Chromium: requests", "", starts.requests),
    toRow("Chromium: bodies", "kB", starts.bytes),
    toRow("Chromium: a refresh with nothing new: requests", "", again),
  ];
}

async function measureLoads({ repository, gifts }) {
  const edge = await startCountingEdge(repository);
  try {
    const milliseconds = [];
    const requests = [];
    for (let run = 0; run < 5; run++) {
      const client = await GiftwrapClient.open({
        viewer: VIEWER,
        root: repository.trustedRoot,
        crypto: nodeCrypto,
        fetch: httpFetch({ baseUrl: edge.url }),
        now: () => repositoryTime,
      });
      await client.refresh();
      edge.counted.requests = 0;
      const started = performance.now();
      await Promise.all(Array.from({ length: LOADS }, (_, at) => client.load(gifts[at % gifts.length])));
      milliseconds.push(performance.now() - started);
      requests.push(edge.counted.requests);
    }
    return {
      title: `client: ${LOADS} loads at once of ${OBJECTS} objects`,
      about: `each ${OBJECT_BYTES / 1000} kB, no cache; every load has its own verified bytes`,
      rows: [toRow("requests", "", requests), toRow("all of them", "ms", milliseconds)],
    };
  } finally {
    await edge.close();
  }
}

/** A publish a minute and a poll after each: what the client keeps must not grow with what went by. */
async function measureDay({ Repository, HOUR }, catalog) {
  const repository = await Repository.create();
  const file = (minute) => ({
    role: "animation",
    mediaType: "image/webp",
    digest: createHash("sha256").update(String(minute)).digest("hex"),
    bytes: 1_000,
  });
  const filesAt = (minute) => Array.from({ length: OBJECTS }, (_, at) => file(at === minute % OBJECTS ? minute : -at));
  await repository.publish(catalog(filesAt(0)));
  const stored = new Map();
  const client = await GiftwrapClient.open({
    viewer: VIEWER,
    root: repository.trustedRoot,
    crypto: nodeCrypto,
    store: { read: async (name) => stored.get(name) ?? null, write: async (name, bytes) => void stored.set(name, bytes) },
    fetch: repository.fetch,
    now: () => repositoryTime,
  });
  const heap = [];
  let refreshes = 0;
  for (let minute = 1; minute <= DAY_MINUTES; minute++) {
    await repository.publish(catalog(filesAt(minute)), minute % 7 === 0 ? [stop(minute)] : []);
    if (await client.refresh()) refreshes++;
    client.resolve(`gift-${minute % OBJECTS}`);
    repository.forgetQuestions();
    // What the CDN holds is not the client's.
    forgetOld(repository);
    if (minute % (DAY_MINUTES / 4) === 0) heap.push(heapAfterCollection() / 1e6);
  }
  if (refreshes !== DAY_MINUTES || HOUR !== 3_600_000) throw new Error("each minute has news");
  return {
    title: "client: the heap over a day of polls, with a publish in each minute",
    about: `${DAY_MINUTES} generations of ${OBJECTS} gifts, a stop in every seventh; after a collection`,
    rows: heap.map((megabytes, at) => toRow(`after ${6 * (at + 1)} hours`, "MB", [megabytes])),
  };
}

function stop(minute) {
  return {
    id: `stop/gift-${minute % OBJECTS}/${minute}`,
    origin: "stop",
    gifts: [`gift-${minute % OBJECTS}`],
    limit: {},
    untilGeneration: minute + 1,
  };
}

function forgetOld({ files }) {
  const keys = [...files.keys()].filter((key) => !key.endsWith("root.json") && !key.endsWith("timestamp.json"));
  for (const key of keys.slice(0, -40)) files.delete(key);
}

function heapAfterCollection() {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  for (let times = 0; times < 3; times++) collect();
  return process.memoryUsage().heapUsed;
}
