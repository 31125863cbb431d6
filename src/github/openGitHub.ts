import type { Octokit } from "@octokit/rest";
import { UsageError } from "../report/error.ts";
import { keepAsking } from "./keepAsking.ts";

/** Where pull requests are opened, and as whom. */
export interface GitHubAccess {
  readonly owner: string;
  readonly repo: string;
  readonly token: string;
  /** The API's address, for GitHub Enterprise; without it that of github.com. */
  readonly apiUrl?: string;
  /** The account's own name: only what it wrote is edited. */
  readonly login: string;
  /** Where people look: https://github.com or the enterprise's, without a slash at its end. */
  readonly webUrl: string;
}

/** One repository on GitHub, asked as one account. */
export interface GitHub {
  readonly octokit: Octokit;
  readonly owner: string;
  readonly repo: string;
  readonly login: string;
  /** https://github.com or the enterprise's, without a slash at its end. */
  readonly webUrl: string;
  readonly clock: GitHubClock;
}

/** What waiting hangs on. */
export interface GitHubClock {
  /** Epoch milliseconds. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  /** From 0 up to 1. */
  random(): number;
}

export interface GitHubOptions {
  readonly clock?: GitHubClock;
  /** How long all requests together may wait for a limit to pass or for GitHub to be well again; 60 s unless given. */
  readonly maxWaitMilliseconds?: number;
  /** How requests are sent; the runtime's own unless given. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** What Actions calls the account of its own token. */
const ACTIONS_LOGIN = "github-actions[bot]";
const MAX_WAIT_MILLISECONDS = 60_000;
/** An answer that takes longer is taken for lost. */
const ANSWER_MILLISECONDS = 30_000;

export const REAL_CLOCK: GitHubClock = {
  now: Date.now,
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  random: Math.random,
};

/** From the variables that GitHub Actions sets; null elsewhere. */
export function readGitHubAccess(variables: NodeJS.ProcessEnv): GitHubAccess | null {
  const { GITHUB_REPOSITORY: repository, GITHUB_TOKEN: token, GITHUB_API_URL: apiUrl } = variables;
  const [owner, repo] = repository?.split("/") ?? [];
  if (!owner || !repo || !token) return null;
  return {
    owner,
    repo,
    token,
    ...(apiUrl && { apiUrl: withoutSlash(apiUrl) }),
    login: variables["GIFTWRAP_LOGIN"] || ACTIONS_LOGIN,
    webUrl: withoutSlash(variables["GITHUB_SERVER_URL"] || "https://github.com"),
  };
}

/** @throws UsageError that names the variables that are missing */
export async function requireGitHub(variables: NodeJS.ProcessEnv, options?: GitHubOptions): Promise<GitHub> {
  const access = readGitHubAccess(variables);
  if (access) return await openGitHub(access, options);
  const missing = [
    ...(variables["GITHUB_REPOSITORY"]?.split("/").filter(Boolean).length === 2
      ? []
      : ["GITHUB_REPOSITORY (such as acme/gifts)"]),
    ...(variables["GITHUB_TOKEN"] ? [] : ["GITHUB_TOKEN"]),
  ];
  throw new UsageError(`this asks GitHub: set ${missing.join(" and ")}`);
}

/**
 * Asks nothing yet. What is asked later waits while GitHub limits it or is not well, as {@link keepAsking} says; errors are octokit's,
 * which `askGitHub` puts into words.
 */
export async function openGitHub(
  { owner, repo, token, apiUrl, login, webUrl }: GitHubAccess,
  {
    clock = REAL_CLOCK,
    maxWaitMilliseconds = MAX_WAIT_MILLISECONDS,
    fetch: send = fetch,
  }: GitHubOptions = {},
): Promise<GitHub> {
  // Loaded when asked for: what does not speak to GitHub must not wait for it.
  const { Octokit } = await import("@octokit/rest");
  const octokit = new Octokit({
    auth: token,
    userAgent: "giftwrap",
    ...(apiUrl && { baseUrl: apiUrl }),
    request: {
      fetch: (url: string, init: RequestInit) =>
        send(url, { ...init, signal: AbortSignal.timeout(ANSWER_MILLISECONDS) }),
    },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  octokit.hook.wrap("request", keepAsking(clock, maxWaitMilliseconds));
  return { octokit, owner, repo, login, webUrl, clock };
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, "");
}
