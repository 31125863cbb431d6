import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newestQuery, readTrial, trialQueries } from "../../src/metrics/readTrial.ts";
import {
  parseRecordedFile,
  readRecordedFile,
  record,
  type RecordedFile,
  recordedSource,
  type RecordedValue,
  toRecordedText,
} from "../../src/metrics/recordedFile.ts";
import { parseExposition } from "../../src/metrics/parseExposition.ts";
import { scrapeLog } from "../../src/metrics/scrapeLog.ts";
import type { MetricQuery, NamedQuery } from "../../src/metrics/source.ts";
import { toCounts } from "../../src/rollout/gate/toCounts.ts";
import { collectorSeries, dueAt, PLAN } from "../support/trialSeries.ts";

const query = (more: Partial<NamedQuery> = {}): NamedQuery => ({
  name: "a",
  labels: {},
  startSeconds: 1000,
  endSeconds: 3000,
  stepSeconds: 500,
  ...more,
});
const fileOf = (samples: readonly (readonly [number, RecordedValue])[], labels = {}): RecordedFile => ({
  format: "1.0",
  series: [{ name: "a", labels, samples }],
});
const read = async (file: RecordedFile, of = query()) =>
  (await recordedSource(file, "test").read(of))[0]?.samples;

describe("a recording", () => {
  test("answers with the newest sample of the last five minutes, as Prometheus does", async () => {
    const file = fileOf([
      [900, 1],
      [1000.5, 2],
      [1201, 3],
      [1700, 4],
      [2400, "NaN"],
      [2701, 5],
    ]);
    expect(await read(file)).toEqual([
      [1000, 1],
      [1500, 3],
      [2500, Number.NaN],
      [3000, 5],
    ]);
    // One that is exactly five minutes old is too old.
    expect(await read(fileOf([[1200, 3]]))).toBeUndefined();
    expect(
      await read(
        fileOf([
          [1300, 3],
          [1400, "stale"],
          [1600, 4],
        ]),
      ),
    ).toBeUndefined();
  });

  test("finds series by name and equal labels; a label that is not there is an empty one", async () => {
    const file: RecordedFile = {
      format: "1.0",
      series: [
        { name: "a", labels: { x: "1", y: "2" }, samples: [[1000, 1]] },
        { name: "a", labels: { x: "1" }, samples: [[1000, 2]] },
        { name: "b", labels: { x: "1", y: "2" }, samples: [[1000, 3]] },
      ],
    };
    const valuesOf = async (labels: MetricQuery["labels"]) =>
      (await recordedSource(file, "test").read(query({ labels }))).map((it) => it.samples[0]?.[1]);
    expect(await valuesOf({})).toEqual([1, 2]);
    expect(await valuesOf({ y: "2" })).toEqual([1]);
    expect(await valuesOf({ y: "" })).toEqual([2]);
    expect(await valuesOf({ x: "3" })).toEqual([]);
  });

  test("finds series of several names, and labels that match as a whole", async () => {
    const file: RecordedFile = {
      format: "1.0",
      series: ["", "2", "20", "2.0", "2x0", "+Inf"].flatMap((le, at) =>
        ["a", "b", "a.b", "axb"].map((name) => ({
          name,
          labels: le === "" ? {} : { le },
          samples: [[1000, at]] as const,
        })),
      ),
    };
    const found = async (name: MetricQuery["name"], le: string) =>
      (await recordedSource(file, "test").read({ ...query(), name, matching: { le } })).map((it) =>
        [it.name, it.labels["le"] ?? "none"].join(" "),
      );
    expect(await found("a", "2")).toEqual(["a 2"]);
    expect(await found("a", "2\\.0|")).toEqual(["a none", "a 2.0"]);
    expect(await found(["a.b", "b"], "\\+Inf")).toEqual(["a.b +Inf", "b +Inf"]);
  });

  test.each([
    ["200", "0.1"],
    ["200.0", "0.10"],
    ["2e+02", "1e-01"],
  ])(
    "of a release is asked for what decides alone, with le=%j and le=%j, for the same counts",
    async (...spelt) => {
      const happenings = [1, 2, 3, 4].flatMap((at) =>
        (["trial", "baseline"] as const).map((arm) => ({
          at,
          arm,
          region: "SG",
          tier: "low" as const,
          units: 10,
          failed: at % 2,
          decodes: [2, 3, at, 1],
          devices: 3,
        })),
      );
      const series = collectorSeries(happenings, { instants: 5, restarts: [3] }).map((it) => {
        const le = it.labels["le"];
        const labels =
          le === undefined
            ? it.labels
            : { ...it.labels, le: spelt.find((as) => Number(as) === Number(le)) ?? le };
        return { ...it, labels };
      });
      const source = recordedSource({ format: "1.0", series }, "test");
      const [whole, part] = [
        await readTrial(source, PLAN, dueAt(4)),
        await readTrial(source, PLAN, dueAt(4), [200, 0.1]),
      ];
      expect(new Set(part.series.map(({ labels }) => labels["le"] ?? ""))).toEqual(
        new Set(["", "+Inf", ...spelt]),
      );
      expect(whole.series.length).toBeGreaterThan(part.series.length);
      const { decode, ...counts } = toCounts(PLAN, whole);
      expect(decode).not.toBeNull();
      expect(counts.problems).toEqual([]);
      expect(toCounts(PLAN, part)).toEqual({ ...counts, decode: null });
    },
  );

  test("says when samples really were", async () => {
    const source = recordedSource(
      fileOf([
        [900, 1],
        [1700, 4],
        [1800, "stale"],
        [9000, 5],
      ]),
      "test",
    );
    expect(await source.newest(query())).toEqual([1700]);
    expect(await source.newest(query({ endSeconds: 800 }))).toEqual([]);
    expect(await source.newest(query({ startSeconds: 2500 }))).toEqual([]);
  });

  test("of any source answers as that source did, at the instants that were asked for", async () => {
    const value = fc.oneof(fc.nat(1000), fc.constantFrom<RecordedValue>("NaN", "+Inf", "-Inf", "stale"));
    const samples = fc
      .uniqueArray(fc.tuple(fc.integer({ min: 500, max: 3500 }), value), {
        selector: ([seconds]) => seconds,
        maxLength: 30,
      })
      .map((all) => all.sort(([a], [b]) => a - b));
    await fc.assert(
      fc.asyncProperty(
        fc.array(samples, { maxLength: 4 }),
        fc.integer({ min: 20, max: 700 }),
        async (all, stepSeconds) => {
          const file: RecordedFile = {
            format: "1.0",
            series: all.map((it, at) => ({
              name: at % 2 ? "a" : "b",
              labels: { at: String(at) },
              samples: it,
            })),
          };
          const source = recordedSource(file, "test");
          const queries = ["a", "b"].map((name) => query({ name, stepSeconds }));
          const text = toRecordedText(await record(source, queries, queries));
          const again = recordedSource(parseRecordedFile(text, "test"), "test");
          for (const it of queries) {
            expect(await again.read(it)).toEqual(await source.read(it));
            expect(await again.newest(it)).toEqual(await source.newest(it));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("of a release gives the gate the very same counts, read from a file", async () => {
    const series = collectorSeries(
      [1, 2, 3, 4, 5, 6].flatMap((at) =>
        (["trial", "baseline"] as const).map((arm) => ({
          at,
          arm,
          region: "SG",
          tier: "low" as const,
          units: 10,
          failed: at % 2,
          devices: 3,
        })),
      ),
      { instants: 7, restarts: [3], unseen: [5] },
    );
    const source = recordedSource({ format: "1.0", series }, "test");
    const now = dueAt(6);
    const folder = await mkdtemp(join(tmpdir(), "giftwrap-recorded-"));
    try {
      const path = join(folder, "rose.json");
      await writeFile(
        path,
        toRecordedText(
          await record(
            source,
            trialQueries(PLAN, now),
            [newestQuery(PLAN, now)].flatMap((it) => it ?? []),
          ),
        ),
      );
      const counts = toCounts(PLAN, await readTrial(await readRecordedFile(path), PLAN, now));
      expect(counts).toEqual(toCounts(PLAN, await readTrial(source, PLAN, now)));
      expect(counts.instants).toHaveLength(5);
      await expect(readRecordedFile(join(folder, "none.json"))).rejects.toMatchObject({
        code: "METRICS_UNREACHABLE",
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  const series = { name: "a", labels: {}, samples: [[1, 2]] };
  test.each<[unknown, string]>([
    ["{", "is no recording of metrics: "],
    [[], "it is no JSON object"],
    [{ series: [] }, "its format is not said"],
    [{ format: "2.0", series: [] }, 'its format is "2.0"'],
    [{ format: "1.0" }, "series is no list"],
    [{ format: "1.0", series: [1] }, "series[0] is no object"],
    [{ format: "1.0", series: [{ ...series, name: "" }] }, "series[0] has no name"],
    [{ format: "1.0", series: [{ ...series, labels: null }] }, "series[0] has no labels"],
    [{ format: "1.0", series: [{ ...series, labels: { x: 1 } }] }, "series[0].labels.x is no text"],
    [{ format: "1.0", series: [{ ...series, samples: 1 }] }, "series[0].samples is no list"],
    [{ format: "1.0", series: [{ ...series, samples: [[1]] }] }, "series[0].samples[0] is no pair"],
    [
      { format: "1.0", series: [{ ...series, samples: [["1", 2]] }] },
      "samples[0] has a time that is no number",
    ],
    [
      {
        format: "1.0",
        series: [
          {
            ...series,
            samples: [
              [2, 2],
              [2, 2],
            ],
          },
        ],
      },
      "samples[1] is not later",
    ],
    [
      { format: "1.0", series: [{ ...series, samples: [[1, "many"]] }] },
      "samples[0] has a value that is no number",
    ],
    [{ format: "1.0", series: [series, series] }, "it has a{} twice"],
    [
      { format: "1.0", series: [], newest: [{ name: "a", labels: {}, seconds: ["x"] }] },
      "newest[0].seconds has something",
    ],
  ])("that is none is said to be none, with the place: %j", (body, why) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    expect(() => parseRecordedFile(text, "rose.json")).toThrowError(
      expect.objectContaining({
        code: "METRICS_BROKEN",
        message: expect.stringMatching(/^rose\.json is no recording of metrics/),
      }),
    );
    expect(() => parseRecordedFile(text, "rose.json")).toThrowError(why);
  });
});

describe("a log of scrapes", () => {
  test.each([
    ["is remembered", new Map()],
    ["is not", undefined],
  ])(
    "keeps what was exposed by time and target, and marks what ended as stale: what was read %s",
    async (_, known) => {
      const log = scrapeLog();
      const parse = (text: string) => parseExposition(text, "a target", known);
      log.add(1000, { instance: "x" }, parse('a{k="1"} 5\na{k="2"} 6\n'));
      log.add(1000, { instance: "y" }, parse('a{k="1"} 1\n'));
      log.add(1250, { instance: "x" }, parse('a{k="1"} 7\n'));
      const source = recordedSource(log.toRecorded(), "test");
      const seen = await source.read(query({ endSeconds: 1250, stepSeconds: 250 }));
      expect(
        seen.map(({ labels, samples }) => [
          labels["instance"],
          labels["k"],
          samples.map(([, value]) => value),
        ]),
      ).toEqual([
        ["x", "1", [5, 7]],
        ["x", "2", [6]],
        ["y", "1", [1, 1]],
      ]);
    },
  );
});
