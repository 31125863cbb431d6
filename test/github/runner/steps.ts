import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { join, normalize, relative } from "node:path";
import { type Annotation, openLogReader } from "./commandsOfLog.ts";
import { parseEnvironmentFile } from "./environmentFile.ts";
import { fill, fillText, isMet, type Scope } from "./expressions.ts";
import { type Frame, type JobState, mask, masked } from "./jobState.ts";
import { isBlock, type Json, textAt, toText } from "./json.ts";
import { isNotKnown, notKnown } from "./notKnown.ts";
import { readAction } from "./parse.ts";
import { runProcess } from "./runProcess.ts";
import type { StepRun } from "./runs.ts";
import { findShim } from "./shims/findShim.ts";
import type { Action, Step } from "./workflow.ts";

/** More than this and GitHub drops a step's summary, though the step stays green. */
const MAX_SUMMARY_BYTES = 1024 * 1024;
/** As many summaries are shown of one job. */
const MAX_SUMMARIES = 20;
const MAX_ACTION_DEPTH = 10;

const SHELLS: Readonly<Record<string, readonly string[]>> = {
  // What GitHub takes on Linux when a step names no shell.
  "": ["bash", "-e"],
  bash: ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"],
  sh: ["sh", "-e"],
};

/** Runs steps one after the other. What fails is in the records and the frame's status; only NotKnown is thrown. */
export async function runSteps(state: JobState, frame: Frame, steps: readonly Step[]): Promise<void> {
  for (const step of steps) await runStep(state, frame, step);
}

async function runStep(state: JobState, frame: Frame, step: Step): Promise<void> {
  const env = { ...state.env, ...state.added, ...frame.env };
  const scope = scopeOf(state, frame, env);
  const record: StepRun = {
    id: step.id,
    name: step.name === null ? (step.uses ?? firstLine(step.run)) : step.name,
    outcome: "skipped",
    conclusion: "skipped",
    outputs: {},
    summary: null,
    annotations: [],
    log: "",
  };
  frame.records.push(record);
  if (step.id !== null) frame.steps[step.id] = { outputs: {}, outcome: "skipped", conclusion: "skipped" };
  if (!isMet(step.if, scope, step.place)) return;

  const ownEnv = Object.fromEntries(
    Object.entries(step.env).map(([name, value]) => [name, fillText(toText(value), scope, step.place)]),
  );
  const whole = { ...env, ...ownEnv };
  const call = { ...scope, contexts: { ...scope.contexts, env: whole } };
  if (step.name !== null) Object.assign(record, { name: fillText(step.name, call, step.place) });

  const wasCancelled = state.status === "cancelled";
  const print = (text: string) => {
    record.log += `${masked(state, text)}\n`;
  };
  const log = openLogReader((secret) => mask(state, secret), step.place);
  const around = { wasCancelled, env: whole, scope: call, print, log };
  let isGood: boolean;
  try {
    isGood =
      step.run === null
        ? await useAction(state, frame, step, record, { ...around, ownEnv })
        : await runScript(state, frame, step, record, around);
  } catch (error) {
    if (isNotKnown(error)) throw error;
    const message = error instanceof Error ? error.message : String(error);
    log.read(`::error::${message.replaceAll("%", "%25").replaceAll("\n", "%0A")}`);
    print(`error: ${message}`);
    isGood = false;
  }
  const isCancelled = state.status === "cancelled" && !wasCancelled;
  record.outcome = isGood ? "success" : isCancelled ? "cancelled" : "failure";
  const goesOn = fill(toText(step.continueOnError), call, step.place);
  const isForgiven = record.outcome === "failure" && (goesOn === true || goesOn === "true");
  record.conclusion = isForgiven ? "success" : record.outcome;
  record.annotations = [...record.annotations, ...log.annotations];
  if (step.id !== null)
    frame.steps[step.id] = {
      outputs: record.outputs,
      outcome: record.outcome,
      conclusion: record.conclusion,
    };
  if (record.conclusion === "failure") frame.fail();
}

interface Around {
  /** Whether the job was cancelled before this step began, which then runs nevertheless. */
  readonly wasCancelled: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly scope: Scope;
  print(text: string): void;
  readonly log: { read(line: string): string | null; readonly annotations: readonly Annotation[] };
}

async function runScript(state: JobState, frame: Frame, step: Step, record: StepRun, around: Around) {
  const { scope, env } = around;
  const shell = step.shell ?? (frame.actionFolder === null ? shellOf(state) : null);
  if (shell === null && frame.actionFolder !== null)
    throw notKnown(step.place, "a run without a shell in an action");
  const words = SHELLS[shell ?? ""];
  if (words === undefined) throw notKnown(step.place, `the shell ${String(shell)}`);
  const script = join(await mkdtemp(join(state.temporary, "step-")), "script.sh");
  await writeFile(script, `${fillText(step.run ?? "", scope, step.place)}\n`);
  const [file = "bash", ...flags] = words;
  const folder = step.workingDirectory ?? folderOf(state, frame) ?? ".";
  const place = join(state.workspace, fillText(folder, scope, step.place));
  return runInEnvironment(
    state,
    frame,
    { file, words: [...flags, script], folder: place, env },
    record,
    around,
  );
}

async function useAction(
  state: JobState,
  frame: Frame,
  step: Step,
  record: StepRun,
  around: Around & { readonly ownEnv: Readonly<Record<string, string>> },
): Promise<boolean> {
  const { scope, print } = around;
  const uses = step.uses ?? "";
  const given = Object.fromEntries(
    Object.entries(step.with).map(([name, value]) => [
      name.toLowerCase(),
      fillText(toText(value), scope, step.place),
    ]),
  );
  if (!uses.startsWith("./")) {
    const shim = findShim(uses.split("@")[0] ?? "");
    if (shim === null) throw notKnown(step.place, `the action ${uses}`);
    for (const name of Object.keys(given))
      if (!shim.inputs.includes(name)) throw notKnown(step.place, `the input ${name} of ${uses}`);
    const answer = await shim.run({ state, inputs: given, place: step.place, print });
    record.outputs = answer.outputs ?? {};
    Object.assign(state.added, answer.environment ?? {});
    return true;
  }

  const folder = normalize(join(state.workspace, uses));
  if (relative(state.workspace, folder).startsWith("..")) throw notKnown(step.place, `the action ${uses}`);
  const action = await readLocalAction(folder, uses);
  for (const name of Object.keys(given))
    if (!Object.keys(action.inputs).some((it) => it.toLowerCase() === name))
      throw notKnown(step.place, `the input ${name} of ${uses}`);
  if (frame.depth >= MAX_ACTION_DEPTH) throw notKnown(step.place, "actions that call actions without end");
  const outer = { ...scope, contexts: { github: scope.contexts["github"] ?? null, inputs: {} } };
  const inputs = Object.fromEntries(
    Object.entries(action.inputs).map(([name, input]) => [
      name,
      given[name.toLowerCase()] ?? fillText(toText(input.default), outer, action.place),
    ]),
  );
  if (action.main !== null) {
    const named = Object.entries(inputs).map(([name, value]) => [
      `INPUT_${name.replaceAll(" ", "_").toUpperCase()}`,
      value,
    ]);
    const env = { ...around.env, ...Object.fromEntries(named) };
    const words = [join(folder, action.main)];
    const inner = { ...frame, actionFolder: folder };
    return runInEnvironment(
      state,
      inner,
      { file: process.execPath, words, folder: state.workspace, env },
      record,
      around,
    );
  }
  return runComposite(state, frame, { action, folder, inputs }, record, around);
}

async function runComposite(
  state: JobState,
  outer: Frame,
  called: {
    readonly action: Action;
    readonly folder: string;
    readonly inputs: Readonly<Record<string, string>>;
  },
  record: StepRun,
  around: Around & { readonly ownEnv: Readonly<Record<string, string>> },
): Promise<boolean> {
  let isGood = true;
  const records: StepRun[] = [];
  const frame: Frame = {
    status: () => (outer.status() === "cancelled" ? "cancelled" : isGood ? "success" : "failure"),
    fail: () => {
      isGood = false;
    },
    actionFolder: called.folder,
    inputs: called.inputs,
    env: { ...outer.env, ...around.ownEnv },
    steps: {},
    records,
    depth: outer.depth + 1,
  };
  try {
    await runSteps(state, frame, called.action.steps);
  } finally {
    record.log += records.map((it) => it.log).join("");
    record.summary = records.flatMap((it) => it.summary ?? []).join("") || null;
    record.annotations = records.flatMap((it) => it.annotations);
  }
  const scope = scopeOf(state, frame, { ...state.env, ...state.added, ...frame.env });
  const outputs = Object.entries(called.action.outputs).map(([name, value]) => [
    name,
    fillText(toText(value), scope, called.action.place),
  ]);
  record.outputs = Object.fromEntries(outputs);
  return isGood && state.status !== "cancelled" && records.every((it) => it.conclusion !== "cancelled");
}

/** Runs a program with all that GitHub puts around it, and takes in what it wrote to the files it was given. */
async function runInEnvironment(
  state: JobState,
  frame: Frame,
  program: {
    readonly file: string;
    readonly words: readonly string[];
    readonly folder: string;
    readonly env: Readonly<Record<string, string>>;
  },
  record: StepRun,
  around: Around,
): Promise<boolean> {
  const files = await mkdtemp(join(state.temporary, "files-"));
  const fileOf = (name: string) => join(files, name);
  for (const name of ["output", "env", "path", "summary", "state"]) await writeFile(fileOf(name), "");
  const environment = {
    ...program.env,
    ...githubVariables(state),
    PATH: [...[...state.path].reverse(), program.env["PATH"] ?? state.world.environment["PATH"] ?? ""].join(
      ":",
    ),
    GITHUB_OUTPUT: fileOf("output"),
    GITHUB_ENV: fileOf("env"),
    GITHUB_PATH: fileOf("path"),
    GITHUB_STEP_SUMMARY: fileOf("summary"),
    GITHUB_STATE: fileOf("state"),
    ...(frame.actionFolder === null ? {} : { GITHUB_ACTION_PATH: frame.actionFolder }),
  };
  const code = await runProcess({
    ...program,
    environment,
    onLine(line) {
      const shown = around.log.read(line);
      if (shown !== null) around.print(shown);
    },
    onStart(kill) {
      state.kill = kill;
      if (state.status === "cancelled" && !around.wasCancelled) kill();
    },
  });
  state.kill = () => {};
  if (code === null) around.print("The operation was canceled.");
  else if (code !== 0) {
    around.log.read(`::error::Process completed with exit code ${code}.`);
    around.print(`error: Process completed with exit code ${code}.`);
  }

  record.outputs = { ...record.outputs, ...parseEnvironmentFile(await readFile(fileOf("output"), "utf8")) };
  for (const [name, value] of Object.entries(parseEnvironmentFile(await readFile(fileOf("env"), "utf8")))) {
    if (name === "NODE_OPTIONS")
      throw new Error("Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV'");
    if (!/^(?:GITHUB|RUNNER)_/.test(name)) state.added[name] = value;
  }
  const paths = (await readFile(fileOf("path"), "utf8")).split("\n").filter((it) => it !== "");
  state.path.push(...paths);
  await takeSummary(state, record, fileOf("summary"), around);
  return code === 0;
}

async function takeSummary(state: JobState, record: StepRun, file: string, around: Around): Promise<void> {
  const { size } = await stat(file);
  if (size === 0) return;
  if (size > MAX_SUMMARY_BYTES) {
    const kilobytes = Math.ceil(size / 1024);
    around.log.read(
      `::error::$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got ${kilobytes}k`,
    );
    return;
  }
  const shown = state.record.steps.filter((it) => it.summary !== null).length;
  if (shown < MAX_SUMMARIES) record.summary = masked(state, await readFile(file, "utf8"));
}

async function readLocalAction(folder: string, uses: string): Promise<Action> {
  for (const name of ["action.yml", "action.yaml"]) {
    const text = await readFile(join(folder, name), "utf8").catch(() => null);
    if (text !== null) return readAction(`${uses}/${name}`, text);
  }
  throw new Error(
    `Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under '${uses}'. Did you forget to run actions/checkout before running your local action?`,
  );
}

function scopeOf(state: JobState, frame: Frame, env: Readonly<Record<string, string>>): Scope {
  const status = frame.status();
  const github = state.contexts["github"];
  const inAction = frame.actionFolder === null ? {} : { action_path: frame.actionFolder };
  const contexts: Record<string, Json> = {
    ...state.contexts,
    github: { ...(isBlock(github) ? github : {}), ...inAction },
    job: { status: state.status },
    env,
    steps: frame.steps,
    inputs: frame.actionFolder === null ? (state.contexts["inputs"] ?? {}) : frame.inputs,
  };
  // Inside of an action there are neither secrets nor needs: everything comes in by its inputs.
  if (frame.actionFolder !== null) for (const name of ["secrets", "needs", "vars"]) delete contexts[name];
  return {
    contexts,
    status: {
      success: status === "success",
      failure: status === "failure",
      cancelled: status === "cancelled",
    },
  };
}

function githubVariables(state: JobState): Readonly<Record<string, string>> {
  const value = (name: string) => textAt(state.contexts["github"], name);
  const names = [
    "actor",
    "api_url",
    "base_ref",
    "event_name",
    "event_path",
    "graphql_url",
    "head_ref",
    "job",
    "ref",
    "ref_name",
    "ref_type",
    "repository",
    "repository_owner",
    "run_attempt",
    "run_id",
    "run_number",
    "server_url",
    "sha",
    "triggering_actor",
    "workflow",
    "workflow_ref",
    "workflow_sha",
    "workspace",
  ];
  const identity =
    state.permissions["id-token"] === "write"
      ? {
          ACTIONS_ID_TOKEN_REQUEST_URL: `${state.world.github.apiUrl}/id-token?`,
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: "of-this-job",
        }
      : {};
  return {
    ...Object.fromEntries(names.map((name) => [`GITHUB_${name.toUpperCase()}`, value(name)])),
    CI: "true",
    GITHUB_ACTIONS: "true",
    RUNNER_OS: "Linux",
    RUNNER_ARCH: "X64",
    RUNNER_NAME: "executor",
    RUNNER_ENVIRONMENT: "github-hosted",
    RUNNER_TEMP: join(state.temporary, "temp"),
    RUNNER_TOOL_CACHE: join(state.temporary, "tools"),
    HOME: join(state.temporary, "home"),
    ...identity,
  };
}

function shellOf(state: JobState): string | null {
  return state.job.defaults.shell ?? state.attempt.workflow.defaults.shell;
}

function folderOf(state: JobState, frame: Frame): string | null {
  if (frame.actionFolder !== null) return null;
  return state.job.defaults.workingDirectory ?? state.attempt.workflow.defaults.workingDirectory;
}

function firstLine(script: string | null): string {
  return `Run ${(script ?? "").trim().split("\n")[0] ?? ""}`;
}
