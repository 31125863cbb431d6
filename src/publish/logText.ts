import { canonicalJson } from "../wire/metadata.ts";
import type { Override } from "../wire/override.ts";
import { describeChange } from "./planText.ts";
import type { PastChange, PastRecord } from "./readLog.ts";

/** What one revision changed, told beside the record before it. */
export interface LogEntry {
  readonly record: PastRecord;
  readonly changes: readonly PastChange[];
  /** Overrides that stand since this revision, new or in another form. */
  readonly came: readonly Override[];
  readonly went: readonly Override[];
  /** Whether both records say all that stood: otherwise nobody knows what came and went. */
  readonly knowsOverrides: boolean;
}

/** @param gift what is told: everything when it is left out */
export function toLogEntry(record: PastRecord, before: PastRecord | null, gift?: string): LogEntry {
  const present = record.overrides;
  const past = record.revision === 1 ? [] : (before?.overrides ?? null);
  const isTold = (it: Override) => gift === undefined || it.gifts === "*" || it.gifts.includes(gift);
  const without = (list: readonly Override[], others: readonly Override[]) => {
    const known = new Set(others.map(canonicalJson));
    return list.filter((it) => isTold(it) && !known.has(canonicalJson(it)));
  };
  return {
    record,
    changes: record.changes.filter((it) => gift === undefined || it.gift === gift),
    came: present && past ? without(present, past) : [],
    went: present && past ? without(past, present) : [],
    knowsOverrides: present !== null && past !== null,
  };
}

/** Whether the revision did anything for the gift that was asked for. */
export function concernsGift({ changes, came, went }: LogEntry): boolean {
  return changes.length + came.length + went.length > 0;
}

/** One block of lines: when, who, why, what changed for whom, and how long each edge took. */
export function logEntryToLines({
  record,
  changes,
  came,
  went,
  knowsOverrides,
}: LogEntry): readonly string[] {
  const { revision, at, kind, by, why, commit, previousCommit, generation, edges } = record;
  const from =
    previousCommit !== null && previousCommit !== commit ? ` (before: ${previousCommit.slice(0, 10)})` : "";
  const replaced = new Set(came.map((it) => it.id));
  return [
    `revision ${revision}, ${toMoment(at)}: ${kind}${by === null ? "" : ` by ${by}`}`,
    ...(why === null ? [] : [`  why: ${why}`]),
    `  commit ${commit?.slice(0, 10) ?? "not recorded"}${from}${generation === null ? "" : `, generation ${generation}`}`,
    ...changes.map((it) => `  ${describeChange(it)}`),
    ...came.map((it) => `  override ${describeOverride(it)}`),
    ...went
      .filter((it) => !replaced.has(it.id))
      .map(({ id, origin }) => `  override ${id} (${origin}) ended`),
    ...(knowsOverrides ? [] : ["  which overrides came or went is not recorded"]),
    ...edges.map(
      ({ region, url, ok, milliseconds }) =>
        `  ${region} ${url} ${ok ? "served it" : "did NOT serve it"}${milliseconds === null ? "" : ` ${ok ? "after" : "within"} ${milliseconds} ms`}`,
    ),
  ];
}

/** "stop/rose/1.4.0 (stop): rose at most canary" */
function describeOverride({ id, origin, gifts, limit, scope, untilGeneration }: Override): string {
  const whom = gifts === "*" ? "every gift" : gifts.join(", ");
  const reach = ["full", "regional", "canary"].find((stage) => stage in limit) ?? "nobody";
  const where = [...(scope?.regions ?? []), ...(scope?.platforms ?? []), ...(scope?.tiers ?? [])];
  const ends = untilGeneration === undefined ? "" : `, until generation ${untilGeneration}`;
  return `${id} (${origin}): ${whom} at most ${reach}${where.length > 0 ? ` in ${where.join(", ")}` : ""}${ends}`;
}

/** "2026-11-20 21:00:03.120 UTC": as exact as the record, for `resolve --at`. */
export function toMoment(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace("Z", " UTC");
}
