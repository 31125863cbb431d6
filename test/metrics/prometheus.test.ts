import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { once } from "node:events";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import {
  prometheusSource,
  type PrometheusOptions,
  type PrometheusPorts,
  systemPorts,
} from "../../src/metrics/prometheus.ts";
import { readTrial } from "../../src/metrics/readTrial.ts";
import type { NamedQuery } from "../../src/metrics/source.ts";
import { GiftError } from "../../src/report/error.ts";

const TOKEN = "s3cr3t-t0ken-of-nobody";
const QUERY: NamedQuery = {
  name: "giftwrap_units_total",
  labels: { gift: "rose", trial: "1.1.0" },
  startSeconds: 1_700_000_000,
  endSeconds: 1_700_000_600,
  stepSeconds: 300,
};
const SERIES = {
  metric: { __name__: QUERY.name, gift: "rose", instance: "a" },
  values: [
    [1_700_000_000, "0"],
    [1_700_000_300, "12"],
  ],
};
const matrix = (...result: unknown[]) => ({ status: "success", data: { resultType: "matrix", result } });

interface Asked {
  readonly path: string;
  readonly form: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
}

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

/** A server on loopback that is no Prometheus, and what it was asked. */
async function serve(listener: RequestListener, path = "") {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      asked.push({ path: request.url ?? "", form: new URLSearchParams(body), headers: request.headers });
      listener(request, response);
    });
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a server has a port");
  return { url: `http://127.0.0.1:${address.port}${path}`, asked };
}

const answer =
  (body: unknown, status = 200, type = "application/json"): RequestListener =>
  (_, response) => {
    response.writeHead(status, { "content-type": type });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };

const ports = (more: Partial<PrometheusPorts> = {}): PrometheusPorts => ({
  ...systemPorts,
  variables: { METRICS_TOKEN: TOKEN },
  sleep: async () => {},
  ...more,
});

const sourceOf = (options: PrometheusOptions, more?: Partial<PrometheusPorts>) =>
  prometheusSource(options, ports(more));

async function failure(promise: Promise<unknown>): Promise<GiftError> {
  const error: unknown = await promise.then(
    () => new Error("it did not fail"),
    (cause: unknown) => cause,
  );
  if (!(error instanceof GiftError)) throw error;
  expect(`${error.message} ${error.fix}`).not.toContain(TOKEN);
  expect(error.fix).not.toBe("");
  return error;
}

describe("a Prometheus server", () => {
  test("is asked for raw counters by a form, with the plan's instants and the environment's labels", async () => {
    const { url, asked } = await serve(answer(matrix(SERIES)), "/prom/");
    const source = sourceOf({ url, labels: { job: 'gift"wrap\\' }, bearerTokenVariable: "METRICS_TOKEN" });
    expect(await source.read(QUERY)).toEqual([
      {
        name: QUERY.name,
        labels: { gift: "rose", instance: "a" },
        samples: [
          [1_700_000_000, 0],
          [1_700_000_300, 12],
        ],
      },
    ]);
    expect(asked).toHaveLength(1);
    expect(asked[0]?.path).toBe("/prom/api/v1/query_range");
    expect(asked[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(Object.fromEntries(asked[0]?.form ?? [])).toEqual({
      query: 'giftwrap_units_total{gift="rose",job="gift\\"wrap\\\\",trial="1.1.0"}',
      start: "1700000000",
      end: "1700000600",
      step: "300",
      timeout: "30s",
    });
    expect(asked[0]?.form.get("query")).not.toMatch(/rate|increase/);
  });

  test("is asked for series of several names, and labels that match as a whole, with everything escaped", async () => {
    const { url, asked } = await serve(
      answer(matrix(SERIES, { ...SERIES, metric: { ...SERIES.metric, __name__: "a.b" } })),
    );
    const source = sourceOf({ url, labels: { job: "giftwrap" } });
    const query = {
      ...QUERY,
      name: [QUERY.name, "a.b"],
      labels: { gift: "rose" },
      matching: { le: '\\+Inf|2"' },
    };
    expect((await source.read(query)).map(({ name }) => name)).toEqual([QUERY.name, "a.b"]);
    expect(asked[0]?.form.get("query")).toBe(
      '{__name__=~"giftwrap_units_total|a\\\\.b",gift="rose",job="giftwrap",le=~"\\\\+Inf|2\\""}',
    );
    expect(await failure(source.read({ ...query, name: ["a.b", "c"] }))).toMatchObject({
      code: "METRICS_BROKEN",
      message: expect.stringContaining("giftwrap_units_total instead of a.b or c"),
    });
  });

  test("says not-a-number and infinities as they are", async () => {
    const values = ["NaN", "+Inf", "-Inf", "1e+06", "0.5"].map((value, at) => [at, value]);
    const { url } = await serve(answer(matrix({ ...SERIES, values })));
    const [series] = await sourceOf({ url }).read(QUERY);
    expect(series?.samples.map(([, value]) => value)).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      1e6,
      0.5,
    ]);
  });

  test("is asked in several parts for more than 11,000 instants, which are joined", async () => {
    const { url, asked } = await serve((_, response) => {
      const form = asked.at(-1)?.form;
      answer(matrix({ ...SERIES, values: [[Number(form?.get("start")), "1"]] }))(_, response);
    });
    const source = sourceOf({ url });
    const long = { ...QUERY, endSeconds: QUERY.startSeconds + 300 * 25_000 };
    const series = await source.read(long);
    expect(asked.map(({ form }) => (Number(form.get("end")) - Number(form.get("start"))) / 300 + 1)).toEqual([
      11_000, 11_000, 3_001,
    ]);
    expect(series).toHaveLength(1);
    expect(series[0]?.samples.map(([seconds]) => (seconds - QUERY.startSeconds) / 300)).toEqual([
      0, 11_000, 22_000,
    ]);
    expect(await source.read({ ...QUERY, endSeconds: QUERY.startSeconds - 1 })).toEqual([]);
    expect(asked).toHaveLength(3);
  });

  test("is asked for halves of an answer that is too large, and given up when halves do not help", async () => {
    const { url, asked } = await serve((request, response) => {
      const form = asked.at(-1)?.form;
      const [start, end] = [Number(form?.get("start")), Number(form?.get("end"))];
      const values = [];
      for (let at = start; at <= end; at += 300) values.push([at, "1"]);
      answer(matrix({ ...SERIES, values }))(request, response);
    });
    const query = { ...QUERY, endSeconds: QUERY.startSeconds + 300 * 99 };
    const [series] = await sourceOf({ url }, { maxAnswerBytes: 1000 }).read(query);
    expect(series?.samples).toHaveLength(100);
    expect(series?.samples.map(([seconds]) => seconds)).toEqual(
      Array.from({ length: 100 }, (_, at) => QUERY.startSeconds + at * 300),
    );
    const error = await failure(sourceOf({ url }, { maxAnswerBytes: 50 }).read(query));
    expect(error).toMatchObject({
      code: "METRICS_BROKEN",
      message: expect.stringContaining("more than 50 bytes"),
    });
  });

  test("counts bytes as they are after they were unpacked", async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(gzipSync(Buffer.alloc(5_000_000, " ")));
    });
    const error = await failure(sourceOf({ url }, { maxAnswerBytes: 100_000 }).newest(QUERY));
    expect(error.code).toBe("METRICS_BROKEN");
  });

  test("is asked when the samples really were, those before the last five minutes too", async () => {
    const result = [1_700_000_590.25, 1_700_000_100].map((it) => ({ metric: {}, value: [0, String(it)] }));
    const { url, asked } = await serve(answer({ status: "success", data: { resultType: "vector", result } }));
    expect(await sourceOf({ url }).newest(QUERY)).toEqual([1_700_000_590.25, 1_700_000_100]);
    const selector = 'timestamp(giftwrap_units_total{gift="rose",trial="1.1.0"})';
    expect(asked[0]?.path).toBe("/api/v1/query");
    expect(asked[0]?.form.get("query")).toBe(`${selector} or max_over_time(${selector}[600s:300s])`);
    expect(asked[0]?.form.get("time")).toBe("1700000600");
  });

  test("gives the gate a release in five requests, or three for what decides, at most four at once, and all or nothing", async () => {
    let [open, most] = [0, 0];
    const { url, asked } = await serve((request, response) => {
      most = Math.max(most, ++open);
      const form = asked.at(-1)?.form;
      const selector = form?.get("query") ?? "";
      const name = /^(?:\{__name__=~")?(\w+)/.exec(selector)?.[1] ?? "";
      const isInstant = request.url === "/api/v1/query";
      setImmediate(() => {
        open--;
        const result = [{ metric: {}, value: [0, "1700000500"] }];
        if (isInstant)
          answer({ status: "success", data: { resultType: "vector", result } })(request, response);
        else if (selector.includes(refused))
          answer({ status: "error", errorType: "execution", error: "too many samples" }, 422)(
            request,
            response,
          );
        else answer(matrix({ metric: { __name__: name }, values: [] }))(request, response);
      });
    });
    let refused = "nothing of the kind";
    const trial = { gift: "rose", version: "1.1.0", startSeconds: 1_700_000_000, gridSeconds: 300 };
    const samples = await readTrial(sourceOf({ url }), trial, 1_700_000_700);
    expect(samples.asOfSeconds).toBe(1_700_000_700);
    expect(samples.newest).toEqual([1_700_000_500]);
    expect(samples.series).toHaveLength(4);
    expect(asked).toHaveLength(5);
    expect((await readTrial(sourceOf({ url }), trial, 1_700_000_700, [200, 0.1])).bounds).toEqual([200, 0.1]);
    expect(asked).toHaveLength(8);
    expect(most).toBeLessThanOrEqual(4);
    expect(new Set(asked.map(({ form }) => form.get("end") ?? form.get("time")))).toEqual(
      new Set(["1700000600", "1700000700"]),
    );
    refused = "giftwrap_units_crashed_total";
    expect(await failure(readTrial(sourceOf({ url }), trial, 1_700_000_700))).toMatchObject({
      code: "METRICS_REFUSED",
      message: expect.stringContaining("422: execution: too many samples"),
    });
    expect(await readTrial(sourceOf({ url }), trial, 1_699_999_999)).toEqual({
      asOfSeconds: 1_699_999_999,
      series: [],
      newest: [],
    });
  });
});

describe("a metric server that is not well:", () => {
  test.each<[string, RequestListener, string, RegExp]>([
    [
      "HTML with status 200",
      answer("<html>log in</html>", 200, "text/html"),
      "METRICS_BROKEN",
      /text\/html instead of JSON/,
    ],
    ["no content type", (_, response) => void response.end("{}"), "METRICS_BROKEN", /no content type/],
    ["no JSON", answer('{"status":"success","data":{"resul'), "METRICS_BROKEN", /breaks off/],
    ["no object", answer("[1]"), "METRICS_BROKEN", /no JSON object/],
    ["no status", answer({}), "METRICS_BROKEN", /no status "success"/],
    ["no data", answer({ status: "success" }), "METRICS_BROKEN", /no data/],
    [
      "a vector",
      answer({ status: "success", data: { resultType: "vector", result: [] } }),
      "METRICS_BROKEN",
      /"vector" instead of a matrix/,
    ],
    [
      "warnings",
      answer({ ...matrix(SERIES), warnings: ["one remote is down"] }),
      "METRICS_BROKEN",
      /only a part: one remote is down/,
    ],
    [
      "warnings of another form",
      answer({ ...matrix(SERIES), warnings: "x" }),
      "METRICS_BROKEN",
      /only a part/,
    ],
    [
      "a series twice",
      answer(matrix(SERIES, SERIES)),
      "METRICS_BROKEN",
      /\{gift="rose",instance="a"\} twice/,
    ],
    [
      "another series",
      answer(matrix({ ...SERIES, metric: { __name__: "up" } })),
      "METRICS_BROKEN",
      /a series of up instead/,
    ],
    [
      "a series without a name",
      answer(matrix({ ...SERIES, metric: {} })),
      "METRICS_BROKEN",
      /no name instead/,
    ],
    [
      "a series without values",
      answer(matrix({ metric: SERIES.metric, histograms: [] })),
      "METRICS_BROKEN",
      /native histogram/,
    ],
    [
      "a label that is no text",
      answer(matrix({ ...SERIES, metric: { a: 1 } })),
      "METRICS_BROKEN",
      /label a is no text/,
    ],
    [
      "a value that is none",
      answer(matrix({ ...SERIES, values: [[0, "many"]] })),
      "METRICS_BROKEN",
      /\[0,"many"\]/,
    ],
    [
      "a value that is a number",
      answer(matrix({ ...SERIES, values: [[0, 1]] })),
      "METRICS_BROKEN",
      /a sample that is none/,
    ],
    [
      "samples out of order",
      answer(
        matrix({
          ...SERIES,
          values: [
            [5, "1"],
            [5, "1"],
          ],
        }),
      ),
      "METRICS_BROKEN",
      /not in order/,
    ],
    [
      "an error with status 200",
      answer({ status: "error", errorType: "internal", error: "oh" }),
      "METRICS_REFUSED",
      /200: internal: oh/,
    ],
    [
      "400",
      answer({ status: "error", errorType: "bad_data", error: "no\nsuch" }, 400),
      "METRICS_REFUSED",
      /400: bad_data: no such$/,
    ],
    ["401", answer("who?", 401, "text/plain"), "METRICS_REFUSED", /answered 401$/],
    [
      "403 with the token in it",
      answer({ status: "error", error: `bad ${TOKEN}` }, 403),
      "METRICS_REFUSED",
      /bad \[hidden\]/,
    ],
    ["404", answer("nothing", 404, "text/plain"), "METRICS_REFUSED", /answered 404$/],
    [
      "422",
      answer({ status: "error", errorType: "execution", error: "too many" }, 422),
      "METRICS_REFUSED",
      /422: execution: too many/,
    ],
    ["204", (_, response) => void response.writeHead(204).end(), "METRICS_REFUSED", /answered 204/],
    ["500", answer("oh", 500, "text/plain"), "METRICS_UNREACHABLE", /answered 500, twice/],
    [
      "503",
      answer({ status: "error", errorType: "unavailable", error: "starting" }, 503),
      "METRICS_UNREACHABLE",
      /503: unavailable: starting, twice/,
    ],
    [
      "half an answer",
      (_, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
        response.write('{"status":"success",');
        setImmediate(() => response.destroy());
      },
      "METRICS_UNREACHABLE",
      /did not answer: .*, twice/,
    ],
    [
      "an end before it says anything",
      (request) => void request.socket.destroy(),
      "METRICS_UNREACHABLE",
      /did not answer: .*, twice/,
    ],
  ])("%s is a reason, with what to do", async (_, listener, code, message) => {
    const { url, asked } = await serve(listener);
    const error = await failure(sourceOf({ url, bearerTokenVariable: "METRICS_TOKEN" }).read(QUERY));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(url);
    expect(asked).toHaveLength(code === "METRICS_UNREACHABLE" ? 2 : 1);
  });

  test("one that comes back is asked again once, a little later", async () => {
    const delays: number[] = [];
    const { url, asked } = await serve((request, response) =>
      asked.length === 1 ? answer("oh", 503)(request, response) : answer(matrix(SERIES))(request, response),
    );
    const source = sourceOf({ url }, { random: () => 0.5, sleep: async (delay) => void delays.push(delay) });
    expect(await source.read(QUERY)).toHaveLength(1);
    expect(delays).toEqual([500]);
  });

  test("one that is slow has a deadline, with its body too, and is not asked again", async () => {
    for (const begin of [false, true]) {
      const { url, asked } = await serve((_, response) => {
        if (begin) response.writeHead(200, { "content-type": "application/json" }).write("{");
      });
      const error = await failure(sourceOf({ url, timeoutSeconds: 0.05 }).read(QUERY));
      expect(error).toMatchObject({
        code: "METRICS_UNREACHABLE",
        message: `${url} did not answer within 0.05 s`,
      });
      expect(asked).toHaveLength(1);
    }
  });

  test("one that nobody runs is said to be so", async () => {
    const { url } = await serve(() => {});
    const [server] = servers.splice(0);
    server?.close();
    const error = await failure(sourceOf({ url }).read(QUERY));
    expect(error).toMatchObject({
      code: "METRICS_UNREACHABLE",
      message: expect.stringMatching(/ECONNREFUSED.*, twice/),
    });
  });

  test("a redirect is refused, and neither token nor question goes on", async () => {
    const other = await serve(answer(matrix(SERIES)));
    const { url } = await serve((_, response) => {
      response.writeHead(307, { location: `${other.url.replace("//", "//u:p@")}/x?code=${TOKEN}` }).end();
    });
    const error = await failure(sourceOf({ url, bearerTokenVariable: "METRICS_TOKEN" }).read(QUERY));
    expect(error).toMatchObject({
      code: "METRICS_REFUSED",
      message: `${url} answered 307, a redirect to ${other.url}/x`,
    });
    expect(other.asked).toEqual([]);
  });

  test("a token that is missing, empty or none is said by its variable's name", async () => {
    const { url, asked } = await serve(answer(matrix(SERIES)));
    for (const value of [undefined, "", " \n", `${TOKEN}\n${TOKEN}`, `${TOKEN}ü`]) {
      const source = sourceOf(
        { url, bearerTokenVariable: "METRICS_TOKEN" },
        { variables: { METRICS_TOKEN: value } },
      );
      const error = await failure(source.read(QUERY));
      expect(error).toMatchObject({
        code: "METRICS_REFUSED",
        message: expect.stringMatching(/^METRICS_TOKEN/),
      });
    }
    expect(asked).toEqual([]);
    await sourceOf({ url, bearerTokenVariable: "T" }, { variables: { T: `${TOKEN}\n` } }).read(QUERY);
    expect(asked[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  test("a user and a password in the address are sent and never said", async () => {
    const { url, asked } = await serve(answer("no", 401));
    const source = sourceOf({ url: url.replace("//", `//reader:${TOKEN}%20@`) });
    expect(source.name).toBe(url);
    await failure(source.read(QUERY));
    expect(asked[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from(`reader:${TOKEN} `).toString("base64")}`,
    );
    for (const bad of [`ftp://u:${TOKEN}@host/`, `no address ${TOKEN}`])
      expect(await failure(Promise.resolve().then(() => sourceOf({ url: bad })))).toMatchObject({
        code: "METRICS_REFUSED",
      });
  });
});
