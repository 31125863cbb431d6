import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { headersOf, isPrivate } from "../wire/keys.ts";
import type { Store } from "./store.ts";

export interface EdgeServer {
  /** With a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

/** Answers a request that is not for a key of the store; false leaves it to the store. */
export type Route = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/**
 * Serves a store over HTTP on loopback, as an edge in front of it would: right types, cache headers, strong ETags (RFC 9110
 * section 8.8.3), 304, and the rest of a file from a byte on (section 14.2). Private keys are not there.
 * @param port 0 lets the system choose one
 */
export async function startEdge(
  store: Store,
  port: number,
  route: Route = async () => false,
): Promise<EdgeServer> {
  const server = createServer((request, response) => {
    answer(store, route, request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return { url: `http://127.0.0.1:${portOf(server)}/`, close: () => close(server) };
}

async function answer(
  store: Store,
  route: Route,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (await route(request, response)) return;
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
    return;
  }
  // Taken as it is written: a path with dots or doubled slashes is nobody's key, whatever it could be tidied up to.
  const key = (request.url ?? "").replace(/\?.*$/, "").slice(1);
  const stored =
    /^[A-Za-z0-9._/-]+$/.test(key) && !key.includes("..") && !isPrivate(key)
      ? await store.get(key).catch(() => null)
      : null;
  if (!stored) {
    response
      .writeHead(404, { "cache-control": "public, max-age=1", "access-control-allow-origin": "*" })
      .end();
    return;
  }
  const { contentType, cacheControl } = headersOf(key);
  const etag = `"${stored.tag}"`;
  const headers = {
    etag,
    "cache-control": cacheControl,
    "accept-ranges": "bytes",
    "access-control-allow-origin": "*",
    // What pages of other origins may read: the server's clock, and which part of a file came.
    "access-control-expose-headers": "age, content-range, date, etag",
  };
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const { length } = stored.bytes;
  const from = request.method === "GET" ? startOfRange(request.headers.range) : null;
  if (from !== null && from >= length) {
    response.writeHead(416, { ...headers, "content-range": `bytes */${length}` }).end();
    return;
  }
  const bytes = from === null ? stored.bytes : stored.bytes.subarray(from);
  response.writeHead(from === null ? 200 : 206, {
    ...headers,
    "content-type": contentType,
    "content-length": bytes.length,
    ...(from !== null && { "content-range": `bytes ${from}-${length - 1}/${length}` }),
  });
  response.end(request.method === "HEAD" ? undefined : bytes);
}

/** Only "from here to the end" is a part that anybody asks for here; to ignore every other is allowed (RFC 9110 section 14.2). */
function startOfRange(range: string | undefined): number | null {
  const [, from] = /^bytes=(\d{1,15})-$/.exec(range ?? "") ?? [];
  return from === undefined ? null : Number(from);
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a listening server has a port");
  return address.port;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
