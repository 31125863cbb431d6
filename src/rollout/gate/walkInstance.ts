import { ABSENT, fillColumn, type Grid, INVALID, toStarts } from "./counterColumn.ts";
import type { DataProblem } from "./counts.ts";
import { type Instance, textOf } from "./placeSeries.ts";

/** A gap of so many steps is spanned as one longer block; what is lost in a longer one is missing. */
export const MAX_SPAN_STEPS = 3;
/** Start times that are reckoned from an uptime shake a little. */
const START_TOLERANCE_SECONDS = 1;

/**
 * What one collector says at an instant.
 * - `absent`: it is down, or was not asked; the instant stands on the others
 * - `incomplete`: it is up, and something that it counts is not there; the instant is no end of a block
 * - `invalid`: a value that no counter can be; the block is left out
 */
export type Step = "absent" | "incomplete" | "invalid" | "counted";

export interface InstanceWalk {
  /** Adds what happened since the instance was last whole to the sums. Instants are asked for one by one, ascending. */
  step(at: number, sums: Float64Array): Step;
  /** Instants by which it had begun anew. */
  readonly resets: readonly number[];
  /** Steps in which things happened that nobody knows. */
  readonly lost: Uint8Array;
  readonly problems: readonly DataProblem[];
  /** A series that was not there at the last instant; null unless that was incomplete. */
  incompleteBy(): string | null;
}

/**
 * Walks along the counters of one collector, whose process they share.
 *
 * A counter that falls has begun at 0 again, and so has every counter of a process whose start time moved, whether it shows or not.
 * Where the start time is not told, the fall of one says it of all. A counter that is new began at 0 if its process was there at
 * the instant before, or began since; otherwise what it says has no beginning, and only what comes later is counted. A counter that
 * ends while its process goes on is an answer with a part missing. Each step leans on what is at or before its instant only, so
 * what has been counted is never changed by what comes later.
 */
export function walkInstance(instance: Instance, grid: Grid): InstanceWalk {
  const { counters } = instance;
  const width = counters.length;
  const rows = new Float64Array(width * grid.count).fill(ABSENT);
  const present = new Uint8Array(grid.count);
  const problems: DataProblem[] = [];
  counters.forEach(({ series }, column) => {
    const why = fillColumn({ rows, width, present }, column, series, grid);
    if (why !== null) problems.push({ kind: "invalid_counters", series: textOf(series), why });
  });
  const starts = toStarts(instance.started, grid);
  const shown = [...instance.others, ...instance.started];
  for (const { samples } of shown)
    for (const [seconds] of samples) {
      const at = (seconds - grid.startSeconds) / grid.stepSeconds;
      if (at >= 0 && at < grid.count && Number.isInteger(at)) present[at] = 1;
    }

  const last = new Float64Array(width).fill(ABSENT);
  const lost = new Uint8Array(grid.count);
  const resets: number[] = [];
  // Each counter's sums side by side: nothing has more than two.
  const firstSlot = Int32Array.from(counters, ({ slots }) => slots[0] ?? -1);
  const secondSlot = Int32Array.from(counters, ({ slots }) => slots[1] ?? -1);
  let [lastAt, lastStart] = [-1, Number.NaN];
  let incompleteBy: string | null = null;

  const timeOf = (at: number) => grid.startSeconds + at * grid.stepSeconds;
  const lose = (from: number, to: number) => {
    for (let at = Math.max(1, from); at <= to; at++) lost[at] = 1;
  };

  const step = (at: number, sums: Float64Array): Step => {
    incompleteBy = null;
    if (present[at] !== 1) return "absent";
    const row = at * width;
    const start = starts[at] ?? Number.NaN;
    let fell = false;
    let vanished = -1;
    for (let column = 0; column < width; column++) {
      const before = last[column] ?? ABSENT;
      const now = rows[row + column] ?? ABSENT;
      if (now === ABSENT) {
        if (before !== ABSENT) vanished = column;
      } else if (now >= 0 && now < before) fell = true;
    }
    const isStartGone = !Number.isNaN(lastStart) && Number.isNaN(start);
    const isNew = lastAt < 0;
    const hasBegunAnew =
      !isNew && (Number.isNaN(lastStart) ? fell : Math.abs(start - lastStart) > START_TOLERANCE_SECONDS);
    if (isStartGone || (vanished >= 0 && !hasBegunAnew)) {
      incompleteBy = isStartGone ? "its start time" : textOf(counters[vanished]?.series ?? []);
      return "incomplete";
    }
    if (!isNew && (hasBegunAnew || fell)) resets.push(at);

    const isZeroBefore = isNew || hasBegunAnew;
    const reach = Math.max(0, at - MAX_SPAN_STEPS);
    // All that its process ever counted is in reach.
    const hasBegunInReach = at > 0 && isZeroBefore && start >= timeOf(reach);
    const isInReach = hasBegunInReach || (!isNew && at - lastAt <= MAX_SPAN_STEPS);
    let isInvalid = false;
    if (isInReach)
      for (let column = 0; column < width; column++) {
        const now = rows[row + column] ?? ABSENT;
        const before = isZeroBefore ? 0 : (last[column] ?? ABSENT);
        if (now === ABSENT) continue;
        if (now === INVALID || before === INVALID) {
          isInvalid = true;
          continue;
        }
        const increment = before === ABSENT || now < before ? now : now - before;
        if (increment === 0) continue;
        const first = firstSlot[column] ?? -1;
        const second = secondSlot[column] ?? -1;
        if (first >= 0) sums[first] = (sums[first] ?? 0) + increment;
        if (second >= 0) sums[second] = (sums[second] ?? 0) + increment;
      }
    else if (!isNew) lose(lastAt + 1, at);
    else lose(Number.isNaN(start) ? at : Math.ceil((start - grid.startSeconds) / grid.stepSeconds), at);

    last.set(rows.subarray(row, row + width));
    lastStart = Number.isNaN(lastStart) || hasBegunAnew ? start : lastStart;
    lastAt = at;
    return isInvalid ? "invalid" : "counted";
  };

  return { step, resets, lost, problems, incompleteBy: () => incompleteBy };
}
