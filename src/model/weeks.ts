import type { Span } from "./moment.ts";

const DAY_MILLISECONDS = 86_400_000;

/** A week from Monday to Sunday in some time zone, as ISO 8601 counts them. */
export interface Week extends Span {
  readonly number: number;
  /** The year that the week is counted in: the one of its Thursday. */
  readonly year: number;
}

/**
 * The week of a moment and those after it. Each begins where the one before ends, so that one with a change of the clocks is
 * an hour shorter or longer.
 * @throws RangeError when the time zone is not known
 */
export function weeksFrom(moment: number, weeks: number, zone: string): readonly Week[] {
  const toDay = dayIn(zone);
  const today = toDay(moment);
  const monday = today - ((new Date(today).getUTCDay() + 6) % 7) * DAY_MILLISECONDS;
  return Array.from({ length: weeks }, (_, at) => {
    const first = monday + at * 7 * DAY_MILLISECONDS;
    return {
      ...numberOf(first),
      starts: startOf(first, toDay),
      ends: startOf(first + 7 * DAY_MILLISECONDS, toDay),
    };
  });
}

/** The day that the zone has at a moment, as that day's midnight in UTC: such days can be counted and compared. */
function dayIn(zone: string): (moment: number) => number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
  });
  return (moment) => {
    const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(parts.get("year") ?? 0, (parts.get("month") ?? 0) - 1, parts.get("day") ?? 0);
  };
}

/** The first moment of a day. It is searched for, as not every day begins at 00:00: in some zones clocks change at midnight. */
function startOf(day: number, toDay: (moment: number) => number): number {
  let [before, from] = [day - DAY_MILLISECONDS, day + DAY_MILLISECONDS];
  while (from - before > 1) {
    const middle = Math.floor((before + from) / 2);
    if (toDay(middle) < day) before = middle;
    else from = middle;
  }
  return from;
}

function numberOf(monday: number): Pick<Week, "number" | "year"> {
  const thursday = monday + 3 * DAY_MILLISECONDS;
  const year = new Date(thursday).getUTCFullYear();
  return { number: 1 + Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY_MILLISECONDS)), year };
}
