import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from "@actions/workflow-parser";
import { isBlock, type Json, type JsonBlock, textAt } from "./json.ts";
import { notKnown } from "./notKnown.ts";
import { type Reader, readYaml } from "./reader.ts";
import type {
  Action,
  Concurrency,
  Job,
  Permissions,
  RunDefaults,
  Step,
  Strategy,
  Workflow,
  WorkflowInput,
} from "./workflow.ts";

const INPUT_TYPES = ["string", "boolean", "number", "choice", "environment"] as const;
const MAX_INPUTS = 25;

type Path = readonly (string | number)[];

/** What GitHub's own parser has against a workflow file, one sentence each; empty when it takes it. */
export async function checkWorkflow(path: string, text: string): Promise<readonly string[]> {
  const { context, value } = parseWorkflow({ name: path, content: text }, new NoOperationTraceWriter());
  if (value !== undefined && context.errors.getErrors().length === 0)
    await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map((it) => it.message);
}

/**
 * A workflow file as this executor runs it: GitHub's own parser must take it, and each key must be one that is known here.
 * Throws NotKnown with file and line.
 */
export async function readWorkflow(path: string, text: string): Promise<Workflow> {
  const [wrong] = await checkWorkflow(path, text);
  if (wrong !== undefined) throw notKnown(path, `what GitHub itself refuses: ${wrong}`);

  const yaml = readYaml(path, text);
  const root = yaml.block(
    [],
    ["name", "run-name", "on", "permissions", "env", "concurrency", "defaults", "jobs"],
  );
  return {
    path,
    name: yaml.text(["name"]) ?? path,
    runName: yaml.text(["run-name"]),
    on: readOn(yaml),
    crons: yaml
      .list(["on", "schedule"])
      .map((_, index) => yaml.text(["on", "schedule", index, "cron"]) ?? ""),
    inputs: readInputs(yaml),
    permissions: readPermissions(yaml, ["permissions"]),
    env: yaml.anyBlock(["env"]),
    concurrency: readConcurrency(yaml, ["concurrency"]),
    defaults: readDefaults(yaml, ["defaults"]),
    jobs: Object.keys(isBlock(root["jobs"]) ? root["jobs"] : {}).map((id) => readJob(yaml, id)),
    place: yaml.place([]),
  };
}

/** An `action.yml`. Throws NotKnown with file and line. */
export function readAction(path: string, text: string): Action {
  const yaml = readYaml(path, text);
  yaml.block([], ["name", "description", "author", "branding", "inputs", "outputs", "runs"]);
  const using = yaml.text(["runs", "using"]) ?? "";
  const isComposite = using === "composite";
  if (!isComposite && !/^node(20|24)$/.test(using))
    throw notKnown(yaml.place(["runs", "using"]), `actions that use ${using}`);
  yaml.block(["runs"], isComposite ? ["using", "steps"] : ["using", "main"]);

  const inputs = Object.keys(yaml.anyBlock(["inputs"])).map((name) => {
    const input = yaml.block(["inputs", name], ["description", "required", "default", "deprecationMessage"]);
    return [name, { default: input["default"] ?? null, isRequired: input["required"] === true }] as const;
  });
  const outputs = Object.keys(yaml.anyBlock(["outputs"])).map((name) => {
    yaml.block(["outputs", name], ["description", "value"]);
    return [name, yaml.value(["outputs", name, "value"])] as const;
  });
  return {
    name: yaml.text(["name"]) ?? path,
    inputs: Object.fromEntries(inputs),
    outputs: Object.fromEntries(outputs),
    steps: isComposite ? readSteps(yaml, ["runs", "steps"]) : [],
    main: isComposite ? null : (yaml.text(["runs", "main"]) ?? ""),
    place: yaml.place([]),
  };
}

function readOn(yaml: Reader): Workflow["on"] {
  const on = yaml.value(["on"]);
  if (!isBlock(on)) return Object.fromEntries(yaml.list(["on"]).map((name) => [textAt(name), null]));
  const events = Object.entries(on).map(([name, filter]): [string, JsonBlock | null] => [
    name,
    isBlock(filter) ? filter : null,
  ]);
  return Object.fromEntries(events);
}

function readInputs(yaml: Reader): Workflow["inputs"] {
  const path = ["on", "workflow_dispatch"];
  if (!isBlock(yaml.value(path))) return {};
  yaml.block(path, ["inputs"]);
  const names = Object.keys(yaml.anyBlock([...path, "inputs"]));
  if (names.length > MAX_INPUTS) throw notKnown(yaml.place(path), `forms of more than ${MAX_INPUTS} inputs`);
  return Object.fromEntries(names.map((name) => [name, readInput(yaml, [...path, "inputs", name])]));
}

function readInput(yaml: Reader, path: Path): WorkflowInput {
  const input = yaml.block(path, ["description", "required", "default", "type", "options"]);
  const type = INPUT_TYPES.find((it) => it === (input["type"] ?? "string"));
  if (type === undefined)
    throw notKnown(yaml.place(path), `inputs of the type ${JSON.stringify(input["type"])}`);
  const options = yaml.list([...path, "options"]).map(String);
  return { type, isRequired: input["required"] === true, default: input["default"] ?? null, options };
}

function readPermissions(yaml: Reader, path: Path): Permissions | null {
  const written = yaml.value(path);
  if (written === null) return null;
  if (!isBlock(written))
    throw notKnown(yaml.place(path), `permissions in one word: ${JSON.stringify(written)}`);
  const permissions = Object.entries(written).map(([name, level]) => {
    if (level !== "read" && level !== "write" && level !== "none")
      throw notKnown(yaml.place([...path, name]), `the level ${JSON.stringify(level)}`);
    return [name, level] as const;
  });
  return Object.fromEntries(permissions);
}

function readConcurrency(yaml: Reader, path: Path): Concurrency | null {
  const written = yaml.value(path);
  if (written === null) return null;
  if (typeof written === "string") return { group: written, cancelInProgress: false, queue: "single" };
  const block = yaml.block(path, ["group", "cancel-in-progress", "queue"]);
  const queue = block["queue"] ?? "single";
  if (queue !== "single" && queue !== "max")
    throw notKnown(yaml.place(path), `the queue ${JSON.stringify(queue)}`);
  const cancelInProgress = block["cancel-in-progress"] ?? false;
  if (queue === "max" && cancelInProgress !== false)
    throw notKnown(yaml.place(path), "queue: max beside cancel-in-progress, which GitHub refuses");
  return { group: yaml.text([...path, "group"]) ?? "", cancelInProgress, queue };
}

function readDefaults(yaml: Reader, path: Path): RunDefaults {
  yaml.block(path, ["run"]);
  yaml.block([...path, "run"], ["shell", "working-directory"]);
  return {
    shell: yaml.text([...path, "run", "shell"]),
    workingDirectory: yaml.text([...path, "run", "working-directory"]),
  };
}

function readJob(yaml: Reader, id: string): Job {
  const path = ["jobs", id];
  const job = yaml.block(path, [
    "name",
    "needs",
    "if",
    "runs-on",
    "environment",
    "permissions",
    "concurrency",
    "outputs",
    "env",
    "defaults",
    "timeout-minutes",
    "continue-on-error",
    "strategy",
    "steps",
  ]);
  const timeoutMinutes = job["timeout-minutes"];
  if (typeof timeoutMinutes !== "number") throw notKnown(yaml.place(path), "jobs without timeout-minutes");
  return {
    id,
    name: yaml.text([...path, "name"]),
    needs: yaml.list([...path, "needs"]).map(String),
    if: yaml.text([...path, "if"]),
    runsOn: job["runs-on"] ?? null,
    environment: readEnvironment(yaml, [...path, "environment"]),
    permissions: readPermissions(yaml, [...path, "permissions"]),
    concurrency: readConcurrency(yaml, [...path, "concurrency"]),
    outputs: yaml.anyBlock([...path, "outputs"]),
    env: yaml.anyBlock([...path, "env"]),
    defaults: readDefaults(yaml, [...path, "defaults"]),
    timeoutMinutes,
    continueOnError: job["continue-on-error"] ?? false,
    strategy: readStrategy(yaml, [...path, "strategy"]),
    steps: readSteps(yaml, [...path, "steps"]),
    place: yaml.place(path),
  };
}

function readEnvironment(yaml: Reader, path: Path): string | null {
  if (!isBlock(yaml.value(path))) return yaml.text(path);
  yaml.block(path, ["name", "url"]);
  return yaml.text([...path, "name"]);
}

function readStrategy(yaml: Reader, path: Path): Strategy | null {
  if (yaml.value(path) === null) return null;
  const block = yaml.block(path, ["matrix", "fail-fast", "max-parallel"]);
  return {
    matrix: block["matrix"] ?? null,
    failFast: block["fail-fast"] ?? true,
    maxParallel: block["max-parallel"] ?? null,
  };
}

function readSteps(yaml: Reader, path: Path): readonly Step[] {
  return yaml.list(path).map((_, index): Step => readStep(yaml, [...path, index]));
}

function readStep(yaml: Reader, path: Path): Step {
  const step = yaml.block(path, [
    "id",
    "name",
    "if",
    "uses",
    "run",
    "with",
    "env",
    "shell",
    "working-directory",
    "continue-on-error",
    "timeout-minutes",
  ]);
  const text = (key: string) => yaml.text([...path, key]);
  if ((step["uses"] === undefined) === (step["run"] === undefined))
    throw notKnown(yaml.place(path), "a step that has not exactly one of uses and run");
  return {
    id: text("id"),
    name: text("name"),
    if: text("if"),
    uses: text("uses"),
    run: text("run"),
    with: yaml.anyBlock([...path, "with"]),
    env: yaml.anyBlock([...path, "env"]),
    shell: text("shell"),
    workingDirectory: text("working-directory"),
    continueOnError: step["continue-on-error"] ?? (false satisfies Json),
    place: yaml.place(path),
  };
}
