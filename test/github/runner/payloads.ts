import type { JsonBlock } from "./json.ts";
import type { RepositoryEvent } from "./triggers.ts";
import type { WorkflowRun } from "./runs.ts";
import type { Attempt, GitHubForRuns } from "./world.ts";

/** The parts of webhooks that the executor makes itself, in GitHub's shapes. */
export function repositoryPayload({ owner, repo, webUrl, apiUrl }: GitHubForRuns): JsonBlock {
  return {
    id: 1,
    name: repo,
    full_name: `${owner}/${repo}`,
    owner: { login: owner, type: "Organization" },
    default_branch: "main",
    fork: false,
    html_url: `${webUrl}/${owner}/${repo}`,
    url: `${apiUrl}/repos/${owner}/${repo}`,
  };
}

/** What `workflow_run` says of a run; `completed` when it has ended. */
export function workflowRunEvent(
  github: GitHubForRuns,
  run: WorkflowRun,
  attempt: Attempt,
  action: "requested" | "in_progress" | "completed",
): RepositoryEvent {
  const repository = repositoryPayload(github);
  const [owner = "", name = ""] = run.headRepository.split("/");
  const url = `${github.apiUrl}/repos/${github.owner}/${github.repo}/actions/runs/${run.id}`;
  return {
    name: "workflow_run",
    action,
    actor: run.actor,
    byActionsToken: false,
    payload: {
      action,
      workflow: { id: 1, name: run.workflow, path: attempt.workflow.path, state: "active" },
      workflow_run: {
        id: run.id,
        name: run.workflow,
        display_title: run.title,
        path: attempt.workflow.path,
        event: run.event,
        status: action === "requested" ? "queued" : action,
        conclusion: run.conclusion,
        head_branch: run.headBranch,
        head_sha: run.headSha,
        run_number: run.number,
        run_attempt: run.attempt,
        url,
        html_url: `${github.webUrl}/${github.owner}/${github.repo}/actions/runs/${run.id}`,
        artifacts_url: `${url}/artifacts`,
        // GitHub names the pull requests of this repository only: of a fork's run the list is empty.
        pull_requests: run.isFork ? [] : pullOf(attempt),
        actor: { login: run.actor },
        triggering_actor: { login: attempt.triggeringActor },
        head_repository: {
          full_name: run.headRepository,
          name,
          owner: { login: owner },
          fork: run.isFork,
        },
        repository,
      },
      repository,
      sender: { login: run.actor },
    },
  };
}

function pullOf({ event, headSha, headBranch }: Attempt): readonly JsonBlock[] {
  const { payload } = event;
  if (typeof payload !== "object" || payload === null || !("pull_request" in payload)) return [];
  const pull = payload.pull_request;
  if (typeof pull !== "object" || pull === null || !("number" in pull)) return [];
  return [
    { number: pull.number ?? null, head: { ref: headBranch, sha: headSha }, base: pull["base"] ?? null },
  ];
}
