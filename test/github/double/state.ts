import type { Json, JsonObject } from "./json.ts";

export type Role = "read" | "triage" | "write" | "maintain" | "admin";

export interface Person {
  readonly login: string;
  readonly id: number;
  readonly isBot: boolean;
  /** What the person may do in the repository; null for strangers. */
  role: Role | null;
}

export interface Token {
  readonly value: string;
  readonly login: string;
  readonly kind: "app" | "actions" | "user";
  /** By GitHub's names with underscores: `pull_requests`. */
  readonly permissions: Readonly<Record<string, "read" | "write">>;
}

/** Who does something, and whether workflows follow from it. */
export interface Actor {
  readonly login: string;
  readonly kind: "app" | "actions" | "user";
}

export interface Repository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly fullName: string;
  /** The bare repository. */
  readonly folder: string;
  readonly isFork: boolean;
  readonly createdAt: string;
}

export interface Review {
  readonly id: number;
  readonly login: string;
  readonly commit: string;
  body: string;
  state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED" | "PENDING";
  readonly submittedAt: string;
}

export interface Pull {
  /** Full name; null when the fork is gone. */
  readonly headRepo: string | null;
  readonly headOwner: string;
  readonly headRef: string;
  headSha: string;
  baseRef: string;
  /** The tip of the base when the head was last pushed. */
  baseSha: string;
  isDraft: boolean;
  /** What `refs/pull/N/merge` was made of; `sha` is null when there are conflicts. */
  test: { readonly of: string; readonly sha: string | null } | null;
  /** The last answer about mergeability that a reader was given, by what it was about. */
  told: string | null;
  merged: { readonly at: string; readonly by: string; readonly sha: string } | null;
  reviewers: string[];
  teams: string[];
  readonly reviews: Review[];
  canMaintainerModify: boolean;
}

/** An issue, or a pull request, which is an issue with a {@link Pull}. */
export interface Issue {
  readonly number: number;
  readonly id: number;
  title: string;
  body: string | null;
  readonly author: Actor;
  state: "open" | "closed";
  stateReason: string | null;
  labels: string[];
  assignees: string[];
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  closedBy: string | null;
  isLocked: boolean;
  readonly pull: Pull | null;
}

export interface Comment {
  readonly id: number;
  readonly issue: number;
  readonly author: Actor;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
  readonly reactions: {
    readonly id: number;
    readonly login: string;
    readonly content: string;
    readonly at: string;
  }[];
}

export interface Label {
  readonly id: number;
  name: string;
  color: string;
  description: string | null;
}

export interface CheckRun {
  readonly id: number;
  readonly suite: number;
  name: string;
  readonly sha: string;
  /** The login of the app that made it; nobody else may change it. */
  readonly app: string;
  status: string;
  conclusion: string | null;
  externalId: string | null;
  detailsUrl: string | null;
  startedAt: string | null;
  completedAt: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  readonly annotations: JsonObject[];
}

export interface Status {
  readonly id: number;
  readonly sha: string;
  readonly context: string;
  readonly state: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: Actor;
  readonly at: string;
}

export interface Ruleset {
  readonly id: number;
  name: string;
  target: string;
  enforcement: string;
  bypassActors: readonly JsonObject[];
  conditions: JsonObject;
  rules: readonly JsonObject[];
  readonly createdAt: string;
  updatedAt: string;
}

export interface Environment {
  readonly id: number;
  readonly name: string;
  waitMinutes: number;
  reviewers: readonly JsonObject[];
  preventSelfReview: boolean;
  branchPolicy: { readonly protected_branches: boolean; readonly custom_branch_policies: boolean } | null;
  readonly policies: { readonly id: number; readonly name: string; readonly type: string }[];
  readonly variables: Map<string, string>;
  /** Names only: no API gives a secret away. */
  readonly secrets: Set<string>;
  readonly createdAt: string;
  updatedAt: string;
}

/** A run of a workflow, as whoever executes workflows tells it. */
export interface WorkflowRun {
  readonly id: number;
  /** The workflow's name. */
  readonly name: string;
  /** `.github/workflows/publish.yml` */
  readonly path: string;
  readonly title: string;
  readonly event: string;
  readonly headSha: string;
  readonly headBranch: string | null;
  readonly headRepo: string;
  readonly actor: string;
  readonly status: "queued" | "in_progress" | "completed" | "waiting" | "pending";
  readonly conclusion:
    | "success"
    | "failure"
    | "cancelled"
    | "skipped"
    | "timed_out"
    | "action_required"
    | null;
  readonly attempt: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly artifacts: readonly { readonly id: number; readonly name: string; readonly bytes: number }[];
}

export interface GitHubEvent {
  /** `pull_request`, `push`, `workflow_dispatch` ... */
  readonly name: string;
  readonly action?: string;
  /** In the shape of GitHub's webhooks. */
  readonly payload: JsonObject;
  readonly actor: string;
  /** Done with the token of a workflow's job: no workflow follows, except from dispatches. */
  readonly byActionsToken: boolean;
}

export interface FaultRule {
  /** `POST /repos/{owner}/{repo}/issues/{issue_number}/comments`, as in GitHub's documentation. */
  readonly route: string;
  readonly status: number;
  /** How often it fails; once when nothing is said. */
  readonly times?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /** Whether GitHub has done what was asked and only the answer is lost. */
  readonly isDone?: boolean;
}

export interface SeenRequest {
  readonly method: string;
  /** As in GitHub's documentation, `GET /repos/{owner}/{repo}` without the method; the address when it is unknown. */
  readonly route: string;
  readonly url: string;
  readonly status: number;
  /** Whose token it was; null without one. */
  readonly login: string | null;
}

/** Everything that the double knows beside git. */
export interface GitHubState {
  readonly apiUrl: string;
  readonly webUrl: string;
  readonly owner: string;
  readonly name: string;
  /** Folder of all bare repositories, `<root>/acme/gifts.git`. */
  readonly root: string;
  readonly now: () => Date;
  readonly nextId: () => number;
  readonly nextNumber: () => number;
  readonly isMergeabilitySlow: boolean;

  readonly settings: RepositorySettings;
  readonly repositories: Map<string, Repository>;
  readonly people: Map<string, Person>;
  readonly teams: Map<string, { readonly id: number; readonly logins: string[] }>;
  readonly tokens: Map<string, Token>;
  readonly issues: Map<number, Issue>;
  readonly comments: Map<number, Comment>;
  readonly labels: Map<string, Label>;
  readonly checkRuns: CheckRun[];
  readonly statuses: Status[];
  readonly rulesets: Map<number, Ruleset>;
  readonly environments: Map<string, Environment>;
  readonly variables: Map<string, string>;
  readonly secrets: Set<string>;
  readonly runs: Map<number, WorkflowRun>;
  /** Commits that GitHub signed. */
  readonly signed: Set<string>;

  readonly faults: { readonly rule: FaultRule; left: number }[];
  readonly requests: SeenRequest[];
  readonly violations: string[];
  readonly listeners: ((event: GitHubEvent) => void)[];
}

export interface RepositorySettings {
  isPrivate: boolean;
  allowMergeCommit: boolean;
  allowSquashMerge: boolean;
  allowRebaseMerge: boolean;
  allowAutoMerge: boolean;
  deleteBranchOnMerge: boolean;
  squashTitle: "PR_TITLE" | "COMMIT_OR_PR_TITLE";
  squashMessage: "PR_BODY" | "COMMIT_MESSAGES" | "BLANK";
  /** Of the token of a workflow's job, when the workflow says nothing. */
  workflowPermissions: "read" | "write";
  canActionsApprove: boolean;
}

/** The repository that the double is about. */
export function homeOf(state: GitHubState): Repository {
  const home = state.repositories.get(`${state.owner}/${state.name}`);
  if (!home) throw new Error("the double lost its repository");
  return home;
}

/** A person or bot; strangers become known when they are first met. */
export function personOf(state: GitHubState, login: string): Person {
  const known = state.people.get(login);
  if (known) return known;
  const person: Person = { login, id: state.nextId(), isBot: login.endsWith("[bot]"), role: null };
  state.people.set(login, person);
  return person;
}

/** Whole seconds, as GitHub tells time. */
export function timeOf(state: GitHubState): string {
  return `${state.now().toISOString().slice(0, 19)}Z`;
}
