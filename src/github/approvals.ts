import { classifyPath } from "../model/paths.ts";
import type { Project } from "../model/project.ts";
import { STAGES } from "../model/rollout.ts";
import type { Approvals, OverrideFile } from "../model/schemas.ts";
import { count } from "../report/text.ts";
import type { Change } from "../rules/change/change.ts";
import { stageOf } from "../rules/change/compareReleases.ts";

/** What the policy asks approvals for: a stage that opens or widens, or the policy itself. */
export type Asked = keyof Approvals;

/** Both sides of a change. */
export interface ApprovalChange {
  readonly change: Pick<Change, "releases" | "paths">;
  readonly before: Pick<Project, "overrides">;
  /** With the releases of every gift that an override of the change names. */
  readonly after: Pick<Project, "overrides" | "releases">;
}

/** One person's last word on a pull request. */
export interface GivenReview {
  readonly login: string;
  readonly state: "approved" | "changes_requested" | "dismissed" | "commented";
  /** The commit that was looked at. */
  readonly commit: string;
}

export interface ApprovalFacts {
  /** Of the policy on main: a change cannot bring its own. */
  readonly policy: Approvals | undefined;
  readonly asked: ReadonlySet<Asked>;
  readonly headSha: string;
  /** Whose own approval does not count. */
  readonly author: string;
  /** Oldest first where somebody gave several. */
  readonly reviews: readonly GivenReview[];
  /** Logins by team; null when the team could not be read. What is not in it counts as that. */
  readonly teams: ReadonlyMap<string, ReadonlySet<string> | null>;
}

/** A group of which somebody still has to approve. */
export interface MissingApproval {
  readonly team: string;
  /** How many of the team must approve. */
  readonly needed: number;
  readonly have: number;
  /** The team could not be read, so nobody's approval can count for it. */
  readonly isUnknown: boolean;
}

export interface ApprovalState {
  readonly state: "success" | "pending";
  /** For the commit status: at most 140 characters. */
  readonly description: string;
  /** How many teams the policy asks. */
  readonly asked: number;
  readonly missing: readonly MissingApproval[];
}

/** GitHub takes no more in a status. */
const LONGEST_DESCRIPTION = 140;
const LIMITS: readonly OverrideFile["limit"][] = ["none", "canary", "regional"];

/**
 * What a change opens or widens. A change that only takes viewers away asks for nothing, whichever way it does so.
 * @param now epoch milliseconds: taking away an override that has ended gives nobody anything
 */
export function whatOpens({ change, before, after }: ApprovalChange, now: number): ReadonlySet<Asked> {
  const asked = new Set<Asked>();
  for (const release of change.releases) {
    if (release.widened.length === 0) continue;
    const [from, to] = [release.before, release.after].map((it) => stageOf(it?.value ?? null));
    const opened = STAGES.filter((_, at) => at > (from ?? -1) && at <= (to ?? -1));
    // More viewers without a stage that opens: the furthest stage that is open answers for it.
    const widest = STAGES[to ?? -1];
    for (const stage of opened.length > 0 || widest === undefined ? opened : [widest]) asked.add(stage);
  }
  for (const path of change.paths) {
    const at = classifyPath(path);
    if (at.kind === "policy" || at.kind === "environment" || at.kind === "root") asked.add("policy");
    if (at.kind !== "override") continue;
    const [then, next] = [before, after].map((it) => it.overrides.get(at.name)?.value);
    if (then && !isOver(then, now) && !isAsNarrow(then, next))
      for (const stage of liftedBy(then, after)) asked.add(stage);
  }
  return asked;
}

/** The teams that must approve, each once, with the most that any of the stages asks of it. */
export function approversOf(
  policy: Approvals | undefined,
  asked: ReadonlySet<Asked>,
): ReadonlyMap<string, number> {
  const needed = new Map<string, number>();
  for (const what of asked)
    for (const { team, count: most = 1 } of policy?.[what] ?? [])
      needed.set(team, Math.max(most, needed.get(team) ?? 0));
  return needed;
}

/** Whether everybody has approved this very head whom the policy asks for. */
export function decideApprovals(facts: ApprovalFacts): ApprovalState {
  const needed = approversOf(facts.policy, facts.asked);
  const approved = approvedBy(facts);
  const missing = [...needed].flatMap(([team, least]): MissingApproval[] => {
    const members = facts.teams.get(team) ?? null;
    const logins = new Set([...(members ?? [])].map((it) => it.toLowerCase()));
    const have = approved.filter((it) => logins.has(it)).length;
    return have < least ? [{ team, needed: least, have, isUnknown: members === null }] : [];
  });
  if (missing.length > 0)
    return { state: "pending", description: cut(describeMissing(missing)), asked: needed.size, missing };
  return { state: "success", description: describeSuccess(facts, needed.size), asked: needed.size, missing };
}

function approvedBy({ reviews, headSha, author }: ApprovalFacts): readonly string[] {
  const last = new Map<string, GivenReview>();
  for (const review of reviews)
    if (review.state !== "commented") last.set(review.login.toLowerCase(), review);
  return [...last]
    .filter(
      ([login, it]) => login !== author.toLowerCase() && it.state === "approved" && it.commit === headSha,
    )
    .map(([login]) => login);
}

function describeMissing(missing: readonly MissingApproval[]): string {
  const unknown = missing.filter((it) => it.isUnknown).map((it) => it.team);
  if (unknown.length > 0)
    return `the team ${unknown.join(", ")} cannot be read: is the app allowed to see it?`;
  return `waiting for ${missing.map((it) => `${it.needed - it.have} of ${it.team}`).join(", ")}`;
}

function describeSuccess({ asked }: ApprovalFacts, groups: number): string {
  if (groups > 0) return `approved by ${count(groups, "team")}, as the policy asks`;
  return asked.size === 0
    ? "nothing opens for more viewers, so nobody has to approve it here"
    : "the policy asks nobody to approve this";
}

function cut(text: string): string {
  return text.length <= LONGEST_DESCRIPTION ? text : `${text.slice(0, LONGEST_DESCRIPTION - 1)}…`;
}

function isOver({ ends }: OverrideFile, now: number): boolean {
  return ends !== undefined && Date.parse(ends) <= now;
}

/** Whether the new override still holds everybody back whom the old one held back. Where that takes thinking, it does not. */
function isAsNarrow(then: OverrideFile, next: OverrideFile | undefined): boolean {
  if (!next || LIMITS.indexOf(next.limit) > LIMITS.indexOf(then.limit)) return false;
  const endsLater =
    next.ends === undefined || (then.ends !== undefined && Date.parse(next.ends) >= Date.parse(then.ends));
  const isSame = (pick: (file: OverrideFile) => unknown) =>
    JSON.stringify(pick(then)) === JSON.stringify(pick(next));
  return (
    endsLater &&
    (next.gifts === "*" || isSame((it) => it.gifts)) &&
    (next.versions === undefined || isSame((it) => it.versions)) &&
    (next.scope === undefined || isSame((it) => it.scope))
  );
}

/** The stages that releases come back in once the override is gone. */
function liftedBy({ gifts, limit }: OverrideFile, { releases }: ApprovalChange["after"]): readonly Asked[] {
  const furthest = Math.max(
    -1,
    ...[...releases.values()].flatMap(({ value }) =>
      gifts === "*" || gifts.includes(value.gift) ? [stageOf(value)] : [],
    ),
  );
  return STAGES.slice(LIMITS.indexOf(limit), furthest + 1);
}
