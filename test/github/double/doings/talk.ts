import { emitComment, emitIssue, emitLabel, emitPull, emitReview } from "../events.ts";
import { invalid, Refusal } from "../refusal.ts";
import { labelOf } from "../shapes/toIssue.ts";
import { type Actor, type Comment, type GitHubState, type Issue, type Review, timeOf } from "../state.ts";

/** GitHub's limit for the text of a comment, an issue or a pull request, in characters. */
export const MAX_BODY = 65_536;

/** @throws Refusal 422 for a text over GitHub's limit */
export function refuseLongBody(body: string | null | undefined, resource: string): void {
  if (body && Array.from(body).length > MAX_BODY) {
    throw invalid(resource, "body", `body is too long (maximum is ${MAX_BODY} characters)`);
  }
}

export function addComment(state: GitHubState, actor: Actor, issue: Issue, body: string): Comment {
  if (body === "") throw invalid("IssueComment", "body", "body can't be blank");
  refuseLongBody(body, "IssueComment");
  if (issue.isLocked) throw new Refusal(403, "Unable to create comment because issue is locked.");
  const comment: Comment = {
    id: state.nextId(),
    issue: issue.number,
    author: actor,
    body,
    createdAt: timeOf(state),
    updatedAt: timeOf(state),
    reactions: [],
  };
  state.comments.set(comment.id, comment);
  issue.updatedAt = comment.createdAt;
  emitComment(state, actor, comment, { action: "created" });
  return comment;
}

export function editComment(state: GitHubState, actor: Actor, comment: Comment, body: string): void {
  refuseLongBody(body, "IssueComment");
  const before = comment.body;
  comment.body = body;
  comment.updatedAt = timeOf(state);
  emitComment(state, actor, comment, { action: "edited", before });
}

export function deleteComment(state: GitHubState, actor: Actor, comment: Comment): void {
  emitComment(state, actor, comment, { action: "deleted" });
  state.comments.delete(comment.id);
}

export async function openIssue(
  state: GitHubState,
  actor: Actor,
  asked: { readonly title: string; readonly body: string | null; readonly labels: readonly string[] },
): Promise<Issue> {
  refuseLongBody(asked.body, "Issue");
  const number = state.nextNumber();
  const issue: Issue = {
    number,
    id: state.nextId(),
    title: asked.title,
    body: asked.body,
    author: actor,
    state: "open",
    stateReason: null,
    labels: asked.labels.map((name) => labelOf(state, name).name),
    assignees: [],
    createdAt: timeOf(state),
    updatedAt: timeOf(state),
    closedAt: null,
    closedBy: null,
    isLocked: false,
    pull: null,
  };
  state.issues.set(number, issue);
  emitIssue(state, actor, issue, "opened");
  for (const label of issue.labels) await emitLabel(state, actor, issue, { action: "labeled", label });
  return issue;
}

/** Closes or opens an issue or a pull request again; nothing when it is so already. */
export async function setIssueState(
  state: GitHubState,
  actor: Actor,
  issue: Issue,
  { to, reason }: { readonly to: "open" | "closed"; readonly reason?: string | null },
): Promise<void> {
  if (issue.state === to) return;
  if (to === "open" && issue.pull?.merged)
    throw invalid("PullRequest", "state", "state cannot be changed. The pull request was merged.");
  issue.state = to;
  issue.stateReason = issue.pull ? null : to === "closed" ? (reason ?? "completed") : "reopened";
  issue.closedAt = to === "closed" ? timeOf(state) : null;
  issue.closedBy = to === "closed" ? actor.login : null;
  issue.updatedAt = timeOf(state);
  const action = to === "closed" ? "closed" : "reopened";
  if (issue.pull) await emitPull(state, actor, issue, action);
  else emitIssue(state, actor, issue, action);
}

/** Makes the labels these, with an event for each that comes or goes. */
export async function setLabels(
  state: GitHubState,
  actor: Actor,
  issue: Issue,
  names: readonly string[],
): Promise<void> {
  const next = [...new Set(names.map((name) => labelOf(state, name).name))];
  const before = issue.labels;
  issue.labels = next;
  for (const label of next) {
    if (!before.includes(label)) await emitLabel(state, actor, issue, { action: "labeled", label });
  }
  for (const label of before) {
    if (!next.includes(label)) await emitLabel(state, actor, issue, { action: "unlabeled", label });
  }
}

export function addReview(
  state: GitHubState,
  actor: Actor,
  issue: Issue,
  asked: { readonly state: Review["state"]; readonly body: string; readonly commit?: string | undefined },
): Review {
  if (!issue.pull) throw new Refusal(404, "Not Found");
  if (asked.state !== "COMMENTED" && issue.author.login === actor.login) {
    const what = asked.state === "APPROVED" ? "approve" : "request changes on";
    throw new Refusal(422, `Unprocessable Entity`, [`Can not ${what} your own pull request`]);
  }
  const review: Review = {
    id: state.nextId(),
    login: actor.login,
    commit: asked.commit ?? issue.pull.headSha,
    body: asked.body,
    state: asked.state,
    submittedAt: timeOf(state),
  };
  issue.pull.reviews.push(review);
  issue.pull.reviewers = issue.pull.reviewers.filter((login) => login !== actor.login);
  if (review.state !== "PENDING") emitReview(state, actor, issue, { action: "submitted", review });
  return review;
}
