import { randomUUID } from "node:crypto";
import * as core from "@actions/core";
import { context } from "@actions/github";
import type { CardOutcome } from "../commands/cardOutcome.ts";
import { EXIT, type Exit, type Io } from "../commands/command.ts";
import { type Card, cardToMarkdown, headlineOf } from "../github/card.ts";
import { explainError, GiftError, UsageError } from "../report/error.ts";
import { type Finding, sortFindings } from "../report/finding.ts";
import { processIo } from "./processIo.ts";

/** GitHub drops further annotations of one step without a word. */
const MAX_ANNOTATIONS = 10;

type Command = Card["command"];

interface Inputs {
  readonly command: Command;
  readonly environment: string;
  readonly base: string | undefined;
}

await main(actionIo());

async function main(io: Io): Promise<void> {
  const { card, exit, revision } = await runUnheard(io);
  annotate(card.findings ?? []);
  core.setOutput("verdict", card.verdict);
  core.setOutput("revision", revision === null ? "" : String(revision));
  if (process.env["GITHUB_STEP_SUMMARY"]) await core.summary.addRaw(cardToMarkdown(card)).write();
  if (exit === EXIT.ok) core.info(headlineOf(card));
  else
    core.setFailed(
      card.problem
        ? `${card.problem.message} [${card.problem.code}]; fix: ${card.problem.fix}`
        : headlineOf(card),
    );
  process.exitCode = exit;
}

/**
 * The runner obeys what stands on a line by itself, such as `::add-path::`, and much of what commands print comes from files
 * that somebody wrote. So it is told not to listen until they are done.
 */
async function runUnheard(io: Io): Promise<CardOutcome> {
  const token = randomUUID();
  io.line(`::stop-commands::${token}`);
  try {
    return await run(io);
  } finally {
    io.line(`::${token}::`);
  }
}

async function run(io: Io): Promise<CardOutcome> {
  let inputs: Inputs | null = null;
  try {
    inputs = readInputs();
    // Loaded when asked for: a stop must not wait for the image library.
    if (inputs.command === "publish")
      return await (await import("../commands/publishForCard.ts")).publishForCard(io, inputs.environment);
    return await (await import("../commands/checkForCard.ts")).checkForCard(io, inputs);
  } catch (error) {
    return failureOf(error, inputs);
  }
}

function readInputs(): Inputs {
  const command = core.getInput("command");
  if (command !== "check" && command !== "publish") throw new UsageError(`the input command is "${command}"`);
  return {
    command,
    environment: core.getInput("environment") || "production",
    base: core.getInput("base") || baseOfEvent(),
  };
}

/** The commit that a pull request or a merge queue builds on, or undefined for other events. */
function baseOfEvent(): string | undefined {
  const { pull_request: pullRequest, merge_group: mergeGroup } = context.payload;
  const sha: unknown = pullRequest?.["base"]?.sha ?? mergeGroup?.base_sha;
  return typeof sha === "string" ? sha : undefined;
}

/** The world failed, or the inputs are wrong; our own bugs keep their stack. */
function failureOf(error: unknown, inputs: Inputs | null): CardOutcome {
  const isUsage = error instanceof UsageError;
  if (!isUsage && !(error instanceof GiftError)) {
    core.setOutput("verdict", "failure");
    throw error;
  }
  const exit: Exit = isUsage ? EXIT.usage : EXIT.failure;
  const problem = isUsage
    ? {
        code: "USAGE",
        message: error.message,
        fix: "write command: check or command: publish in the workflow",
      }
    : { code: error.code, message: explainError(error), fix: error.fix };
  const { command, environment } = inputs ?? { command: "check", environment: "production" };
  const nothing = {
    findings: null,
    stops: [],
    changes: [],
    kept: {},
    alarms: [],
    builds: [],
    variants: [],
    log: [],
  };
  return {
    exit,
    revision: null,
    card: { command, environment, verdict: "failure", problem, compared: { kind: "nothing" }, ...nothing },
  };
}

/** The first errors and warnings beside their lines; all of them are in the summary. */
function annotate(findings: readonly Finding[]): void {
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
function actionIo(): Io {
  const io = processIo();
  const variables = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ""));
  return { ...io, root: process.env["GITHUB_WORKSPACE"] ?? io.root, variables, progress: io.line };
}
