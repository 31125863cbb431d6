import { git } from "../git.ts";
import type { JsonObject } from "../json.ts";
import { testMerge } from "../testMerge.ts";
import { mergeBlock } from "../mergeBlock.ts";
import { type GitHubState, type Issue, type Pull, homeOf } from "../state.ts";
import { commentsOf, toLabels } from "./toIssue.ts";
import { repositoryPage, repositoryUrl, toRepository } from "./toRepository.ts";
import { toAssociation, toNodeId, toUser } from "./toUser.ts";

/** A pull request as lists show it. @throws Error for an issue that is none */
export function toPullRequestSimple(state: GitHubState, issue: Issue) {
  const pull = pullOf(issue);
  const home = homeOf(state);
  const repo = repositoryUrl(state, home);
  const url = `${repo}/pulls/${issue.number}`;
  const page = `${repositoryPage(state, home)}/pull/${issue.number}`;
  const headRepository = pull.headRepo ? state.repositories.get(pull.headRepo) : undefined;
  return {
    url,
    id: issue.id,
    node_id: toNodeId("PullRequest", issue.id),
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: `${repo}/issues/${issue.number}`,
    number: issue.number,
    state: issue.state,
    locked: issue.isLocked,
    title: issue.title,
    user: toUser(state, issue.author.login),
    body: issue.body,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    merged_at: pull.merged?.at ?? null,
    merge_commit_sha: pull.merged?.sha ?? pull.test?.sha ?? null,
    assignee: issue.assignees[0] ? toUser(state, issue.assignees[0]) : null,
    assignees: issue.assignees.map((login) => toUser(state, login)),
    requested_reviewers: pull.reviewers.map((login) => toUser(state, login)),
    requested_teams: pull.teams.map((slug) => toTeam(state, slug)),
    labels: toLabels(state, issue.labels).map((label) => ({
      ...label,
      description: label.description ?? "",
    })),
    milestone: null,
    draft: pull.isDraft,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${repo}/pulls/comments{/number}`,
    comments_url: `${repo}/issues/${issue.number}/comments`,
    statuses_url: `${repo}/statuses/${pull.headSha}`,
    head: {
      label: `${pull.headOwner}:${pull.headRef}`,
      ref: pull.headRef,
      sha: pull.headSha,
      user: toUser(state, pull.headOwner),
      repo: headRepository ? toRepository(state, headRepository) : null,
    },
    base: {
      label: `${home.owner}:${pull.baseRef}`,
      ref: pull.baseRef,
      sha: pull.baseSha,
      user: toUser(state, home.owner),
      repo: toRepository(state, home),
    },
    _links: {
      self: { href: url },
      html: { href: page },
      issue: { href: `${repo}/issues/${issue.number}` },
      comments: { href: `${repo}/issues/${issue.number}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${repo}/pulls/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: `${repo}/statuses/${pull.headSha}` },
    },
    author_association: toAssociation(state, issue.author.login),
    auto_merge: null,
    active_lock_reason: null,
  } satisfies JsonObject;
}

/**
 * A pull request as its own page and events show it. Mergeability is computed here, as GitHub computes it when somebody looks.
 * @throws Error for an issue that is none
 */
export async function toPullRequest(
  state: GitHubState,
  issue: Issue,
  mergeability: "known" | "unknown" = "known",
): Promise<JsonObject> {
  const pull = pullOf(issue);
  const { folder } = homeOf(state);
  if (issue.state === "open" && mergeability === "known") await testMerge(state, issue);
  const range = `${pull.merged ? pull.baseSha : `refs/heads/${pull.baseRef}`}...${pull.headSha}`;
  const [stat, commits] = await Promise.all([
    git(folder, ["diff", "--shortstat", range, "--"]).catch(() => ""),
    git(folder, ["rev-list", "--count", range.replace("...", ".."), "--"]).catch(() => "0"),
  ]);
  const count = (word: RegExp) => Number(word.exec(stat)?.[1] ?? 0);
  const isKnown = issue.state === "open" && mergeability === "known";
  const isMergeable = isKnown ? pull.test?.sha !== null : null;

  return {
    ...toPullRequestSimple(state, issue),
    merged: pull.merged !== null,
    mergeable: isMergeable,
    rebaseable: isMergeable,
    mergeable_state: isKnown ? await mergeableState(state, issue, isMergeable === true) : "unknown",
    merged_by: pull.merged ? toUser(state, pull.merged.by) : null,
    comments: commentsOf(state, issue.number).length,
    review_comments: 0,
    maintainer_can_modify: pull.canMaintainerModify,
    commits: Number(commits),
    additions: count(/(\d+) insertion/),
    deletions: count(/(\d+) deletion/),
    changed_files: count(/(\d+) file/),
  };
}

/** A team as pull requests name it. */
export function toTeam(state: GitHubState, slug: string): JsonObject {
  const id = state.teams.get(slug)?.id ?? 0;
  const url = `${state.apiUrl}/organizations/${state.owner}/team/${id}`;
  return {
    id,
    node_id: toNodeId("Team", id),
    url,
    html_url: `${state.webUrl}/orgs/${state.owner}/teams/${slug}`,
    name: slug,
    slug,
    description: null,
    privacy: "closed",
    notification_setting: "notifications_enabled",
    permission: "push",
    type: "organization",
    organization_id: 1,
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    parent: null,
  };
}

function pullOf(issue: Issue): Pull {
  if (!issue.pull) throw new Error(`#${issue.number} is no pull request`);
  return issue.pull;
}

async function mergeableState(state: GitHubState, issue: Issue, isMergeable: boolean): Promise<string> {
  if (!isMergeable) return "dirty";
  if (issue.pull?.isDraft) return "draft";
  return mergeBlock(state, issue) ? "blocked" : "clean";
}
