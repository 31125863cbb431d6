import { parseDay, parseMoment } from "../model/moment.ts";
import { UsageError } from "../report/error.ts";

/**
 * A moment from the command line in epoch milliseconds: with seconds or parts of them, and an offset or Z. A whole day, in
 * UTC, is its first moment, or where `isEnd` its last.
 */
export function parseTime(option: string, text: string, isEnd = false): number {
  const day = parseDay(text);
  if (day) return isEnd ? day.ends - 1 : day.starts;
  const [, seconds = text, fraction = "", offset = ""] = /^(.*:\d{2}:\d{2})\.(\d{1,3})(.*)$/.exec(text) ?? [];
  const moment = parseMoment(`${seconds}${offset}`);
  if (moment === null)
    throw new UsageError(
      `--${option} ${text}: write a time such as 2026-11-20T21:00:00Z or 2026-11-20T21:00+08:00`,
    );
  return moment + Number(fraction.padEnd(3, "0"));
}
