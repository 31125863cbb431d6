import { askGitHub } from "./askGitHub.ts";
import { statusOf } from "./keepAsking.ts";
import type { GitHub } from "./openGitHub.ts";

/** Whether a person may write to the repository, and so may ask for what changes it. @throws GiftError of `askGitHub` */
export async function mayWrite({ octokit, owner, repo }: GitHub, login: string): Promise<boolean> {
  const fix = "give the job the permission metadata: read, which every token has";
  return await askGitHub(`say what ${login} may do in ${owner}/${repo}`, fix, async () => {
    try {
      const { data } = await octokit.repos.getCollaboratorPermissionLevel({ owner, repo, username: login });
      // Who maintains is told as one who writes.
      return data.permission === "admin" || data.permission === "write";
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  });
}
