import type { EnvironmentFile, PolicyFile } from "../../model/schemas.ts";
import { OWN_APP_VARIABLE, type OwnApp } from "./ownApp.ts";
import type { Label, Rule, WantedSettings } from "./settings.ts";

/** What the wish depends on. */
export interface SettingsFacts {
  readonly mainBranch: string;
  readonly policy: Pick<PolicyFile, "approvals" | "gate"> | null;
  readonly production: Pick<EnvironmentFile, "metrics"> | null;
  /** GitHub's number of the team that may merge past the rules; null when it is not there or cannot be read. */
  readonly oncall: number | null;
  /** GitHub's number of its own app Actions, which reports what a job says by its name, and all where there is no App. */
  readonly actionsApp: number;
  /** The App that writes the other checks. */
  readonly ownApp: OwnApp;
}

/** The ruleset that setup makes and keeps, found by its name. */
export const RULESET_NAME = "giftwrap: main";
/** May merge a rollback past the rules, in pull requests only. */
export const ONCALL_TEAM = "gift-oncall";
/** GitHub Actions on github.com; an enterprise server has another number. */
export const ACTIONS_APP_ID = 15_368;

export const LABELS: readonly Label[] = [
  { name: "giftwrap: release", color: "8250df", description: "A new release of a gift" },
  { name: "giftwrap: promotion", color: "1a7f37", description: "Opens a release to more viewers" },
  {
    name: "giftwrap: rollback",
    color: "cf222e",
    description: "Takes a release back; never waits for approval",
  },
  {
    name: "giftwrap: hold",
    color: "9a6700",
    description: "Keeps a release where it is until a person lets it go on",
  },
  {
    name: "giftwrap: operations",
    color: "5319e7",
    description: "What a person has to mend in what is published",
  },
  { name: "giftwrap: new-release", color: "0969da", description: "The form New gift release" },
  {
    name: "giftwrap: approved-author",
    color: "bf8700",
    description: "Somebody with write access lets this issue become a pull request",
  },
];

/** Who has what: `.github/ADOPT.md` says it in words. */
export const ENVIRONMENTS = ["production", "lock", "metrics", "bot", "staging"] as const;

/** The jobs that are required by their names: GitHub Actions reports them. */
const JOBS: readonly string[] = ["Gift check", "Code check"];

/** The checks that a pull request needs; `giftwrap gate` where there is something to judge by. */
export function requiredChecks({
  policy,
  production,
}: Pick<SettingsFacts, "policy" | "production">): readonly string[] {
  const isGated = policy?.gate !== undefined && production?.metrics !== undefined;
  return [...JOBS, "giftwrap", "giftwrap approvals", ...(isGated ? ["giftwrap gate"] : [])];
}

/** How a repository of gifts should be set up on GitHub. */
export function wantedSettings(facts: SettingsFacts): WantedSettings {
  const { mainBranch, oncall } = facts;
  return {
    mainBranch,
    repository: {
      allowSquashMerge: true,
      allowMergeCommit: false,
      allowRebaseMerge: false,
      allowAutoMerge: true,
      deleteBranchOnMerge: true,
      squashTitle: "PR_TITLE",
      squashMessage: "PR_BODY",
    },
    token: { defaultPermissions: "read", mayApprove: false },
    ruleset: {
      name: RULESET_NAME,
      enforcement: "active",
      include: ["~DEFAULT_BRANCH"],
      exclude: [],
      bypass: oncall === null ? [] : [{ actorId: oncall, actorType: "Team", mode: "pull_request" }],
      rules: wantedRules(facts),
    },
    labels: LABELS,
    environments: ENVIRONMENTS,
    isAppKnown: facts.ownApp.kind !== "unread",
    leftOut: [
      ...(oncall === null
        ? [
            `the team ${ONCALL_TEAM} is not there, or this account may not see it: nobody may merge past the rules in an incident. Make the team, or run this with a token that may read the organisation's members`,
          ]
        : []),
      ...(facts.ownApp.kind === "named"
        ? [
            `${writtenByMain(facts).join(", ")} are taken from whoever says them: ${OWN_APP_VARIABLE} is not a number, and the rules know an App by its number alone`,
          ]
        : []),
    ],
  };
}

/** What main's code says of a pull request, and no job of the pull request itself. */
function writtenByMain(facts: SettingsFacts): readonly string[] {
  return requiredChecks(facts).filter((it) => !JOBS.includes(it));
}

/** The number of the app that writes what main's code says; null when it has none that is known. */
function ownAppId({ ownApp, actionsApp }: SettingsFacts): number | null {
  if (ownApp.kind === "number") return ownApp.id;
  return ownApp.kind === "none" ? actionsApp : null;
}

function wantedRules(facts: SettingsFacts): readonly Rule[] {
  return [
    { type: "deletion" },
    { type: "non_fast_forward" },
    { type: "required_linear_history" },
    {
      type: "pull_request",
      parameters: {
        // Where the policy names approvers the status says who is waited for: it knows a rollback, which waits for nobody.
        required_approving_review_count: facts.policy?.approvals ? 0 : 1,
        dismiss_stale_reviews_on_push: true,
        require_code_owner_review: true,
        require_last_push_approval: false,
        required_review_thread_resolution: false,
        allowed_merge_methods: ["squash"],
      },
    },
    {
      type: "required_status_checks",
      parameters: {
        // Not "up to date": the publisher plans against what is live, and a rollback must not wait behind others.
        strict_required_status_checks_policy: false,
        required_status_checks: requiredChecks(facts).map((context) => {
          const app = JOBS.includes(context) ? facts.actionsApp : ownAppId(facts);
          return { context, ...(app !== null && { integration_id: app }) };
        }),
      },
    },
  ];
}
