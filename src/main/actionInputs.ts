import type { Arguments, Command } from "../commands/command.ts";
import { UsageError } from "../report/error.ts";
import type { EventFacts } from "./eventFacts.ts";

/**
 * Every input of the action, in the order of `action.yml`, which is written from this. But for the first three, an input is the
 * command's option of that name; one that is empty is not given.
 */
export const INPUTS = {
  command: 'what to run, as on the command line: check, publish, "lock build" ...',
  words: "what stands behind the command's name, apart by spaces",
  environment: "the option --env: the environment, as in releases/environments/ (default: production)",
  pull: "the pull request's number (default: what the event is about)",
  "head-repo": "where the pull request's branch is kept, as owner/name (default: what the event is about)",
  "head-branch": "the pull request's branch (default: what the event is about)",
  "head-sha": "the pull request's newest commit (default: what the event is about)",
  base: "the commit that the change builds on (default: of the pull request or the merge queue)",
  commit: "a commit of this repository",
  report: "the file that check writes for later steps, and card reads",
  from: "the folder or the address to read from",
  out: "the folder to write to",
  id: "the id of the override, or of the comment",
  issue: "the issue's number",
  version: "the version of the gift",
  range: "the versions of the gift, as a range",
  to: "the stage to open",
  limit: "how far the releases may still go: none, canary or regional",
  regions: "the regions, by comma",
  platforms: "the platforms, by comma",
  tiers: "the device tiers, by comma",
  app: "the app versions, as a range",
  percent: "the share of the viewers",
  reason: "why, in one line; the log keeps it",
  incident: "where more is written about it",
  override: "the id of the override that holds already",
  branch: "the main branch",
  edge: "edges to confirm instead of the environment's own, as REGION=URL, one on each line",
  deadline: "how many seconds an edge may take",
  all: "true: everything that there is",
  edges: "true: ask every edge",
  "stops-only": "true: publish only what takes viewers away",
  "pull-request": "true: propose it as a pull request",
  "all-gifts": "true: the override is for every gift",
  publish: "true: tell about the publish",
  metrics: "true: tell how the releases on trial do",
  drift: "true: tell what reconcile left for people",
  result: "the file that reconcile writes, and tell reads",
  newest: "true: only the newest release that viewers get",
  merge: "true: merge what was opened before, as far as that is allowed",
  lift: "true: take it back",
  "dry-run": "true: write nothing",
  force: "true: also when nothing is due",
} as const;

export type InputName = keyof typeof INPUTS;

/** What later steps may read, in the order of `action.yml`; a command gives those that it knows. */
export const OUTPUTS = {
  verdict: "ok, findings (the files are wrong) or failure (the world failed)",
  revision: "the live revision; empty when nothing is published or it cannot be read from here",
  pull: "the pull request's number",
  url: "where people can see what came of it",
  branch: "the branch that was written",
  id: "the id of the override",
  version: "the version that was taken for the newest",
  locks: "how many locks were built or committed",
} as const;

/** The inputs that are given, from the variables in which a step gets them. */
export function readInputs(variables: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  return new Map(
    Object.keys(INPUTS).flatMap((name) => {
      const text = variables[variableOf(name)] ?? "";
      return text === "" ? [] : [[name, text] as const];
    }),
  );
}

/** The variable that carries an input: `head-repo` in `INPUT_HEAD_REPO`. */
export function variableOf(input: string): string {
  return `INPUT_${input.replaceAll("-", "_").toUpperCase()}`;
}

/** These say together which pull request is meant: the event is asked only when none of them is given. */
const IDENTITY = ["pull", "head-repo", "head-branch", "head-sha", "all"];

/** Whether the event has to be looked at for the command to know what it is about. */
export function needsEvent(command: Pick<Command, "options">, inputs: ReadonlyMap<string, string>): boolean {
  return missingFacts(command, inputs).length > 0;
}

/**
 * The inputs as what the command line would have given. Nothing in a value is looked for: whatever somebody typed stays the
 * value of that one option.
 * @throws UsageError for an input that the command does not know
 */
export function toArguments(
  name: string,
  command: Pick<Command, "options">,
  inputs: ReadonlyMap<string, string>,
  facts: EventFacts,
): Arguments {
  const given = new Map<string, string>();
  for (const input of missingFacts(command, inputs)) {
    const fact = facts[input];
    if (fact !== undefined) given.set(input, fact);
  }
  for (const [input, text] of inputs) {
    if (input === "command" || input === "words") continue;
    const option = input === "environment" ? "env" : input;
    const known = command.options[option];
    if (!known) throw new UsageError(`${name} takes no input ${input}`);
    if (known.type === "boolean" && text !== "true" && text !== "false")
      throw new UsageError(`the input ${input} is ${JSON.stringify(text)}: write true or false`);
    given.set(option, text);
  }
  const texts = (option: string) => {
    const text = given.get(option);
    if (text === undefined || command.options[option]?.type !== "string") return [];
    return command.options[option]?.multiple
      ? text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]))
      : [text];
  };
  return {
    words: (inputs.get("words") ?? "").split(" ").filter(Boolean),
    texts,
    text: (option) => texts(option).at(-1),
    flag: (option) => command.options[option]?.type === "boolean" && given.get(option) === "true",
  };
}

function missingFacts(
  { options }: Pick<Command, "options">,
  inputs: ReadonlyMap<string, string>,
): readonly (keyof EventFacts)[] {
  const isIdentified = IDENTITY.some((it) => inputs.has(it));
  const wanted: readonly (keyof EventFacts)[] = isIdentified
    ? ["base"]
    : ["pull", "head-repo", "head-branch", "head-sha", "base"];
  return wanted.filter((it) => Object.hasOwn(options, it) && !inputs.has(it));
}

/** What `action.yml` must say. */
export function toActionYaml(): string {
  const inputs = Object.entries(INPUTS).map(
    ([name, description]) =>
      `  ${name}:\n    description: ${JSON.stringify(description)}\n    ${name === "command" ? "required: true" : 'default: ""'}\n`,
  );
  const outputs = Object.entries(OUTPUTS).map(
    ([name, description]) =>
      `  ${name}:\n    description: ${JSON.stringify(description)}\n    value: \${{ steps.giftwrap.outputs.${name} }}\n`,
  );
  const variables = Object.keys(INPUTS).map(
    (name) => `        ${variableOf(name)}: \${{ inputs.${name} }}\n`,
  );
  return `# Written from src/main/actionInputs.ts; test/github/action.test.ts says how.
name: Giftwrap
description: Runs one command of this repository's own giftwrap, and tells people in the job summary and beside the lines.

inputs:
${inputs.join("")}
outputs:
${outputs.join("")}
# The committed program: a job needs no installation, unless it builds. Values reach it as variables, never as text of a script.
runs:
  using: composite
  steps:
    - id: giftwrap
      shell: bash
      run: node "$GITHUB_ACTION_PATH/../../giftwrap/ops.mjs" action
      env:
${variables.join("")}`;
}
