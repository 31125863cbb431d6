import { releasePath } from "../model/paths.ts";
import { releaseKey } from "../model/project.ts";
import { reachedStage, toRollout } from "../model/rollout.ts";
import type { Gate, ReleaseFile } from "../model/schemas.ts";
import { onProof, type Proposal, type WatchedTrial } from "../rollout/planWatch.ts";
import { nextStep, type PromotionName, type PromotionStep, rankOf } from "../rollout/proposalBranches.ts";
import { compareVersions, parseVersion } from "../wire/version.ts";
import { contentOf, type ProposalNotes } from "./proposalNotes.ts";

/** A promotion's pull request that is open, by this account. */
export interface OpenPromotion extends PromotionName {
  readonly number: number;
  readonly branch: string;
  readonly notes: ProposalNotes;
  /** Somebody else pushed to its branch. */
  readonly isTheirs: boolean;
}

/** What is done about one step of one release. Each of them done twice is the same as done once. */
export type PromotionAct<Trial extends WatchedTrial = WatchedTrial> =
  | { readonly kind: "open"; readonly trial: Trial; readonly proposal: Proposal }
  /** The commit is made anew on main as it is. */
  | {
      readonly kind: "refresh";
      readonly trial: Trial;
      readonly proposal: Proposal;
      readonly pull: OpenPromotion;
    }
  /** The commit is right: at most the words about it are new. */
  | {
      readonly kind: "describe";
      readonly trial: Trial;
      readonly proposal: Proposal;
      readonly pull: OpenPromotion;
    }
  | { readonly kind: "close"; readonly pull: OpenPromotion; readonly why: string }
  /** `why` is for people; without a pull request nothing is opened. */
  | {
      readonly kind: "leave";
      readonly pull: OpenPromotion | null;
      readonly trial: Trial | null;
      readonly why: string;
      /** A person pushed to it: they are told so, once. */
      readonly isTheirs: boolean;
    };

export interface PromotionFacts<Trial extends WatchedTrial = WatchedTrial> {
  /** Those that have a verdict. */
  readonly trials: readonly Trial[];
  /** The releases of main, by `gift@version`. */
  readonly releases: ReadonlyMap<string, ReleaseFile>;
  readonly open: readonly OpenPromotion[];
  /** What the policy does with a pass: `report` opens nothing by itself. */
  readonly onPass: NonNullable<Gate["onPass"]>;
  /** Whether a person closed the pull request of this branch that was for this opening of the stage. */
  wasRefused(branch: string, opening: string): boolean;
}

/**
 * One pull request for each gift, release and step: opened when the gate passes, made anew when main's file changed, closed when it is
 * overtaken, held or failed. What a person pushed to is theirs; what a person closed is not opened again for the same opening.
 */
export function planPromotions<Trial extends WatchedTrial>(
  facts: PromotionFacts<Trial>,
): readonly PromotionAct<Trial>[] {
  const trials = new Map(facts.trials.map((it) => [releaseKey(it.verdict.gift, it.verdict.version), it]));
  const kept = facts.open.map((pull) => keep(pull, trials.get(releaseKey(pull.gift, pull.version)), facts));
  const branches = new Set(facts.open.map((it) => it.branch));
  const opened = facts.trials.flatMap((trial): PromotionAct<Trial>[] => {
    const { proposal, note } = wantedPromotion(trial);
    if (!proposal) return note === null || isKept(trial, facts.open) ? [] : [leave(null, trial, note)];
    if (branches.has(proposal.branch)) return [];
    if (facts.wasRefused(proposal.branch, proposal.opening))
      return [
        leave(
          null,
          trial,
          "a person closed its pull request: it is not opened again for this opening of the stage",
        ),
      ];
    if (facts.onPass !== "propose")
      return [leave(null, trial, "it passes: the policy leaves it to a person to open its promotion")];
    return [{ kind: "open", trial, proposal }];
  });
  return [...kept, ...opened];
}

function isKept({ verdict }: WatchedTrial, open: readonly OpenPromotion[]): boolean {
  return open.some((it) => it.gift === verdict.gift && it.version === verdict.version);
}

/** The step that a trial has proven, as `watch` decides it; a note says why there is none although it passes. */
export function wantedPromotion(trial: WatchedTrial): {
  readonly proposal: Proposal | null;
  readonly note: string | null;
} {
  if (trial.verdict.kind !== "pass") return { proposal: null, note: null };
  if (trial.isWaived)
    return { proposal: null, note: "the policy waives what the gate says, so a person goes on with it" };
  if (trial.incident.length > 0)
    return { proposal: null, note: `something else is wrong (${trial.incident.join(", ")})` };
  return onProof(trial);
}

function keep<Trial extends WatchedTrial>(
  pull: OpenPromotion,
  trial: Trial | undefined,
  facts: PromotionFacts<Trial>,
): PromotionAct<Trial> {
  if (pull.isTheirs)
    return {
      kind: "leave",
      pull,
      trial: trial ?? null,
      why: "somebody pushed to it, so it is theirs now: it is neither changed nor closed by itself",
      isTheirs: true,
    };
  const why = whyClosed(pull, trial, facts);
  if (why !== null) return { kind: "close", pull, why };
  if (!trial) return leave<Trial>(pull, null, "nothing can be said of the release now");
  // A person asked for it: their words stand, and their reasons may be others than the gate's.
  if (pull.notes.isAskedFor && (trial.wasClosed || pull.step === "canary"))
    return leave(pull, trial, "a person asked for it");
  // As it would be if it passed: what holds it now is said in its words, and the required check keeps it from being merged.
  const { proposal, note } = onProof(trial);
  if (!proposal) return leave(pull, trial, note ?? "");
  if (proposal.branch !== pull.branch) return leave(pull, trial, "it is for another step");
  const files = [{ path: proposal.path, text: proposal.text }];
  const content = contentOf(files, [{ path: proposal.path, text: trial.text }]);
  if (pull.notes.isAskedFor && pull.notes.built?.content === content)
    return leave(pull, trial, "a person asked for it");
  const isStale = pull.notes.built?.content !== content;
  return { kind: isStale ? "refresh" : "describe", trial, proposal, pull };
}

/** Why there is nothing left to merge, in one sentence without its end; null when there is. */
function whyClosed<Trial extends WatchedTrial>(
  pull: OpenPromotion,
  trial: Trial | undefined,
  { releases }: PromotionFacts<Trial>,
): string | null {
  const { gift, version, step } = pull;
  const release = releases.get(releaseKey(gift, version));
  if (!release)
    return `${releasePath(gift, version)} is gone from the main branch, so there is nothing to promote`;
  const reached = stepReached(release);
  if (reached !== null && rankOf(reached) >= rankOf(step))
    return step === "holdback" ? "its holdback has ended already" : `${step} is open already`;
  if (step === "holdback" && !release.rollout.holdback) return "it has no holdback any more";
  const { isAskedFor } = pull.notes;
  if (isAskedFor && step === "canary") return null;
  if (reached === null || reached === "holdback" || nextStep(reached) !== step)
    return `a person took ${gift} ${version} back${reached === null ? "" : ` to ${reached}`}: nothing goes on by itself`;
  const newer = findNewer(gift, version, step, releases);
  if (newer !== null) return `${gift} ${newer} has taken over`;
  if (isAskedFor) return null;
  if (release.hold) return `it is on hold: ${release.hold.reason}`;
  if (!trial) return null;
  const held = trial.verdict.reasons.find((it) => it.kind === "on_hold");
  if (held) return `it is held: ${held.why}`;
  if (trial.wasClosed)
    return `${gift} ${version} was further before and was taken back: a person opens it again`;
  if (trial.verdict.kind === "fail") return `the gate says fail: ${trial.why}`;
  return null;
}

/** How far a release has come, the end of its holdback included. */
function stepReached(release: ReleaseFile): PromotionStep | null {
  const stage = reachedStage(toRollout(release));
  if (stage !== "full") return stage;
  return (release.rollout.holdback?.percent ?? 0) > 0 ? "full" : "holdback";
}

/** A newer release of the gift that has come as far as this step would bring this one. */
function findNewer(
  gift: string,
  version: string,
  step: PromotionStep,
  releases: ReadonlyMap<string, ReleaseFile>,
): string | null {
  const own = parseVersion(version);
  const wanted = step === "holdback" ? "full" : step;
  for (const release of releases.values()) {
    const other = parseVersion(release.version);
    if (release.gift !== gift || !own || !other || compareVersions(other, own) <= 0) continue;
    const reached = stepReached(release);
    if (reached !== null && rankOf(reached) >= rankOf(wanted)) return release.version;
  }
  return null;
}

function leave<Trial extends WatchedTrial>(
  pull: OpenPromotion | null,
  trial: Trial | null,
  why: string,
): PromotionAct<Trial> {
  return { kind: "leave", pull, trial, why, isTheirs: false };
}
