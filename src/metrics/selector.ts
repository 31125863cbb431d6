import type { MetricQuery } from "./source.ts";

/** A selector of PromQL for series by name and equal labels. */
export function toSelector(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}="${escapeValue(value)}"`);
  return `${name}{${pairs.join(",")}}`;
}

/** How many instants a query asks for. */
export function pointsOf({ startSeconds, endSeconds, stepSeconds }: MetricQuery): number {
  return endSeconds < startSeconds ? 0 : Math.floor((endSeconds - startSeconds) / stepSeconds) + 1;
}

/** One text for one series, whatever the order of its labels. */
export function seriesKey(name: string, labels: Readonly<Record<string, string>>): string {
  return toSelector(name, labels);
}

function escapeValue(value: string): string {
  // Seldom needed, and asked for very often.
  if (!/["\\\n]/.test(value)) return value;
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
