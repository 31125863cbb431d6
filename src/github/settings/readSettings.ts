import { GiftError } from "../../report/error.ts";
import { isRecord } from "../../wire/isRecord.ts";
import { askGitHub } from "../askGitHub.ts";
import type { GitHub } from "../openGitHub.ts";
import { readPage } from "../readPage.ts";
import type { Bypass, Label, PresentSettings, RepositorySettings, Rule, TokenSettings } from "./settings.ts";

const FIX = "use a token of an owner of the repository, with the permission administration";

/**
 * What GitHub has now, a part for each question; a part that this account may not read is null.
 * @throws GiftError `GITHUB_FAILED`, `GITHUB_LIMITED`, and `GITHUB_MISSING` when there is no such repository
 */
export async function readSettings(github: GitHub, rulesetName: string): Promise<PresentSettings> {
  return {
    repository: await readRepository(github),
    token: await readToken(github),
    ruleset: await readRuleset(github, rulesetName),
    labels: await readLabels(github),
    environments: await readEnvironments(github),
  };
}

/** What `act` gives, or null where this account may not know; whether the thing is not there is for `act` itself. */
export async function orUnread<T>(act: () => Promise<T>): Promise<T | null> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof GiftError && ["GITHUB_FORBIDDEN", "GITHUB_MISSING"].includes(error.code))
      return null;
    throw error;
  }
}

async function readRepository({ octokit, owner, repo }: GitHub): Promise<RepositorySettings | null> {
  const { data } = await askGitHub(
    `show the repository ${owner}/${repo}`,
    "use a token that may read it",
    () => octokit.repos.get({ owner, repo }),
  );
  // Only those who may change them are shown them.
  if (data.allow_squash_merge === undefined) return null;
  return {
    allowSquashMerge: data.allow_squash_merge,
    allowMergeCommit: data.allow_merge_commit ?? true,
    allowRebaseMerge: data.allow_rebase_merge ?? true,
    allowAutoMerge: data.allow_auto_merge ?? false,
    deleteBranchOnMerge: data.delete_branch_on_merge ?? false,
    squashTitle: data.squash_merge_commit_title ?? "COMMIT_OR_PR_TITLE",
    squashMessage: data.squash_merge_commit_message ?? "COMMIT_MESSAGES",
  };
}

function readToken({ octokit, owner, repo }: GitHub): Promise<TokenSettings | null> {
  return orUnread(async () => {
    const { data } = await askGitHub("show what the token of a job may do", FIX, () =>
      octokit.actions.getGithubActionsDefaultWorkflowPermissionsRepository({ owner, repo }),
    );
    return {
      defaultPermissions: data.default_workflow_permissions,
      mayApprove: data.can_approve_pull_request_reviews,
    };
  });
}

function readRuleset({ octokit, owner, repo }: GitHub, name: string): Promise<PresentSettings["ruleset"]> {
  return orUnread(async (): Promise<NonNullable<PresentSettings["ruleset"]>> => {
    const all = await askGitHub("list the rulesets", FIX, () =>
      octokit.paginate(
        octokit.repos.getRepoRulesets,
        { owner, repo, includes_parents: false, per_page: 100 },
        readPage,
      ),
    );
    const found = all.find((it) => it.name === name);
    if (!found) return { kind: "none" };
    const { data } = await askGitHub(`show the ruleset ${name}`, FIX, () =>
      octokit.repos.getRepoRuleset({ owner, repo, ruleset_id: found.id }),
    );
    const refs = isRecord(data.conditions) ? data.conditions["ref_name"] : undefined;
    return {
      kind: "there",
      id: data.id,
      ruleset: {
        name: data.name,
        enforcement: data.enforcement,
        include: textsOf(isRecord(refs) ? refs["include"] : undefined),
        exclude: textsOf(isRecord(refs) ? refs["exclude"] : undefined),
        bypass: (data.bypass_actors ?? []).map(toBypass),
        rules: (data.rules ?? []).map(toRule),
      },
    };
  });
}

function toBypass(it: { actor_id?: number | null; actor_type: string; bypass_mode?: string }): Bypass {
  return { actorId: it.actor_id ?? null, actorType: it.actor_type, mode: it.bypass_mode ?? "always" };
}

function toRule(rule: { type: string; parameters?: object }): Rule {
  return { type: rule.type, ...(isRecord(rule.parameters) && { parameters: rule.parameters }) };
}

function readLabels({ octokit, owner, repo }: GitHub): Promise<ReadonlyMap<string, Label> | null> {
  return orUnread(async () => {
    const all = await askGitHub("list the labels", FIX, () =>
      octokit.paginate(octokit.issues.listLabelsForRepo, { owner, repo, per_page: 100 }, readPage),
    );
    return new Map(
      all.map(
        ({ name, color, description }) => [name, { name, color, description: description ?? "" }] as const,
      ),
    );
  });
}

function readEnvironments({
  octokit,
  owner,
  repo,
}: GitHub): Promise<ReadonlyMap<string, readonly string[] | null> | null> {
  return orUnread(async () => {
    const { data } = await askGitHub("list the environments", FIX, () =>
      octokit.repos.getAllEnvironments({ owner, repo, per_page: 100 }),
    );
    const found = new Map<string, readonly string[] | null>();
    for (const { name, deployment_branch_policy: policy } of data.environments ?? []) {
      if (!policy?.custom_branch_policies) {
        // Protected branches are those of a ruleset or of the old protection: whichever they are today.
        found.set(name, policy?.protected_branches ? ["(protected branches)"] : null);
        continue;
      }
      const branches = await askGitHub(`list the branches that may use the environment ${name}`, FIX, () =>
        octokit.repos.listDeploymentBranchPolicies({ owner, repo, environment_name: name, per_page: 100 }),
      );
      found.set(
        name,
        branches.data.branch_policies.flatMap((it) => it.name ?? []),
      );
    }
    return found;
  });
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((it) => typeof it === "string") : [];
}
