import { releasePath } from "../model/paths.ts";
import { releaseKey } from "../model/project.ts";
import type { Gate, ReleaseFile } from "../model/schemas.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import type { Verdict } from "./gate/verdict.ts";
import { planPromotion, type Target } from "./planPromotion.ts";
import { planRollback } from "./planRollback.ts";
import { nextStep, promotionBranch, type PromotionStep } from "./proposalBranches.ts";

/** One release on trial, as it was found and judged. */
export interface WatchedTrial {
  readonly verdict: Verdict;
  /** Why it is so, in one sentence, and what to do next. */
  readonly why: string;
  readonly next: string;
  /** Metrics of which the baseline moved at the same time. */
  readonly incident: readonly string[];
  /** Whether the policy forgives what the gate says. */
  readonly isWaived: boolean;
  readonly release: ReleaseFile;
  /** The release file's text, and the commit that opened its stage. */
  readonly text: string;
  readonly opening: string;
  /** A later stage was open before: only a person opens it again. */
  readonly wasClosed: boolean;
}

/** A file changed on a branch of its own, for people to merge. */
export interface Proposal {
  readonly kind: "roll_back" | "promote";
  readonly branch: string;
  readonly path: string;
  readonly text: string;
  readonly title: string;
  /** The commit since which the stage is open that this goes on from: another opening is another matter. */
  readonly opening: string;
}

/** What is done about one release. Each of them done twice is the same as done once. */
export interface WatchAct<Trial extends WatchedTrial = WatchedTrial> {
  readonly gift: string;
  readonly version: string;
  readonly trial: Trial;
  /** The id of the override that stops it at once; null where nothing is stopped. */
  readonly stop: string | null;
  readonly proposal: Proposal | null;
  /** Why nothing is done although there is a verdict; for people. */
  readonly note: string | null;
}

/**
 * What follows from the verdicts by the policy. When the baseline moved, too, something else than the release is wrong: that is said,
 * and nothing is stopped by itself. What a person closed or holds is never opened by itself.
 */
export function planWatch<Trial extends WatchedTrial>(
  trials: readonly Trial[],
  { onFail = "propose", onPass = "report" }: Pick<Gate, "onFail" | "onPass">,
): readonly WatchAct<Trial>[] {
  return trials.map((trial) => {
    const { gift, version, kind } = trial.verdict;
    const act = { gift, version, trial, stop: null, proposal: null, note: null };
    // A failure that is waived stands as a pass: nobody may take it for a proof.
    if (trial.isWaived)
      return { ...act, note: "the policy waives what the gate says, so a person goes on with it" };
    if (trial.incident.length > 0) return { ...act, note: explainIncident(trial) };
    if (kind === "fail") return { ...act, ...onFailure(trial, onFail) };
    if (kind === "pass" && onPass === "propose") return { ...act, ...onProof(trial) };
    return act;
  });
}

/** The name of the override by which a release that failed is stopped at once: no other release has the same. */
export function stopId(gift: string, version: string): string {
  const id = `gate-${gift}-${version.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
  if (/^\d+\.\d+\.\d+$/.test(version)) return id;
  // Two pre-releases may look the same with dashes alone, or like another gift's release.
  const digits = digestOf(new TextEncoder().encode(releaseKey(gift, version))).slice(0, 8);
  return `${id}-x${digits}`;
}

function onFailure(
  trial: WatchedTrial,
  onFail: NonNullable<Gate["onFail"]>,
): Pick<WatchAct, "stop" | "proposal" | "note"> {
  const { gift, version } = trial.verdict;
  const nothing = { stop: null, proposal: null };
  if (onFail === "report") return { ...nothing, note: null };
  const rollback = planRollback(gift, new Map([[version, trial.text]]), "none", version);
  return {
    stop: onFail === "stop" ? stopId(gift, version) : null,
    proposal: rollback && {
      kind: "roll_back",
      branch: rollbackBranchOf(trial),
      path: rollback.path,
      text: rollback.text,
      title: `Roll back ${gift} ${version}: the gate says fail`,
      opening: trial.opening,
    },
    note: null,
  };
}

function explainIncident({ incident }: WatchedTrial): string {
  return `those who keep the older release are worse off, too (${incident.join(", ")}): something else is wrong, so nothing is stopped by itself`;
}

/** The step that follows from a proof, or why there is none; what the policy does with a pass is not asked here. */
export function onProof(trial: WatchedTrial): Pick<WatchAct, "proposal" | "note"> {
  const { gift, version, stage } = trial.verdict;
  const { hold } = trial.release;
  if (hold) return { proposal: null, note: `it is on hold: ${hold.reason}` };
  if (trial.wasClosed)
    return { proposal: null, note: "it was further before and was taken back: a person opens it again" };
  const step = nextStep(stage);
  const planned = planPromotion(gift, version, trial.text, toTarget(step));
  if (planned.kind === "refused") return { proposal: null, note: planned.why };
  return {
    proposal: {
      kind: "promote",
      branch: promotionBranch({ gift, version, step }),
      path: releasePath(gift, version),
      text: planned.text,
      title: `Promote ${gift} ${version}: ${planned.what}`,
      opening: trial.opening,
    },
    note: null,
  };
}

function toTarget(step: PromotionStep): Target {
  return step === "holdback" ? { kind: "holdback", percent: 0 } : { kind: "stage", stage: step };
}

/** One branch for each release and opening of a stage: the next time it is opened is another matter. */
function rollbackBranchOf({ verdict, opening }: WatchedTrial): string {
  return `giftwrap/roll-back-${releaseKey(verdict.gift, verdict.version).replace("@", "-")}-${opening.slice(0, 8)}`;
}
