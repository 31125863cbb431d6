import { explainError, GiftError } from "../report/error.ts";

/** Where pull requests are opened, and as whom. */
export interface GitHubAccess {
  readonly owner: string;
  readonly repo: string;
  readonly token: string;
  /** The API's address, for GitHub Enterprise; without it that of github.com. */
  readonly apiUrl?: string;
}

export interface PullRequestText {
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
}

export type OpenedPullRequest =
  | { readonly kind: "opened"; readonly url: string }
  /** There is or was one for the branch: nobody opens again what a person closed. */
  | { readonly kind: "already"; readonly url: string; readonly state: string };

/** From the variables that GitHub Actions sets; null elsewhere. */
export function readGitHubAccess(variables: NodeJS.ProcessEnv): GitHubAccess | null {
  const { GITHUB_REPOSITORY: repository, GITHUB_TOKEN: token, GITHUB_API_URL: apiUrl } = variables;
  const [owner, repo] = repository?.split("/") ?? [];
  if (!owner || !repo || !token) return null;
  return { owner, repo, token, ...(apiUrl && { apiUrl }) };
}

/**
 * The pull request that there is or was for a branch of this repository; null where there never was one. Also when the branch is gone.
 * @throws GiftError `GITHUB_FAILED`
 */
export async function findPullRequest(
  access: GitHubAccess,
  branch: string,
): Promise<Extract<OpenedPullRequest, { kind: "already" }> | null> {
  const { owner, repo } = access;
  try {
    const octokit = await openGitHub(access);
    const { data } = await octokit.pulls.list({ owner, repo, head: `${owner}:${branch}`, state: "all" });
    const [found] = data;
    return found ? { kind: "already", url: found.html_url, state: found.state } : null;
  } catch (cause) {
    throw new GiftError(
      "GITHUB_FAILED",
      `GitHub did not say whether there is a pull request for ${branch} in ${owner}/${repo}: ${explainError(cause)}`,
      "give the job the permission pull-requests: write, then run it again",
      { cause },
    );
  }
}

/**
 * Opens a pull request for a branch of which {@link findPullRequest} knew none, unless another one was faster.
 * @throws GiftError `GITHUB_FAILED`
 */
export async function openPullRequest(
  access: GitHubAccess,
  { branch, base, title, body }: PullRequestText,
): Promise<OpenedPullRequest> {
  const { owner, repo } = access;
  try {
    const octokit = await openGitHub(access);
    const { data } = await octokit.pulls.create({ owner, repo, head: branch, base, title, body });
    return { kind: "opened", url: data.html_url };
  } catch (cause) {
    // Two at once: the slower one is told that there is one already (422).
    const other = await findPullRequest(access, branch);
    if (other) return other;
    throw new GiftError(
      "GITHUB_FAILED",
      `GitHub did not open a pull request for ${branch} in ${owner}/${repo}: ${explainError(cause)}`,
      "give the job the permission pull-requests: write, then run it again; the branch is there",
      { cause },
    );
  }
}

async function openGitHub({ token, apiUrl }: GitHubAccess) {
  const { Octokit } = await import("@octokit/rest");
  return new Octokit({
    auth: token,
    userAgent: "giftwrap",
    ...(apiUrl && { baseUrl: apiUrl }),
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
}
