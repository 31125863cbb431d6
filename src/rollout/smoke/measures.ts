import { toBytes } from "../../report/text.ts";

/** What is measured of a gift, in the order in which it is told. */
export const MEASURES = [
  "load",
  "start",
  "decodeP50",
  "decodeP95",
  "dropped",
  "saturation",
  "cpu",
  "memory",
  "growth",
] as const;
export type Measure = (typeof MEASURES)[number];

/** One measurement of one gift in one scenario; what was not measured there is not in it. */
export type Sample = Partial<Readonly<Record<Measure, number>>>;

export interface MeasureFacts {
  /** For people. */
  readonly what: string;
  readonly unit: "milliseconds" | "percent" | "bytes";
  /** What a gift may always take more than its reference: below it two measurements of the same gift differ, too. */
  readonly slack: number;
}

/**
 * Slack is what repeated measurements of the same gift differ by on two cores (test/bench/smoke.mjs).
 *
 * `load` from sending to verified bytes, the slowest of the scenario · `start` from then to the first frame, the slowest ·
 * `decodeP50`, `decodeP95` of single frames, on whatever thread · `dropped` as the player counts, percent of the frames · `saturation` decode threads, percent of one core · `cpu` all of the
 * browser's processes that draw, percent of one core · `memory` their resident bytes at the peak, more than before · `growth`
 * from the second to the last quarter of a long room.
 */
export const MEASURE_FACTS: Readonly<Record<Measure, MeasureFacts>> = {
  load: { what: "load", unit: "milliseconds", slack: 500 },
  start: { what: "first frame", unit: "milliseconds", slack: 250 },
  decodeP50: { what: "frame, p50", unit: "milliseconds", slack: 3 },
  decodeP95: { what: "frame, p95", unit: "milliseconds", slack: 12 },
  dropped: { what: "dropped frames", unit: "percent", slack: 20 },
  saturation: { what: "decoder", unit: "percent", slack: 20 },
  cpu: { what: "processor", unit: "percent", slack: 20 },
  memory: { what: "memory", unit: "bytes", slack: 64_000_000 },
  growth: { what: "memory growth", unit: "bytes", slack: 48_000_000 },
};

/** "12 ms", "1.2 s", "34 %", "12.30 MB". */
export function toAmount(measure: Measure, value: number): string {
  const { unit } = MEASURE_FACTS[measure];
  if (unit === "bytes") return value < 0 ? `-${toBytes(Math.round(-value))}` : toBytes(Math.round(value));
  if (unit === "percent") return `${Math.round(value)} %`;
  if (value >= 10_000) return `${(value / 1_000).toFixed(1)} s`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
}
