import { concernsGift, type LogEntry, logEntryToLines, toLogEntry } from "../publish/logText.ts";
import { findRevisionAt, type ReadRecord, readLogRecords } from "../publish/readLog.ts";
import { UsageError } from "../report/error.ts";
import { workTree } from "../source/tree.ts";
import type { Store } from "../store/store.ts";
import {
  type Arguments,
  type Command,
  ENVIRONMENT_OPTION,
  EXIT,
  JSON_OPTION,
  parseWholeNumber,
} from "./command.ts";
import { openEnvironment } from "./environment.ts";
import { parseTime } from "./parseTime.ts";
import { readRevision } from "./plan.ts";

const DEFAULT_LIMIT = 20;
/** Records read at a time, newest first, until enough are found. */
const PAGE = 64;

export const command: Command = {
  summary: "show who changed what for whom, newest first, with timings per edge",
  usage: "[GIFT] [--since TIME] [--until TIME] [--limit N] [--env NAME]",
  example: "giftwrap log rose --since 2026-11-20 --env production",
  options: {
    since: { type: "string", value: "TIME", help: "nothing older: 2026-11-20, or 2026-11-20T21:00:00Z" },
    until: { type: "string", value: "TIME", help: "nothing newer" },
    limit: { type: "string", value: "N", help: `at most so many revisions (default: ${DEFAULT_LIMIT})` },
    env: ENVIRONMENT_OPTION,
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const asked = readQuestion(args);
    const environment = await openEnvironment(io, workTree(io.root), args.text("env") ?? "production");
    const newest = await readRevision(environment);
    const range = await toRange(environment.store, newest, asked);
    const { entries, unreadable, older } = await collectEntries(environment.store, range, asked);

    if (args.flag("json")) {
      io.line(
        JSON.stringify({
          environment: environment.name,
          revisions: entries.map(({ record, changes, came, went, knowsOverrides }) => ({
            ...record,
            at: new Date(record.at).toISOString(),
            changes,
            ...(knowsOverrides && { came, went }),
          })),
          unreadable,
        }),
      );
      return EXIT.ok;
    }
    const about = asked.gift === undefined ? "" : ` of ${asked.gift}`;
    if (newest === 0) io.line(`${environment.name}: nothing is published yet`);
    else if (entries.length === 0)
      io.line(`${environment.name}: no revision in the log${about}${describePeriod(args)}`);
    entries.forEach((entry, at) => {
      if (at > 0) io.line("");
      for (const line of logEntryToLines(entry)) io.line(line);
    });
    for (const { revision, why } of unreadable) io.line(`revision ${revision}: ${why}`);
    if (older) io.line(`older revisions are there too: add --limit, or --until`);
    return EXIT.ok;
  },
};

interface Question {
  readonly gift: string | undefined;
  readonly since: number | undefined;
  readonly until: number | undefined;
  readonly limit: number;
}

function readQuestion(args: Arguments): Question {
  const [gift, ...rest] = args.words;
  if (rest.length > 0) throw new UsageError("name one gift or none, such as: giftwrap log rose");
  const [since, until] = [args.text("since"), args.text("until")];
  const limit = parseWholeNumber("limit", args.text("limit"), DEFAULT_LIMIT);
  if (limit < 1) throw new UsageError(`--limit ${limit}: write a number from 1 on`);
  const question: Question = {
    gift,
    since: since === undefined ? undefined : parseTime("since", since),
    until: until === undefined ? undefined : parseTime("until", until, true),
    limit,
  };
  if (question.since !== undefined && question.until !== undefined && question.until < question.since)
    throw new UsageError(`--until ${until} is before --since ${since}`);
  return question;
}

/** From the newest revision to the oldest that are asked for, both included. */
interface Range {
  readonly newest: number;
  readonly oldest: number;
}

async function toRange(store: Store, newest: number, { since, until }: Question): Promise<Range> {
  const last = until === undefined ? newest : (await findRevisionAt(store, newest, until)).next - 1;
  const before = since === undefined ? null : (await findRevisionAt(store, newest, since - 1)).found;
  return { newest: last, oldest: (before?.revision ?? 0) + 1 };
}

interface Found {
  readonly entries: readonly LogEntry[];
  readonly unreadable: readonly { readonly revision: number; readonly why: string }[];
  /** Whether the limit left some out. */
  readonly older: boolean;
}

async function collectEntries(store: Store, range: Range, { gift, limit }: Question): Promise<Found> {
  const entries: LogEntry[] = [];
  const unreadable: { revision: number; why: string }[] = [];
  for (let from = range.newest; from >= range.oldest; from -= PAGE) {
    const to = Math.max(range.oldest, from - PAGE + 1);
    // One more: what came and went is told beside the record before.
    const records = await readLogRecords(store, numbersDown(from, Math.max(1, to - 1)));
    for (const [at, read] of records.slice(0, from - to + 1).entries()) {
      if (entries.length === limit) return { entries, unreadable, older: true };
      if (read.kind !== "record") {
        unreadable.push({ revision: read.revision, why: explain(read) });
        continue;
      }
      const before = records[at + 1];
      const entry = toLogEntry(read.record, before?.kind === "record" ? before.record : null, gift);
      if (gift === undefined || concernsGift(entry)) entries.push(entry);
    }
  }
  return { entries, unreadable, older: false };
}

function explain(read: Exclude<ReadRecord, { kind: "record" }>): string {
  return read.kind === "missing"
    ? "it has no record: its publisher ended before it could write one"
    : `its record cannot be read: ${read.why}`;
}

function numbersDown(from: number, to: number): readonly number[] {
  return Array.from({ length: from - to + 1 }, (_, at) => from - at);
}

function describePeriod(args: Arguments): string {
  const [since, until] = [args.text("since"), args.text("until")];
  return `${since === undefined ? "" : ` since ${since}`}${until === undefined ? "" : ` until ${until}`}`;
}
