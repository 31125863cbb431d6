import { askGitHub } from "./askGitHub.ts";
import { statusOf } from "./keepAsking.ts";
import type { GitHub } from "./openGitHub.ts";
import { type PullRequest, readPullRequest } from "./pullRequest.ts";
import { readPage } from "./readPage.ts";
import { breakSkipWords } from "./skipWords.ts";
import { upsertComment } from "./upsertComment.ts";
import { writeOnce } from "./writeOnce.ts";

export interface PullRequestText {
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  /** Labels that are not there yet are made by GitHub. */
  readonly labels?: readonly string[];
}

export type OpenedPullRequest =
  | { readonly kind: "opened"; readonly number: number; readonly url: string }
  /** There is or was one for the branch: nobody opens again what a person closed. */
  | {
      readonly kind: "already";
      readonly number: number;
      readonly url: string;
      readonly state: "open" | "closed" | "merged";
    };
type Known = Extract<OpenedPullRequest, { kind: "already" }>;

const FIX = "give the job the permission pull-requests: write, then run it again; the branch is there";
/** Marks what is said when a pull request is closed by itself. */
const CLOSED_MARKER = "giftwrap:closed";

/**
 * The pull request that there is or was for a branch of this repository: the open one, else the newest; null where there never was one.
 * Also when the branch is gone.
 * @throws GiftError of `askGitHub`
 */
export async function findPullRequest(github: GitHub, branch: string): Promise<Known | null> {
  const { octokit, owner, repo } = github;
  const found = await askGitHub(`say whether there is a pull request for ${branch}`, FIX, () =>
    octokit.paginate(
      octokit.pulls.list,
      { owner, repo, head: `${owner}:${branch}`, state: "all", per_page: 100 },
      readPage,
    ),
  );
  const ours = found.filter((it) => it.head.ref === branch);
  const it = ours.find(({ state }) => state === "open") ?? ours[0];
  if (!it) return null;
  const state = it.merged_at ? "merged" : it.state === "open" ? "open" : "closed";
  return { kind: "already", number: it.number, url: it.html_url, state };
}

/**
 * Opens a pull request for a branch, unless one is open. What was closed before does not hold it up: whoever must not open again what
 * a person closed asks {@link findPullRequest} first.
 * @throws GiftError of `askGitHub`
 */
export async function openPullRequest(
  github: GitHub,
  { branch, base, title, body, labels = [] }: PullRequestText,
): Promise<OpenedPullRequest> {
  const { octokit, owner, repo } = github;
  const opened = await askGitHub(`open a pull request for ${branch} in ${owner}/${repo}`, FIX, async () => {
    try {
      return await writeOnce(
        github,
        async (): Promise<OpenedPullRequest> => {
          const { data } = await octokit.pulls.create({ owner, repo, head: branch, base, title, body });
          return { kind: "opened", number: data.number, url: data.html_url };
        },
        () => findOpen(github, branch),
      );
    } catch (error) {
      // Two at once: the slower one is told that there is one already.
      const other = statusOf(error) === 422 ? await findPullRequest(github, branch) : null;
      if (other?.state === "open") return other;
      throw error;
    }
  });
  if (opened.kind === "opened" && labels.length > 0)
    await askGitHub(`label #${opened.number}`, FIX, () =>
      octokit.issues.addLabels({ owner, repo, issue_number: opened.number, labels: [...labels] }),
    );
  return opened;
}

/**
 * Says why, once, and closes. Nothing is done where it is closed already.
 * @throws GiftError of `askGitHub`
 */
export async function closePullRequest(
  github: GitHub,
  number: number,
  comment: string,
): Promise<{ readonly isChanged: boolean }> {
  const { octokit, owner, repo } = github;
  if ((await readPullRequest(github, number)).state !== "open") return { isChanged: false };
  await upsertComment(github, number, CLOSED_MARKER, comment);
  await askGitHub(`close pull request #${number}`, FIX, () =>
    octokit.pulls.update({ owner, repo, pull_number: number, state: "closed" }),
  );
  return { isChanged: true };
}

export type Merged =
  | { readonly kind: "merged"; readonly sha: string }
  /** Protection, a conflict or a newer head stands in the way; in GitHub's words. */
  | { readonly kind: "blocked"; readonly why: string };

const MERGE_ATTEMPTS = 4;
const MERGE_PAUSE_MILLISECONDS = 1_500;

/**
 * Squashes a pull request into its base at the head that was looked at. Tried again while others merge at the same time.
 * @throws GiftError of `askGitHub`
 */
export async function mergePullRequest(
  github: GitHub,
  { number, headSha }: Pick<PullRequest, "number" | "headSha">,
  { title, message }: { readonly title: string; readonly message?: string },
): Promise<Merged> {
  const { octokit, owner, repo, clock } = github;
  const merge = async (): Promise<Merged> => {
    const { data } = await octokit.pulls.merge({
      owner,
      repo,
      pull_number: number,
      merge_method: "squash",
      sha: headSha,
      commit_title: breakSkipWords(title),
      ...(message !== undefined && { commit_message: breakSkipWords(message) }),
    });
    return { kind: "merged", sha: data.sha };
  };
  const findMerged = async (): Promise<Merged | null> => {
    const { mergeCommit } = await readPullRequest(github, number);
    return mergeCommit === null ? null : { kind: "merged", sha: mergeCommit };
  };
  return await askGitHub(`merge pull request #${number}`, FIX, async () => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await writeOnce(github, merge, findMerged);
      } catch (error) {
        const status = statusOf(error);
        if (!(error instanceof Error) || (status !== 405 && status !== 409)) throw error;
        const isRace = status === 405 && /base branch was modified/i.test(error.message);
        if (isRace && attempt < MERGE_ATTEMPTS) await clock.sleep(MERGE_PAUSE_MILLISECONDS * attempt);
        else
          return (
            (await findMerged()) ?? {
              kind: "blocked",
              why: error.message.replace(/ - https:\/\/docs\.github\.com\/\S*$/, ""),
            }
          );
      }
    }
  });
}

async function findOpen(github: GitHub, branch: string): Promise<OpenedPullRequest | null> {
  const found = await findPullRequest(github, branch);
  return found?.state === "open" ? { kind: "opened", number: found.number, url: found.url } : null;
}
