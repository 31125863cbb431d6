import { askGitHub } from "../askGitHub.ts";
import type { GitHub } from "../openGitHub.ts";
import { readPage } from "../readPage.ts";
import {
  type EnvironmentHealth,
  type Health,
  type HealthFiles,
  ownersIn,
  type WorkflowHealth,
} from "./diagnose.ts";
import { planSettings } from "./planSettings.ts";
import { orUnread, readSettings } from "./readSettings.ts";
import { readVariables } from "./readVariables.ts";
import { readWanted } from "./readWanted.ts";
import { ENVIRONMENTS, ONCALL_TEAM, RULESET_NAME } from "./wantedSettings.ts";

const FIX = "use a token of an owner of the repository";
/** The workflows whose last run says whether things go on by themselves. */
const WATCHED = ["publish.yml", "reconcile.yml", "refresh.yml"];

/**
 * Asks GitHub for all that {@link Health} has, and changes nothing.
 * @throws GiftError `GITHUB_FAILED`, `GITHUB_LIMITED`, and `GITHUB_MISSING` when there is no such repository
 */
export async function readHealth(github: GitHub, files: HealthFiles): Promise<Health> {
  const variables = await readVariables(github);
  const wanted = await readWanted(github, files, variables);
  const present = await readSettings(github, RULESET_NAME);
  const environments = present.environments && [...present.environments.keys()];
  return {
    owner: github.owner,
    repo: github.repo,
    webUrl: github.webUrl,
    files,
    plan: planSettings(wanted, present),
    hasQueue: await readQueue(github, wanted.mainBranch),
    variables,
    secrets: await readSecrets(github),
    environments: environments && (await readEnvironments(github, environments)),
    workflows: await readWorkflows(github),
    teams: await readTeams(github, files),
  };
}

/** Whoever made it: a ruleset of the organisation may have it, too. */
function readQueue({ octokit, owner, repo }: GitHub, branch: string): Promise<boolean | null> {
  return orUnread(async () => {
    const rules = await askGitHub(`list the rules of ${branch}`, FIX, () =>
      octokit.paginate(octokit.repos.getBranchRules, { owner, repo, branch, per_page: 100 }, readPage),
    );
    return rules.some(({ type }) => type === "merge_queue");
  });
}

function readSecrets({ octokit, owner, repo }: GitHub): Promise<ReadonlySet<string> | null> {
  return orUnread(async () => {
    const all = await askGitHub("list the names of the secrets", FIX, () =>
      octokit.paginate(octokit.actions.listRepoSecrets, { owner, repo, per_page: 100 }, readPage),
    );
    return new Set(all.map(({ name }) => name));
  });
}

async function readEnvironments(
  github: GitHub,
  names: readonly string[],
): Promise<ReadonlyMap<string, EnvironmentHealth>> {
  const { octokit, owner, repo } = github;
  const found = new Map<string, EnvironmentHealth>();
  for (const name of ENVIRONMENTS.filter((it) => names.includes(it))) {
    const variables = await orUnread(async () => {
      const all = await askGitHub(`list the variables of the environment ${name}`, FIX, () =>
        octokit.paginate(
          octokit.actions.listEnvironmentVariables,
          { owner, repo, environment_name: name, per_page: 30 },
          readPage,
        ),
      );
      return new Map(all.map((it) => [it.name, it.value]));
    });
    const secrets = await orUnread(async () => {
      const all = await askGitHub(`list the names of the secrets of the environment ${name}`, FIX, () =>
        octokit.paginate(
          octokit.actions.listEnvironmentSecrets,
          { owner, repo, environment_name: name, per_page: 100 },
          readPage,
        ),
      );
      return new Set(all.map((it) => it.name));
    });
    found.set(name, { variables, secrets });
  }
  return found;
}

function readWorkflows({
  octokit,
  owner,
  repo,
}: GitHub): Promise<ReadonlyMap<string, WorkflowHealth> | null> {
  return orUnread(async () => {
    const all = await askGitHub("list the workflows", FIX, () =>
      octokit.paginate(octokit.actions.listRepoWorkflows, { owner, repo, per_page: 100 }, readPage),
    );
    const found = new Map<string, WorkflowHealth>();
    for (const { path, state, id } of all) {
      const name = path.split("/").at(-1) ?? path;
      const last = WATCHED.includes(name)
        ? await askGitHub(`show the last run of ${name}`, FIX, () =>
            octokit.actions.listWorkflowRuns({
              owner,
              repo,
              workflow_id: id,
              status: "completed",
              per_page: 1,
            }),
          )
        : null;
      const run = last?.data.workflow_runs[0];
      found.set(name, {
        state,
        last: run
          ? { conclusion: run.conclusion ?? "nothing", at: Date.parse(run.updated_at), url: run.html_url }
          : null,
      });
    }
    return found;
  });
}

async function readTeams(
  { octokit, owner }: GitHub,
  { policy, codeowners }: HealthFiles,
): Promise<ReadonlyMap<string, boolean | null>> {
  const { canary = [], regional = [], full = [], policy: ofPolicy = [] } = policy?.approvals ?? {};
  const slugs = new Set([
    ...[...canary, ...regional, ...full, ...ofPolicy].map(({ team }) => team),
    ...ownersIn(codeowners ?? "").flatMap(({ org, team }) =>
      org.toLowerCase() === owner.toLowerCase() ? [team] : [],
    ),
    ONCALL_TEAM,
  ]);
  const seen = new Set<string>();
  for (const slug of slugs) {
    const team = await orUnread(() =>
      askGitHub(`show the team ${slug}`, FIX, () => octokit.teams.getByName({ org: owner, team_slug: slug })),
    );
    if (team) seen.add(slug);
  }
  // Who may see one team sees that another is not there; to everybody else all of them look alike.
  return new Map([...slugs].map((slug) => [slug, seen.size > 0 ? seen.has(slug) : null] as const));
}
