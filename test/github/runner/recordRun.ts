import type { GitHubState } from "../double/state.ts";
import type { JobRun, WorkflowRun } from "./runs.ts";

const ACTIONS = "github-actions[bot]";

/** Tells the double of a run, so that its API and its rules know it. */
export function recordRun(state: GitHubState, run: WorkflowRun, startedAt: string): void {
  state.runs.set(run.id, {
    id: run.id,
    name: run.workflow,
    path: `.github/workflows/${run.file}`,
    title: run.title,
    event: run.event,
    headSha: run.headSha,
    headBranch: run.headBranch,
    headRepo: run.headRepository,
    actor: run.actor,
    status: run.status,
    conclusion: run.conclusion,
    attempt: run.attempt,
    createdAt: startedAt,
    updatedAt: timeOf(state),
    artifacts: run.artifacts.map((name, index) => ({ id: run.id * 100 + index, name, bytes: 1 })),
  });
}

/** Each job is a check of the run's head, by its name: what branch rules ask for. */
export function recordJob(state: GitHubState, run: WorkflowRun, job: JobRun): void {
  state.checkRuns.push({
    id: state.nextId(),
    suite: run.id,
    name: job.name,
    sha: run.headSha,
    app: ACTIONS,
    status: "completed",
    conclusion: job.result,
    externalId: null,
    detailsUrl: `${state.webUrl}/${state.owner}/${state.name}/actions/runs/${run.id}`,
    startedAt: timeOf(state),
    completedAt: timeOf(state),
    title: null,
    summary: null,
    text: null,
    annotations: [],
  });
}

function timeOf(state: GitHubState): string {
  return `${state.now().toISOString().slice(0, 19)}Z`;
}
