import { isAncestor, readCommit } from "./git.ts";
import type { JsonObject } from "./json.ts";
import { emailOf } from "./shapes/toCommit.ts";
import { toComment, toIssue, toLabels, toReview } from "./shapes/toIssue.ts";
import { toPullRequest, toPullRequestSimple } from "./shapes/toPullRequest.ts";
import { repositoryPage, toRepository } from "./shapes/toRepository.ts";
import { toUser } from "./shapes/toUser.ts";
import { toWorkflow, toWorkflowRun } from "./shapes/toWorkflowRun.ts";
import {
  type Actor,
  type Comment,
  type GitHubState,
  type Issue,
  type Repository,
  type Review,
  type WorkflowRun,
  homeOf,
  timeOf,
} from "./state.ts";

/** Tells all listeners, with what every payload has. */
export function emit(
  state: GitHubState,
  actor: Actor,
  {
    name,
    action,
    ...more
  }: { readonly name: string; readonly action?: string; readonly payload: JsonObject },
): void {
  const payload: JsonObject = {
    ...(action !== undefined && { action }),
    ...more.payload,
    repository: { ...toRepository(state, homeOf(state)) },
    organization: {
      login: state.owner,
      id: 1,
      url: `${state.apiUrl}/orgs/${state.owner}`,
    },
    sender: toUser(state, actor.login),
    ...(actor.kind === "app" && { installation: { id: 1, node_id: "installation" } }),
  };
  const event = {
    name,
    ...(action !== undefined && { action }),
    // Nobody changes it, and nobody sees what changes later.
    payload: JSON.parse(JSON.stringify(payload)) as JsonObject,
    actor: actor.login,
    byActionsToken: actor.kind === "actions",
  };
  for (const listener of state.listeners) listener(event);
}

const NONE = "0".repeat(40);

/** A branch moved, appeared (`from` null) or went (`to` null). */
export async function emitPush(
  state: GitHubState,
  actor: Actor,
  repository: Repository,
  push: { readonly branch: string; readonly from: string | null; readonly to: string | null },
): Promise<void> {
  // What happens in a fork starts nothing here.
  if (repository.isFork) return;
  const { branch, from, to } = push;
  const commit = to ? await readCommit(repository.folder, to) : null;
  const isForced = from !== null && to !== null && !(await isAncestor(repository.folder, from, to));
  const page = repositoryPage(state, repository);
  const headCommit = commit && {
    id: commit.sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: commit.committer.date,
    url: `${page}/commit/${commit.sha}`,
    author: { name: commit.author.name, email: commit.author.email, username: actor.login },
    committer: { name: commit.committer.name, email: commit.committer.email },
  };
  emit(state, actor, {
    name: "push",
    payload: {
      ref: `refs/heads/${branch}`,
      before: from ?? NONE,
      after: to ?? NONE,
      base_ref: null,
      created: from === null,
      deleted: to === null,
      forced: isForced,
      compare: `${page}/compare/${(from ?? "").slice(0, 12)}...${(to ?? "").slice(0, 12)}`,
      commits: headCommit ? [headCommit] : [],
      head_commit: headCommit,
      pusher: { name: actor.login, email: emailOf(actor.login) },
    },
  });
}

/** `opened`, `synchronize`, `closed`, `reopened`, `ready_for_review`, `labeled` ... */
export async function emitPull(
  state: GitHubState,
  actor: Actor,
  issue: Issue,
  action: string,
  more: JsonObject = {},
): Promise<void> {
  const pullRequest = await toPullRequest(state, issue);
  emit(state, actor, {
    name: "pull_request",
    action,
    payload: { number: issue.number, pull_request: pullRequest, ...more },
  });
}

/** `submitted` or `dismissed`. */
export function emitReview(
  state: GitHubState,
  actor: Actor,
  issue: Issue,
  { action, review }: { readonly action: string; readonly review: Review },
): void {
  emit(state, actor, {
    name: "pull_request_review",
    action,
    payload: {
      review: { ...toReview(state, issue.number, review), state: review.state.toLowerCase() },
      pull_request: toPullRequestSimple(state, issue),
    },
  });
}

/** `created`, `edited` or `deleted`. */
export function emitComment(
  state: GitHubState,
  actor: Actor,
  comment: Comment,
  { action, before }: { readonly action: string; readonly before?: string },
): void {
  const issue = state.issues.get(comment.issue);
  if (!issue) return;
  emit(state, actor, {
    name: "issue_comment",
    action,
    payload: {
      issue: toIssue(state, issue),
      comment: toComment(state, comment),
      ...(before !== undefined && { changes: { body: { from: before } } }),
    },
  });
}

/** `opened`, `edited`, `closed`, `reopened`, `labeled`, `unlabeled`. */
export function emitIssue(
  state: GitHubState,
  actor: Actor,
  issue: Issue,
  action: string,
  more: JsonObject = {},
): void {
  emit(state, actor, { name: "issues", action, payload: { issue: toIssue(state, issue), ...more } });
}

/** `labeled` or `unlabeled`, of an issue or a pull request. */
export async function emitLabel(
  state: GitHubState,
  actor: Actor,
  issue: Issue,
  { action, label }: { readonly action: "labeled" | "unlabeled"; readonly label: string },
): Promise<void> {
  const [shape] = toLabels(state, [label]);
  if (issue.pull) await emitPull(state, actor, issue, action, { label: shape });
  else emitIssue(state, actor, issue, action, { label: shape });
}

/** `requested`, `in_progress` or `completed`. A run of a fork's pull request names no pull requests. */
export function emitWorkflowRun(state: GitHubState, actor: Actor, run: WorkflowRun, action: string): void {
  emit(state, actor, {
    name: "workflow_run",
    action,
    payload: {
      workflow_run: toWorkflowRun(state, run),
      workflow: toWorkflow(state, run.path, run.name),
    },
  });
}

/** A form was sent, in the browser or over the API. */
export function emitWorkflowDispatch(
  state: GitHubState,
  actor: Actor,
  { workflow, ref, inputs }: { readonly workflow: string; readonly ref: string; readonly inputs: JsonObject },
): void {
  emit(state, actor, { name: "workflow_dispatch", payload: { inputs, ref, workflow } });
}

export function emitRepositoryDispatch(
  state: GitHubState,
  actor: Actor,
  { type, payload }: { readonly type: string; readonly payload: JsonObject },
): void {
  emit(state, actor, {
    name: "repository_dispatch",
    action: type,
    payload: { branch: "main", client_payload: payload },
  });
}

/** What a schedule delivers; GitHub sends the repository and the cron line, nothing else. */
export function emitSchedule(
  state: GitHubState,
  { cron, workflow }: { readonly cron: string; readonly workflow: string },
): void {
  emit(state, { login: "github", kind: "user" }, { name: "schedule", payload: { schedule: cron, workflow } });
}

/** The queue asks whether a pull request may be merged onto the commits before it. */
export async function emitMergeGroup(
  state: GitHubState,
  actor: Actor,
  group: {
    readonly headSha: string;
    readonly headRef: string;
    readonly baseSha: string;
    readonly baseRef: string;
  },
): Promise<void> {
  const commit = await readCommit(homeOf(state).folder, group.headSha);
  emit(state, actor, {
    name: "merge_group",
    action: "checks_requested",
    payload: {
      merge_group: {
        head_sha: group.headSha,
        head_ref: group.headRef,
        base_sha: group.baseSha,
        base_ref: group.baseRef,
        head_commit: {
          id: commit.sha,
          tree_id: commit.tree,
          message: commit.message,
          timestamp: timeOf(state),
          author: { name: commit.author.name, email: commit.author.email },
          committer: { name: commit.committer.name, email: commit.committer.email },
        },
      },
    },
  });
}
