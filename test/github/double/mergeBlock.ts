import type { JsonObject } from "./json.ts";
import { toObject, toText, toTexts } from "./json.ts";
import { appId } from "./shapes/toUser.ts";
import { type CheckRun, type GitHubState, type Issue, type Review, personOf } from "./state.ts";

/** The rules of all active rulesets that reach a branch, with the ruleset that each is from. */
export function rulesFor(
  state: GitHubState,
  branch: string,
): readonly { readonly rule: JsonObject; readonly ruleset: number }[] {
  return [...state.rulesets.values()]
    .filter(({ enforcement, target, conditions }) => {
      const names = toObject(conditions.ref_name);
      const isMeant = (pattern: string) =>
        pattern === "~ALL" ||
        (pattern === "~DEFAULT_BRANCH" && branch === "main") ||
        pattern === `refs/heads/${branch}` ||
        (pattern.endsWith("*") && `refs/heads/${branch}`.startsWith(pattern.slice(0, pattern.indexOf("*"))));
      return (
        enforcement === "active" &&
        target === "branch" &&
        toTexts(names.include).some(isMeant) &&
        !toTexts(names.exclude).some(isMeant)
      );
    })
    .flatMap(({ id, rules }) => rules.map((rule) => ({ rule, ruleset: id })));
}

/** Why GitHub would not merge now, in its words; null when it would. Conflicts are another matter. */
export function mergeBlock(state: GitHubState, issue: Issue): string | null {
  const { pull } = issue;
  if (!pull) return null;
  if (pull.isDraft) return "Pull Request is still a draft";
  const problems = rulesFor(state, pull.baseRef).flatMap(({ rule }) => {
    const parameters = toObject(rule.parameters);
    if (rule.type === "required_status_checks") return missingChecks(state, pull.headSha, parameters);
    if (rule.type === "pull_request") return missingReviews(state, issue, parameters);
    return [];
  });
  return problems.length > 0 ? `Repository rule violations found\n\n${problems.join("\n\n")}` : null;
}

/** Newest check run of each name and app. */
export function latestCheckRuns(state: GitHubState, sha: string): readonly CheckRun[] {
  const latest = new Map<string, CheckRun>();
  for (const run of state.checkRuns) if (run.sha === sha) latest.set(`${run.app} ${run.name}`, run);
  return [...latest.values()];
}

/** The review of each person that counts: the newest that is more than a comment. */
export function countingReviews(reviews: readonly Review[]): readonly Review[] {
  const latest = new Map<string, Review>();
  for (const review of reviews) {
    if (review.state !== "COMMENTED" && review.state !== "PENDING") latest.set(review.login, review);
  }
  return [...latest.values()];
}

function missingChecks(state: GitHubState, sha: string, parameters: JsonObject): string[] {
  const required = Array.isArray(parameters.required_status_checks) ? parameters.required_status_checks : [];
  return required.map(toObject).flatMap((check) => {
    const context = toText(check.context);
    const app = typeof check.integration_id === "number" ? check.integration_id : null;
    const result = resultOf(state, sha, context, app);
    if (result === "success") return [];
    const what =
      result === "missing" ? "is expected." : result === "pending" ? "is in progress." : "is failing.";
    return [`Required status check "${context}" ${what}`];
  });
}

function resultOf(
  state: GitHubState,
  sha: string,
  context: string,
  app: number | null,
): "success" | "pending" | "failure" | "missing" {
  const isOfApp = (login: string) => app === null || appId(state, login) === app;
  const runs = latestCheckRuns(state, sha).filter((run) => run.name === context && isOfApp(run.app));
  const status = state.statuses.findLast(
    (one) => one.sha === sha && one.context === context && isOfApp(one.creator.login),
  );
  const results = [
    ...runs.map(({ conclusion }) =>
      conclusion === null
        ? "pending"
        : ["success", "neutral", "skipped"].includes(conclusion)
          ? "success"
          : "failure",
    ),
    ...(status ? [status.state] : []),
  ];
  if (results.length === 0) return "missing";
  if (results.some((result) => result === "failure" || result === "error")) return "failure";
  return results.every((result) => result === "success") ? "success" : "pending";
}

function missingReviews(state: GitHubState, issue: Issue, parameters: JsonObject): string[] {
  const { pull } = issue;
  const wanted = Number(parameters.required_approving_review_count ?? 0);
  if (!pull || wanted === 0) return [];
  const counting = countingReviews(pull.reviews).filter(({ login }) => {
    const { role } = personOf(state, login);
    return role === "write" || role === "maintain" || role === "admin";
  });
  if (counting.some((review) => review.state === "CHANGES_REQUESTED"))
    return ["Changes have been requested."];
  const approvals = counting.filter(
    ({ state, commit }) =>
      state === "APPROVED" && (!parameters.dismiss_stale_reviews_on_push || commit === pull.headSha),
  ).length;
  const missing = wanted - approvals;
  return missing > 0
    ? [`At least ${missing} more approving review is required by reviewers with write access.`]
    : [];
}
