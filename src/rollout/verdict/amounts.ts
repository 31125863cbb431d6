/*
 * Numbers in the units of people. Whatever cannot be said as a number is said in words, so that no text ever holds "NaN" or
 * "Infinity".
 */

const UNKNOWN = "unknown";
const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
/** Beyond this no date can be written. */
const LAST_SECOND = 8_640_000_000_000;
const MOST_DECIMALS = 4;

/** "12,400" */
export function toCount(number: number): string {
  if (!Number.isFinite(number)) return UNKNOWN;
  const whole = Math.round(Math.abs(number)).toFixed(0);
  return `${number <= -0.5 ? "-" : ""}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}`;
}

/** "1 play", "12,400 plays" */
export function toCountOf(number: number, noun: string): string {
  return `${toCount(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** A share of 0 to 1 as "0.52 %": two decimals below one per cent, one above. */
export function toPercent(share: number): string {
  return toPercents([share])[0] ?? UNKNOWN;
}

/** Shares beside each other, with as many decimals as it takes to tell apart those that differ (four at most). */
export function toPercents(shares: readonly number[]): readonly string[] {
  const short = shares.map((share) => writePercent(share));
  const different = new Set(shares).size;
  if (new Set(short).size === different) return short;
  for (let decimals = 2; decimals <= MOST_DECIMALS; decimals++) {
    const written = shares.map((share) => writePercent(share, decimals));
    if (new Set(written).size === different) return written;
  }
  return short;
}

function writePercent(share: number, decimals?: number): string {
  const percent = share * 100;
  if (!Number.isFinite(percent)) return UNKNOWN;
  const size = Math.abs(percent);
  if (size === 0) return "0 %";
  if (size < 0.0001) return "under 0.0001 %";
  if (decimals !== undefined) return `${percent.toFixed(decimals)} %`;
  if (size >= 10 && Number.isInteger(toTenth(size))) return `${toTenth(percent)} %`;
  return `${percent.toFixed(Math.min(MOST_DECIMALS, decimalsOf(size)))} %`;
}

/** A difference of shares in points of per cent: "+0.02 points". */
export function toPoints(difference: number): string {
  return `${toSigned(difference)} points`;
}

/** The same without the unit. */
export function toSigned(difference: number): string {
  const points = difference * 100;
  if (!Number.isFinite(points)) return UNKNOWN;
  const size = Math.abs(points);
  if (size < 0.0001) return "0";
  return `${points > 0 ? "+" : "-"}${size.toFixed(Math.min(MOST_DECIMALS, decimalsOf(size)))}`;
}

/** Two digits that say something, for points below one. */
export function decimalsOf(size: number): number {
  if (size >= 1) return 1;
  return size >= 0.1 ? 2 : Math.ceil(-Math.log10(size)) + 1;
}

/** "45 minutes", "6 hours", "2 days 4 hours"; whole units, for nobody plans by the second. */
export function toDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "an unknown time";
  const size = Math.max(0, seconds);
  if (size < MINUTE) return "less than a minute";
  const hours = Math.round(size / HOUR);
  if (Math.abs(size - HOUR) < MINUTE) return "1 hour";
  if (size < 90 * MINUTE) return toCountOf(Math.round(size / MINUTE), "minute");
  if (hours < 48) return toCountOf(hours, "hour");
  const days = Math.floor((hours * HOUR) / DAY);
  const rest = hours - days * 24;
  return rest === 0 || days >= 7
    ? toCountOf(days, "day")
    : `${toCountOf(days, "day")} ${toCountOf(rest, "hour")}`;
}

/** "2026-11-26 14:05 UTC" */
export function toUtc(seconds: number): string {
  if (!Number.isFinite(seconds) || Math.abs(seconds) > LAST_SECOND) return "an unknown time";
  return `${new Date(seconds * 1_000)
    .toISOString()
    .replace(/:\d{2}\.\d{3}Z$/, "")
    .replace("T", " ")} UTC`;
}

/** "200 ms", "1.5 s"; beyond the last bucket of a histogram nobody knows. */
export function toMilliseconds(milliseconds: number): string {
  if (Number.isNaN(milliseconds)) return UNKNOWN;
  if (milliseconds === Number.POSITIVE_INFINITY) return "longer than was measured";
  if (milliseconds === Number.NEGATIVE_INFINITY) return "0 ms";
  return milliseconds >= 10_000 ? `${trim(milliseconds / 1_000)} s` : `${trim(milliseconds)} ms`;
}

/** Evidence as odds, "1 : 240": how seldom chance alone would have brought it. */
export function toOdds(logE: number): string {
  if (Number.isNaN(logE)) return UNKNOWN;
  if (logE <= 0) return "none";
  if (logE > Math.log(1e6)) return "over 1 : 1,000,000";
  const odds = Math.exp(logE);
  return `1 : ${odds < 10 ? trim(odds) : toCount(odds)}`;
}

/** "3.2 times as many"; null where there is nothing to multiply, and below half as many again. */
export function toTimes(now: number, before: number): string | null {
  const times = now / before;
  if (!Number.isFinite(times) || times < 1.5) return null;
  return times >= 1_000 ? "over 1,000 times" : `${trim(times)} times`;
}

function toTenth(number: number): number {
  return Math.round(number * 10) / 10;
}

/** One decimal at most, and none where it is zero. */
function trim(number: number): string {
  const written = number.toFixed(1);
  return written.endsWith(".0") ? toCount(number) : written;
}
