import { askGitHub } from "../askGitHub.ts";
import type { GitHub } from "../openGitHub.ts";
import { toOwnApp } from "./ownApp.ts";
import { orUnread } from "./readSettings.ts";
import type { WantedSettings } from "./settings.ts";
import { ACTIONS_APP_ID, ONCALL_TEAM, type SettingsFacts, wantedSettings } from "./wantedSettings.ts";

/**
 * What is wanted of this repository, with what only GitHub knows: its main branch and the number of the on-call team.
 * @param variables the repository's own; null where they may not be read
 */
export async function readWanted(
  github: GitHub,
  files: Pick<SettingsFacts, "policy" | "production"> & { readonly actionsApp?: number },
  variables: ReadonlyMap<string, string> | null,
): Promise<WantedSettings> {
  const { octokit, owner, repo } = github;
  const { data } = await askGitHub(
    `show the repository ${owner}/${repo}`,
    "set GITHUB_REPOSITORY to the owner and the name, and use a token that may read it",
    () => octokit.repos.get({ owner, repo }),
  );
  return wantedSettings({
    policy: files.policy,
    production: files.production,
    mainBranch: data.default_branch,
    oncall: await readTeamId(github, ONCALL_TEAM),
    actionsApp: files.actionsApp ?? ACTIONS_APP_ID,
    ownApp: toOwnApp(variables),
  });
}

function readTeamId({ octokit, owner }: GitHub, slug: string): Promise<number | null> {
  return orUnread(async () => {
    const { data } = await askGitHub(`show the team ${slug}`, "use a token that may read the members", () =>
      octokit.teams.getByName({ org: owner, team_slug: slug }),
    );
    return data.id;
  });
}
