import { askGitHub } from "./askGitHub.ts";
import type { GitHub } from "./openGitHub.ts";
import { readPage } from "./readPage.ts";

/** What a commit status says. */
export interface CommitStatus {
  readonly sha: string;
  readonly context: string;
  readonly state: "success" | "pending" | "failure" | "error";
  /** One line; what is longer than GitHub takes is cut. */
  readonly description: string;
  readonly url?: string;
}

const MAX_DESCRIPTION = 140;
const FIX = "give the job the permission statuses: write, then run it again";

/**
 * Sets a commit's status where this account does not say so already; then nothing is written. What somebody else said since does not
 * count: it is said again.
 * @throws GiftError of `askGitHub`
 */
export async function setStatus(
  { octokit, owner, repo, login }: GitHub,
  { sha, context, state, description: wanted, url }: CommitStatus,
): Promise<{ readonly isChanged: boolean }> {
  const characters = Array.from(wanted);
  const description =
    characters.length > MAX_DESCRIPTION ? `${characters.slice(0, MAX_DESCRIPTION - 1).join("")}…` : wanted;
  return await askGitHub(`set the status ${context} of ${sha}`, FIX, async () => {
    // Newest first, so the first of this context is the one that counts.
    const statuses = await octokit.paginate(
      octokit.repos.listCommitStatusesForRef,
      { owner, repo, ref: sha, per_page: 100 },
      readPage,
    );
    const now = statuses.find((it) => it.context === context);
    const isSame =
      now?.creator?.login === login &&
      now.state === state &&
      now.description === description &&
      (now.target_url ?? "") === (url ?? "");
    if (isSame) return { isChanged: false };
    await octokit.repos.createCommitStatus({
      owner,
      repo,
      sha,
      context,
      state,
      description,
      ...(url !== undefined && { target_url: url }),
    });
    return { isChanged: true };
  });
}
