import { ABSENT, fillColumn, type Grid, INVALID, toStarts } from "./counterColumn.ts";
import type { DataProblem } from "./counts.ts";
import { type Addend, type Instance, textOf } from "./placeSeries.ts";

/** A gap of so many steps is spanned as one longer block; what is lost in a longer one is missing. */
export const MAX_SPAN_STEPS = 3;
/** Start times that are reckoned from an uptime shake a little. */
const START_TOLERANCE_SECONDS = 1;

/** What one collector says, by instant. */
export interface InstanceCounts {
  /** It was there, and said all that it counts. */
  readonly whole: Uint8Array;
  /** It was there, and something that it counts was not: the instant is no end of a block. */
  readonly incomplete: Uint8Array;
  /** A value that no counter can be: the block is left out. */
  readonly invalid: Uint8Array;
  /** Things happened in the step that ends there, and nobody knows which. */
  readonly lost: Uint8Array;
  /** Instants by which it had begun anew. */
  readonly resets: readonly number[];
  readonly problems: readonly DataProblem[];
}

/**
 * Adds what one collector counted to the sums, each at the instant by which it was known: `sums[slot * count + instant]`.
 *
 * Its counters share a process. A counter that falls has begun at 0 again, and so has every counter of a process whose start time
 * moved, whether it shows or not; where the start time is not told, the fall of one says it of all. A counter that is new began at 0
 * if its process was there at the instant before, or began since; otherwise what it says has no beginning, and only what comes later
 * is counted. A counter that ends while its process goes on is an answer with a part missing. All of this leans on what is at or
 * before an instant only, so what has been counted is never changed by what comes later.
 */
export function countInstance(instance: Instance, grid: Grid, sums: Float64Array): InstanceCounts {
  const { count } = grid;
  const { counters } = instance;
  const problems: DataProblem[] = [];
  const columns = new Float64Array(counters.length * count).fill(ABSENT);
  const present = new Uint8Array(count);
  counters.forEach(({ series }, at) => {
    const why = fillColumn(columns, at * count, present, series, grid);
    if (why !== null) problems.push({ kind: "invalid_counters", series: textOf(series), why });
  });
  for (const { samples } of [...instance.others, ...instance.started])
    for (const [seconds] of samples) {
      const at = (seconds - grid.startSeconds) / grid.stepSeconds;
      if (at >= 0 && at < count && Number.isInteger(at)) present[at] = 1;
    }

  const starts = toStarts(instance.started, grid);
  const fell = findFalls(columns, present);
  const { epochs, isStartGone } = findEpochs(present, starts, fell);
  const gone = findGone(columns, present, epochs);
  const whole = present.map((it, at) => (it === 1 && isStartGone[at] === 0 && gone[at] === 0 ? 1 : 0));
  const incomplete = present.map((it, at) => (it === 1 && whole[at] === 0 ? 1 : 0));

  const lost = new Uint8Array(count);
  const invalid = new Uint8Array(count);
  const resets: number[] = [];
  const steps: Step[] = [];
  let last = -1;
  for (let at = 0; at < count; at++) {
    if (whole[at] !== 1) continue;
    const isNew = last < 0;
    const hasBegunAnew = !isNew && epochs[at] !== epochs[last];
    if (!isNew && (hasBegunAnew || fell[at] === 1)) resets.push(at);
    const start = starts[at] ?? Number.NaN;
    const reach = grid.startSeconds + Math.max(0, at - MAX_SPAN_STEPS) * grid.stepSeconds;
    const isZeroBefore = isNew || hasBegunAnew;
    // Either all that its process ever counted is in reach, or what it had counted before is.
    if ((at > 0 && isZeroBefore && start >= reach) || (!isNew && at - last <= MAX_SPAN_STEPS))
      steps.push({ from: isZeroBefore ? -1 : last, to: at });
    else {
      const begun = Number.isNaN(start) ? at : Math.ceil((start - grid.startSeconds) / grid.stepSeconds);
      lost.fill(1, Math.max(1, isNew ? begun : last + 1), at + 1);
    }
    last = at;
  }

  counters.forEach(({ slots }, at) => {
    addIncrements(columns, at * count, steps, slots, sums, invalid);
  });
  if (last < count - 1 && incomplete[count - 1] === 1) {
    const column = counters.findIndex((_, it) => columns[(it + 1) * count - 1] === ABSENT && isIn(it));
    const series = isStartGone[count - 1] === 1 ? "its start time" : textOf(counters[column]?.series ?? []);
    const why = "it is not there any more, though its collector goes on";
    problems.push({ kind: "invalid_counters", series, why });
  }
  return { whole, incomplete, invalid, lost, resets, problems };

  /** Whether the last process ever counted with that column. */
  function isIn(column: number): boolean {
    for (let at = 0; at < count; at++)
      if (epochs[at] === epochs[count - 1] && columns[column * count + at] !== ABSENT) return true;
    return false;
  }
}

/** From the values at one instant, or from 0 where it is -1, to those at another. */
interface Step {
  readonly from: number;
  readonly to: number;
}

/** Instants at which a counter is below what it was at the instant before that its collector was there. */
function findFalls(columns: Float64Array, present: Uint8Array): Uint8Array {
  const { length: count } = present;
  const fell = new Uint8Array(count);
  for (let first = 0; first < columns.length; first += count) {
    let before = ABSENT;
    for (let at = 0; at < count; at++) {
      if (present[at] !== 1) continue;
      const now = columns[first + at] ?? ABSENT;
      if (now >= 0 && now < before) fell[at] = 1;
      before = now;
    }
  }
  return fell;
}

/** Numbers the processes that ran one after the other, by instant. */
function findEpochs(
  present: Uint8Array,
  starts: Float64Array,
  fell: Uint8Array,
): { readonly epochs: Int32Array; readonly isStartGone: Uint8Array } {
  const epochs = new Int32Array(present.length);
  const isStartGone = new Uint8Array(present.length);
  let number = 0;
  let start = Number.NaN;
  for (let at = 0; at < present.length; at++) {
    if (present[at] === 1) {
      const now = starts[at] ?? Number.NaN;
      if (Number.isNaN(start)) {
        if (fell[at] === 1) number++;
        start = now;
      } else if (Number.isNaN(now)) isStartGone[at] = 1;
      else if (Math.abs(now - start) > START_TOLERANCE_SECONDS) {
        number++;
        start = now;
      }
    }
    epochs[at] = number;
  }
  return { epochs, isStartGone };
}

/** Instants at which something is not there that the same process had counted before. */
function findGone(columns: Float64Array, present: Uint8Array, epochs: Int32Array): Uint8Array {
  const { length: count } = present;
  const gone = new Uint8Array(count);
  for (let first = 0; first < columns.length; first += count) {
    let by = -1;
    for (let at = 0; at < count; at++) {
      const current = epochs[at] ?? 0;
      if (columns[first + at] !== ABSENT) by = current;
      else if (by === current && present[at] === 1) gone[at] = 1;
    }
  }
  return gone;
}

function addIncrements(
  columns: Float64Array,
  first: number,
  steps: readonly Step[],
  slots: readonly Addend[],
  sums: Float64Array,
  invalid: Uint8Array,
): void {
  const { length: count } = invalid;
  for (const { from, to } of steps) {
    const now = columns[first + to] ?? ABSENT;
    if (now === ABSENT) continue;
    const before = from < 0 ? 0 : (columns[first + from] ?? ABSENT);
    if (now === INVALID || before === INVALID) {
      invalid[to] = 1;
      continue;
    }
    const increment = before === ABSENT || now < before ? now : now - before;
    if (increment === 0) continue;
    for (const { slot, partner } of slots) {
      if (partner >= 0 && !isTogether(columns, partner * count, from, to, before)) continue;
      sums[slot * count + to]! += increment;
    }
  }
}

/** Where one of two counters began later, the difference of both would say what never happened. */
function isTogether(
  columns: Float64Array,
  partner: number,
  from: number,
  to: number,
  before: number,
): boolean {
  if (columns[partner + to] === ABSENT) return false;
  return from < 0 || (columns[partner + from] === ABSENT) === (before === ABSENT);
}
