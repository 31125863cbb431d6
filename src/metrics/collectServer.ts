import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { MAX_BATCH_BYTES } from "../wire/beacon.ts";
import type { Collector } from "./collector.ts";
import { EXPOSITION_TYPE, toExposition } from "./exposition.ts";
import { parseBatch } from "./parseBatch.ts";

export interface CollectServerOptions {
  /** 0 lets the system choose one. */
  readonly port: number;
  readonly host?: string;
  /** Batches that are read in a second; more are told to come again. */
  readonly requestsPerSecond?: number;
  /** How long a whole request may take to come in. */
  readonly requestMilliseconds?: number;
  readonly now?: () => number;
}

export interface CollectServer {
  /** With a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

const BEACONS_PATH = "/v1/beacons";
const TICK_MILLISECONDS = 1_000;
const CROSS_ORIGIN = { "access-control-allow-origin": "*" };
/** What browsers send without asking first, `sendBeacon` with a text among them, and JSON itself. */
const TYPES = ["application/json", "text/plain"];

/**
 * Takes batches at `POST /v1/beacons` and shows what was counted at `GET /metrics`; `GET /healthz` says that it lives. Only the
 * first is for everybody: whatever stands in front of it should pass nothing else on.
 * @throws the system's error when it cannot listen
 */
export async function startCollectServer(
  collector: Collector,
  {
    port,
    host = "127.0.0.1",
    requestsPerSecond = 1_000,
    requestMilliseconds = 10_000,
    now = Date.now,
  }: CollectServerOptions,
): Promise<CollectServer> {
  const window = { second: 0, requests: 0 };
  const isBusy = (): boolean => {
    const second = Math.floor(now() / 1_000);
    if (second !== window.second) window.requests = 0;
    window.second = second;
    return ++window.requests > requestsPerSecond;
  };
  const server = createServer(
    // A request that trickles in does not hold a connection for long.
    {
      requestTimeout: requestMilliseconds,
      headersTimeout: Math.min(5_000, requestMilliseconds),
      connectionsCheckingInterval: 500,
      maxHeaderSize: 8_192,
    },
    (request, response) => {
      answer(collector, isBusy, now, request, response).catch(() => {
        // The other side went away, or is to be let go.
        response.destroy();
      });
    },
  );
  server.keepAliveTimeout = 30_000;
  server.maxConnections = 20_000;
  server.on("clientError", (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const ticks = setInterval(() => collector.tick(now()), TICK_MILLISECONDS);
  return {
    url: urlOf(server, host),
    close: () => {
      clearInterval(ticks);
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function answer(
  collector: Collector,
  isBusy: () => boolean,
  now: () => number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? "").replace(/\?.*$/, "");
  const isRead = request.method === "GET" || request.method === "HEAD";
  if (path === BEACONS_PATH) return answerBeacons(collector, isBusy, now, request, response);
  if (path === "/metrics" && isRead) {
    // A scrape must not show a play as under way whose time is over.
    collector.tick(now());
    response.writeHead(200, { "content-type": EXPOSITION_TYPE });
    response.end(toExposition(collector.families()));
    return;
  }
  if (path === "/healthz" && isRead) {
    response.writeHead(200, { "content-type": "text/plain" }).end("ok\n");
    return;
  }
  const isKnown = path === "/metrics" || path === "/healthz";
  refuse(
    request,
    response,
    isKnown ? 405 : 404,
    `${request.method} ${path} is not here`,
    isKnown ? { allow: "GET, HEAD" } : {},
  );
}

async function answerBeacons(
  collector: Collector,
  isBusy: () => boolean,
  now: () => number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === "OPTIONS") {
    request.resume();
    response
      .writeHead(204, {
        ...CROSS_ORIGIN,
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "86400",
      })
      .end();
    return;
  }
  if (request.method !== "POST")
    return refuse(request, response, 405, "post a batch here", { allow: "POST, OPTIONS" });
  if (isBusy()) {
    collector.refuse("busy");
    // The ends of plays are among what is turned away: they are not crashes for that.
    collector.postpone(now());
    return refuse(request, response, 429, "too much at once; come again", { "retry-after": "5" });
  }
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (!TYPES.includes(type) || encoding !== "identity") {
    collector.refuse("malformed");
    return refuse(request, response, 415, `send ${TYPES.join(" or ")}, not compressed`);
  }
  const text = await readText(request);
  if (text === null) {
    collector.refuse("too_large");
    return refuse(request, response, 413, `a batch has ${MAX_BATCH_BYTES} bytes at most`);
  }
  const parsed = parseBatch(text);
  if (!parsed.ok) {
    collector.refuse("malformed");
    return refuse(request, response, 400, parsed.why);
  }
  if (collector.isFull && parsed.batch.events.some((it) => it.kind === "exposed")) {
    collector.refuse("busy");
    return refuse(request, response, 429, "too many plays are under way; come again", { "retry-after": "5" });
  }
  const { accepted, refused } = collector.take(parsed.batch, now(), request.socket.remoteAddress);
  const body = JSON.stringify({ accepted, refused: Object.fromEntries(refused) });
  response.writeHead(202, { ...CROSS_ORIGIN, "content-type": "application/json" }).end(body);
}

/** The body, or null as soon as it is known to be longer than a batch may be. */
async function readText(request: IncomingMessage): Promise<string | null> {
  if (Number(request.headers["content-length"] ?? 0) > MAX_BATCH_BYTES) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) return null;
    bytes += chunk.length;
    if (bytes > MAX_BATCH_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What is left of the body is not read: unless it is short, the connection ends with the answer. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  why: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const isShort = Number(request.headers["content-length"] ?? Number.POSITIVE_INFINITY) <= MAX_BATCH_BYTES;
  const isOver = request.complete || request.method === "GET" || request.method === "HEAD";
  const end = isShort || isOver ? {} : { connection: "close" };
  response.writeHead(status, { ...CROSS_ORIGIN, "content-type": "application/json", ...headers, ...end });
  response.end(JSON.stringify({ error: why }));
  request.resume();
  if (!isShort && !isOver) response.once("finish", () => request.destroy());
}

function urlOf(server: Server, host: string): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a listening server has a port");
  return `http://${host.includes(":") ? `[${host}]` : host}:${address.port}/`;
}
