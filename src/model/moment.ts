/** A day, a time whose seconds may be left out, and an offset or Z: as the schemas have it. */
const MOMENT =
  /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const DAY_MILLISECONDS = 86_400_000;

/** A time from its first moment up to, and without, its end; in epoch milliseconds, and never empty. */
export interface Span {
  readonly starts: number;
  readonly ends: number;
}

/** Epoch milliseconds, or null for a day that is not in the calendar and for what is written in another way. */
export function parseMoment(text: string): number | null {
  const [, day] = MOMENT.exec(text) ?? [];
  return day === undefined || parseDay(day) === null ? null : Date.parse(text);
}

/** The whole day in UTC, or null for one that is not in the calendar; it is written as 2027-01-31. */
export function parseDay(text: string): Span | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const starts = Date.parse(`${text}T00:00:00Z`);
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(starts) || !new Date(starts).toISOString().startsWith(text)) return null;
  return { starts, ends: starts + DAY_MILLISECONDS };
}

/** Null when a moment cannot be read, and when it does not end after it starts. */
export function toSpan(written: { readonly starts: string; readonly ends: string }): Span | null {
  const [starts, ends] = [parseMoment(written.starts), parseMoment(written.ends)];
  return starts === null || ends === null || ends <= starts ? null : { starts, ends };
}

/** Whether some moment lies in both; spans of which one ends when the other starts only touch. */
export function overlaps(a: Span, b: Span): boolean {
  return a.starts < b.ends && b.starts < a.ends;
}

export function isDuring(moment: number, { starts, ends }: Span): boolean {
  return starts <= moment && moment < ends;
}
