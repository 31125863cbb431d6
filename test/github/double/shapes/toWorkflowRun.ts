import type { JsonObject } from "../json.ts";
import { type GitHubState, type WorkflowRun, homeOf } from "../state.ts";
import { repositoryPage, repositoryUrl, toRepository } from "./toRepository.ts";
import { toNodeId, toUser } from "./toUser.ts";

/** A run as lists and `workflow_run` events show it. */
export function toWorkflowRun(state: GitHubState, run: WorkflowRun) {
  const home = homeOf(state);
  const url = `${repositoryUrl(state, home)}/actions/runs/${run.id}`;
  const headRepository = state.repositories.get(run.headRepo) ?? home;
  return {
    id: run.id,
    name: run.name,
    node_id: toNodeId("WorkflowRun", run.id),
    check_suite_id: run.id,
    check_suite_node_id: toNodeId("CheckSuite", run.id),
    head_branch: run.headBranch,
    head_sha: run.headSha,
    path: run.path,
    display_title: run.title,
    run_number: run.id,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: workflowId(state, run.path),
    url,
    html_url: `${repositoryPage(state, home)}/actions/runs/${run.id}`,
    pull_requests: pullsOf(state, run),
    created_at: run.createdAt,
    updated_at: run.updatedAt,
    actor: toUser(state, run.actor),
    run_attempt: run.attempt,
    referenced_workflows: [],
    run_started_at: run.createdAt,
    triggering_actor: toUser(state, run.actor),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${repositoryUrl(state, home)}/check-suites/${run.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: null,
    workflow_url: `${repositoryUrl(state, home)}/actions/workflows/${workflowId(state, run.path)}`,
    head_commit: {
      id: run.headSha,
      tree_id: run.headSha,
      message: run.title,
      timestamp: run.createdAt,
      author: { name: run.actor, email: `${run.actor}@users.noreply.github.com` },
      committer: { name: run.actor, email: `${run.actor}@users.noreply.github.com` },
    },
    repository: toRepository(state, home),
    head_repository: toRepository(state, headRepository),
  } satisfies JsonObject;
}

/** A workflow by its file. */
export function toWorkflow(state: GitHubState, path: string, name: string) {
  const home = homeOf(state);
  const id = workflowId(state, path);
  const file = path.split("/").at(-1) ?? "";
  return {
    id,
    node_id: toNodeId("Workflow", id),
    name,
    path,
    state: "active",
    created_at: home.createdAt,
    updated_at: home.createdAt,
    url: `${repositoryUrl(state, home)}/actions/workflows/${id}`,
    html_url: `${repositoryPage(state, home)}/blob/main/${path}`,
    badge_url: `${repositoryPage(state, home)}/workflows/${encodeURIComponent(file)}/badge.svg`,
  } satisfies JsonObject;
}

/** The same for the same file; GitHub's are numbers, too. */
export function workflowId(state: GitHubState, path: string): number {
  let id = homeOf(state).id;
  for (const letter of path) id = (id * 31 + (letter.codePointAt(0) ?? 0)) % 1_000_000_007;
  return id;
}

/** Pull requests from this repository's own branches; of forks GitHub tells none. */
function pullsOf(state: GitHubState, run: WorkflowRun) {
  const home = homeOf(state);
  if (run.headRepo !== home.fullName) return [];
  const reference = { id: home.id, url: repositoryUrl(state, home), name: home.name };
  return [...state.issues.values()].flatMap(({ number, id, pull, state: isOpen }) =>
    pull && isOpen === "open" && pull.headRepo === home.fullName && pull.headRef === run.headBranch
      ? [
          {
            url: `${repositoryUrl(state, home)}/pulls/${number}`,
            id,
            number,
            head: { ref: pull.headRef, sha: pull.headSha, repo: reference },
            base: { ref: pull.baseRef, sha: pull.baseSha, repo: reference },
          },
        ]
      : [],
  );
}
