import { askGitHub } from "../askGitHub.ts";
import type { GitHub } from "../openGitHub.ts";
import type { SettingsOperation } from "./planSettings.ts";
import type { Ruleset } from "./settings.ts";

/** By its address: what GitHub gave is given back whole, also what its published types do not know. */
const RULESETS = "/repos/{owner}/{repo}/rulesets";

/** Does one thing that was planned. @throws GiftError `GITHUB_FAILED`, `GITHUB_FORBIDDEN`, `GITHUB_LIMITED`, `GITHUB_MISSING` */
export async function applySettings(github: GitHub, operation: SettingsOperation): Promise<void> {
  await askGitHub(
    operation.words,
    "use a token of an owner of the repository, with the permission administration",
    () => act(github, operation),
  );
}

async function act({ octokit, owner, repo }: GitHub, operation: SettingsOperation): Promise<void> {
  switch (operation.kind) {
    case "repository": {
      const it = operation.settings;
      await octokit.request({
        method: "PATCH",
        url: "/repos/{owner}/{repo}",
        owner,
        repo,
        allow_squash_merge: it.allowSquashMerge,
        allow_merge_commit: it.allowMergeCommit,
        allow_rebase_merge: it.allowRebaseMerge,
        allow_auto_merge: it.allowAutoMerge,
        delete_branch_on_merge: it.deleteBranchOnMerge,
        squash_merge_commit_title: it.squashTitle,
        squash_merge_commit_message: it.squashMessage,
      });
      return;
    }
    case "token":
      await octokit.actions.setGithubActionsDefaultWorkflowPermissionsRepository({
        owner,
        repo,
        default_workflow_permissions: "read",
        can_approve_pull_request_reviews: false,
      });
      return;
    case "make-ruleset":
      await octokit.request({ method: "POST", url: RULESETS, owner, repo, ...toBody(operation.ruleset) });
      return;
    case "change-ruleset":
      await octokit.request({
        method: "PUT",
        url: `${RULESETS}/{ruleset_id}`,
        owner,
        repo,
        ruleset_id: operation.id,
        ...toBody(operation.ruleset),
      });
      return;
    case "make-label":
      await octokit.issues.createLabel({ owner, repo, ...operation.label });
      return;
    case "change-label":
      await octokit.issues.updateLabel({ owner, repo, ...operation.label });
      return;
    case "make-environment":
    case "close-environment":
      await octokit.repos.createOrUpdateEnvironment({
        owner,
        repo,
        environment_name: operation.name,
        deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
      });
      await addBranch(operation);
      return;
    case "add-branch":
      await addBranch(operation);
      return;
  }

  async function addBranch({
    name,
    branch,
  }: {
    readonly name: string;
    readonly branch: string;
  }): Promise<void> {
    await octokit.repos.createDeploymentBranchPolicy({
      owner,
      repo,
      environment_name: name,
      name: branch,
      type: "branch",
    });
  }
}

function toBody({ name, enforcement, include, exclude, bypass, rules }: Ruleset) {
  return {
    name,
    enforcement,
    target: "branch",
    conditions: { ref_name: { include: [...include], exclude: [...exclude] } },
    bypass_actors: bypass.map(({ actorId, actorType, mode }) => ({
      actor_id: actorId,
      actor_type: actorType,
      bypass_mode: mode,
    })),
    rules: rules.map((it) => ({ ...it })),
  };
}
