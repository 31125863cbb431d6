const STEPS = [1, 2, 2.5, 5, 10];
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const TIME_STEPS = [
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  3 * DAY,
  4 * DAY,
  7 * DAY,
  14 * DAY,
];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Round numbers within the range, about as many as asked for, zero among them if it is inside. */
export function numberTicks(low: number, high: number, about: number): readonly number[] {
  const rough = (high - low) / about;
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((it) => it * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => (first + at) * step + 0);
}

export interface TimeTick {
  readonly seconds: number;
  /** "14:00" in UTC, or "26 Nov" for a day's beginning. */
  readonly label: string;
}

/** Round times within the range, at most `most`. */
export function timeTicks(start: number, end: number, most: number): readonly TimeTick[] {
  const span = end - start;
  if (!(span > 0)) return [{ seconds: start, label: timeLabel(start) }];
  const longest = TIME_STEPS.at(-1) ?? DAY;
  const step = TIME_STEPS.find((it) => span / it <= most) ?? Math.ceil(span / most / longest) * longest;
  const first = Math.ceil(start / step);
  const last = Math.floor(end / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => {
    const seconds = (first + at) * step;
    return { seconds, label: timeLabel(seconds) };
  });
}

function timeLabel(seconds: number): string {
  const date = new Date(Math.round(seconds) * 1_000);
  if (seconds % DAY === 0) return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""}`;
  return date.toISOString().slice(11, 16);
}
