import type { Verdict } from "../gate/verdict.ts";

export type Decode = NonNullable<Verdict["decode"]>;

/** One bucket of the histogram. Buckets have slots of one width, for their bounds are closest where it matters. */
export interface Slot {
  readonly from: number;
  readonly to: number;
  readonly trial: number;
  readonly baseline: number;
}

const LEAST_SLOTS = 6;
/** More than any histogram has; whatever is beyond would only overflow. */
const MOST_UNITS = 1e15;
/** Buckets with less at the ends are not worth their width. */
const LEAST_SHARE = 0.002;

/** The buckets with something in them, and those around the objective; what is beyond them is summed up in the first and the last. */
export function slotsOf({ histogram, trial, baseline }: Decode, objective: number | null): readonly Slot[] {
  const { bounds } = histogram;
  const length = Math.max(histogram.trial.length, histogram.baseline.length);
  const trialUnits = histogram.trial.map(toUnits);
  const baselineUnits = histogram.baseline.map(toUnits);
  const all: readonly Slot[] = Array.from({ length }, (_, at) => ({
    from: at === 0 ? 0 : (bounds[at - 1] ?? Number.POSITIVE_INFINITY),
    to: bounds[at] ?? Number.POSITIVE_INFINITY,
    trial: shareOf(trialUnits, at),
    baseline: shareOf(baselineUnits, at),
  }));
  const isUsed = ({ from, to, trial, baseline }: Slot) =>
    trial > LEAST_SHARE ||
    baseline > LEAST_SHARE ||
    (objective !== null && from <= objective && objective <= to);
  const hasUnits = [...trialUnits, ...baselineUnits].some((it) => it > 0);
  if (!hasUnits) return [];
  const shown = [...trial, ...baseline]
    .filter((it) => Number.isFinite(it.upper))
    .map((it) => all.findIndex(({ to }) => it.upper <= to))
    .filter((it) => it >= 0);
  const first = all.findIndex(isUsed);
  const last = Math.min(Math.max(all.findLastIndex(isUsed), ...shown) + 1, length - 1);
  const start = Math.max(0, Math.min(first - 1, last - LEAST_SLOTS + 1));
  return [
    ...sumUp(all.slice(0, start + 1)),
    ...all.slice(start + 1, last),
    ...sumUp(all.slice(Math.max(last, start + 1))),
  ];
}

/** The long thin ends as one slot. */
function sumUp(slots: readonly Slot[]): Slot[] {
  const [first] = slots;
  const last = slots.findLast((it) => it.trial > 0 || it.baseline > 0) ?? slots.at(-1);
  if (!first || !last) return [];
  const sum = (of: (slot: Slot) => number) => slots.reduce((total, it) => total + of(it), 0);
  return [
    { from: first.from, to: last.to, trial: sum((it) => it.trial), baseline: sum((it) => it.baseline) },
  ];
}

function shareOf(units: readonly number[], at: number): number {
  const sum = units.reduce((total, it) => total + it, 0);
  return sum > 0 ? (units[at] ?? 0) / sum : 0;
}

function toUnits(count: number): number {
  return count > 0 ? Math.min(count, MOST_UNITS) : 0;
}
