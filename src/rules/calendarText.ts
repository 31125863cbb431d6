import { isDuring, overlaps, type Span } from "../model/moment.ts";
import { POLICY_PATH } from "../model/paths.ts";
import { type Week, weeksFrom } from "../model/weeks.ts";
import { count, toTable } from "../report/text.ts";
import { type CalendarEntry, type CampaignEntry, momentOf, type OverrideEntry } from "./calendar.ts";

const DAY_MILLISECONDS = 86_400_000;

/**
 * The calendar of a time zone, week by week from the week of a moment, as product managers read it. What goes on for several
 * weeks is in each of them.
 * @throws RangeError when the time zone is not known
 */
export function calendarToText(
  entries: readonly CalendarEntry[],
  from: number,
  weeks: number,
  zone: string,
): string {
  const clock = clockIn(zone);
  const all = weeksFrom(from, weeks, zone);
  const blocks = all.map((week, at) => {
    const rows = entries
      .filter((entry) => isIn(entry, week))
      .sort((a, b) => Math.max(momentOf(a), week.starts) - Math.max(momentOf(b), week.starts))
      .flatMap((entry) => {
        // A risk is told once, as early as the calendar can.
        const isNew = at === 0 || momentOf(entry) >= week.starts;
        const risks = entry.kind === "campaign" && isNew ? toRisks(entry, clock) : [];
        return [[toWhen(entry, week, clock), toWhat(entry)], ...risks.map((it) => ["", it])];
      });
    const heading = `Week ${week.number} of ${week.year}: ${clock.day(week.starts)} to ${clock.day(week.ends - 1)}`;
    return `${heading}\n${rows.length > 0 ? indent(toTable(rows)) : "  nothing is planned"}`;
  });
  const isRisky = entries.some((it) => it.kind === "campaign" && it.frozen.length > 0);
  return [
    `Calendar of ${count(weeks, "week")}; days and times are those of ${zone}`,
    ...blocks,
    ...(isRisky
      ? [
          `To avert a risk, promote before the freeze, or have the owners of ${POLICY_PATH} add the gift to its allow.`,
        ]
      : []),
  ].join("\n\n");
}

function isIn(entry: CalendarEntry, week: Week): boolean {
  return "starts" in entry ? overlaps(entry, week) : isDuring(entry.ends, week);
}

function toWhen(entry: CalendarEntry, week: Week, clock: Clock): string {
  if (!("starts" in entry)) return clock.time(entry.ends);
  const [startsNow, endsNow] = [entry.starts >= week.starts, entry.ends <= week.ends];
  if (startsNow && endsNow) return toPeriod(entry, clock);
  if (startsNow) return `from ${clock.time(entry.starts)}`;
  return endsNow ? `until ${clock.time(entry.ends)}` : "all week";
}

function toPeriod({ starts, ends }: Span, clock: Clock): string {
  const isOneDay = clock.day(starts) === clock.day(ends) && ends - starts < DAY_MILLISECONDS;
  return `${clock.time(starts)} to ${isOneDay ? clock.hour(ends) : clock.time(ends)}`;
}

function toWhat(entry: CalendarEntry): string {
  switch (entry.kind) {
    case "freeze": {
      const except = entry.allow.length > 0 ? `, except ${entry.allow.join(", ")}` : "";
      return `freeze "${entry.name}": nothing may reach more viewers${except}`;
    }
    case "campaign":
      return `campaign "${entry.name}": ${entry.gift}@${entry.version}, now ${entry.stage ? `at ${entry.stage}` : "closed"}`;
    case "override":
      return `override ${entry.name} ends: ${heldBack(entry)}`;
    case "waiver": {
      const versions = entry.versions === undefined ? "" : ` ${entry.versions}`;
      return `last day of the waiver of ${entry.rule} for ${entry.gift}${versions}: ${entry.owner} answers for it`;
    }
  }
}

function heldBack({ gifts, versions, limit }: OverrideEntry): string {
  const what = gifts === "*" ? "every gift" : gifts.join(", ");
  const isAre = gifts !== "*" && gifts.length > 1 ? "are" : "is";
  return `${what}${versions === undefined ? "" : ` ${versions}`} ${isAre} no longer held ${limit === "none" ? "back" : `at ${limit}`}`;
}

function toRisks({ gift, version, frozen }: CampaignEntry, clock: Clock): readonly string[] {
  return frozen.map(
    (freeze) =>
      `risk: ${gift}@${version} cannot reach more viewers in the freeze "${freeze.name}" (${toPeriod(freeze, clock)})`,
  );
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}

interface Clock {
  /** "Fri 5 Feb" */
  day(moment: number): string;
  /** "18:00" */
  hour(moment: number): string;
  /** "Fri 5 Feb 18:00" */
  time(moment: number): string;
}

function clockIn(zone: string): Clock {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const read = (moment: number, types: readonly Intl.DateTimeFormatPartTypes[], between: string) => {
    // What stands between the parts differs from one version of Node to the next.
    const parts = new Map(format.formatToParts(moment).map(({ type, value }) => [type, value]));
    return types.map((it) => parts.get(it) ?? "").join(between);
  };
  const day = (moment: number) => read(moment, ["weekday", "day", "month"], " ");
  const hour = (moment: number) => read(moment, ["hour", "minute"], ":");
  return { day, hour, time: (moment) => `${day(moment)} ${hour(moment)}` };
}
