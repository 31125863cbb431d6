import { isRecord } from "../wire/isRecord.ts";
import { seriesKey } from "./selector.ts";
import type { Series } from "./source.ts";

/** An answer that is not what was asked for; the message says what is wrong with it. */
export class BrokenAnswer extends Error {
  override name = "BrokenAnswer";
}

/** A matrix of Prometheus' HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api/#range-vectors). */
export function parseMatrix(body: unknown, names: readonly string[]): Series[] {
  const seen = new Set<string>();
  return resultsOf(body, "matrix").map((result) => {
    const { __name__: name, ...labels } = labelsOf(result);
    if (name === undefined || !names.includes(name))
      throw new BrokenAnswer(`it has a series of ${name ?? "no name"} instead of ${names.join(" or ")}`);
    const key = seriesKey(name, labels);
    if (seen.has(key)) throw new BrokenAnswer(`it has ${key} twice`);
    seen.add(key);
    const values = "values" in result ? result.values : null;
    if (!Array.isArray(values)) throw new BrokenAnswer(`${key} has no values: is it a native histogram?`);
    let before = Number.NEGATIVE_INFINITY;
    const samples = values.map((value: unknown): readonly [number, number] => {
      const sample = sampleOf(value, key);
      if (sample[0] <= before) throw new BrokenAnswer(`the samples of ${key} are not in order`);
      before = sample[0];
      return sample;
    });
    return { name, labels, samples };
  });
}

/** The values of a vector. */
export function parseVector(body: unknown): number[] {
  return resultsOf(body, "vector").map((result) => {
    const value = "value" in result ? result.value : null;
    return sampleOf(value, "the vector")[1];
  });
}

/** What Prometheus says of an error; null when the body says no such thing. */
export function parseError(body: unknown): string | null {
  if (!isRecord(body) || body["status"] !== "error") return null;
  const { errorType, error } = body;
  return [errorType, error].filter((it) => typeof it === "string" && it !== "").join(": ") || "no reason";
}

function resultsOf(body: unknown, type: string): object[] {
  if (!isRecord(body)) throw new BrokenAnswer("it is no JSON object");
  if (body["status"] !== "success") throw new BrokenAnswer('it has no status "success"');
  const warnings = body["warnings"];
  if (warnings !== undefined && warnings !== null && !(Array.isArray(warnings) && warnings.length === 0))
    throw new BrokenAnswer(
      `it is only a part: ${Array.isArray(warnings) ? warnings.map(String).join("; ") : "it has warnings"}`,
    );
  const data = body["data"];
  if (!isRecord(data)) throw new BrokenAnswer("it has no data");
  if (data["resultType"] !== type)
    throw new BrokenAnswer(`it is a ${JSON.stringify(data["resultType"])} instead of a ${type}`);
  const results = data["result"];
  if (!Array.isArray(results)) throw new BrokenAnswer("it has no result");
  return results.map((result: unknown) => {
    if (!isRecord(result)) throw new BrokenAnswer("it has a result that is no object");
    return result;
  });
}

function labelsOf(result: object): Record<string, string> {
  const metric: unknown = "metric" in result ? result.metric : null;
  if (!isRecord(metric)) throw new BrokenAnswer("it has a series without labels");
  const labels: Record<string, string> = {};
  for (const [label, value] of Object.entries(metric)) {
    if (typeof value !== "string") throw new BrokenAnswer(`its label ${label} is no text`);
    labels[label] = value;
  }
  return labels;
}

function sampleOf(value: unknown, of: string): readonly [number, number] {
  if (Array.isArray(value) && value.length === 2) {
    const [seconds, text]: unknown[] = value;
    const number = typeof text === "string" ? parseValue(text) : null;
    if (typeof seconds === "number" && number !== null) return [seconds, number];
  }
  throw new BrokenAnswer(`${of} has a sample that is none: ${(JSON.stringify(value) ?? "").slice(0, 60)}`);
}

/** A value as Prometheus writes it, `NaN`, `+Inf` and `-Inf` included; null for anything else. */
export function parseValue(text: string): number | null {
  switch (text) {
    case "NaN":
      return Number.NaN;
    case "+Inf":
    case "Inf":
      return Number.POSITIVE_INFINITY;
    case "-Inf":
      return Number.NEGATIVE_INFINITY;
    default:
      return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : null;
  }
}
