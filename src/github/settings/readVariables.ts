import { askGitHub } from "../askGitHub.ts";
import type { GitHub } from "../openGitHub.ts";
import { readPage } from "../readPage.ts";
import { orUnread } from "./readSettings.ts";

/** The repository's own variables; null where this account may not read them. @throws GiftError `GITHUB_FAILED`, `GITHUB_LIMITED` */
export function readVariables({ octokit, owner, repo }: GitHub): Promise<ReadonlyMap<string, string> | null> {
  return orUnread(async () => {
    const all = await askGitHub("list the variables", "use a token of an owner of the repository", () =>
      octokit.paginate(octokit.actions.listRepoVariables, { owner, repo, per_page: 30 }, readPage),
    );
    return new Map(all.map(({ name, value }) => [name, value]));
  });
}
