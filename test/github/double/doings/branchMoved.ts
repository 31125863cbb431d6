import { emitPull, emitPush } from "../events.ts";
import { toObject } from "../json.ts";
import { rulesFor } from "../mergeBlock.ts";
import { git, readRef } from "../git.ts";
import { type Actor, type GitHubState, type Repository, homeOf, timeOf } from "../state.ts";

export interface Move {
  readonly branch: string;
  /** Null when the branch is new. */
  readonly from: string | null;
  /** Null when the branch is gone. */
  readonly to: string | null;
}

/** What follows when git has moved a branch: the push event, and pull requests that have it as their head. */
export async function branchMoved(
  state: GitHubState,
  actor: Actor,
  repository: Repository,
  move: Move,
): Promise<void> {
  await emitPush(state, actor, repository, move);
  for (const issue of state.issues.values()) {
    const { pull } = issue;
    if (!pull || issue.state !== "open") continue;
    if (pull.headRepo !== repository.fullName || pull.headRef !== move.branch) continue;
    if (move.to === null) {
      issue.state = "closed";
      issue.closedAt = issue.updatedAt = timeOf(state);
      issue.closedBy = actor.login;
      await emitPull(state, actor, issue, "closed");
      continue;
    }
    const before = pull.headSha;
    pull.headSha = move.to;
    issue.updatedAt = timeOf(state);
    await keepHead(state, repository, issue.number, move.to);
    pull.baseSha = (await readRef(homeOf(state).folder, `refs/heads/${pull.baseRef}`)) ?? pull.baseSha;
    dismissStale(state, pull.baseRef, pull.reviews);
    await emitPull(state, actor, issue, "synchronize", { before, after: move.to });
  }
  if (!repository.isFork && move.to) await markMergedByPush(state, actor, move.branch, move.to);
}

/** Keeps `refs/pull/N/head`, with the objects, where the head is; also when it is in a fork. */
export async function keepHead(
  state: GitHubState,
  repository: Repository,
  number: number,
  sha: string,
): Promise<void> {
  const { folder } = homeOf(state);
  const ref = `refs/pull/${number}/head`;
  if (repository.isFork) {
    await git(folder, ["fetch", "--quiet", "--no-tags", "--no-auto-gc", repository.folder, `+${sha}:${ref}`]);
  } else {
    await git(folder, ["update-ref", ref, sha]);
  }
}

/** A pull request whose head came to its base by a push counts as merged. */
async function markMergedByPush(
  state: GitHubState,
  actor: Actor,
  branch: string,
  tip: string,
): Promise<void> {
  const { folder } = homeOf(state);
  const merged = await git(folder, [
    "for-each-ref",
    `--merged=${tip}`,
    "--format=%(refname)",
    "refs/pull/*/head",
  ]);
  for (const name of merged.split("\n").filter(Boolean)) {
    const issue = state.issues.get(Number(name.split("/")[2]));
    if (!issue?.pull || issue.state !== "open" || issue.pull.baseRef !== branch) continue;
    issue.pull.merged = { at: timeOf(state), by: actor.login, sha: tip };
    issue.state = "closed";
    issue.closedAt = issue.updatedAt = timeOf(state);
    issue.closedBy = actor.login;
    await emitPull(state, actor, issue, "closed");
  }
}

function dismissStale(state: GitHubState, branch: string, reviews: { state: string }[]): void {
  const isDismissed = rulesFor(state, branch).some(
    ({ rule }) =>
      rule.type === "pull_request" && toObject(rule.parameters).dismiss_stale_reviews_on_push === true,
  );
  if (!isDismissed) return;
  for (const review of reviews) if (review.state === "APPROVED") review.state = "DISMISSED";
}
