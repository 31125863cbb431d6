import { type GitHubState, timeOf, type WorkflowRun } from "./state.ts";

export interface RecordedJob {
  /** As checks are required: `Gift check`. */
  readonly name: string;
  /** Null while it runs. */
  readonly conclusion: "success" | "failure" | "cancelled" | "skipped" | null;
}

/** Keeps a run, and makes or changes a check run of the Actions app for each of its jobs, on the run's head. */
export function recordRun(state: GitHubState, run: WorkflowRun, jobs: readonly RecordedJob[]): void {
  state.runs.set(run.id, run);
  for (const { name, conclusion } of jobs) {
    const externalId = `run-${run.id}-${run.attempt}`;
    const known = state.checkRuns.find((one) => one.externalId === externalId && one.name === name);
    const status = conclusion === null ? "in_progress" : "completed";
    const completedAt = conclusion === null ? null : timeOf(state);
    if (known) {
      Object.assign(known, { status, conclusion, completedAt });
      continue;
    }
    state.checkRuns.push({
      id: state.nextId(),
      suite: run.id,
      name,
      sha: run.headSha,
      app: "github-actions[bot]",
      status,
      conclusion,
      externalId,
      detailsUrl: `${state.webUrl}/${state.owner}/${state.name}/actions/runs/${run.id}`,
      startedAt: timeOf(state),
      completedAt,
      title: null,
      summary: null,
      text: null,
      annotations: [],
    });
  }
}
