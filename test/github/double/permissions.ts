import type { Token } from "./state.ts";

export interface Need {
  /** Any one of them is enough. */
  readonly permissions: readonly string[];
  readonly level: "read" | "write";
}

const read = (...permissions: string[]): Need => ({ permissions, level: "read" });
const write = (...permissions: string[]): Need => ({ permissions, level: "write" });

/** Comments and labels of a pull request may be written with either permission. */
const TALK = ["issues", "pull_requests"] as const;

/** What a token must be allowed for each operation; null needs no permission. From GitHub's "Permissions required for GitHub Apps". */
export const PERMISSIONS: Readonly<Record<string, Need | null>> = {
  "rate-limit/get": null,
  "users/get-authenticated": null,
  "users/get-by-username": null,

  "repos/get": read("metadata"),
  "repos/update": write("administration"),
  "repos/get-collaborator-permission-level": read("metadata"),
  "repos/get-branch": read("contents"),
  "repos/list-branches": read("contents"),
  "repos/get-content": read("contents"),
  "repos/get-commit": read("contents"),
  "repos/list-commits": read("contents"),
  "repos/compare-commits-with-basehead": read("contents"),
  "repos/list-pull-requests-associated-with-commit": read("pull_requests"),
  "repos/create-dispatch-event": write("contents"),

  "git/get-ref": read("contents"),
  "git/list-matching-refs": read("contents"),
  "git/get-blob": read("contents"),
  "git/get-tree": read("contents"),
  "git/get-commit": read("contents"),
  "git/create-ref": write("contents"),
  "git/update-ref": write("contents"),
  "git/delete-ref": write("contents"),
  "git/create-blob": write("contents"),
  "git/create-tree": write("contents"),
  "git/create-commit": write("contents"),

  "repos/create-commit-status": write("statuses"),
  "repos/get-combined-status-for-ref": read("statuses"),
  "repos/list-commit-statuses-for-ref": read("statuses"),
  "checks/create": write("checks"),
  "checks/update": write("checks"),
  "checks/get": read("checks"),
  "checks/list-for-ref": read("checks"),
  "checks/list-annotations": read("checks"),

  "pulls/list": read("pull_requests"),
  "pulls/get": read("pull_requests"),
  "pulls/list-files": read("pull_requests"),
  "pulls/list-commits": read("pull_requests"),
  "pulls/list-reviews": read("pull_requests"),
  "pulls/list-requested-reviewers": read("pull_requests"),
  "pulls/create": write("pull_requests"),
  "pulls/update": write("pull_requests"),
  "pulls/create-review": write("pull_requests"),
  "pulls/request-reviewers": write("pull_requests"),
  "pulls/merge": write("contents"),

  "issues/get": read(...TALK),
  "issues/list-for-repo": read(...TALK),
  "issues/create": write("issues"),
  "issues/update": write(...TALK),
  "issues/list-comments": read(...TALK),
  "issues/get-comment": read(...TALK),
  "issues/create-comment": write(...TALK),
  "issues/update-comment": write(...TALK),
  "issues/delete-comment": write(...TALK),
  "issues/add-labels": write(...TALK),
  "issues/set-labels": write(...TALK),
  "issues/remove-label": write(...TALK),
  "issues/list-labels-on-issue": read(...TALK),
  "issues/list-labels-for-repo": read(...TALK),
  "issues/get-label": read(...TALK),
  "issues/create-label": write(...TALK),
  "issues/update-label": write(...TALK),
  "reactions/create-for-issue-comment": write(...TALK),
  "reactions/list-for-issue-comment": read(...TALK),

  "repos/get-repo-rulesets": read("metadata"),
  "repos/get-repo-ruleset": read("metadata"),
  "repos/get-branch-rules": read("metadata"),
  "repos/create-repo-ruleset": write("administration"),
  "repos/update-repo-ruleset": write("administration"),
  "repos/delete-repo-ruleset": write("administration"),

  "repos/get-all-environments": read("actions"),
  "repos/get-environment": read("actions"),
  "repos/list-deployment-branch-policies": read("actions"),
  "repos/create-or-update-environment": write("administration"),
  "repos/create-deployment-branch-policy": write("administration"),
  "repos/delete-deployment-branch-policy": write("administration"),
  "actions/list-repo-variables": read("actions_variables"),
  "actions/get-repo-variable": read("actions_variables"),
  "actions/create-repo-variable": write("actions_variables"),
  "actions/update-repo-variable": write("actions_variables"),
  "actions/list-environment-variables": read("environments"),
  "actions/get-environment-variable": read("environments"),
  "actions/list-repo-secrets": read("secrets"),
  "actions/list-environment-secrets": read("environments"),

  "actions/create-workflow-dispatch": write("actions"),
  "actions/list-repo-workflows": read("actions"),
  "actions/get-workflow": read("actions"),
  "actions/list-workflow-runs-for-repo": read("actions"),
  "actions/list-workflow-runs": read("actions"),
  "actions/get-workflow-run": read("actions"),
  "actions/list-workflow-run-artifacts": read("actions"),
  "actions/get-github-actions-default-workflow-permissions-repository": read("administration"),
  "actions/set-github-actions-default-workflow-permissions-repository": write("administration"),

  "teams/get-by-name": read("members"),
  "teams/list-members-in-org": read("members"),
};

/** What `permissions:` of a workflow can give at all; a workflow's own token never has the others. */
const OF_WORKFLOWS = new Set([
  "actions",
  "attestations",
  "checks",
  "contents",
  "deployments",
  "discussions",
  "id_token",
  "issues",
  "metadata",
  "models",
  "packages",
  "pages",
  "pull_requests",
  "security_events",
  "statuses",
]);

/** Whether a token may do what an operation, or git over HTTP, needs. Every token may read metadata. */
export function isAllowed(token: Token, need: Need): boolean {
  return need.permissions.some((permission) => {
    if (permission === "metadata") return true;
    if (token.kind === "actions" && !OF_WORKFLOWS.has(permission)) return false;
    const given = token.permissions[permission];
    return given === "write" || (need.level === "read" && given === "read");
  });
}
