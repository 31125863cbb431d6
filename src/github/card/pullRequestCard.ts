import type { Tier } from "../../wire/viewer.ts";
import type { Rollout } from "../../wire/rollout.ts";
import type { OverrideFile, People } from "../../model/schemas.ts";
import { type Finding, sortFindings } from "../../report/finding.ts";
import type { VerdictStory } from "../../rollout/verdict/story.ts";
import type { ApprovalState } from "../approvals.ts";
import type { Comparison, Problem } from "../card.ts";
import type { CheckArtifact } from "../checkArtifact.ts";
import type { CardPlace } from "./links.ts";

/** The first line of the one comment that is the card. */
export const CARD_MARKER = "giftwrap:card";

/** What a pull request is for viewers; `mixed` is more than one thing at once. */
export type CardKind = "release" | "promotion" | "rollback" | "override" | "policy" | "mixed" | "none";

/** How it stands, the first that holds in this order (a closed or merged one apart). */
export type CardVerdict =
  | "merged"
  | "rolled_back"
  | "closed"
  /** Something in the files or the pull request has to be mended by its people. */
  | "to_fix"
  /** It cannot be merged as it is, and GitHub runs no check on it. */
  | "conflict"
  /** The world failed us; nothing for its people to do. */
  | "our_fault"
  /** The gate says that it must not go further. */
  | "failed"
  | "held"
  /** A release has no bytes yet; a job makes them. */
  | "building"
  /** Its author still works on it. */
  | "draft"
  /** Somebody has to approve. */
  | "waiting"
  /** Art without a release: it may be merged, and nobody will see it. */
  | "no_release"
  | "ready";

export interface CardPullRequest {
  readonly number: number;
  readonly state: "open" | "closed" | "merged";
  readonly headSha: string;
  readonly author: string;
  readonly isFork: boolean;
  readonly isDraft: boolean;
  /** Null while GitHub does not know. */
  readonly isConflicted: boolean | null;
  /** When and as what it was merged; null before. */
  readonly merged: { readonly at: string; readonly commit: string } | null;
}

/** Who gets one release, before and after; null is nobody. */
export interface ViewerLine {
  readonly gift: string;
  readonly version: string;
  readonly before: Rollout | null;
  readonly after: Rollout | null;
  /** What else changes for its viewers, in words. */
  readonly details: readonly string[];
}

export interface OverrideLine {
  readonly name: string;
  readonly before: OverrideFile | null;
  readonly after: OverrideFile | null;
}

/** Which apps and devices a release is for. */
export interface CompatLine {
  readonly release: string;
  readonly apps: Readonly<Record<string, string>>;
  readonly tiers: readonly Tier[];
}

export interface Amount {
  readonly bytes: number;
  readonly budget: number;
  /** Of the release that everyone has now; null without one. */
  readonly live: number | null;
}

/** What a release costs on a device of one tier. */
export interface CostLine {
  readonly release: string;
  readonly tier: Tier;
  readonly download: Amount;
  readonly memory: Amount;
  /** The release at full that it is compared with. */
  readonly liveVersion: string | null;
}

/** What viewers of a release get when it is taken back. */
export interface WayBack {
  readonly gift: string;
  readonly version: string;
  /** The release that they get back; null where it is a fallback or the still. */
  readonly to: string | null;
  readonly fallback: readonly string[];
  /** Whether its bytes are in the store; `unknown` where the store cannot be read from here. */
  readonly bytes: "stored" | "missing" | "unknown";
  readonly drill: Drill;
}

/** The last rehearsal of a rollback of these very bytes. */
export type Drill =
  | { readonly kind: "passed" | "failed"; readonly environment: string; readonly at: string }
  | { readonly kind: "none" }
  | { readonly kind: "unknown"; readonly why: string };

/** What a release looks like, beside what everyone has now. */
export interface PreviewLine {
  readonly release: string;
  /** Null while there are none, or where no edge shows them. */
  readonly pictures: Pictures | null;
  /** The release at full; null without one, or where it has no pictures. */
  readonly before: { readonly version: string; readonly pictures: Pictures } | null;
}

export interface Pictures {
  /** Five frames beside each other, on checker, light and dark. */
  readonly sheet: Picture | null;
  /** The animation, small. */
  readonly motion: Picture | null;
}

export interface Picture {
  readonly url: string;
  readonly width: number;
  readonly height: number;
}

/** What a release did in a browser, by the signed record about these very bytes. */
export interface SmokeLine {
  readonly release: string;
  readonly smoke: Smoke;
}

export type Smoke =
  | {
      readonly kind: "passed" | "failed";
      readonly environment: string;
      readonly at: string;
      /** What it was compared with. */
      readonly reference: string;
      /** How near it came to a limit, in percent of it; null where the record does not say. */
      readonly worstPercent: number | null;
      /** Whether only decoding was measured, without a browser, which is weaker. */
      readonly isDecodedOnly: boolean;
    }
  /** With what makes the record where the policy asks for it before the release leaves canary. */
  | { readonly kind: "none"; readonly command: string | null }
  | { readonly kind: "unknown"; readonly why: string };

/** A promotion that nobody could judge. */
export interface Unjudged {
  readonly release: string;
  readonly why: string;
  readonly next: string;
}

/** Words that keep GitHub from running workflows once they are in a commit's message. */
export interface SkipWords {
  readonly where: "title" | "body" | "commit";
  readonly words: string;
}

/** A gift whose art differs although no release of it is new. */
export interface MissingRelease {
  readonly gift: string;
  /** Where a release would be written, and with what. */
  readonly path: string;
  readonly text: string;
}

/** Everything that was found out about a pull request; the card is made from it and from nothing else. */
export interface CardFacts {
  readonly kind: CardKind;
  /** Null for a work tree. */
  readonly pullRequest: CardPullRequest | null;
  /** Null where there is no GitHub: then there are no links. */
  readonly place: CardPlace | null;
  readonly environment: string;
  /** How many files differ. */
  readonly files: number;
  /** Gifts that differ. */
  readonly gifts: readonly string[];
  readonly findings: readonly Finding[];
  /** What the world did to us, so that the rest is not known. */
  readonly problem: Problem | null;
  readonly compared: Comparison;
  /** Why what is live is not compared with, when it should be. */
  readonly unread: Problem | null;
  readonly viewers: readonly ViewerLine[];
  readonly stops: readonly string[];
  readonly kept: Readonly<Record<string, string>>;
  readonly overrides: readonly OverrideLine[];
  readonly compat: readonly CompatLine[];
  readonly costs: readonly CostLine[];
  /** Open releases without a lock, as `gift@version`. */
  readonly unbuilt: readonly string[];
  readonly waysBack: readonly WayBack[];
  readonly previews: readonly PreviewLine[];
  readonly smokes: readonly SmokeLine[];
  readonly stories: readonly VerdictStory[];
  readonly unjudged: readonly Unjudged[];
  /** Null where nobody asked. */
  readonly approvals: ApprovalState | null;
  readonly skipWords: readonly SkipWords[];
  readonly missingReleases: readonly MissingRelease[];
  /** What the pull request's own run said; never believed. */
  readonly ownRun: CheckArtifact | null;
  readonly people: People;
}

/** Something that its people have to do. */
export type Todo =
  | { readonly kind: "finding"; readonly finding: Finding }
  | { readonly kind: "skip_words"; readonly skip: SkipWords }
  | { readonly kind: "conflict" };

/** A pull request as people see it: every text about it is made from this. */
export interface PullRequestCard extends CardFacts {
  readonly verdict: CardVerdict;
  readonly todos: readonly Todo[];
  readonly warnings: readonly Finding[];
}

/** The verdict, and what there is to do; the rest is as it was found. Pure. */
export function toPullRequestCard(facts: CardFacts): PullRequestCard {
  const sorted = sortFindings(facts.findings);
  const todos: readonly Todo[] = [
    ...(isOpen(facts) && facts.pullRequest?.isConflicted === true ? [{ kind: "conflict" } as const] : []),
    ...facts.skipWords.map((skip): Todo => ({ kind: "skip_words", skip })),
    ...sorted.filter((it) => it.severity === "error").map((finding): Todo => ({ kind: "finding", finding })),
  ];
  const card = {
    ...facts,
    todos,
    warnings: sorted.filter((it) => it.severity === "warning" && it.code !== "LOCK_MISSING"),
  };
  return { ...card, verdict: verdictOf(card) };
}

/** Whether nothing but people stands between the pull request and the merge. The check run says so to branch protection. */
export function isInOrder({ verdict }: Pick<PullRequestCard, "verdict">): boolean {
  return ["ready", "waiting", "draft", "no_release", "held", "failed", "merged", "rolled_back"].includes(
    verdict,
  );
}

function verdictOf(card: CardFacts & Pick<PullRequestCard, "todos">): CardVerdict {
  const { pullRequest, todos, problem, stories, unjudged, unbuilt, approvals, kind } = card;
  if (pullRequest?.state === "merged") return kind === "rollback" ? "rolled_back" : "merged";
  if (pullRequest?.state === "closed") return "closed";
  if (todos.some((it) => it.kind !== "conflict")) return "to_fix";
  if (todos.length > 0) return "conflict";
  if (problem) return "our_fault";
  // What takes viewers away waits for nothing: no number, no byte, no approval.
  if (kind === "rollback") return "ready";
  if (stories.some((it) => it.kind === "fail")) return "failed";
  if (unjudged.length > 0 || stories.some((it) => it.kind === "hold")) return "held";
  if (unbuilt.length > 0) return "building";
  if (pullRequest?.isDraft) return "draft";
  if (approvals?.state === "pending") return "waiting";
  return card.missingReleases.length > 0 ? "no_release" : "ready";
}

function isOpen({ pullRequest }: CardFacts): boolean {
  return pullRequest?.state === "open";
}
