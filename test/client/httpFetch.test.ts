import { createServer, type RequestListener, type Server } from "node:http";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { ClientError } from "../../src/client/error.ts";
import type { Timers } from "../../src/client/ports.ts";
import { httpBundled } from "../../src/client/platform/httpBundled.ts";
import { httpFetch, type HttpFetchOptions } from "../../src/client/platform/httpFetch.ts";
import { ManualTimers } from "./manualTimers.ts";

const running: Server[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer((request, response) => {
    response.sendDate = false;
    answer(request, response);
  });
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

describe("the rest of a file", () => {
  const FILE = "0123456789";
  const inPieces = () => {
    const pieces: [number, string][] = [];
    const onPiece = (piece: Uint8Array, at: number) =>
      void pieces.push([at, new TextDecoder().decode(piece)]);
    return { pieces, onPiece };
  };
  const ranged =
    (range: string, body = FILE.slice(4)): RequestListener =>
    (_, response) => {
      response.writeHead(206, { "content-range": range }).end(body);
    };

  test("is asked for from a byte on, and comes with its place", async () => {
    const asked: (string | undefined)[] = [];
    const fetch = await fetchFrom(({ headers }, response) => {
      asked.push(headers.range);
      if (headers.range === "bytes=4-")
        response.writeHead(206, { "content-range": "bytes 4-9/10" }).end(FILE.slice(4));
      else response.end(FILE);
    });
    const { pieces, onPiece } = inPieces();
    expect(await fetch("a", { ...LIMIT, onPiece, from: 4 })).toEqual({
      kind: "body",
      bytes: new TextEncoder().encode("456789"),
      from: 4,
    });
    await fetch("a", { ...LIMIT, onPiece, from: 0 });
    expect(pieces).toEqual([
      [4, "456789"],
      [0, FILE],
    ]);
    expect(asked).toEqual(["bytes=4-", undefined]);
  });

  test("may be all of it: an address that knows no parts begins at the beginning", async () => {
    const fetch = await fetchFrom((_, response) => void response.end(FILE));
    const { pieces, onPiece } = inPieces();
    const result = await fetch("a", { ...LIMIT, onPiece, from: 4 });
    expect(result).toEqual({ kind: "body", bytes: new TextEncoder().encode(FILE) });
    expect(pieces).toEqual([[0, FILE]]);
  });

  test("is taken for what was asked where the field that says so cannot be read", async () => {
    const fetch = await fetchFrom((_, response) => void response.writeHead(206).end(FILE.slice(4)));
    expect(await fetch("a", { ...LIMIT, from: 4 })).toMatchObject({ kind: "body", from: 4 });
  });

  test.each(["bytes 3-9/10", "bytes 4-8/10", "bytes */10", "nonsense"])(
    "is no answer when it is another part: %s",
    async (range) => {
      const fetch = await fetchFrom(ranged(range));
      expect(await codeOf(fetch("a", { ...LIMIT, from: 4 }))).toBe("network");
    },
  );

  test("that nobody asked for, or that is packed, is no answer", async () => {
    const unasked = await fetchFrom(ranged("bytes 0-9/10", FILE));
    expect(await codeOf(unasked("a", LIMIT))).toBe("network");
    const packed = await fetchFrom((_, response) => {
      response.writeHead(206, { "content-range": "bytes 4-9/10", "content-encoding": "gzip" });
      response.end(gzipSync(FILE.slice(4)));
    });
    expect(await codeOf(packed("a", { ...LIMIT, from: 4 }))).toBe("network");
  });

  test("that is not there is no answer: 416", async () => {
    const fetch = await fetchFrom((_, response) => void response.writeHead(416).end());
    expect(await codeOf(fetch("a", { ...LIMIT, from: 4 }))).toBe("network");
  });

  test("is limited together with what was there before it", async () => {
    const fetch = await fetchFrom((_, response) => {
      response.writeHead(206, { "content-range": "bytes 4-13/14" });
      response.write("x".repeat(10));
    });
    expect(await codeOf(fetch("a", { maxBytes: 13, from: 4 }))).toBe("too_large");
  });

  test("is heard of piece by piece, also when the answer breaks off", async () => {
    const fetch = await fetchFrom((_, response) => {
      response.writeHead(200, { "content-length": "10" });
      response.write("0123", () => response.destroy());
    });
    const { pieces, onPiece } = inPieces();
    expect(await codeOf(fetch("a", { ...LIMIT, onPiece }))).toBe("network");
    expect(pieces).toEqual([[0, "0123"]]);
  });
});

describe("an address that sends elsewhere", () => {
  test.each([301, 302, 303, 307, 308])("with %i is no answer, and nobody else is asked", async (status) => {
    let asked = 0;
    const elsewhere = await serve((_, response) => {
      asked++;
      response.end("from elsewhere");
    });
    const fetch = await fetchFrom(
      (_, response) => void response.writeHead(status, { location: elsewhere }).end(),
    );
    expect(await codeOf(fetch("a", LIMIT))).toBe("network");
    expect(asked).toBe(0);
  });

  test("is none either on a platform that knows no other way than to follow", async () => {
    const fetch = httpFetch({
      baseUrl: "https://gifts.example.com/",
      fetch: async () => Object.defineProperty(new Response("from elsewhere"), "redirected", { value: true }),
    });
    expect(await codeOf(fetch("a", LIMIT))).toBe("network");
  });
});

describe("the address's clock", () => {
  const dated = (headers: Record<string, string>) =>
    fetchFrom((_, response) => void response.writeHead(200, headers).end());

  test("is told with the answer, the time in a cache on the way added", async () => {
    const date = "Sun, 31 Jan 2027 12:00:00 GMT";
    const noon = Date.UTC(2027, 0, 31, 12);
    expect(await (await dated({ date }))("a", LIMIT)).toMatchObject({ date: noon });
    expect(await (await dated({ date, age: "60" }))("a", LIMIT)).toMatchObject({ date: noon + 60_000 });
  });

  test("is left out where it says nothing that can be read", async () => {
    expect(await (await dated({ date: "tomorrow" }))("a", LIMIT)).not.toHaveProperty("date");
    expect(await (await dated({}))("a", LIMIT)).not.toHaveProperty("date");
  });
});

describe("patience", () => {
  /** A body whose pieces a test sends. */
  function held(options: Partial<HttpFetchOptions> = {}) {
    const timers = new ManualTimers();
    let send: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void (send = controller) });
    const fetch = httpFetch({
      baseUrl: "https://gifts.example.com/",
      timers,
      silenceMilliseconds: 1_000,
      timeoutMilliseconds: 60_000,
      minBytesPerSecond: 10,
      fetch: async () => new Response(body),
      ...options,
    });
    const outcome = codeOf(fetch("a", { maxBytes: 1_000_000 }));
    return { timers, outcome, send: (bytes: number) => send?.enqueue(new Uint8Array(bytes)) };
  }

  test("ends when nothing comes for too long, also when the platform does not heed it", async () => {
    const { timers, outcome } = held({ fetch: () => new Promise(() => {}) });
    await timers.pass(1_000);
    expect(await outcome).toBe("network");
  });

  test("ends when a body falls silent", async () => {
    const { timers, outcome, send } = held();
    await timers.pass(900);
    send(100);
    await timers.pass(900);
    send(100);
    await timers.pass(1_000);
    expect(await outcome).toBe("network");
  });

  test("ends with a drip that is never silent", async () => {
    const { timers, outcome, send } = held();
    for (let at = 0; at < 4; at++) {
      await timers.pass(500);
      send(1);
    }
    await timers.pass(0);
    expect(await outcome).toBe("network");
  });

  test("ends with a body that comes well and has no end", async () => {
    const { timers, outcome, send } = held();
    for (let at = 0; at < 120; at++) {
      await timers.pass(500);
      send(1_000);
    }
    await timers.pass(500);
    expect(await outcome).toBe("network");
  });

  test("leaves no timer behind", async () => {
    const timers = new ManualTimers();
    const waiting = new Set<() => void>();
    const counting: Timers = {
      now: () => timers.now(),
      after: (_, act) => {
        waiting.add(act);
        return () => void waiting.delete(act);
      },
    };
    const options = { baseUrl: "https://gifts.example.com/", timers: counting };
    await httpFetch({ ...options, fetch: async () => new Response("well") })("a", LIMIT);
    await codeOf(httpFetch({ ...options, fetch: async () => new Response("", { status: 500 }) })("a", LIMIT));
    expect(waiting.size).toBe(0);
  });
});

test("what it is packed in may lie, and is no answer then", async () => {
  const fetch = await fetchFrom((_, response) => {
    response.writeHead(200, { "content-encoding": "gzip" }).end("this is no gzip");
  });
  expect(await codeOf(fetch("a", LIMIT))).toBe("network");
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

test("what a web app ships is read from where it serves its own files, null for what is not there", async () => {
  const baseUrl = await serve(({ url }, response) => {
    if (url === "/gifts/root.json") response.end("root");
    else response.writeHead(404).end();
  });
  const read = httpBundled({ baseUrl: `${baseUrl}gifts` });
  expect(await read("root.json")).toEqual(new TextEncoder().encode("root"));
  expect(await read("objects/a")).toBeNull();
});
