import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { GitHubState } from "../double/state.ts";
import { openArtifacts } from "./artifacts.ts";
import type { Json } from "./json.ts";
import { readWorkflow } from "./parse.ts";
import { repositoryPayload, workflowRunEvent } from "./payloads.ts";
import { placeOf } from "./place.ts";
import { openQueue } from "./queue.ts";
import { recordJob, recordRun } from "./recordRun.ts";
import { openRepository } from "./repository.ts";
import { readForm, type RunControl, startRun } from "./run.ts";
import type { JobRun, WorkflowRun } from "./runs.ts";
import { isStarted, type RepositoryEvent } from "./triggers.ts";
import type { Workflow } from "./workflow.ts";
import type { App, Attempt, GitHubForRuns, GiveRole, World } from "./world.ts";

const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));
/** Jobs at a time: as many as two cores bear. */
const MAX_JOBS = 4;
/** A run that was started by runs that were started by runs ... starts no more. */
const MAX_DEPTH = 3;

export interface RunnerOptions {
  /** The double: its events start workflows. */
  readonly github: GitHubForRuns & {
    onEvent(listener: (event: ToldEvent) => void): unknown;
    /** Runs and the checks that jobs are get written here. */
    readonly state?: GitHubState;
  };
  /** Of the repository: the `vars` context. */
  readonly variables?: Readonly<Record<string, string>>;
  /** By environment; the repository's own under the empty name. */
  readonly secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly app?: App;
  /** Who may have which role of AWS; everybody gets made-up keys when it is not said. */
  readonly giveRole?: GiveRole;
  /** What steps find in their environment beside what GitHub puts there; `PATH` is there. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Workflow files that no event starts, by name: `ci.yml`, whose jobs would run this project's own tests. Their forms and times do. */
  readonly leaveOut?: readonly string[];
  /** Jobs that run at the same time at most; 4 when nothing is said. */
  readonly maxJobs?: number;
  /** Told of each step of a run: `requested`, `in_progress`, `completed`. */
  onRun?(run: WorkflowRun, action: "requested" | "in_progress" | "completed"): void;
  /** Waited for when a job has ended, before anything goes on that needs it: what happens elsewhere meanwhile. */
  afterJob?(run: WorkflowRun, job: JobRun): Promise<void>;
}

/** An event as the double tells it: its payload is JSON, whatever its type says. */
export type ToldEvent = Omit<RepositoryEvent, "payload"> & { readonly payload: unknown };

/** Runs the workflow files of a double's repository as GitHub would, as they are. */
export interface Runner {
  /** Presses "Run workflow". Throws an Error in GitHub's words when the form is not filled in as it asks. */
  dispatch(
    workflowFile: string,
    inputs?: Readonly<Record<string, Json>>,
    who?: { readonly as?: string },
  ): Promise<WorkflowRun>;
  /** As if the double had told of it. */
  deliver(event: RepositoryEvent): void;
  /** The time of a workflow's `schedule` has come; of its first, or of the one that is named. With `jobs` those alone run. */
  schedule(workflowFile: string, cron?: string, jobs?: readonly string[]): Promise<WorkflowRun>;
  /** From now on no event starts these workflow files, and every event starts all others. */
  leaveOut(files: readonly string[]): void;
  /** Settles once nothing runs, nothing waits and nothing more follows. Throws what the executor did not know. */
  idle(): Promise<void>;
  /** In the order in which they started. */
  readonly runs: readonly WorkflowRun[];
  /** Runs all jobs again, with the commit and the event of then. */
  rerun(run: WorkflowRun, who?: { readonly as?: string }): WorkflowRun;
  /** Presses "Cancel workflow". */
  cancel(run: WorkflowRun): void;
  /** Ends what runs, and forgets all files. Nothing starts any more. */
  stop(): Promise<void>;
}

export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const { github } = options;
  const fullName = `${github.owner}/${github.repo}`;
  const folder = await mkdtemp(join(tmpdir(), "giftwrap-runner-"));
  const repository = openRepository(github.folder);
  const attempts: { readonly attempt: Attempt; readonly control: RunControl }[] = [];
  const runs: WorkflowRun[] = [];
  const wrongs: unknown[] = [];
  const numbers = new Map<string, number>();
  const parsed = new Map<string, Promise<Workflow>>();
  const listed = new Map<string, Promise<ReadonlyMap<string, string>>>();
  const working = new Set<Promise<unknown>>();
  let leftOut: readonly string[] = options.leaveOut ?? [];
  let isStopped = false;
  let events: Promise<unknown> = Promise.resolve();
  let lastId = 1000;

  const world: World = {
    github,
    repository,
    queue: openQueue(),
    variables: options.variables ?? {},
    secrets: options.secrets ?? {},
    app: options.app ?? null,
    giveRole:
      options.giveRole ?? (() => ({ accessKeyId: "AKIAEXECUTOR", secretAccessKey: "made-up-secret-key" })),
    environment: stepEnvironment(options.environment ?? {}),
    folder,
    project: PROJECT,
    room: openRooms(options.maxJobs ?? MAX_JOBS),
    wrong: (error) => wrongs.push(error),
    artifactsOf: (id) => attempts.findLast((it) => it.attempt.id === id)?.attempt.artifacts ?? null,
  };

  const track = <T>(work: Promise<T>): Promise<T> => {
    const settled: Promise<unknown> = work
      .catch((error: unknown) => wrongs.push(error))
      .finally(() => working.delete(settled));
    working.add(settled);
    return work;
  };

  /** The workflow files of a commit never change, and most are the same in the next one: each text is read and parsed once. */
  const filesAt = (commit: string): Promise<ReadonlyMap<string, string>> => {
    const files = listed.get(commit) ?? repository.workflowsAt(commit);
    listed.set(commit, files);
    return files;
  };
  const workflowOf = (path: string, blob: string): Promise<Workflow> => {
    const key = `${path}\n${blob}`;
    const known = parsed.get(key) ?? repository.textOf(blob).then((text) => readWorkflow(path, text));
    parsed.set(key, known);
    return known;
  };
  /** The workflows of a commit that an event may start; a form is that of one file. */
  const workflowsFor = async (event: RepositoryEvent, commit: string): Promise<readonly Workflow[]> => {
    const files = [...(await filesAt(commit))];
    const form = event.name === "workflow_dispatch" ? blockOf(event.payload)["workflow"] : undefined;
    const kept = files.filter(([path]) =>
      typeof form === "string" ? path === form : !leftOut.some((it) => path.endsWith(`/${it}`)),
    );
    return Promise.all(kept.map(([path, blob]) => workflowOf(path, blob)));
  };

  const begin = (attempt: Attempt): WorkflowRun => {
    const startedAt = new Date().toISOString();
    const tell = (action: "requested" | "in_progress" | "completed") => {
      if (github.state !== undefined) recordRun(github.state, control.run, startedAt);
      options.onRun?.(control.run, action);
      // A re-run is not requested once more.
      if (action === "requested" && attempt.attempt > 1) return;
      if (attempt.depth < MAX_DEPTH)
        deliver(workflowRunEvent(github, control.run, attempt, action), attempt.depth + 1);
    };
    const control = startRun(world, attempt, {
      onBegin: () => tell("in_progress"),
      onJob(run, job) {
        if (github.state !== undefined) recordJob(github.state, run, job);
      },
      afterJob: async (run, job) => await options.afterJob?.(run, job),
    });
    attempts.push({ attempt, control });
    runs.push(control.run);
    tell("requested");
    void track(control.done.then(() => tell("completed")));
    return control.run;
  };

  const start = (
    workflow: Workflow,
    event: RepositoryEvent,
    place: Omit<
      Attempt,
      "id" | "number" | "attempt" | "workflow" | "event" | "triggeringActor" | "artifacts"
    >,
  ) => {
    const number = (numbers.get(workflow.path) ?? 0) + 1;
    numbers.set(workflow.path, number);
    lastId += 1;
    return begin({
      ...place,
      id: lastId,
      number,
      attempt: 1,
      workflow,
      event,
      triggeringActor: event.actor,
      artifacts: openArtifacts(folder),
    });
  };

  const follow = async (event: RepositoryEvent, depth: number): Promise<readonly WorkflowRun[]> => {
    const place = await placeOf(event, repository, fullName);
    if (place === null) return [];
    const started: WorkflowRun[] = [];
    for (const workflow of await workflowsFor(event, place.sha)) {
      if (isStopped) continue;
      const given = { ...event, payload: event.payload };
      if (!isStarted(workflow, given)) continue;
      let inputs: Readonly<Record<string, Json>> = {};
      let seen = given;
      if (event.name === "workflow_dispatch") {
        const form = readForm(workflow, inputsOf(event.payload));
        inputs = form.inputs;
        seen = { ...given, payload: { ...blockOf(event.payload), inputs: form.texts } };
      }
      started.push(start(workflow, seen, { ...place, depth, inputs }));
    }
    return started;
  };

  /** One event after the other, so that runs begin in the order of what happened. */
  const enqueue = (event: RepositoryEvent, depth: number): Promise<readonly WorkflowRun[]> => {
    if (isStopped) return Promise.resolve([]);
    const handled = events.then(() => follow(event, depth));
    events = handled.catch(() => {});
    return handled;
  };
  const deliver = (event: RepositoryEvent, depth = 0) => void track(enqueue(event, depth)).catch(() => {});

  /** What a person does, whose mistakes are told to the person. */
  const act = async (workflowFile: string, event: RepositoryEvent): Promise<WorkflowRun> => {
    const work = enqueue(event, 0);
    void track(work.catch(() => {}));
    const [run] = await work;
    if (run === undefined) throw new Error(`Workflow does not have '${event.name}' trigger: ${workflowFile}`);
    return run;
  };

  const unlisten = github.onEvent((event) => {
    if (!isStopped) deliver({ ...event, payload: plain(event.payload) });
  });

  return {
    runs,
    deliver: (event) => deliver(event),
    dispatch: (workflowFile, inputs = {}, { as = "on-call" } = {}) =>
      act(workflowFile, {
        name: "workflow_dispatch",
        actor: as,
        byActionsToken: false,
        payload: {
          inputs,
          ref: "refs/heads/main",
          workflow: `.github/workflows/${workflowFile}`,
          repository: repositoryPayload(github),
          sender: { login: as },
        },
      }),
    leaveOut(files) {
      leftOut = files;
    },
    async schedule(workflowFile, cron, jobs) {
      const main = await repository.commitOf("refs/heads/main");
      const path = `.github/workflows/${workflowFile}`;
      const blob = (await filesAt(main ?? "")).get(path);
      if (blob === undefined) throw new Error(`main has no ${path}`);
      const workflow = await workflowOf(path, blob);
      const time = cron ?? workflow.crons[0] ?? "";
      if (!workflow.crons.includes(time)) throw new Error(`${workflowFile} has no schedule ${time}`);
      const place = await placeOf(
        { name: "schedule", payload: {}, actor: "", byActionsToken: false },
        repository,
        fullName,
      );
      if (place === null) throw new Error("there is no main");
      const event = {
        name: "schedule",
        actor: "github-actions[bot]",
        byActionsToken: false,
        payload: { schedule: time, workflow: path, repository: repositoryPayload(github) },
      };
      const strange = jobs?.find((id) => !workflow.jobs.some((it) => it.id === id));
      if (strange !== undefined) throw new Error(`${workflowFile} has no job ${strange}`);
      const kept = jobs === undefined ? workflow.jobs : workflow.jobs.filter((it) => jobs.includes(it.id));
      return start({ ...workflow, jobs: kept }, event, { ...place, depth: 0, inputs: {} });
    },
    async idle() {
      while (working.size > 0) await Promise.all(working);
      const [first, ...others] = wrongs.splice(0);
      if (first === undefined) return;
      if (others.length === 0) throw first;
      throw new AggregateError([first, ...others], [first, ...others].map(String).join("\n"));
    },
    rerun(run, { as = run.actor } = {}) {
      const last = attempts.findLast((it) => it.attempt.id === run.id);
      if (last === undefined) throw new Error(`there is no run ${run.id}`);
      if (last.control.run.status !== "completed") throw new Error("This workflow is already running");
      return begin({
        ...last.attempt,
        attempt: last.attempt.attempt + 1,
        triggeringActor: as,
        artifacts: openArtifacts(folder),
      });
    },
    cancel(run) {
      attempts.find((it) => it.control.run === run)?.control.cancel("by hand");
    },
    async stop() {
      isStopped = true;
      if (typeof unlisten === "function") unlisten();
      for (const { control } of attempts) control.cancel("the executor stops");
      while (working.size > 0) await Promise.all(working);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Nothing of the tests' own environment but what programs need to be found. */
function stepEnvironment(given: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const known = Object.entries({
    PATH: process.env["PATH"],
    LANG: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    ...given,
  });
  return Object.fromEntries(
    known.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}

/** As many at a time as there is room for, first come first served. */
function openRooms(count: number): World["room"] {
  let free = count;
  const waiting: (() => void)[] = [];
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return async () => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return leave;
  };
}

function plain(payload: unknown): Json {
  return JSON.parse(JSON.stringify(payload)) as Json;
}

function inputsOf(payload: Json): Readonly<Record<string, Json>> {
  return blockOf(blockOf(payload)["inputs"] ?? null);
}

function blockOf(value: Json): Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, Json>>)
    : {};
}
