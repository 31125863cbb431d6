import { GiftError } from "../report/error.ts";
import { parseValue } from "./prometheusAnswer.ts";
import { seriesKey } from "./selector.ts";

/** One line of a scrape. */
export interface ExposedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** When it was, epoch seconds, where the line says so. */
  readonly seconds?: number;
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const SAMPLE = new RegExp(
  String.raw`^(${NAME})[ \t]*(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?[ \t]*([^ \t#{}]+)(?:[ \t]+(-?[\d.]+(?:e[+-]?\d+)?))?[ \t]*(?:#[ \t]*\{.*)?$`,
);
/** What stands behind the labels. */
const REST = /^[ \t]*([^ \t#{}]+)(?:[ \t]+(-?[\d.]+(?:e[+-]?\d+)?))?[ \t]*$/;
const LABEL = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(,|$)/y;
const TYPES = [
  "counter",
  "gauge",
  "histogram",
  "summary",
  "untyped",
  "unknown",
  "info",
  "stateset",
  "gaugehistogram",
];

/** Series that were read before, by the text of their name and labels: each scrape of a collector has nearly the same. */
export type KnownSeries = Map<string, NamedSeries>;

interface NamedSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** One text for one series. */
  readonly key: string;
}

/** More than a collector shows; beyond it all are forgotten. */
const MAX_KNOWN = 200_000;

/**
 * Reads Prometheus' text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats). Ends with `# EOF` what is
 * OpenMetrics, its times are in seconds instead of milliseconds; exemplars are passed over. With `known` handed in from one scrape to
 * the next, a series that was read before has the very same labels object, and takes a third of the time.
 * @throws GiftError `METRICS_BROKEN` with the line that cannot be read
 */
export function parseExposition(
  text: string,
  name = "the exposition",
  known: KnownSeries = new Map(),
): ExposedSample[] {
  const lines = text.split("\n").map((line) => line.trim());
  const end = lines.findIndex((line) => /^#[ \t]+EOF[ \t]*$/.test(line));
  const samples: ExposedSample[] = [];
  const seen = new Set<string>();
  lines.forEach((line, at) => {
    const fail = (why: string): never => {
      throw new GiftError(
        "METRICS_BROKEN",
        `${name}, line ${at + 1}: ${why}`,
        'serve Prometheus\' text format there: name{label="value"} number',
      );
    };
    if (line === "") return;
    if (end >= 0 && at > end) fail("something stands behind # EOF");
    if (line.startsWith("#")) {
      const type = /^#[ \t]+TYPE\b(.*)$/.exec(line)?.[1];
      if (type === undefined) return;
      const [, of = ""] = new RegExp(String.raw`^[ \t]+${NAME}[ \t]+(\w+)[ \t]*$`).exec(type) ?? [];
      if (!TYPES.includes(of)) fail("TYPE without a name and one of the types");
      return;
    }
    const { series, number, time } = parseSample(line, known, fail);
    const value = parseValue(number) ?? fail(`"${shorten(number)}" is no number`);
    const key = time === undefined ? series.key : `${series.key} ${time}`;
    if (seen.has(key)) fail(`${key} stands there twice`);
    seen.add(key);
    const { name: sample, labels } = series;
    if (time === undefined) samples.push({ name: sample, labels, value });
    else {
      const seconds = Number(time) / (end >= 0 ? 1 : 1000);
      samples.push({
        name: sample,
        labels,
        value,
        seconds: Number.isFinite(seconds) ? seconds : fail("its time is none"),
      });
    }
  });
  return samples;
}

interface SampleLine {
  readonly series: NamedSeries;
  readonly number: string;
  readonly time: string | undefined;
}

function parseSample(line: string, known: KnownSeries, fail: (why: string) => never): SampleLine {
  const end = line.lastIndexOf("}") + 1;
  const before = known.get(line.slice(0, end));
  const rest = before && REST.exec(line.slice(end));
  if (rest) return { series: before, number: rest[1] ?? "", time: rest[2] };
  const [, name = "", inner = "", number = "", time] =
    SAMPLE.exec(line) ?? fail(`"${shorten(line)}" is no sample`);
  const labels = parseLabels(inner, fail);
  const series = { name, labels, key: seriesKey(name, labels) };
  const head = `${name}{${inner}}`;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(head, series);
  return { series, number, time };
}

function parseLabels(text: string, fail: (why: string) => never): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length && text.slice(LABEL.lastIndex).trim() !== "") {
    const from = LABEL.lastIndex;
    const [, label = "", quoted = ""] =
      LABEL.exec(text) ?? fail(`"${shorten(text.slice(from))}" is no label`);
    if (Object.hasOwn(labels, label)) fail(`the label ${label} stands there twice`);
    labels[label] = quoted.replaceAll(/\\(.)/g, (whole, sign: string) =>
      sign === "n" ? "\n" : sign === "\\" || sign === '"' ? sign : whole,
    );
    if (LABEL.lastIndex === 0) break;
  }
  return labels;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
