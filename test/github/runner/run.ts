import { fill, fillAll, fillText, isMet, type Scope } from "./expressions.ts";
import { runContexts } from "./githubContext.ts";
import { runJob } from "./job.ts";
import { type Json, type JsonBlock, textAt, toText } from "./json.ts";
import { expandMatrix } from "./matrix.ts";
import type { Turn } from "./queue.ts";
import type { JobRun, Result, WorkflowRun } from "./runs.ts";
import type { Concurrency, Job } from "./workflow.ts";
import type { Attempt, World } from "./world.ts";

/** A run and what is done with it. */
export interface RunControl {
  readonly run: WorkflowRun;
  /** Settles when the run has ended; it never fails: what is not known is in the world. */
  readonly done: Promise<void>;
  cancel(why: string): void;
}

interface JobEnd {
  readonly result: Result;
  readonly outputs: Readonly<Record<string, string>>;
}

/** What the jobs of one run share. */
interface Running {
  readonly world: World;
  readonly attempt: Attempt;
  readonly contexts: Readonly<Record<string, Json>>;
  /** Takes a job that has ended. */
  keep(job: JobRun): void;
  /** Lets happen what is to happen before anything goes on. */
  after(job: JobRun): Promise<void>;
  readonly notes: string[];
  /** Of the jobs that run: whether each goes on in spite of it is its own `if:`. */
  readonly cancels: Set<() => void>;
  readonly ends: Map<string, Promise<JobEnd>>;
  readonly results: Map<string, JobEnd>;
  isCancelled: boolean;
}

/** Starts a run: waits for its turn, runs its jobs as far as they need one another, and concludes. */
export function startRun(
  world: World,
  attempt: Attempt,
  listener: {
    onBegin(): void;
    onJob(run: WorkflowRun, job: JobRun): void;
    afterJob(run: WorkflowRun, job: JobRun): Promise<void>;
  },
): RunControl {
  const { workflow } = attempt;
  const contexts = runContexts(world, attempt);
  const scope: Scope = { contexts };
  const jobs: JobRun[] = [];
  const keep = (job: JobRun) => {
    jobs.push(job);
    listener.onJob(run, job);
  };
  const notes: string[] = [];
  const running: Running = {
    world,
    attempt,
    contexts,
    keep,
    after: (job) => listener.afterJob(run, job),
    notes,
    cancels: new Set(),
    ends: new Map(),
    results: new Map(),
    isCancelled: false,
  };
  const run: WorkflowRun = {
    id: attempt.id,
    number: attempt.number,
    attempt: attempt.attempt,
    workflow: workflow.name,
    file: workflow.path.split("/").at(-1) ?? workflow.path,
    title: titleOf(attempt),
    event: attempt.event.name,
    payload: attempt.event.payload,
    actor: attempt.event.actor,
    sha: attempt.sha,
    ref: attempt.ref,
    headSha: attempt.headSha,
    headBranch: attempt.headBranch,
    headRepository: attempt.headRepository,
    isFork: attempt.isFork,
    status: "queued",
    conclusion: null,
    jobs,
    get artifacts() {
      return attempt.artifacts.names;
    },
    artifact: (name) => attempt.artifacts.folderOf(name),
    notes,
  };

  let turn: Turn | null = null;
  const cancel = (why: string) => {
    if (running.isCancelled || run.status === "completed") return;
    running.isCancelled = true;
    notes.push(`cancelled: ${why}`);
    if (run.status === "pending") turn?.leave();
    for (const each of running.cancels) each();
  };

  const go = async () => {
    // Whoever starts it has it in hand before anything happens.
    await Promise.resolve();
    if (workflow.runName !== null) run.title = fillText(workflow.runName, scope, workflow.place);
    turn = enter(world, workflow.concurrency, scope, workflow.place, cancel);
    if (turn !== null) {
      run.status = "pending";
      if (!(await turn.granted)) {
        notes.push("cancelled: a newer one waits, or too many do");
        return "cancelled";
      }
    }
    run.status = "in_progress";
    listener.onBegin();
    for (const job of workflow.jobs) void endOf(running, job);
    const all = await Promise.allSettled(running.ends.values());
    for (const each of all) if (each.status === "rejected") throw each.reason;
    return conclude(all.flatMap((it) => (it.status === "fulfilled" ? [it.value.result] : [])));
  };
  const done = go()
    .catch((error: unknown): Result => {
      world.wrong(error);
      return "failure";
    })
    .then((conclusion) => {
      run.conclusion = conclusion;
      run.status = "completed";
      turn?.leave();
    });
  return { run, done, cancel };
}

/** The turn that a `concurrency:` asks for; null when there is none. */
function enter(
  world: World,
  concurrency: Concurrency | null,
  scope: Scope,
  place: string,
  cancel: (why: string) => void,
): Turn | null {
  if (concurrency === null) return null;
  const group = fillText(concurrency.group, scope, place);
  if (group === "") return null;
  const said = concurrency.cancelInProgress;
  const cancelInProgress = (typeof said === "string" ? fill(said, scope, place) : said) === true;
  return world.queue.enter({ group, cancelInProgress, queue: concurrency.queue, cancel });
}

/** The end of a job, which waits for the ends of those that it needs. */
function endOf(running: Running, job: Job): Promise<JobEnd> {
  const known = running.ends.get(job.id);
  if (known !== undefined) return known;
  const begin = async (): Promise<JobEnd> => {
    const needed = running.attempt.workflow.jobs.filter((it) => job.needs.includes(it.id));
    await Promise.all(needed.map((it) => endOf(running, it)));
    const end = await passJob(running, job);
    running.results.set(job.id, end);
    return end;
  };
  const end = begin();
  running.ends.set(job.id, end);
  return end;
}

async function passJob(running: Running, job: Job): Promise<JobEnd> {
  const { contexts } = running;
  const needs = Object.fromEntries(
    job.needs.map((id) => [id, { ...(running.results.get(id) ?? { result: "skipped", outputs: {} }) }]),
  );
  const scope: Scope = { contexts: { ...contexts, needs }, status: statusOf(running, job) };
  const skip = (result: "skipped" | "cancelled"): JobEnd => {
    running.keep(jobLeftOut(job, nameOf(job, scope, {}, job.place), result));
    return { result, outputs: {} };
  };
  if (!isMet(job.if, scope, job.place)) return skip(running.isCancelled ? "cancelled" : "skipped");
  if (job.strategy === null) return runOne(running, job, scope, {}, { index: 0, total: 1 }, () => {});

  const jobs = expandMatrix(fillAll(job.strategy.matrix, scope, job.place), job.place);
  if (jobs.length === 0) return skip("skipped");
  const failFast = fillAll(job.strategy.failFast, scope, job.place) !== false;
  const maxParallel = Number(fillAll(job.strategy.maxParallel, scope, job.place) ?? jobs.length);
  const stops = new Set<() => void>();
  let isStopped = false;
  const ends: JobEnd[] = [];
  const waiting = jobs.map((matrix, index) => ({ matrix, index }));
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (isStopped) {
        running.keep(jobLeftOut(job, nameOf(job, scope, next.matrix, job.place), "cancelled", next.matrix));
        ends[next.index] = { result: "cancelled", outputs: {} };
        continue;
      }
      const strategy = { index: next.index, total: jobs.length };
      const end = await runOne(running, job, scope, next.matrix, strategy, (stop) => stops.add(stop));
      ends[next.index] = end;
      if (end.result !== "failure" || !failFast) continue;
      isStopped = true;
      for (const stop of stops) stop();
    }
  };
  await Promise.all(Array.from({ length: Math.min(maxParallel, jobs.length) }, work));
  const outputs = Object.assign({}, ...ends.map((it) => it.outputs)) as Readonly<Record<string, string>>;
  return { result: conclude(ends.map((it) => it.result)), outputs };
}

async function runOne(
  running: Running,
  job: Job,
  outer: Scope,
  matrix: JsonBlock,
  place: { readonly index: number; readonly total: number },
  onStop: (stop: () => void) => void,
): Promise<JobEnd> {
  const { world, attempt } = running;
  const strategy = { "job-index": place.index, "job-total": place.total };
  const contexts = { ...outer.contexts, matrix, strategy };
  const scope: Scope = { ...outer, contexts };
  const name = nameOf(job, scope, matrix, job.place);
  const condition = job.continueOnError;
  const isForgiven = (typeof condition === "string" ? fill(condition, scope, job.place) : condition) === true;
  fillAll(job.runsOn, scope, job.place);

  let stop = () => {};
  let isStopped = false;
  const stopOnce = () => {
    isStopped = true;
    stop();
  };
  onStop(stopOnce);
  const onCancel = () => {
    // A job that asks for always() or cancelled() goes on when the run is cancelled.
    if (!isMet(job.if, { ...scope, status: statusOf(running, job) }, job.place)) stopOnce();
  };
  running.cancels.add(onCancel);
  const turn = enter(world, job.concurrency, scope, job.place, stopOnce);
  stop = () => turn?.leave();
  try {
    if (turn !== null && !(await turn.granted)) {
      running.keep(jobLeftOut(job, name, "cancelled", matrix));
      return { result: "cancelled", outputs: {} };
    }
    stop = () => {};
    const record = await runJob({
      world,
      attempt,
      job,
      name,
      matrix,
      contexts,
      onStart(cancel) {
        stop = cancel;
        if (isStopped) cancel();
      },
    });
    running.keep(record);
    await running.after(record);
    const result = record.result ?? "failure";
    return { result: isForgiven && result === "failure" ? "success" : result, outputs: record.outputs };
  } finally {
    running.cancels.delete(onCancel);
    turn?.leave();
  }
}

/** How things stand for a job: by all that it needs, and all that those need. A skipped one is no success. */
function statusOf(running: Running, job: Job) {
  const ancestors = new Set<string>();
  const collect = (id: string) => {
    if (ancestors.has(id)) return;
    ancestors.add(id);
    for (const need of running.attempt.workflow.jobs.find((it) => it.id === id)?.needs ?? []) collect(need);
  };
  for (const need of job.needs) collect(need);
  const results = [...ancestors].map((id) => running.results.get(id)?.result);
  const cancelled = running.isCancelled;
  return {
    success: !cancelled && results.every((it) => it === "success"),
    failure: !cancelled && results.includes("failure"),
    cancelled,
  };
}

function nameOf(job: Job, scope: Scope, matrix: JsonBlock, place: string): string {
  const isMatrix = Object.keys(matrix).length > 0;
  if (job.name !== null && !/\$\{\{/.test(job.name))
    return isMatrix ? `${job.name} (${shown(matrix)})` : job.name;
  if (job.name === null) return isMatrix ? `${job.id} (${shown(matrix)})` : job.id;
  const contexts = { strategy: {}, ...scope.contexts, matrix };
  return fillText(job.name, { ...scope, contexts }, place);
}

function shown(matrix: JsonBlock): string {
  return Object.values(matrix)
    .map((it) => toText(it))
    .join(", ");
}

function jobLeftOut(job: Job, name: string, result: "skipped" | "cancelled", matrix: JsonBlock = {}): JobRun {
  return {
    id: job.id,
    name,
    matrix,
    result,
    outputs: {},
    permissions: {},
    environment: null,
    steps: [],
    summary: "",
    annotations: [],
    log: "",
  };
}

function conclude(results: readonly Result[]): Result {
  for (const result of ["failure", "cancelled", "success"] as const)
    if (results.includes(result)) return result;
  return "skipped";
}

/** What GitHub calls a run without a `run-name:`. */
function titleOf({ event, workflow }: Attempt): string {
  const { payload } = event;
  if (event.name === "push") return textAt(payload, "head_commit", "message").split("\n")[0] || workflow.name;
  const title = textAt(payload, "pull_request", "title") || textAt(payload, "issue", "title");
  return title || workflow.name;
}

/** Whether an input of a form was given as its workflow asks, with defaults and types; what is wrong as an Error, in GitHub's words. */
export function readForm(
  workflow: Attempt["workflow"],
  given: Readonly<Record<string, Json>>,
): { readonly inputs: JsonBlock; readonly texts: Readonly<Record<string, string>> } {
  const strange = Object.keys(given).filter((name) => !Object.hasOwn(workflow.inputs, name));
  if (strange.length > 0) throw new Error(`Unexpected inputs provided: ${JSON.stringify(strange)}`);
  const inputs: Record<string, Json> = {};
  const texts: Record<string, string> = {};
  for (const [name, input] of Object.entries(workflow.inputs)) {
    const value = given[name] ?? input.default ?? (input.type === "boolean" ? false : "");
    const written = textAt(value);
    if (input.isRequired && written === "") throw new Error(`Required input '${name}' not provided`);
    if (input.type === "choice" && !input.options.includes(written))
      throw new Error(`Provided value '${written}' for input '${name}' not in the list of allowed values`);
    if (input.type === "boolean" && written !== "true" && written !== "false")
      throw new Error(`Provided value '${written}' for input '${name}' is not a boolean`);
    if (input.type === "number" && written !== "" && Number.isNaN(Number(written)))
      throw new Error(`Provided value '${written}' for input '${name}' is not a number`);
    texts[name] = written;
    inputs[name] =
      input.type === "boolean" ? written === "true" : input.type === "number" ? Number(written) : written;
  }
  return { inputs, texts };
}
