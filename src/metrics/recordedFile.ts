import { readFile } from "node:fs/promises";
import { isRecord } from "../wire/isRecord.ts";
import { explainError, GiftError } from "../report/error.ts";
import { parseValue } from "./prometheusAnswer.ts";
import { pointsOf, seriesKey, toFilter } from "./selector.ts";
import type { MetricQuery, MetricSource, NamedQuery, Series } from "./source.ts";

export const RECORDED_FORMAT = "1.0";
/** How far Prometheus looks back from an instant for the newest sample; one exactly so old is too old, as in its third version. */
export const LOOKBACK_SECONDS = 300;

/**
 * A value as JSON can hold it. `stale` is the marker that Prometheus writes when a series ends: there is nothing at that time, and no
 * looking back beyond it.
 */
export type RecordedValue = number | "NaN" | "+Inf" | "-Inf" | "stale";

export interface RecordedSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Ascending in time. */
  readonly samples: readonly (readonly [seconds: number, value: RecordedValue])[];
}

/** What a source gave, or would give, kept in a file. */
export interface RecordedFile {
  readonly format: string;
  readonly series: readonly RecordedSeries[];
  /** When the series of a name were last really sampled, where the recording's own samples are later or earlier than that. */
  readonly newest?: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly seconds: readonly number[];
  }[];
}

/** A recording answers as Prometheus would: at each instant the newest sample of the last five minutes, or nothing. */
export function recordedSource(recorded: RecordedFile, name: string): MetricSource {
  const byName = groupByName(recorded.series);
  const wanted = (query: MetricQuery) => {
    const isWanted = toFilter(query);
    return [query.name].flat().flatMap((of) => (byName.get(of) ?? []).filter((it) => isWanted(it.labels)));
  };
  return {
    name,
    read: async (query) =>
      wanted(query).flatMap((it) => {
        const samples = atInstants(it.samples, query);
        return samples.length > 0 ? [{ name: it.name, labels: it.labels, samples }] : [];
      }),
    newest: async (query) => {
      const key = seriesKey(query.name, query.labels);
      const told = recorded.newest?.find((it) => seriesKey(it.name, it.labels) === key);
      if (told) return told.seconds.filter((it) => it <= query.endSeconds);
      return wanted(query).flatMap(({ samples }) => {
        const last = samples.findLast(([seconds, value]) => seconds <= query.endSeconds && value !== "stale");
        return last && last[0] >= query.startSeconds - LOOKBACK_SECONDS ? [last[0]] : [];
      });
    },
  };
}

/**
 * Reads a recording from a file.
 * @throws GiftError `METRICS_UNREACHABLE` where there is none, `METRICS_BROKEN` where it is something else
 */
export async function readRecordedFile(path: string): Promise<MetricSource> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new GiftError(
      "METRICS_UNREACHABLE",
      `the recorded metrics ${path} cannot be read: ${explainError(cause)}`,
      "write the path of a recording as the environment's metrics, or the address of a Prometheus server",
      { cause },
    );
  }
  return recordedSource(parseRecordedFile(text, path), path);
}

/** @throws GiftError `METRICS_BROKEN` for what is no recording, with the place in it */
export function parseRecordedFile(text: string, name: string): RecordedFile {
  const fail = (why: string): never => {
    throw new GiftError(
      "METRICS_BROKEN",
      `${name} is no recording of metrics: ${why}`,
      `record it anew; its form is { "format": "${RECORDED_FORMAT}", "series": [{ "name", "labels", "samples": [[seconds, value]] }] }`,
    );
  };
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return fail(explainError(error));
  }
  if (!isRecord(body)) return fail("it is no JSON object");
  if (typeof body["format"] !== "string" || !/^1\.\d+$/.test(body["format"]))
    return fail(
      `its format is ${JSON.stringify(body["format"]) ?? "not said"}, and this reads ${RECORDED_FORMAT}`,
    );
  const series = listOf(body["series"], (why) => fail(`series ${why}`)).map((it, at) =>
    checkSeries(it, (why) => fail(`series[${at}]${why}`)),
  );
  const seen = new Set<string>();
  for (const one of series) {
    const key = seriesKey(one.name, one.labels);
    if (seen.has(key)) return fail(`it has ${key} twice`);
    seen.add(key);
  }
  if (body["newest"] === undefined) return { format: body["format"], series };
  const newest = listOf(body["newest"], (why) => fail(`newest ${why}`)).map((it, at) => {
    const failHere = (why: string) => fail(`newest[${at}]${why}`);
    const { name: of, labels, record } = checkNamed(it, failHere);
    const seconds = listOf(record["seconds"], (why) => failHere(`.seconds ${why}`)).map((second) =>
      typeof second === "number" ? second : failHere(".seconds has something that is no number"),
    );
    return { name: of, labels, seconds };
  });
  return { format: body["format"], series, newest };
}

export function toRecordedText(recorded: RecordedFile): string {
  const lines = recorded.series.map((it) => JSON.stringify(it)).join(",\n");
  const newest = recorded.newest ? `,\n"newest": ${JSON.stringify(recorded.newest)}` : "";
  return `{"format": ${JSON.stringify(recorded.format)}, "series": [\n${lines}\n]${newest}}\n`;
}

/**
 * Records what a source answers, so that the recording answers the same: an instant without a value is marked as stale, for the
 * sample before must not be looked back upon. The newest samples are asked for with the queries that are named for it.
 */
export async function record(
  source: MetricSource,
  queries: readonly MetricQuery[],
  newestOf: readonly NamedQuery[],
): Promise<RecordedFile> {
  const byKey = new Map<string, { readonly series: Series; readonly samples: Map<number, RecordedValue> }>();
  for (const query of queries)
    for (const series of await source.read(query)) {
      const key = seriesKey(series.name, series.labels);
      let kept = byKey.get(key);
      if (!kept) byKey.set(key, (kept = { series, samples: new Map() }));
      const values = new Map(series.samples);
      let wasThere = false;
      for (let at = 0; at < pointsOf(query); at++) {
        const seconds = query.startSeconds + at * query.stepSeconds;
        const value = values.get(seconds);
        if (value !== undefined) kept.samples.set(seconds, toRecordedValue(value));
        else if (wasThere && !kept.samples.has(seconds)) kept.samples.set(seconds, "stale");
        wasThere = value !== undefined;
      }
    }
  const newest = [];
  for (const query of newestOf)
    newest.push({ name: query.name, labels: query.labels, seconds: await source.newest(query) });
  return {
    format: RECORDED_FORMAT,
    series: [...byKey.values()].map(({ series: { name, labels }, samples }) => ({
      name,
      labels,
      samples: [...samples].sort(([a], [b]) => a - b),
    })),
    newest,
  };
}

function atInstants(samples: RecordedSeries["samples"], query: MetricQuery): Series["samples"] {
  const points = pointsOf(query);
  const found: (readonly [number, number])[] = [];
  let next = 0;
  for (let at = 0; at < points; at++) {
    const instant = query.startSeconds + at * query.stepSeconds;
    while ((samples[next]?.[0] ?? Number.POSITIVE_INFINITY) <= instant) next++;
    const newest = samples[next - 1];
    if (!newest || newest[1] === "stale" || newest[0] <= instant - LOOKBACK_SECONDS) continue;
    found.push([instant, fromRecordedValue(newest[1])]);
  }
  return found;
}

export function toRecordedValue(value: number): RecordedValue {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

function fromRecordedValue(value: Exclude<RecordedValue, "stale">): number {
  return typeof value === "number" ? value : (parseValue(value) ?? Number.NaN);
}

function checkSeries(value: unknown, fail: (why: string) => never): RecordedSeries {
  const { name, labels, record } = checkNamed(value, fail);
  let before = Number.NEGATIVE_INFINITY;
  const samples = listOf(record["samples"], (why) => fail(`.samples ${why}`)).map(
    (sample, at): readonly [number, RecordedValue] => {
      const failHere = (why: string) => fail(`.samples[${at}] ${why}`);
      if (!Array.isArray(sample) || sample.length !== 2) return failHere("is no pair of seconds and a value");
      const [seconds, recorded]: unknown[] = sample;
      if (typeof seconds !== "number") return failHere("has a time that is no number");
      if (seconds <= before) return failHere(`is not later than the one before it`);
      before = seconds;
      if (!isRecordedValue(recorded))
        return failHere('has a value that is no number, "NaN", "+Inf", "-Inf" or "stale"');
      return [seconds, recorded];
    },
  );
  return { name, labels, samples };
}

function checkNamed(
  value: unknown,
  fail: (why: string) => never,
): {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly record: Record<string, unknown>;
} {
  if (!isRecord(value)) return fail(" is no object");
  const { name, labels } = value;
  if (typeof name !== "string" || name === "") return fail(" has no name");
  if (!isRecord(labels)) return fail(" has no labels");
  const texts: Record<string, string> = {};
  for (const [label, text] of Object.entries(labels)) {
    if (typeof text !== "string") return fail(`.labels.${label} is no text`);
    texts[label] = text;
  }
  return { name, labels: texts, record: value };
}

function isRecordedValue(value: unknown): value is RecordedValue {
  return typeof value === "number" || ["NaN", "+Inf", "-Inf", "stale"].some((it) => it === value);
}

function listOf(value: unknown, fail: (why: string) => never): readonly unknown[] {
  return Array.isArray(value) ? value : fail("is no list");
}

function groupByName(series: readonly RecordedSeries[]): Map<string, RecordedSeries[]> {
  const byName = new Map<string, RecordedSeries[]>();
  for (const one of series) {
    const same = byName.get(one.name);
    if (same) same.push(one);
    else byName.set(one.name, [one]);
  }
  return byName;
}
