/** A family of series as a scrape shows it. Counts of a histogram are not cumulative; the last is above every bound. */
export type Family = Head &
  (
    | {
        readonly type: "counter" | "gauge";
        readonly series: Iterable<readonly [values: readonly string[], value: number]>;
      }
    | {
        readonly type: "histogram";
        /** Upper bounds, ascending, infinity apart. */
        readonly bounds: readonly number[];
        readonly series: Iterable<readonly [values: readonly string[], value: HistogramValue]>;
      }
  );

interface Head {
  readonly name: string;
  readonly help: string;
  /** The names of the labels; series give their values in this order. */
  readonly labels: readonly string[];
}

export interface HistogramValue {
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}

export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats). */
export function toExposition(families: Iterable<Family>): string {
  const parts: string[] = [];
  for (const family of families) {
    const { name, labels } = family;
    parts.push(`# HELP ${name} ${escapeHelp(family.help)}\n# TYPE ${name} ${family.type}\n`);
    if (family.type === "histogram") {
      for (const [values, value] of family.series)
        appendHistogram(parts, name, labelsToText(labels, values), family.bounds, value);
    } else {
      for (const [values, value] of family.series) {
        const text = labelsToText(labels, values);
        parts.push(text ? `${name}{${text}} ${toNumber(value)}\n` : `${name} ${toNumber(value)}\n`);
      }
    }
  }
  return parts.join("");
}

function appendHistogram(
  parts: string[],
  name: string,
  labels: string,
  bounds: readonly number[],
  { counts, sum }: HistogramValue,
): void {
  const before = labels ? `${labels},` : "";
  let count = 0;
  bounds.forEach((bound, at) => {
    count += counts[at] ?? 0;
    parts.push(`${name}_bucket{${before}le="${bound}"} ${count}\n`);
  });
  count += counts[bounds.length] ?? 0;
  const braces = labels ? `{${labels}}` : "";
  parts.push(`${name}_bucket{${before}le="+Inf"} ${count}\n`);
  parts.push(`${name}_sum${braces} ${toNumber(sum)}\n${name}_count${braces} ${count}\n`);
}

function labelsToText(names: readonly string[], values: readonly string[]): string {
  return names.map((name, at) => `${name}="${escapeValue(values[at] ?? "")}"`).join(",");
}

function escapeValue(text: string): string {
  // Seldom needed, and asked for very often.
  if (!/["\\\n]/.test(text)) return text;
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function toNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}
