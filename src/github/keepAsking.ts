import type { GitHubClock } from "./openGitHub.ts";

/** What octokit gives its hooks, as far as it matters here: `url` is the route, with its names in braces. */
interface Asked {
  readonly method: string;
  readonly url: string;
}

interface Answered {
  readonly headers: { readonly "content-type"?: string };
  readonly data: unknown;
}

/** How often a request is sent at most. */
const MAX_ATTEMPTS = 5;
const FIRST_PAUSE_MILLISECONDS = 500;
/** GitHub asks for a minute where it does not say how long a secondary limit lasts. */
const SECONDARY_PAUSE_MILLISECONDS = 60_000;

/** Writes that change nothing more when they are sent twice: git's objects have their content's name, and a status replaces its like. */
const REPEATABLE_POSTS = new Set([
  "/repos/{owner}/{repo}/git/blobs",
  "/repos/{owner}/{repo}/git/trees",
  "/repos/{owner}/{repo}/git/commits",
  "/repos/{owner}/{repo}/statuses/{sha}",
]);
/** A merge that was lost and is sent again would be refused. */
const SETTLED_BY_READING = new Set(["/repos/{owner}/{repo}/pulls/{pull_number}/merge"]);

/**
 * Sends a request again while a limit holds it up (it was refused, so nothing happened), and while GitHub is not well where sending
 * twice does no harm. A write that must not happen twice is not sent again when its answer is lost: the caller settles it by reading.
 * All requests together wait at most so long; then the last error is thrown as it is.
 */
export function keepAsking({ now, sleep, random }: GitHubClock, maxWaitMilliseconds: number) {
  let left = maxWaitMilliseconds;
  return async <Q extends Asked, A extends Answered>(
    request: (options: Q) => Promise<A> | A,
    options: Q,
  ): Promise<A> => {
    for (let attempt = 1; ; attempt++) {
      try {
        const response = await request(options);
        if (isHalfRead(response)) throw new HalfRead();
        return response;
      } catch (error) {
        const pause =
          limitOf(error, now()) ??
          (isLost(error) && isRepeatable(options)
            ? Math.ceil(random() * FIRST_PAUSE_MILLISECONDS * 2 ** attempt)
            : null);
        if (pause === null || pause > left || attempt >= MAX_ATTEMPTS) throw error;
        left -= pause;
        await sleep(pause);
      }
    }
  };
}

/** The answer ended before its JSON did. */
export class HalfRead extends Error {
  override name = "HalfRead";
  constructor() {
    super("the answer broke off");
  }
}

/** Whether nobody knows what became of the request: GitHub failed, or the connection did. */
export function isLost(error: unknown): boolean {
  if (error instanceof HalfRead) return true;
  const status = statusOf(error);
  return status !== null && status >= 500;
}

/** Milliseconds until a limit passes, which refused the request; null where none did. */
export function limitOf(error: unknown, now: number): number | null {
  const status = statusOf(error);
  if (status !== 403 && status !== 429) return null;
  const retryAfter = headerOf(error, "retry-after");
  if (retryAfter !== null) {
    const seconds = Number(retryAfter);
    const wait = Number.isFinite(seconds) ? 1_000 * seconds : Date.parse(retryAfter) - now;
    return Number.isNaN(wait) ? SECONDARY_PAUSE_MILLISECONDS : Math.max(0, wait);
  }
  const reset = Number(headerOf(error, "x-ratelimit-reset") ?? Number.NaN);
  if (headerOf(error, "x-ratelimit-remaining") === "0" && !Number.isNaN(reset))
    // A second more: its clock and ours need not agree.
    return Math.max(0, 1_000 * reset - now) + 1_000;
  const isSecondary =
    status === 429 || (error instanceof Error && /secondary rate|abuse detection/i.test(error.message));
  return isSecondary ? SECONDARY_PAUSE_MILLISECONDS : null;
}

/** The HTTP status of an error of octokit's; null for any other error. Octokit says 500 where there was no answer. */
export function statusOf(error: unknown): number | null {
  return error instanceof Error && "status" in error && typeof error.status === "number"
    ? error.status
    : null;
}

/** A header of the answer that an error of octokit's carries. */
export function headerOf(error: unknown, name: string): string | null {
  if (!(error instanceof Error) || !("response" in error)) return null;
  const { response } = error;
  if (typeof response !== "object" || response === null || !("headers" in response)) return null;
  const { headers } = response;
  if (typeof headers !== "object" || headers === null) return null;
  const value = Object.entries(headers).find(([key]) => key === name)?.[1];
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
}

function isRepeatable({ method, url }: Asked): boolean {
  if (method === "POST") return REPEATABLE_POSTS.has(url);
  return !SETTLED_BY_READING.has(url);
}

/** Octokit hands text over where JSON was said and does not parse. */
function isHalfRead({ headers, data }: Answered): boolean {
  return (headers["content-type"] ?? "").includes("json") && typeof data === "string";
}
