import type { Gate } from "../model/schemas.ts";
import { releaseKey } from "../model/project.ts";
import { explainError, GiftError, UsageError } from "../report/error.ts";
import { count, toTable } from "../report/text.ts";
import { planWatch, type WatchAct } from "../rollout/planWatch.ts";
import { commitOf } from "../source/git.ts";
import {
  type Arguments,
  type Command,
  DEADLINE_OPTION,
  EDGE_OPTION,
  EXIT,
  type Io,
  JSON_OPTION,
  parseDeadline,
} from "./command.ts";
import {
  type Bench,
  judgeTrials,
  type JudgedTrial,
  type JudgeTrialsOptions,
  type NotJudged,
} from "./gate/judgeTrials.ts";
import { AT_OPTION, RECORDED_OPTION } from "./gate/openBench.ts";
import { liftStops, type StopPorts, stopRelease } from "./watch/stopRelease.ts";
import { openWatch, releasesOnTrial, threadsOf } from "./watch/openWatch.ts";
import { propose } from "./watch/propose.ts";
import { recordFailure } from "./watch/recordFailure.ts";

export const command: Command = {
  summary: "judge every release on trial, and do what the policy says of those that fail or pass; for cron",
  usage: "[--env NAME] [--dry-run]",
  example: "giftwrap watch --dry-run",
  options: {
    env: { type: "string", value: "NAME", help: "the environment (default: the gate's, else production)" },
    "dry-run": { type: "boolean", help: "say what would be done, and do nothing; so do --at and --recorded" },
    branch: { type: "string", value: "NAME", help: "the branch that pull requests go to (default: main)" },
    at: AT_OPTION,
    recorded: RECORDED_OPTION,
    edge: EDGE_OPTION,
    deadline: DEADLINE_OPTION,
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const commit = await commitOf(io.root, "HEAD");
    if (commit === null) throw new UsageError("there is no commit yet: commit the releases first");
    const { bench, gate, unread } = await openWatch(args, io, commit);
    const { trials, acts } = await judgeAll(bench, gate, threadsOf(bench, args, io));
    // What is said of another time, or by a copy, is to look at: nothing is done by it.
    const isDry = ["at", "recorded"].some((it) => args.text(it) !== undefined) || args.flag("dry-run");
    const done = isDry ? acts.map(toIntention) : await carryOut(acts, bench, args, io);
    const lifting = isDry ? NOTHING_LIFTED : await lift(toPorts(bench, args, io));
    if (args.flag("json")) io.line(JSON.stringify({ ...toJson(bench, trials, done, lifting), unread }));
    else for (const line of [...watchToLines(trials, done, lifting), ...unreadToLines(unread)]) io.line(line);
    const isBlind = trials.some(({ judged }) => "verdict" in judged && hasNoMetrics(judged));
    if (isBlind || lifting.problem !== null || done.some((it) => it.problems.length > 0)) return EXIT.failure;
    const isBad = acts.some(({ trial }) => trial.verdict.kind === "fail" || trial.incident.length > 0);
    return isBad || unread.length > 0 ? EXIT.findings : EXIT.ok;
  },
};

function hasNoMetrics({ verdict }: JudgedTrial): boolean {
  return verdict.reasons.some((it) => it.kind === "metrics_unavailable");
}

function unreadToLines(unread: readonly string[]): readonly string[] {
  return unread.map((path) => `${path} cannot be read, so it is not watched: run npx giftwrap validate`);
}

interface Watched {
  readonly name: string;
  readonly judged: JudgedTrial | NotJudged;
}

/** What is acted upon is read and judged again whole: what people are shown of it, and what is done, hang on that alone. */
async function judgeAll(
  bench: Bench,
  gate: Gate,
  openThreads: JudgeTrialsOptions["openThreads"],
): Promise<{ readonly trials: readonly Watched[]; readonly acts: readonly Act[] }> {
  const judged = new Map(await judgeTrials(bench, releasesOnTrial(bench), { isShown: false, openThreads }));
  const acted = planAll(judged.values(), gate).filter(
    ({ trial, stop, proposal }) => trial.verdict.kind === "fail" || stop !== null || proposal !== null,
  );
  if (acted.length > 0) for (const [name, it] of await judgeTrials(bench, acted)) judged.set(name, it);
  const trials = [...judged].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    trials: trials.map(([name, it]) => ({ name, judged: it })),
    acts: planAll(
      trials.map(([, it]) => it),
      gate,
    ),
  };
}

function planAll(judged: Iterable<JudgedTrial | NotJudged>, gate: Gate): readonly Act[] {
  return planWatch(
    [...judged].flatMap((it) => ("verdict" in it ? it : [])),
    gate,
  );
}

type Act = WatchAct<JudgedTrial>;

/** What became of one act, in words. */
interface Done {
  readonly act: Act;
  readonly said: readonly string[];
  readonly problems: readonly string[];
}

function toIntention(act: Act): Done {
  const { stop, proposal, note } = act;
  const said = [
    ...(stop === null ? [] : [`would stop it by the override ${stop}`]),
    ...(proposal === null ? [] : [`would propose "${proposal.title}" on ${proposal.branch}`]),
    ...(note === null ? [] : [note]),
  ];
  return { act, said, problems: [] };
}

/** One after another, the stops first. What fails for one release is told, and the next one is not held up. */
async function carryOut(
  acts: readonly Act[],
  bench: Bench,
  args: Arguments,
  io: Io,
): Promise<readonly Done[]> {
  const ports = toPorts(bench, args, io);
  const main = args.text("branch") ?? "main";
  const done: Done[] = [];
  for (const act of [...acts].sort(stopsFirst)) {
    const said: string[] = act.note === null ? [] : [act.note];
    const problems: string[] = [];
    const attempt = async (what: () => Promise<string | null>) => {
      try {
        const words = await what();
        if (words !== null) said.push(words);
      } catch (error) {
        if (!(error instanceof GiftError)) throw error;
        problems.push(`${explainError(error)}; ${error.fix}`);
      }
    };
    if (act.stop !== null) await attempt(() => stopRelease(ports, act));
    const { trial, proposal } = act;
    if (isUnrecordedFailure(trial)) await attempt(() => recordFailure(bench, io, trial));
    if (proposal !== null) await attempt(() => propose({ bench, io, main }, proposal, trial));
    done.push({ act, said, problems });
  }
  return done;
}

function isUnrecordedFailure({ verdict, incident, isWaived, isRecorded }: JudgedTrial): boolean {
  return verdict.kind === "fail" && incident.length === 0 && !isWaived && !isRecorded;
}

function stopsFirst(a: Act, b: Act): number {
  return Number(b.stop !== null) - Number(a.stop !== null);
}

function toPorts(bench: Bench, args: Arguments, io: Io): StopPorts {
  return { bench, io, deadlineMilliseconds: parseDeadline(args) };
}

/** Which stops were taken away, by id, and why that could not be. */
interface Lifting {
  readonly lifted: readonly string[];
  readonly problem: string | null;
}
const NOTHING_LIFTED: Lifting = { lifted: [], problem: null };

/** What cannot be lifted holds on, which harms nobody who plays; it must not hide what was judged. */
async function lift(ports: StopPorts): Promise<Lifting> {
  try {
    return { lifted: await liftStops(ports), problem: null };
  } catch (error) {
    if (!(error instanceof GiftError)) throw error;
    return { lifted: [], problem: `${explainError(error)}; ${error.fix}` };
  }
}

/** A table for everybody, then what was done and what could not be. */
function watchToLines(
  trials: readonly Watched[],
  done: readonly Done[],
  { lifted, problem }: Lifting,
): readonly string[] {
  const rows = trials.map(({ name, judged }) =>
    "verdict" in judged
      ? [name, judged.verdict.stage, judged.verdict.kind, judged.why]
      : [name, "", "hold", `${judged.why}: ${judged.next}`],
  );
  const acted = done.filter((it) => it.said.length > 0 || it.problems.length > 0);
  return [
    `${count(trials.length, "release")} on trial`,
    ...(rows.length > 0 ? [toTable(rows)] : []),
    ...acted.flatMap(({ act, said, problems }) => [
      ...said.map((words) => `${releaseKey(act.gift, act.version)}: ${words}`),
      ...problems.map((words) => `${releaseKey(act.gift, act.version)}: FAILED: ${words}`),
    ]),
    ...lifted.map((id) => `${id} is lifted: its release is closed in git, and that is live`),
    ...(problem === null ? [] : [`FAILED to lift a stop whose release is closed in git: ${problem}`]),
  ];
}

function toJson(
  { commit }: Bench,
  trials: readonly Watched[],
  done: readonly Done[],
  { lifted, problem }: Lifting,
): object {
  const acted = new Map(done.map((it) => [releaseKey(it.act.gift, it.act.version), it]));
  return {
    commit,
    lifted,
    ...(problem !== null && { problem }),
    releases: trials.map(({ name, judged }) => {
      const { said = [], problems = [] } = acted.get(name) ?? {};
      return "verdict" in judged
        ? {
            release: name,
            kind: judged.verdict.kind,
            stage: judged.verdict.stage,
            why: judged.why,
            said,
            problems,
          }
        : { release: name, kind: "hold", why: judged.why, said, problems };
    }),
  };
}
