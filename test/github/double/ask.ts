import type { Json, JsonObject } from "./json.ts";
import { notFound } from "./refusal.ts";
import type { MatchedOperation, Parameters } from "./slice.ts";
import type { Actor, GitHubState, Issue, Repository, Token } from "./state.ts";

/** One request that may be answered: known, allowed, and right by GitHub's description. */
export interface Ask {
  readonly state: GitHubState;
  readonly operation: MatchedOperation;
  readonly query: Parameters;
  readonly body: JsonObject;
  /** A body that is a list, as labels may be sent. */
  readonly list: readonly Json[];
  readonly token: Token;
  readonly actor: Actor;
  /** The repository in the address; the double's own where there is none. */
  readonly repository: Repository;
  /** The address, for links to other pages. */
  readonly url: URL;
}

export interface Answer {
  readonly status: number;
  readonly body?: Json;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The operations of one area, by GitHub's ids. */
export type Routes = Readonly<Record<string, (ask: Ask) => Answer | Promise<Answer>>>;

export function ok(body: Json): Answer {
  return { status: 200, body };
}

export function created(body: Json): Answer {
  return { status: 201, body };
}

export const DONE: Answer = { status: 204 };

/** The page that was asked for, with links to the others. */
export function paged(
  ask: Ask,
  items: readonly Json[],
  toBody: (page: readonly Json[]) => Json = (page) => page,
): Answer {
  const size = Math.min(Math.max(Number(ask.query.per_page ?? 30), 1), 100);
  const page = Math.max(Number(ask.query.page ?? 1), 1);
  const last = Math.max(Math.ceil(items.length / size), 1);
  const link = (rel: string, to: number) => {
    const url = new URL(ask.url);
    url.searchParams.set("page", String(to));
    return `<${url.href}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [link("prev", page - 1)] : []),
    ...(page < last ? [link("next", page + 1), link("last", last)] : []),
    ...(page > 1 ? [link("first", 1)] : []),
  ];
  return {
    status: 200,
    body: toBody(items.slice((page - 1) * size, page * size)),
    ...(links.length > 0 && { headers: { link: links.join(", ") } }),
  };
}

/** The same in an object that says how many there are. */
export function counted(ask: Ask, name: string, items: readonly Json[]): Answer {
  return paged(ask, items, (page) => ({ total_count: items.length, [name]: page }));
}

export function param(ask: Ask, name: string): string {
  return String(ask.operation.params[name] ?? "");
}

/** The issue or pull request of a number in the address. @throws Refusal 404 */
export function issueOf(ask: Ask, name = "issue_number"): Issue {
  const issue = ask.state.issues.get(Number(ask.operation.params[name]));
  if (!issue || ask.repository.isFork) throw notFound();
  return issue;
}

/** @throws Refusal 404 */
export function pullIssueOf(ask: Ask): Issue & { readonly pull: NonNullable<Issue["pull"]> } {
  const issue = issueOf(ask, "pull_number");
  if (!issue.pull) throw notFound();
  return issue as Issue & { readonly pull: NonNullable<Issue["pull"]> };
}
