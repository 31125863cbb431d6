import type { MetricQuery } from "./source.ts";

/** A selector of PromQL, whose regular expressions are anchored at both ends. */
export function toSelector({
  name,
  labels,
  matching = {},
}: Pick<MetricQuery, "name" | "labels" | "matching">): string {
  if (typeof name === "string") return `${name}{${toMatchers(labels, matching)}}`;
  const names = name.map(escapeExpression).join("|");
  return `{${toMatchers(labels, { __name__: names, ...matching })}}`;
}

/** A text as a regular expression that matches nothing else. */
export function escapeExpression(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** Whether a query asks for a series, as Prometheus would find it. */
export function toFilter({
  labels,
  matching = {},
}: Pick<MetricQuery, "labels" | "matching">): (of: Readonly<Record<string, string>>) => boolean {
  const equal = Object.entries(labels);
  const expressions = Object.entries(matching).map(
    ([label, expression]) => [label, new RegExp(`^(?:${expression})$`, "s")] as const,
  );
  return (of) =>
    equal.every(([label, value]) => (of[label] ?? "") === value) &&
    expressions.every(([label, expression]) => expression.test(of[label] ?? ""));
}

function toMatchers(
  labels: Readonly<Record<string, string>>,
  matching: Readonly<Record<string, string>>,
): string {
  const pairs: string[] = [];
  for (const label in labels) pairs.push(`${label}="${escapeValue(labels[label] ?? "")}"`);
  for (const label in matching) pairs.push(`${label}=~"${escapeValue(matching[label] ?? "")}"`);
  return pairs.sort().join(",");
}

/** How many instants a query asks for. */
export function pointsOf({ startSeconds, endSeconds, stepSeconds }: MetricQuery): number {
  return endSeconds < startSeconds ? 0 : Math.floor((endSeconds - startSeconds) / stepSeconds) + 1;
}

/** One text for one series, whatever the order of its labels. */
export function seriesKey(name: string, labels: Readonly<Record<string, string>>): string {
  return `${name}{${toMatchers(labels, NOTHING)}}`;
}

const NOTHING = {};

function escapeValue(value: string): string {
  // Seldom needed, and asked for very often.
  if (!/["\\\n]/.test(value)) return value;
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
