import { GiftError } from "../report/error.ts";
import { escapeUnseen } from "../report/text.ts";
import { headerOf, isLost, limitOf, statusOf } from "./keepAsking.ts";

const LONGEST_MESSAGE = 400;

/**
 * What `act` gives; octokit's errors come in words. `what` goes on after "GitHub did not ", `fix` is what a person does when the account
 * is not allowed to. Whatever else is thrown goes through.
 * @throws GiftError `GITHUB_FAILED`, `GITHUB_FORBIDDEN`, `GITHUB_LIMITED`, `GITHUB_MISSING`
 */
export async function askGitHub<T>(what: string, fix: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw toGiftError(what, fix, cause);
  }
}

function toGiftError(what: string, fix: string, cause: unknown): unknown {
  const status = statusOf(cause);
  const refusal = (code: string, why: string, fix: string) =>
    new GiftError(code, `GitHub did not ${what}: ${why}`, fix, { cause: withoutRequest(cause) });
  if (isLost(cause))
    return refusal(
      "GITHUB_FAILED",
      `it is not well, or the connection is not (${messageOf(cause)})`,
      "look at githubstatus.com, then run this again: what was done already is not done twice",
    );
  if (status === null) return cause;
  // GitHub's clock, not ours: a limit ends by it.
  const answered = Date.parse(headerOf(cause, "date") ?? "") || Date.now();
  const limited = limitOf(cause, answered);
  if (limited !== null) {
    const until = new Date(answered + limited).toISOString().replace(/\.\d+Z$/, "Z");
    return refusal(
      "GITHUB_LIMITED",
      `it takes no more requests of this account until ${until}`,
      `run this again after ${until}`,
    );
  }
  if (status === 401)
    return refusal(
      "GITHUB_FORBIDDEN",
      "the token is wrong, or has expired",
      "give the job a new token in GITHUB_TOKEN, then run this again",
    );
  if (status === 403) return refusal("GITHUB_FORBIDDEN", `it is not allowed (${messageOf(cause)})`, fix);
  if (status === 404 || status === 410)
    return refusal(
      "GITHUB_MISSING",
      "it is not there, or this account may not see it",
      `look whether it is there; if it is, ${fix}`,
    );
  return refusal("GITHUB_FAILED", messageOf(cause), fix);
}

/** GitHub's own words, which may repeat what a person wrote: on one line, and not without end. */
function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const text = escapeUnseen(message.replace(/ - https:\/\/docs\.github\.com\/\S*$/, "").trim());
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text;
}

/** Octokit's errors carry the request with its headers: that must not be printed with a stack. */
function withoutRequest(cause: unknown): Error {
  return new Error(messageOf(cause));
}
