import { askGitHub } from "../../github/askGitHub.ts";
import type { GitHub } from "../../github/openGitHub.ts";
import { readPage } from "../../github/readPage.ts";

/** Whether this account's comment on an issue says that very text already. @throws GiftError of `askGitHub` */
export async function isSaid(
  { octokit, owner, repo, login }: GitHub,
  issue: number,
  body: string,
): Promise<boolean> {
  const comments = await askGitHub(
    `list the comments of #${issue}`,
    "give the job the permission pull-requests: read",
    () =>
      octokit.paginate(
        octokit.issues.listComments,
        { owner, repo, issue_number: issue, per_page: 100 },
        readPage,
      ),
  );
  const wanted = normalise(body);
  return comments.some((it) => it.user?.login === login && normalise(it.body ?? "") === wanted);
}

/** GitHub may give line breaks as browsers do, and drop space at the end. */
function normalise(body: string): string {
  return body.replace(/\r\n/g, "\n").trimEnd();
}
