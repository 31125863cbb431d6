import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, openBrowser } from "./browser.ts";
import type { FileContent } from "./git.ts";
import { makeRepository } from "./makeRepository.ts";
import { createGitHubServer } from "./server.ts";
import { environmentOf } from "./environmentOf.ts";
import { ROUTES } from "./routes.ts";
import { appId } from "./shapes/toUser.ts";
import { type RecordedJob, recordRun } from "./recordRun.ts";
import {
  type FaultRule,
  type GitHubEvent,
  type GitHubState,
  personOf,
  type RepositorySettings,
  type Role,
  type SeenRequest,
  type Token,
  type WorkflowRun,
} from "./state.ts";

export interface GitHubOptions {
  /** How long each answer takes, of the API as of git, beside what it takes anyway. */
  readonly latencyMilliseconds?: number;
  /** The double's clock; the real one when nothing is said. */
  readonly now?: () => Date;
  /** What main begins with; without it the repository is empty, for a first push. */
  readonly files?: Readonly<Record<string, FileContent>>;
  readonly settings?: Partial<RepositorySettings>;
  /** Whether the first question after a change is answered with `mergeable: null`, as GitHub does while it computes. */
  readonly isMergeabilitySlow?: boolean;
}

/** GitHub with one repository, `acme/gifts`, for tests. */
export interface GitHubDouble extends Browser {
  /** `http://127.0.0.1:PORT/api/v3` */
  readonly apiUrl: string;
  /** `http://127.0.0.1:PORT` */
  readonly webUrl: string;
  readonly owner: string;
  readonly repo: string;
  /** The bare repository on disk. What is written to it behind the double's back starts nothing. */
  readonly folder: string;
  /** For clone, fetch and push; a token as the password, or in `http.extraHeader`. */
  readonly gitUrl: string;
  /** The same with a token in it. */
  gitUrlWith(token: string): string;
  /** A new token that may do what the permissions say; names with underscores or hyphens. Everything else is refused with 403. */
  token(options: {
    readonly login: string;
    readonly kind: "app" | "actions" | "user";
    readonly permissions: Readonly<Record<string, "read" | "write">>;
  }): string;
  revokeToken(token: string): void;
  addUser(login: string, options: { readonly permission: Role }): void;
  addTeam(slug: string, logins: readonly string[]): void;
  /** A ruleset for main: a pull request with so many approvals, and these checks. */
  protect(options: {
    /** Each by its name, from anybody, or from the app of a login alone. */
    readonly checks?: readonly (string | { readonly context: string; readonly by: string })[];
    readonly approvals?: number;
    readonly isDismissingStale?: boolean;
  }): void;
  /** Every exchange with the API, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Exchanges that do not fit GitHub's description of its API; they were answered with 599. */
  readonly violations: readonly string[];
  /** A variable of the repository, or of an environment, which is made when there is none. */
  setVariable(name: string, value: string, environment?: string): void;
  /** A secret, of which nobody learns more than the name. */
  setSecret(name: string, environment?: string): void;
  /** What executes workflows tells of a run, so that the API knows it; each job becomes a check run. Events are not sent. */
  recordRun(run: WorkflowRun, jobs?: readonly RecordedJob[]): void;
  /** Makes an operation fail. */
  fail(rule: FaultRule): void;
  /** Hears of everything that GitHub would deliver to workflows; the answer ends that. */
  onEvent(listener: (event: GitHubEvent) => void): () => void;
  /** Everything that the double knows, for tests that look or prepare by hand. */
  readonly state: GitHubState;
  stop(): Promise<void>;
}

/** Starts the double on a free port of loopback, over a bare repository in a temporary folder. */
export async function startGitHub(options: GitHubOptions = {}): Promise<GitHubDouble> {
  const root = await mkdtemp(join(tmpdir(), "github-"));
  let state: GitHubState | null = null;
  const server = createGitHubServer(
    () => {
      if (!state) throw new Error("the double is not ready");
      return state;
    },
    ROUTES,
    options.latencyMilliseconds ?? 0,
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  state = emptyState(root, `http://127.0.0.1:${port}`, options);
  personOf(state, "github-actions[bot]");
  const home = await makeRepository(state, state.owner, { isFork: false });
  const browser = openBrowser(state);
  if (options.files) await browser.pushFiles("main", options.files, { as: "founder", message: "Begin" });
  return toDouble(state, browser, {
    folder: home.folder,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await rm(root, { recursive: true, force: true });
    },
  });
}

function toDouble(
  state: GitHubState,
  browser: Browser,
  { folder, stop }: { readonly folder: string; readonly stop: () => Promise<void> },
): GitHubDouble {
  const gitUrl = `${state.webUrl}/${state.owner}/${state.name}.git`;
  return {
    ...browser,
    apiUrl: state.apiUrl,
    webUrl: state.webUrl,
    owner: state.owner,
    repo: state.name,
    folder,
    gitUrl,
    gitUrlWith: (token) => gitUrl.replace("://", `://x-access-token:${token}@`),
    token({ login, kind, permissions }) {
      personOf(state, login);
      const value = `ghs_double${state.nextId()}`;
      const token: Token = { value, login, kind, permissions: toPermissions(permissions) };
      state.tokens.set(value, token);
      return value;
    },
    revokeToken: (token) => void state.tokens.delete(token),
    addUser(login, { permission }) {
      personOf(state, login).role = permission;
    },
    addTeam(slug, logins) {
      for (const login of logins) personOf(state, login);
      state.teams.set(slug, { id: state.nextId(), logins: [...logins] });
    },
    protect({ checks = [], approvals = 0, isDismissingStale = false }) {
      const id = state.nextId();
      const at = state.now().toISOString();
      state.rulesets.set(id, {
        id,
        name: "main",
        target: "branch",
        enforcement: "active",
        bypassActors: [],
        conditions: { ref_name: { include: ["~DEFAULT_BRANCH"], exclude: [] } },
        rules: [
          { type: "deletion" },
          { type: "non_fast_forward" },
          {
            type: "pull_request",
            parameters: {
              required_approving_review_count: approvals,
              dismiss_stale_reviews_on_push: isDismissingStale,
              require_code_owner_review: false,
              require_last_push_approval: false,
              required_review_thread_resolution: false,
            },
          },
          {
            type: "required_status_checks",
            parameters: {
              strict_required_status_checks_policy: false,
              required_status_checks: checks.map((it) =>
                typeof it === "string"
                  ? { context: it }
                  : { context: it.context, integration_id: appId(state, it.by) },
              ),
            },
          },
        ],
        createdAt: at,
        updatedAt: at,
      });
    },
    requests: state.requests,
    violations: state.violations,
    setVariable(name, value, environment) {
      const variables =
        environment === undefined ? state.variables : environmentOf(state, environment).variables;
      variables.set(name.toUpperCase(), value);
    },
    setSecret(name, environment) {
      const secrets = environment === undefined ? state.secrets : environmentOf(state, environment).secrets;
      secrets.add(name.toUpperCase());
    },
    recordRun: (run, jobs = []) => recordRun(state, run, jobs),
    fail: (rule) => void state.faults.push({ rule, left: rule.times ?? 1 }),
    onEvent(listener) {
      state.listeners.push(listener);
      return () => void state.listeners.splice(state.listeners.indexOf(listener), 1);
    },
    state,
    stop,
  };
}

/** `pull-requests` of a workflow and `pull_requests` of an app are the same. */
function toPermissions(given: Token["permissions"]): Token["permissions"] {
  return Object.fromEntries(
    Object.entries(given).map(([name, level]) => {
      const plain = name.replaceAll("-", "_");
      return [plain === "variables" ? "actions_variables" : plain, level];
    }),
  );
}

function emptyState(root: string, webUrl: string, options: GitHubOptions): GitHubState {
  let id = 1000;
  let number = 0;
  return {
    apiUrl: `${webUrl}/api/v3`,
    webUrl,
    owner: "acme",
    name: "gifts",
    root,
    now: options.now ?? (() => new Date()),
    nextId: () => ++id,
    nextNumber: () => ++number,
    isMergeabilitySlow: options.isMergeabilitySlow ?? false,
    settings: {
      isPrivate: false,
      allowMergeCommit: true,
      allowSquashMerge: true,
      allowRebaseMerge: true,
      allowAutoMerge: false,
      deleteBranchOnMerge: false,
      squashTitle: "PR_TITLE",
      squashMessage: "PR_BODY",
      workflowPermissions: "read",
      canActionsApprove: false,
      ...options.settings,
    },
    repositories: new Map(),
    people: new Map(),
    teams: new Map(),
    tokens: new Map(),
    issues: new Map(),
    comments: new Map(),
    labels: new Map(),
    checkRuns: [],
    statuses: [],
    rulesets: new Map(),
    environments: new Map(),
    variables: new Map(),
    secrets: new Set(),
    runs: new Map(),
    signed: new Set(),
    faults: [],
    requests: [],
    violations: [],
    listeners: [],
  };
}
