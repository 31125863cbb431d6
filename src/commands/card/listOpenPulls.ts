import { askGitHub } from "../../github/askGitHub.ts";
import type { GitHub } from "../../github/openGitHub.ts";
import type { PullRequest } from "../../github/pullRequest.ts";
import { readPage } from "../../github/readPage.ts";

/**
 * The open pull requests that go to a branch, the one that was touched longest ago first: a call for each hundred. Whether one conflicts
 * is not said, for git says so.
 * @throws GiftError of `askGitHub`
 */
export async function listOpenPulls(
  { octokit, owner, repo }: GitHub,
  base: string,
): Promise<readonly PullRequest[]> {
  const found = await askGitHub(
    `list the pull requests of ${owner}/${repo}`,
    "give the job the permission pull-requests: read",
    () =>
      octokit.paginate(
        octokit.pulls.list,
        { owner, repo, state: "open", base, sort: "updated", direction: "asc", per_page: 100 },
        readPage,
      ),
  );
  return found.map((it): PullRequest => {
    // GitHub says null for the repository of a fork that was deleted, whatever its types say.
    const headRepo: { readonly full_name: string } | null = it.head.repo;
    return {
      number: it.number,
      title: it.title,
      body: it.body ?? "",
      author: it.user?.login ?? "ghost",
      isBot: it.user?.type === "Bot",
      isDraft: it.draft ?? false,
      state: "open",
      headRef: it.head.ref,
      headSha: it.head.sha,
      headRepo: headRepo?.full_name ?? null,
      isFork: headRepo?.full_name.toLowerCase() !== `${owner}/${repo}`.toLowerCase(),
      baseRef: it.base.ref,
      baseSha: it.base.sha,
      mergeCommit: null,
      mergedBy: null,
      labels: it.labels.map((label) => label.name),
      isConflicted: null,
      url: it.html_url,
    };
  });
}
