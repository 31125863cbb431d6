import { randomUUID } from "node:crypto";
import type { CardOutcome } from "../commands/cardOutcome.ts";
import { type Arguments, EXIT, type Exit, type Io } from "../commands/command.ts";
import type { Card, Problem, Verdict } from "../github/card.ts";
import { explainError, GiftError, UsageError } from "../report/error.ts";
import { type Finding, sortFindings } from "../report/finding.ts";
import { nearestWord } from "../report/nearest.ts";
import { gitCredentials } from "../source/git.ts";
import { needsEvent, readInputs, toArguments } from "./actionInputs.ts";
import { COMMANDS } from "./commandTable.ts";
import { type EventFacts, toEventFacts } from "./eventFacts.ts";
import { capSummary, logToMarkdown } from "./jobSummary.ts";
import { processIo } from "./processIo.ts";

/** GitHub drops further annotations of one step without a word. */
const MAX_ANNOTATIONS = 10;

/** What a command said, kept until the runner listens again. */
interface Heard {
  readonly lines: string[];
  readonly summaries: string[];
  readonly outputs: Map<string, string>;
  readonly findings: Finding[];
}

interface Outcome {
  readonly exit: Exit;
  /** The one line that stands at the step when it failed. */
  readonly headline: string;
}

await main();

async function main(): Promise<void> {
  // The checkout keeps no token, so git gets the step's own: whatever a command fetches or pushes, to this server alone.
  Object.assign(process.env, gitCredentials(process.env));
  const outputs = new Map([["revision", ""]]);
  const heard: Heard = { lines: [], summaries: [], outputs, findings: [] };
  const { exit, headline } = await runUnheard(heard);
  // Loaded only now: a stop does not wait for it.
  const core = await import("@actions/core");
  await annotate(heard.findings);
  for (const [name, value] of heard.outputs) core.setOutput(name, value);
  if (process.env["GITHUB_STEP_SUMMARY"])
    await core.summary.addRaw(capSummary(heard.summaries.join("\n"))).write();
  if (exit === EXIT.ok) core.info(headline);
  else core.setFailed(headline);
  process.exitCode = exit;
}

/**
 * The runner obeys what stands on a line by itself, such as `::add-path::`, and much of what commands print comes from files
 * that somebody wrote. So it is told not to listen until they are done.
 */
async function runUnheard(heard: Heard): Promise<Outcome> {
  const io = actionIo(heard);
  const token = randomUUID();
  process.stdout.write(`::stop-commands::${token}\n`);
  try {
    return await run(heard, io);
  } finally {
    process.stdout.write(`::${token}::\n`);
  }
}

async function run(heard: Heard, io: Io): Promise<Outcome> {
  const inputs = readInputs(io.variables);
  const name = (inputs.get("command") ?? "").split(" ").filter(Boolean).join(" ");
  try {
    const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!load) throw unknownCommand(name);
    const { command } = await load();
    const facts = needsEvent(command, inputs) ? await readEvent() : {};
    const args = toArguments(name, command, inputs, facts);
    const tellAsCard = cardOf(name, args);
    if (tellAsCard) return await tellCard(heard, await tellAsCard(args, io));
    return finish(heard, name, await command.run(args, io));
  } catch (error) {
    return fail(heard, io, name, inputs.get("environment") ?? "production", error);
  }
}

function unknownCommand(name: string): UsageError {
  const near = nearestWord(name, Object.keys(COMMANDS));
  return new UsageError(
    `the input command is ${JSON.stringify(name)}, which is none${near ? `; did you mean "${near}"?` : ""}`,
  );
}

async function readEvent(): Promise<EventFacts> {
  const { context } = await import("@actions/github");
  return toEventFacts(context.payload);
}

type Tell = (args: Arguments, io: Io) => Promise<CardOutcome>;

/** Two commands have a page of their own, beyond what they say. */
function cardOf(name: string, args: Arguments): Tell | null {
  if (name === "check") return async (args, io) => (await import("../commands/check.ts")).check(args, io);
  if (name === "publish" && !args.flag("stops-only"))
    return async (args, io) => (await import("../commands/publishForCard.ts")).publishForCard(args, io);
  return null;
}

async function tellCard({ summaries, outputs, findings }: Heard, { card, exit, revision }: CardOutcome) {
  const { cardToMarkdown, headlineOf } = await import("../github/card.ts");
  findings.push(...(card.findings ?? []));
  outputs.set("verdict", card.verdict);
  outputs.set("revision", revision === null ? "" : String(revision));
  summaries.push(cardToMarkdown(card));
  const { problem } = card;
  return { exit, headline: problem ? problemLine(problem) : headlineOf(card) };
}

/** What a command said is its page, when it gave none. */
function finish({ lines, summaries, outputs }: Heard, name: string, exit: Exit): Outcome {
  if (!outputs.has("verdict")) outputs.set("verdict", verdictOf(exit));
  const headline =
    exit === EXIT.ok
      ? `giftwrap ${name}: done`
      : exit === EXIT.findings
        ? `giftwrap ${name}: something is to be mended; the log and the summary say what`
        : `giftwrap ${name}: it did not end well; the log and the summary say why`;
  if (summaries.length === 0)
    summaries.push(
      logToMarkdown(
        `${exit === EXIT.ok ? "✅" : exit === EXIT.findings ? "✋" : "🔧"} giftwrap ${name}`,
        lines,
      ),
    );
  return { exit, headline };
}

function verdictOf(exit: Exit): Verdict {
  return exit === EXIT.ok ? "ok" : exit === EXIT.findings ? "findings" : "failure";
}

/** The world failed, or the inputs are wrong; our own bugs show their stack, where the runner does not listen. */
async function fail(
  heard: Heard,
  io: Io,
  name: string,
  environment: string,
  error: unknown,
): Promise<Outcome> {
  const problem = problemOf(error);
  const isBug = problem.code === "BUG";
  if (isBug) io.line(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const exit: Exit = error instanceof UsageError ? EXIT.usage : EXIT.failure;
  if (name === "check" || name === "publish")
    return { ...(await tellCard(heard, failedCard(name, environment, problem))), exit };
  const { summaries, outputs, lines } = heard;
  outputs.set("verdict", "failure");
  summaries.push(
    logToMarkdown(`🔧 giftwrap ${name in COMMANDS ? name : "action"} failed`, [
      ...lines,
      `${problem.message} [${problem.code}]`,
      `fix: ${problem.fix}`,
    ]),
  );
  return { exit, headline: problemLine(problem) };
}

function problemOf(error: unknown): Problem {
  if (error instanceof GiftError) return { code: error.code, message: explainError(error), fix: error.fix };
  if (error instanceof UsageError)
    return {
      code: "USAGE",
      message: error.message,
      fix: "mend the step in the workflow, or what was typed into its form",
    };
  return {
    code: "BUG",
    message: `giftwrap itself is wrong: ${error instanceof Error ? error.message : String(error)}`,
    fix: "tell the platform team; the log has the stack",
  };
}

function problemLine({ message, code, fix }: Problem): string {
  return `${message} [${code}]; fix: ${fix}`;
}

function failedCard(command: Card["command"], environment: string, problem: Problem): CardOutcome {
  const nothing = { stops: [], changes: [], kept: {}, alarms: [], builds: [], variants: [], log: [] };
  return {
    exit: EXIT.failure,
    revision: null,
    card: {
      command,
      environment,
      verdict: "failure",
      problem,
      findings: null,
      compared: { kind: "nothing" },
      ...nothing,
    },
  };
}

/** The first errors and warnings beside their lines; all of them are in the summary. */
async function annotate(findings: readonly Finding[]): Promise<void> {
  const core = await import("@actions/core");
  for (const severity of ["error", "warning"] as const) {
    const found = sortFindings(findings).filter((it) => it.severity === severity);
    for (const { code, place, message, fix } of found.slice(0, MAX_ANNOTATIONS)) {
      const { file, line: startLine, column: startColumn } = place;
      core[severity](`${message}\nfix: ${fix}`, { title: code, file, startLine, startColumn });
    }
    if (found.length > MAX_ANNOTATIONS)
      core.info(
        `${MAX_ANNOTATIONS} of ${found.length} ${severity}s are shown beside their lines; the summary has them all`,
      );
  }
}

/** One stream, so that nothing of it comes after the runner listens again; a secret that is not set arrives as an empty text. */
function actionIo({ lines, summaries, outputs, findings }: Heard): Io {
  const io = processIo();
  const variables = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ""));
  return {
    ...io,
    root: process.env["GITHUB_WORKSPACE"] ?? io.root,
    variables,
    line: (text) => {
      lines.push(text);
      io.line(text);
    },
    progress: io.line,
    summary: (markdown) => void summaries.push(markdown),
    output: (name, value) => void outputs.set(name, value),
    annotate: (found) => void findings.push(...found),
  };
}
