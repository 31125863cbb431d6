import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { prometheusSource, systemPorts } from "../../src/metrics/prometheus.ts";
import { newestQuery, readTrial, trialQueries } from "../../src/metrics/readTrial.ts";
import { record, recordedSource } from "../../src/metrics/recordedFile.ts";
import type { Series } from "../../src/metrics/source.ts";
import { judgeNumbers } from "../../src/commands/gate/judgeNumbers.ts";
import { openJudgeThreads } from "../../src/commands/gate/judgeThreads.ts";
import { toCounts } from "../../src/rollout/gate/toCounts.ts";
import { hasPrometheus, type Prometheus, startPrometheus } from "../support/prometheus.ts";
import { collectorSeries, dueAt, GRID, type Happening, PLAN, START } from "../support/trialSeries.ts";

const INSTANTS = 40;
const HAPPENINGS = Array.from({ length: INSTANTS - 1 }, (_, at): Happening[] =>
  (["trial", "baseline"] as const).map((arm) => ({
    at: at + 1,
    arm,
    region: at % 2 ? "SG" : "ID",
    tier: "low",
    units: 20 + at,
    failed: at % 3,
    decodes: [at, 3, at % 2, 1],
    devices: 2,
  })),
).flat();
/** Samples a little before each instant, as scrapes are. */
const scraped = (series: readonly Series[]): Series[] =>
  series.map((it) => ({
    ...it,
    samples: it.samples.map(([seconds, value]) => [seconds - 7.25, value] as const),
  }));
const HISTORY = scraped([
  ...collectorSeries(HAPPENINGS, { instants: INSTANTS, instance: "a", restarts: [9, 30] }),
  ...collectorSeries(HAPPENINGS, { instants: INSTANTS, instance: "b", unseen: [15, 16], restarts: [21] }),
  ...collectorSeries(
    HAPPENINGS.filter(({ at }) => at > 12),
    { instants: INSTANTS, instance: "c", begins: 12.5, unseen: [] },
  ),
]);
const NOW = dueAt(INSTANTS - 1);

const opened: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((it) => it.stop()));
});

const start = async (options: Parameters<typeof startPrometheus>[0]): Promise<Prometheus> => {
  const server = await startPrometheus(options);
  opened.push(server);
  return server;
};

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  opened.push({
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a server has a port");
  return `127.0.0.1:${address.port}`;
}

// Debian's package prometheus brings it; .ci/run installs it.
describe.skipIf(!hasPrometheus())("a real Prometheus", () => {
  test("with a history of restarts and gaps gives the gate what happened, and so does a recording of it", async () => {
    const { url } = await start({ history: HISTORY });
    const source = prometheusSource({ url, labels: { job: "giftwrap" } });
    const samples = await readTrial(source, PLAN, NOW);
    expect(Math.max(...samples.newest)).toBe(START + (INSTANTS - 1) * GRID - 7.25);

    const counts = toCounts(PLAN, samples);
    expect(counts.problems).toEqual([]);
    expect(counts.instants).toHaveLength(INSTANTS - 1);
    const happened = (arm: string) =>
      HAPPENINGS.filter((it) => it.arm === arm).reduce(
        (all, { at, units }) => all + units * (at > 12 ? 3 : 2),
        0,
      );
    const strata = counts.metrics.get("failed") ?? [];
    const sum = (of: (it: (typeof strata)[number]) => readonly number[]) =>
      strata.flatMap(of).reduce((a, b) => a + b, 0);
    expect([sum((it) => it.trialUnits), sum((it) => it.baselineUnits)]).toEqual([
      happened("trial"),
      happened("baseline"),
    ]);

    // The recorded history itself, answered by the same rules, and a recording of what the server answered.
    const own = recordedSource({ format: "1.0", series: HISTORY }, "the history");
    expect(toCounts(PLAN, await readTrial(own, PLAN, NOW))).toEqual(counts);
    const queries = trialQueries(PLAN, NOW);
    const recorded = recordedSource(
      await record(
        source,
        queries,
        [newestQuery(PLAN, NOW)].flatMap((it) => it ?? []),
      ),
      "a recording",
    );
    expect(toCounts(PLAN, await readTrial(recorded, PLAN, NOW))).toEqual(counts);
    // What decides alone, by regular expressions, which are not JavaScript's there.
    const bounds = [200, 0.1];
    const decided = await readTrial(source, PLAN, NOW, bounds);
    expect(decided.series.length).toBeLessThan(samples.series.length);
    expect(toCounts(PLAN, decided)).toEqual({ ...counts, decode: null });
    for (const query of [...queries, ...trialQueries(PLAN, NOW, bounds)]) {
      const sorted = (series: readonly Series[]) =>
        series
          .map((it) =>
            JSON.stringify([
              it.name,
              Object.entries(it.labels).sort(([a], [b]) => (a < b ? -1 : 1)),
              it.samples,
            ]),
          )
          .sort();
      expect(sorted(await recorded.read(query))).toEqual(sorted(await source.read(query)));
      expect(sorted(await own.read(query))).toEqual(sorted(await source.read(query)));
    }
  });

  test("that has heard nothing for hours is stale by the time of the last real sample", async () => {
    const { url } = await start({ history: HISTORY });
    const now = NOW + 20 * GRID;
    const samples = await readTrial(prometheusSource({ url }), PLAN, now);
    const counts = toCounts(PLAN, samples);
    expect(counts.problems.map(({ kind }) => kind)).toEqual(["stale", "coverage"]);
    expect(counts.problems[0]).toMatchObject({
      newestSeconds: expect.closeTo(START + (INSTANTS - 1) * GRID - 7.25, 0),
    });
    const none = await readTrial(prometheusSource({ url }), { ...PLAN, gift: "tulip" }, now);
    expect(toCounts({ ...PLAN, gift: "tulip" }, none).problems[0]).toEqual({ kind: "no_data" });
  });

  test("is read on threads as on one, and what they cannot have is said", async () => {
    const { url } = await start({ history: HISTORY });
    const file = new URL("../../dist/commands/gate/judgeThread.js", import.meta.url);
    const questions = [true, false].map((isShown) => ({ plan: PLAN, memory: {}, asOfSeconds: NOW, isShown }));
    const threads = openJudgeThreads({ options: { url }, variables: {} }, file);
    const blind = openJudgeThreads(
      { options: { url, bearerTokenVariable: "TOKEN" }, variables: { TOKEN: "" } },
      file,
    );
    try {
      const source = prometheusSource({ url });
      const here = await Promise.all(questions.map((it) => judgeNumbers(source, it)));
      expect(here[0]?.unavailable).toBeNull();
      expect(await Promise.all([...questions, ...questions].map((it) => threads.judge(it)))).toEqual([
        ...here,
        ...here,
      ]);
      const [question] = questions;
      if (!question) throw new Error("there are questions");
      const said = await blind.judge(question);
      expect(said.unavailable?.message).toContain("TOKEN");
      expect(said.verdict.kind).toBe("hold");
      expect(said.verdict.reasons).toContainEqual({ kind: "data", problem: { kind: "no_data" } });
    } finally {
      await Promise.all([threads.close(), blind.close()]);
    }
  });

  test("behind a proxy that asks for a token answers with it, and is refused without", async () => {
    const { url } = await start({ history: HISTORY.slice(0, 3) });
    const token = "a-token-of-nobody";
    const proxy = createServer((request, response) => {
      if (request.headers.authorization !== `Bearer ${token}`)
        return void response.writeHead(401).end("who?");
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const asked = {
          method: "POST",
          body: Buffer.concat(chunks),
          headers: { "content-type": request.headers["content-type"] ?? "" },
        };
        void fetch(new URL(request.url ?? "", url), asked).then(async (answer) => {
          response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
          response.end(await answer.text());
        });
      });
    });
    const behind = `http://${await listen(proxy)}`;
    const [query] = trialQueries(PLAN, NOW);
    if (!query) throw new Error("there are queries");
    const options = { url: behind, bearerTokenVariable: "TOKEN" };
    const read = (TOKEN: string) =>
      prometheusSource(options, { ...systemPorts, variables: { TOKEN } }).read(query);
    expect((await read(token)).length).toBeGreaterThan(0);
    await expect(read("another")).rejects.toMatchObject({
      code: "METRICS_REFUSED",
      message: `${behind} answered 401`,
    });
  });

  test("that scrapes a live collector's text gives its raw counters", async () => {
    let units = 5;
    const collector = createServer((_, response) => {
      response.writeHead(200, { "content-type": "text/plain; version=0.0.4" });
      response.end(
        `# TYPE giftwrap_units_total counter\ngiftwrap_units_total{gift="rose",trial="1.1.0",play="first"} ${units}\n`,
      );
    });
    const { url } = await start({ target: await listen(collector) });
    const source = prometheusSource({ url, labels: { job: "giftwrap" } });
    const query = () => {
      const now = Math.ceil(Date.now() / 1000);
      const labels = { gift: "rose", trial: "1.1.0", play: "first" };
      return {
        name: "giftwrap_units_total",
        labels,
        startSeconds: now - 60,
        endSeconds: now,
        stepSeconds: 1,
      };
    };
    const untilLast = async (value: number) => {
      const deadline = Date.now() + 60_000;
      for (;;) {
        const [series] = await source.read(query());
        if (series?.samples.at(-1)?.[1] === value) return series;
        if (Date.now() > deadline) throw new Error(`${value} never came`);
        await sleep(200);
      }
    };
    expect((await untilLast(5)).labels).toMatchObject({ gift: "rose", job: "giftwrap" });
    units = 2;
    const series = await untilLast(2);
    expect(new Set(series.samples.map(([, value]) => value))).toEqual(new Set([5, 2]));
    const [newest = 0] = await source.newest(query());
    expect(Math.abs(newest - Date.now() / 1000)).toBeLessThan(60);
    expect(Number.isInteger(newest)).toBe(false);
  });
});
