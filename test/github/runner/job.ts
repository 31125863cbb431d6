import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fillText, type Scope } from "./expressions.ts";
import { type Frame, type JobState, mask, masked } from "./jobState.ts";
import { isBlock, type Json, type JsonBlock, toText } from "./json.ts";
import type { JobRun, StepRun } from "./runs.ts";
import { runSteps } from "./steps.ts";
import type { Job } from "./workflow.ts";
import { type Attempt, permissionsOf, toApiNames, type World } from "./world.ts";

/** All that a step may need beside the job itself. */
export interface JobRequest {
  readonly world: World;
  readonly attempt: Attempt;
  readonly job: Job;
  readonly name: string;
  readonly matrix: JsonBlock;
  /** `github`, `inputs`, `vars`, `needs`, `strategy`, `matrix`. */
  readonly contexts: Readonly<Record<string, Json>>;
  /** Given once the job can be cancelled. */
  onStart(cancel: () => void): void;
}

/** Runs a job to its end. Throws NotKnown; anything else that goes wrong is the job's failure. */
export async function runJob(request: JobRequest): Promise<JobRun> {
  const { world, attempt, job, contexts } = request;
  const scope: Scope = { contexts };
  const environment = job.environment === null ? null : fillText(job.environment, scope, job.place);
  const permissions = permissionsOf(attempt.workflow.permissions, job.permissions, attempt.isFork);
  const steps: StepRun[] = [];
  const record = {
    id: job.id,
    name: request.name,
    matrix: request.matrix,
    result: null,
    outputs: {},
    permissions,
    environment,
    steps,
    annotations: [],
    get summary() {
      return steps.flatMap((it) => it.summary ?? []).join("\n");
    },
    get log() {
      return steps.map((it) => it.log).join("");
    },
  } satisfies JobRun;
  const run: JobState["record"] = record;

  if (environment !== null && environment !== "" && attempt.ref !== "refs/heads/main") {
    const message = `Branch "${attempt.ref.replace("refs/heads/", "")}" is not allowed to deploy to ${environment} due to environment protection rules.`;
    const refusal = { level: "error" as const, message, title: null, file: null, line: null };
    return Object.assign(run, { result: "failure", annotations: [refusal] });
  }

  const leave = await world.room();
  try {
    const state = await openState(request, run, environment === "" ? null : environment);
    request.onStart(() => {
      if (run.result !== null) return;
      state.status = "cancelled";
      state.kill();
    });
    const frame: Frame = {
      status: () => state.status,
      fail: () => {
        if (state.status === "success") state.status = "failure";
      },
      actionFolder: null,
      inputs: {},
      env: {},
      steps: {},
      records: steps,
      depth: 0,
    };
    await runSteps(state, frame, job.steps);
    run.outputs = outputsOf(state, frame);
    run.result = state.status;
    return Object.defineProperty(run, "annotations", { value: steps.flatMap((it) => it.annotations) });
  } catch (error) {
    run.result = "failure";
    throw error;
  } finally {
    leave();
  }
}

async function openState(
  { world, attempt, job, contexts, matrix }: JobRequest,
  record: JobState["record"],
  environment: string | null,
): Promise<JobState> {
  const { permissions } = record;
  const token = world.github.token({
    login: "github-actions[bot]",
    kind: "actions",
    permissions: toApiNames(permissions),
  });
  // Those of an environment are for the jobs that name it, and forks get none.
  const own = environment === null ? {} : world.secrets[environment];
  const secrets = attempt.isFork ? {} : { ...world.secrets[""], ...own };

  const temporary = await mkdtemp(join(world.folder, "job-"));
  const workspace = join(temporary, "work");
  for (const name of ["work", "home", "temp", "tools"]) await mkdir(join(temporary, name));
  await answerNpmCi(join(temporary, "tools"), world.project);
  const eventPath = join(temporary, "event.json");
  await writeFile(eventPath, JSON.stringify(attempt.event.payload, null, 2));

  const github = {
    ...(isBlock(contexts["github"]) ? contexts["github"] : {}),
    job: job.id,
    token,
    workspace,
    event_path: eventPath,
  };
  const all = {
    ...contexts,
    github,
    matrix,
    secrets: { ...secrets, GITHUB_TOKEN: token },
    runner: { os: "Linux", arch: "X64", name: "executor", temp: join(temporary, "temp"), debug: "" },
  };
  const filled = (env: JsonBlock, scope: Scope, place: string) =>
    Object.fromEntries(
      Object.entries(env).map(([name, value]) => [name, fillText(toText(value), scope, place)]),
    );
  const ofWorkflow = filled(attempt.workflow.env, { contexts: all }, attempt.workflow.place);
  const ofJob = filled(job.env, { contexts: { ...all, env: ofWorkflow } }, job.place);
  const state: JobState = {
    world,
    attempt,
    job,
    record,
    token,
    secrets,
    variables: world.variables,
    permissions,
    environment,
    workspace,
    temporary,
    env: { ...world.environment, ...ofWorkflow, ...ofJob },
    added: {},
    path: [join(temporary, "tools")],
    contexts: all,
    status: "success",
    kill: () => {},
    masks: new Set(),
  };
  for (const secret of [token, ...Object.values(secrets)]) mask(state, secret);
  return state;
}

/** An `npm` before the real one that answers `ci` by linking what this project has installed: nothing is fetched in a test. */
async function answerNpmCi(tools: string, project: string): Promise<void> {
  const script = `#!/bin/bash
if [ "$1" != ci ]; then
  PATH="\${PATH#*:}"
  exec npm "$@"
fi
if [ ! -e package-lock.json ]; then
  echo "npm error The \\\`npm ci\\\` command can only install with an existing package-lock.json" >&2
  exit 1
fi
ln -sfn "${project}/node_modules" node_modules
case " $* " in
  *" --ignore-scripts "*) ;;
  *) [ -e dist ] || ln -s "${project}/dist" dist ;;
esac
echo "linked what is installed already"
`;
  await writeFile(join(tools, "npm"), script, { mode: 0o755 });
}

/** What the job says it gives to others; GitHub drops what holds a secret. */
function outputsOf(state: JobState, frame: Frame): Readonly<Record<string, string>> {
  const scope: Scope = {
    contexts: {
      ...state.contexts,
      env: { ...state.env, ...state.added },
      steps: frame.steps,
      job: { status: state.status },
    },
    status: {
      success: state.status === "success",
      failure: state.status === "failure",
      cancelled: state.status === "cancelled",
    },
  };
  const outputs = Object.entries(state.job.outputs).flatMap(([name, value]) => {
    const output = fillText(toText(value), scope, state.job.place);
    return masked(state, output) === output ? [[name, output] as const] : [];
  });
  return Object.fromEntries(outputs);
}
