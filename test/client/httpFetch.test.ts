import { createServer, type RequestListener, type Server } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { ClientError } from "../../src/client/error.ts";
import { httpFetch, type HttpFetchOptions } from "../../src/client/platform/httpFetch.ts";

const running: Server[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  running.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return `http://127.0.0.1:${address.port}/`;
}

async function fetchFrom(answer: RequestListener, options: Partial<HttpFetchOptions> = {}) {
  return httpFetch({ baseUrl: await serve(answer), ...options });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.catch((thrown: unknown) => thrown);
  if (!(error instanceof ClientError)) throw new Error("it did not fail with a code", { cause: error });
  return error.code;
}

const LIMIT = { maxBytes: 1_000 };

describe("an answer", () => {
  test("of 200 is its body, with its ETag when it has one", async () => {
    const fetch = await fetchFrom(({ url }, response) => {
      if (url === "/a") response.setHeader("etag", '"x"');
      response.end(`this is ${url}`);
    });
    expect(await fetch("a", LIMIT)).toEqual({
      kind: "body",
      bytes: new TextEncoder().encode("this is /a"),
      etag: '"x"',
    });
    expect(await fetch("b", LIMIT)).toEqual({ kind: "body", bytes: new TextEncoder().encode("this is /b") });
  });

  test("may be empty, and may be just as long as is allowed", async () => {
    const fetch = await fetchFrom(
      ({ url }, response) => void response.end(url === "/full" ? "x".repeat(1_000) : ""),
    );
    expect(await fetch("empty", LIMIT)).toEqual({ kind: "body", bytes: new Uint8Array() });
    expect(await fetch("full", LIMIT)).toMatchObject({ kind: "body", bytes: { length: 1_000 } });
  });

  test("of 404 is a missing file, which is no failure", async () => {
    const fetch = await fetchFrom((_, response) => void response.writeHead(404).end("not here"));
    expect(await fetch("a", LIMIT)).toEqual({ kind: "missing" });
  });

  test.each([500, 403, 204, 429])("of %i is no answer: network", async (status) => {
    const fetch = await fetchFrom((_, response) => void response.writeHead(status).end());
    expect(await codeOf(fetch("a", LIMIT))).toBe("network");
  });

  test("that is cut is no answer: network", async () => {
    const fetch = await fetchFrom((_, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("only this", () => response.destroy());
    });
    expect(await codeOf(fetch("a", LIMIT))).toBe("network");
  });

  test("that is cut without a length is no answer either: network", async () => {
    const fetch = await fetchFrom((_, response) => {
      response.write("only this", () => response.destroy());
    });
    expect(await codeOf(fetch("a", LIMIT))).toBe("network");
  });

  test("that does not come in time is none: network", async () => {
    const fetch = await fetchFrom(() => {}, { timeoutMilliseconds: 20 });
    expect(await codeOf(fetch("a", LIMIT))).toBe("network");
  });

  test("that begins in time and never ends is none: network", async () => {
    const fetch = await fetchFrom((_, response) => void response.write("and then"), {
      timeoutMilliseconds: 100,
    });
    expect(await codeOf(fetch("a", LIMIT))).toBe("network");
  });

  test("from nobody is none: network, and the message says whose it would have been", async () => {
    const baseUrl = await serve(() => {});
    const server = running.pop();
    await new Promise((closed) => server?.close(closed));
    await expect(httpFetch({ baseUrl })("metadata/1.root.json", LIMIT)).rejects.toMatchObject({
      code: "network",
      message: `${baseUrl}metadata/1.root.json did not answer`,
    });
  });
});

describe("an answer that is too long is too_large", () => {
  test("by its content-length, before its body", async () => {
    const fetch = await fetchFrom((_, response) => {
      response.writeHead(200, { "content-length": "1001" });
      response.flushHeaders(); // the body never comes
    });
    expect(await codeOf(fetch("a", LIMIT))).toBe("too_large");
  });

  test("without a content-length, while it still arrives", async () => {
    const fetch = await fetchFrom((_, response) => void response.write("x".repeat(1_001)));
    expect(await codeOf(fetch("a", LIMIT))).toBe("too_large");
  });

  test("by what it unpacks to, not by what it is packed in", async () => {
    const fetch = await fetchFrom(({ url }, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(gzipSync("x".repeat(url === "/bomb" ? 100_000 : 900)));
    });
    expect(await codeOf(fetch("bomb", LIMIT))).toBe("too_large");
    expect(await fetch("fine", LIMIT)).toMatchObject({ kind: "body", bytes: { length: 900 } });
  });

  test("but not because its packed form is longer than the file", async () => {
    const packed = gzipSync("tiny");
    expect(packed.length).toBeGreaterThan(4);
    const fetch = await fetchFrom((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip", "content-length": String(packed.length) });
      response.end(packed);
    });
    expect(await fetch("a", { maxBytes: 4 })).toMatchObject({ kind: "body", bytes: { length: 4 } });
  });
});

describe("asking whether a copy still holds", () => {
  const etagged: RequestListener = (request, response) => {
    if (request.headers["if-none-match"] === '"x"') response.writeHead(304).end();
    else response.writeHead(200, { etag: '"x"' }).end("whole");
  };

  test("with its ETag is answered by 304: not modified", async () => {
    const fetch = await fetchFrom(etagged, { sendEtag: true });
    expect(await fetch("a", { ...LIMIT, etag: '"x"' })).toEqual({ kind: "not_modified" });
    expect(await fetch("a", { ...LIMIT, etag: '"y"' })).toMatchObject({ kind: "body", etag: '"x"' });
  });

  test("by hand is left to the browser's own cache unless it is asked for", async () => {
    const fetch = await fetchFrom(etagged);
    expect(await fetch("a", { ...LIMIT, etag: '"x"' })).toMatchObject({ kind: "body" });
  });

  test("a 304 to a client that has no copy is no answer: network", async () => {
    const fetch = await fetchFrom((_, response) => void response.writeHead(304).end(), { sendEtag: true });
    expect(await codeOf(fetch("a", LIMIT))).toBe("network");
  });

  test("goes past the browser's cache for the name that moves alone", async () => {
    const modes: string[] = [];
    const fetch = httpFetch({
      baseUrl: "https://gifts.example.com",
      fetch: async (url, init) => {
        modes.push(`${new Request(url).url} ${init?.cache}`);
        return new Response("");
      },
    });
    await fetch("metadata/timestamp.json", { ...LIMIT, revalidate: true });
    await fetch("metadata/1.root.json", LIMIT);
    expect(modes).toEqual([
      "https://gifts.example.com/metadata/timestamp.json no-cache",
      "https://gifts.example.com/metadata/1.root.json default",
    ]);
  });
});
