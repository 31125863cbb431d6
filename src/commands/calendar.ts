import { weeksFrom } from "../model/weeks.ts";
import { UsageError } from "../report/error.ts";
import { nearestWord } from "../report/nearest.ts";
import { count } from "../report/text.ts";
import { calendarOf } from "../rules/calendar.ts";
import { calendarToText } from "../rules/calendarText.ts";
import { checkCampaigns } from "../rules/checkCampaigns.ts";
import { readProject } from "../source/readProject.ts";
import { workTree } from "../source/tree.ts";
import { type Command, EXIT, JSON_OPTION, parseWholeNumber } from "./command.ts";

const DEFAULT_WEEKS = 6;
const MOST_WEEKS = 104;

export const command: Command = {
  summary: "show freezes, campaigns and what ends soon, week by week",
  usage: "[--weeks N] [--zone ZONE]",
  example: "giftwrap calendar --weeks 8 --zone Asia/Singapore",
  options: {
    weeks: {
      type: "string",
      value: "N",
      help: `how many weeks, with this one (default: ${DEFAULT_WEEKS})`,
    },
    zone: {
      type: "string",
      value: "ZONE",
      help: "whose days and times, such as Asia/Singapore (default: UTC)",
    },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const weeks = parseWeeks(args.text("weeks"));
    const zone = parseZone(args.text("zone") ?? "UTC");
    const now = io.now();
    const { project, findings } = await readProject(workTree(io.root));
    const ends = weeksFrom(now, weeks, zone).at(-1)?.ends ?? now;
    const entries = calendarOf(project, { starts: now, ends });
    const misplaced = checkCampaigns(project).filter((it) => it.code !== "CAMPAIGN_OVERLAP");
    const unread = [...new Set([...findings, ...misplaced].map((it) => it.place.file))].sort();

    if (args.flag("json")) {
      io.line(JSON.stringify({ from: toIso(now), weeks, zone, entries, unread }, toIsoMoments));
      return EXIT.ok;
    }
    io.line(calendarToText(entries, now, weeks, zone));
    if (unread.length > 0)
      io.line(
        `\n${count(unread.length, "file")} could not be read, and what ${unread.length === 1 ? "it plans" : "they plan"} is missing here: run npx giftwrap validate`,
      );
    return EXIT.ok;
  },
};

function parseWeeks(text: string | undefined): number {
  const weeks = parseWholeNumber("weeks", text, DEFAULT_WEEKS);
  if (weeks < 1 || weeks > MOST_WEEKS)
    throw new UsageError(`--weeks ${weeks}: write a whole number from 1 to ${MOST_WEEKS}`);
  return weeks;
}

function parseZone(zone: string): string {
  if (isZone(zone)) return zone;
  const near = nearestZone(zone);
  throw new UsageError(
    `--zone ${zone}: ${near ? `did you mean ${near}?` : "write the name of a time zone, such as Asia/Singapore or UTC"}`,
  );
}

/** Asked by trying: the list has one name per zone, and leaves out older and newer ones such as Asia/Kolkata. */
function isZone(word: string): boolean {
  try {
    return Intl.DateTimeFormat("en-GB", { timeZone: word }).resolvedOptions().timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** By its whole name, or by its city alone. */
function nearestZone(word: string): string | null {
  const zones = ["UTC", ...Intl.supportedValuesOf("timeZone")];
  const city = nearestWord(word.replaceAll(" ", "_"), zones.map(cityOf));
  return nearestWord(word, zones) ?? zones.find((it) => cityOf(it) === city) ?? null;
}

function cityOf(zone: string): string {
  return zone.slice(zone.lastIndexOf("/") + 1);
}

/** Programs read moments as text. */
function toIsoMoments(key: string, value: unknown): unknown {
  return typeof value === "number" && (key === "starts" || key === "ends") ? toIso(value) : value;
}

function toIso(moment: number): string {
  return new Date(moment).toISOString();
}
