import type { RestEndpointMethodTypes } from "@octokit/rest";
import { askGitHub } from "./askGitHub.ts";
import { limitOf, statusOf } from "./keepAsking.ts";
import type { GitHub } from "./openGitHub.ts";
import { readPage } from "./readPage.ts";

/** A pull request as it is now. All texts are whatever somebody wrote. */
export interface PullRequest {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly author: string;
  readonly isBot: boolean;
  readonly isDraft: boolean;
  readonly state: "open" | "closed" | "merged";
  readonly headRef: string;
  readonly headSha: string;
  /** `owner/name`; null when that repository is gone. */
  readonly headRepo: string | null;
  readonly isFork: boolean;
  readonly baseRef: string;
  readonly baseSha: string;
  /** The commit on the base branch; null until it is merged. */
  readonly mergeCommit: string | null;
  readonly mergedBy: string | null;
  readonly labels: readonly string[];
  /** Null while GitHub is finding out. */
  readonly isConflicted: boolean | null;
  readonly url: string;
}

type Full = RestEndpointMethodTypes["pulls"]["get"]["response"]["data"];

const READ_FIX = "give the job the permission pull-requests: read";

/** @throws GiftError `GITHUB_MISSING` and the others of `askGitHub` */
export async function readPullRequest(
  { octokit, owner, repo }: GitHub,
  number: number,
): Promise<PullRequest> {
  return await askGitHub(`give pull request #${number} of ${owner}/${repo}`, READ_FIX, async () => {
    const { data } = await octokit.pulls.get({ owner, repo, pull_number: number });
    return toPullRequest(data, owner, repo);
  });
}

/** What a run of `workflow_run` says of where it ran. */
export interface RunHead {
  readonly headRepo: string;
  readonly headBranch: string;
  readonly headSha: string;
}

/** The open pull request whose head is that very commit of that very repository; null where it moved on or was closed. */
export async function findPullRequestOfRun(
  { octokit, owner, repo }: GitHub,
  { headRepo, headBranch, headSha }: RunHead,
): Promise<number | null> {
  const [headOwner = ""] = headRepo.split("/");
  const found = await askGitHub(`list the pull requests of ${owner}/${repo}`, READ_FIX, () =>
    octokit.paginate(
      octokit.pulls.list,
      { owner, repo, state: "open", head: `${headOwner}:${headBranch}`, per_page: 100 },
      readPage,
    ),
  );
  const ours = found.find(
    ({ head }) =>
      head.sha === headSha && head.ref === headBranch && isSameName(head.repo?.full_name ?? "", headRepo),
  );
  return ours?.number ?? null;
}

/** The pull request that was merged as this commit; null where it came otherwise. */
export async function findPullRequestOfCommit(github: GitHub, sha: string): Promise<PullRequest | null> {
  const number = await findMergedAs(github, sha);
  return number === null ? null : await readPullRequest(github, number);
}

/** The number of the pull request that was merged as this commit: one question where that is enough. */
export async function findMergedAs({ octokit, owner, repo }: GitHub, sha: string): Promise<number | null> {
  const found = await askGitHub(`say whose commit ${sha} is`, READ_FIX, async () => {
    try {
      return await octokit.paginate(
        octokit.repos.listPullRequestsAssociatedWithCommit,
        { owner, repo, commit_sha: sha, per_page: 100 },
        readPage,
      );
    } catch (error) {
      // It says 422 of a commit that it does not have: one that was not pushed.
      if (statusOf(error) === 422) return [];
      throw error;
    }
  });
  return found.find((it) => it.merged_at !== null && it.merge_commit_sha === sha)?.number ?? null;
}

/** A person's newest review that counts: a comment takes no approval away. */
export interface Review {
  readonly login: string;
  readonly state: "approved" | "changes_requested" | "dismissed" | "commented";
  /** The head that was looked at. */
  readonly commit: string;
}

const REVIEW_STATES: Readonly<Record<string, Review["state"]>> = {
  APPROVED: "approved",
  CHANGES_REQUESTED: "changes_requested",
  DISMISSED: "dismissed",
  COMMENTED: "commented",
};

/** One for each person, in the order in which they came to it. */
export async function readReviews(
  { octokit, owner, repo }: GitHub,
  number: number,
): Promise<readonly Review[]> {
  const all = await askGitHub(`list the reviews of pull request #${number}`, READ_FIX, () =>
    octokit.paginate(
      octokit.pulls.listReviews,
      { owner, repo, pull_number: number, per_page: 100 },
      readPage,
    ),
  );
  const newest = new Map<string, Review>();
  for (const { user, state: written, commit_id: commit } of all) {
    const state = REVIEW_STATES[written.toUpperCase()];
    if (!user || !state) continue;
    const before = newest.get(user.login);
    if (state === "commented" && before && before.state !== "commented") continue;
    newest.set(user.login, { login: user.login, state, commit: commit ?? "" });
  }
  return [...newest.values()];
}

/**
 * The logins of a team's members, as they write them; null when the team is not there or
 * the account may not see it. The slug may be written as `team`, `org/team` or `@org/team`.
 */
export async function readTeam(
  { octokit, owner, clock }: GitHub,
  slug: string,
): Promise<ReadonlySet<string> | null> {
  const parts = slug.replace(/^@/, "").split("/");
  const team = parts.at(-1) ?? "";
  const org = parts.length > 1 ? (parts[0] ?? owner) : owner;
  return await askGitHub(`list the members of the team ${org}/${team}`, READ_FIX, async () => {
    try {
      const members = await octokit.paginate(
        octokit.teams.listMembersInOrg,
        { org, team_slug: team, per_page: 100 },
        readPage,
      );
      return new Set(members.map((it) => it.login));
    } catch (error) {
      const status = statusOf(error);
      if (status === 404 || (status === 403 && limitOf(error, clock.now()) === null)) return null;
      throw error;
    }
  });
}

function toPullRequest(data: Full, owner: string, repo: string): PullRequest {
  const { head, base } = data;
  // GitHub says null for the repository of a fork that was deleted, whatever its types say.
  const headRepo: { readonly full_name: string } | null = head.repo;
  return {
    number: data.number,
    title: data.title,
    body: data.body ?? "",
    author: data.user.login,
    isBot: data.user.type === "Bot",
    isDraft: data.draft ?? false,
    state: data.merged ? "merged" : data.state,
    headRef: head.ref,
    headSha: head.sha,
    headRepo: headRepo?.full_name ?? null,
    isFork: !isSameName(headRepo?.full_name ?? "", `${owner}/${repo}`),
    baseRef: base.ref,
    baseSha: base.sha,
    mergeCommit: data.merged ? data.merge_commit_sha : null,
    mergedBy: data.merged_by?.login ?? null,
    labels: data.labels.map((it) => it.name),
    isConflicted: data.mergeable === null ? null : !data.mergeable,
    url: data.html_url,
  };
}

/** GitHub's names do not differ by case. */
function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
