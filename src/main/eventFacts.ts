import { isRecord } from "../wire/isRecord.ts";

/** What an event is about, by the names of the inputs that it stands in for. All of it is text that anybody may have written. */
export interface EventFacts {
  readonly pull?: string;
  readonly "head-repo"?: string;
  readonly "head-branch"?: string;
  readonly "head-sha"?: string;
  readonly base?: string;
}

const NAMES = ["pull", "head-repo", "head-branch", "head-sha", "base"] as const;

/**
 * From the payload of `pull_request`, `pull_request_review`, `issue_comment`, `workflow_run`, `merge_group` and
 * `workflow_dispatch`; of any other there are none. A run's own list of pull requests is not believed: it is empty for forks.
 */
export function toEventFacts(payload: unknown): EventFacts {
  const pull = at(payload, "pull_request");
  if (isRecord(pull))
    return present({
      pull: at(pull, "number"),
      "head-repo": at(pull, "head", "repo", "full_name"),
      "head-branch": at(pull, "head", "ref"),
      "head-sha": at(pull, "head", "sha"),
      base: at(pull, "base", "sha"),
    });
  const run = at(payload, "workflow_run");
  if (isRecord(run))
    return present({
      "head-repo": at(run, "head_repository", "full_name"),
      "head-branch": at(run, "head_branch"),
      "head-sha": at(run, "head_sha"),
    });
  const group = at(payload, "merge_group");
  if (isRecord(group)) return present({ "head-sha": at(group, "head_sha"), base: at(group, "base_sha") });
  if (isRecord(at(payload, "comment")) && isRecord(at(payload, "issue", "pull_request")))
    return present({ pull: at(payload, "issue", "number") });
  return present(Object.fromEntries(NAMES.map((name) => [name, at(payload, "inputs", name)])));
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) found = isRecord(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  return found;
}

function present(facts: Readonly<Record<string, unknown>>): EventFacts {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => {
      const text = typeof value === "number" ? String(value) : value;
      return typeof text === "string" && text !== "" ? [[name, text]] : [];
    }),
  );
}
