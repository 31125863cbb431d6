import type { JsonObject } from "../json.ts";
import { type Comment, type GitHubState, type Issue, type Label, type Review, homeOf } from "../state.ts";
import { repositoryPage, repositoryUrl } from "./toRepository.ts";
import { toApp, toAssociation, toNodeId, toUser } from "./toUser.ts";

/** An issue, or the issue that every pull request is. */
export function toIssue(state: GitHubState, issue: Issue) {
  const home = homeOf(state);
  const url = `${repositoryUrl(state, home)}/issues/${issue.number}`;
  const page = `${repositoryPage(state, home)}/${issue.pull ? "pull" : "issues"}/${issue.number}`;
  const pullUrl = `${repositoryUrl(state, home)}/pulls/${issue.number}`;
  return {
    url,
    repository_url: repositoryUrl(state, home),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: page,
    id: issue.id,
    node_id: toNodeId("Issue", issue.id),
    number: issue.number,
    title: issue.title,
    user: toUser(state, issue.author.login),
    labels: toLabels(state, issue.labels),
    state: issue.state,
    state_reason: issue.stateReason,
    locked: issue.isLocked,
    active_lock_reason: null,
    assignee: issue.assignees[0] ? toUser(state, issue.assignees[0]) : null,
    assignees: issue.assignees.map((login) => toUser(state, login)),
    milestone: null,
    comments: commentsOf(state, issue.number).length,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    closed_by: issue.closedBy ? toUser(state, issue.closedBy) : null,
    author_association: toAssociation(state, issue.author.login),
    body: issue.body,
    performed_via_github_app: issue.author.kind === "user" ? null : toApp(state, issue.author.login),
    timeline_url: `${url}/timeline`,
    ...(issue.pull && {
      draft: issue.pull.isDraft,
      pull_request: {
        url: pullUrl,
        html_url: page,
        diff_url: `${page}.diff`,
        patch_url: `${page}.patch`,
        merged_at: issue.pull.merged?.at ?? null,
      },
    }),
  } satisfies JsonObject;
}

/** A comment in an issue's or a pull request's conversation. */
export function toComment(state: GitHubState, comment: Comment) {
  const home = homeOf(state);
  const url = repositoryUrl(state, home);
  const kind = state.issues.get(comment.issue)?.pull ? "pull" : "issues";
  const counts = (content: string) => comment.reactions.filter((one) => one.content === content).length;
  return {
    url: `${url}/issues/comments/${comment.id}`,
    html_url: `${repositoryPage(state, home)}/${kind}/${comment.issue}#issuecomment-${comment.id}`,
    issue_url: `${url}/issues/${comment.issue}`,
    id: comment.id,
    node_id: toNodeId("IssueComment", comment.id),
    user: toUser(state, comment.author.login),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: toAssociation(state, comment.author.login),
    body: comment.body,
    performed_via_github_app: comment.author.kind === "user" ? null : toApp(state, comment.author.login),
    reactions: {
      url: `${url}/issues/comments/${comment.id}/reactions`,
      total_count: comment.reactions.length,
      "+1": counts("+1"),
      "-1": counts("-1"),
      laugh: counts("laugh"),
      hooray: counts("hooray"),
      confused: counts("confused"),
      heart: counts("heart"),
      rocket: counts("rocket"),
      eyes: counts("eyes"),
    },
  } satisfies JsonObject;
}

/** Oldest first, as GitHub lists them. */
export function commentsOf(state: GitHubState, number: number): readonly Comment[] {
  return [...state.comments.values()].filter((comment) => comment.issue === number);
}

export function toLabel(state: GitHubState, label: Label) {
  return {
    id: label.id,
    node_id: toNodeId("Label", label.id),
    url: `${repositoryUrl(state, homeOf(state))}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: false,
    description: label.description,
  } satisfies JsonObject;
}

/** Labels by name; one that did not exist is made, as GitHub does. */
export function toLabels(state: GitHubState, names: readonly string[]) {
  return names.map((name) => toLabel(state, labelOf(state, name)));
}

/** The label of that name, whatever its capitals; made in grey when there is none. */
export function labelOf(state: GitHubState, name: string): Label {
  const known = state.labels.get(name.toLowerCase());
  if (known) return known;
  const label: Label = { id: state.nextId(), name, color: "ededed", description: "" };
  state.labels.set(name.toLowerCase(), label);
  return label;
}

export function toReview(state: GitHubState, number: number, review: Review) {
  const home = homeOf(state);
  const page = `${repositoryPage(state, home)}/pull/${number}`;
  const pullUrl = `${repositoryUrl(state, home)}/pulls/${number}`;
  return {
    id: review.id,
    node_id: toNodeId("PullRequestReview", review.id),
    user: toUser(state, review.login),
    body: review.body,
    state: review.state,
    html_url: `${page}#pullrequestreview-${review.id}`,
    pull_request_url: pullUrl,
    author_association: toAssociation(state, review.login),
    _links: {
      html: { href: `${page}#pullrequestreview-${review.id}` },
      pull_request: { href: pullUrl },
    },
    submitted_at: review.submittedAt,
    commit_id: review.commit,
  } satisfies JsonObject;
}
