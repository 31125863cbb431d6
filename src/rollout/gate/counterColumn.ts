import type { Series } from "../../metrics/source.ts";

/** The plan's instants that are due: `startSeconds + n * stepSeconds` for `n` from 0 to below `count`. */
export interface Grid {
  readonly startSeconds: number;
  readonly stepSeconds: number;
  readonly count: number;
}

/** Nothing was there at that instant. */
export const ABSENT = -1;
/** Something was there that no counter can be. */
export const INVALID = -2;

/**
 * Puts samples in any order, repeated or not, into the column that begins at `first`: whole numbers, `ABSENT` and `INVALID`, and marks their instants as
 * present. What is between instants, or not due, is left alone. Says the first thing that no counter can be; null where all is well.
 */
export function fillColumn(
  columns: Float64Array,
  first: number,
  present: Uint8Array,
  series: readonly Series[],
  grid: Grid,
): string | null {
  const { startSeconds, stepSeconds, count } = grid;
  let why: string | null = null;
  for (const { samples } of series)
    for (const sample of samples) {
      const at = (sample[0] - startSeconds) / stepSeconds;
      if (!(at >= 0 && at < count) || !Number.isInteger(at)) continue;
      const value = sample[1];
      const before = columns[first + at] ?? ABSENT;
      present[at] = 1;
      if (Number.isSafeInteger(value) && value >= 0 && (before === ABSENT || before === value)) {
        columns[first + at] = value;
        continue;
      }
      // What is invalid stays so, whichever of two values came first.
      columns[first + at] = INVALID;
      why ??= `${explain(value, before)} at ${sample[0]}`;
    }
  return why;
}

/** When the process began, by instant; NaN where nobody says so, or says it in two ways. */
export function toStarts(series: readonly Series[], grid: Grid): Float64Array {
  const starts = new Float64Array(grid.count).fill(Number.NaN);
  const told = new Uint8Array(grid.count);
  for (const { samples } of series)
    for (const [seconds, value] of samples) {
      const at = (seconds - grid.startSeconds) / grid.stepSeconds;
      if (!(at >= 0 && at < grid.count) || !Number.isInteger(at)) continue;
      starts[at] = Number.isFinite(value) && (!told[at] || starts[at] === value) ? value : Number.NaN;
      told[at] = 1;
    }
  return starts;
}

function explain(value: number, before: number): string {
  if (Number.isNaN(value)) return "it is not a number";
  if (!Number.isFinite(value)) return "it is infinite";
  if (value < 0) return `it is ${value}, below zero`;
  if (!Number.isInteger(value)) return `it is ${value}, not a whole number`;
  if (!Number.isSafeInteger(value)) return `it is ${value}, too large to be exact`;
  return before === INVALID
    ? "it has two values"
    : `it has two values, ${Math.min(before, value)} and ${Math.max(before, value)},`;
}
