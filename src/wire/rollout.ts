import { isInSlice } from "./bucket.ts";
import type { Tier, Viewer } from "./viewer.ts";

export type Stage = "canary" | "regional" | "full";

export interface Canary {
  readonly cohorts?: readonly string[];
  readonly basisPoints?: number;
}

export interface Regional {
  /** Basis points of the eligible viewers, by region; a region that is not named has none. */
  readonly regions: Readonly<Record<string, number>>;
  /** The low-risk slice, decided before the bucket. */
  readonly eligible?: { readonly tiers?: readonly Tier[]; readonly exclude?: readonly string[] };
}

/** Who may play a release. Stages nest: each counts only while all before it are there. */
export interface Rollout {
  readonly salt: string;
  readonly canary?: Canary;
  readonly regional?: Regional;
  readonly full?: true;
  readonly holdback?: { readonly salt: string; readonly basisPoints: number };
}

/** A ceiling over rollouts, in their shape; `true` leaves a stage as the release has it, an absent stage closes it. */
export interface Limit {
  readonly salt?: string;
  readonly canary?: Canary | true;
  readonly regional?: Regional | true;
  readonly full?: true;
  readonly holdback?: { readonly salt: string; readonly basisPoints: number };
}

/**
 * The stage that reaches the viewer, or null. A release that is open to everyone reaches everyone by that, so no cohort is
 * looked up and nothing is hashed for it; before that the first stage that reaches the viewer is named. Holdback is asked
 * apart: see {@link isHeldBack}.
 */
export function coveringStage(rollout: Rollout, viewer: Viewer): Stage | null {
  const { salt, canary, regional, full } = rollout;
  if (!canary) return null;
  if (regional && full) return "full";
  if (canary.cohorts?.some((cohort) => viewer.cohorts.includes(cohort))) return "canary";
  if (canary.basisPoints && isInSlice(salt, viewer.unitId, canary.basisPoints)) return "canary";
  const basisPoints = regional?.regions[viewer.region];
  if (regional && basisPoints && isEligible(regional, viewer) && isInSlice(salt, viewer.unitId, basisPoints))
    return "regional";
  return null;
}

/** Whether the rollout covers every viewer there is. */
export function isOpenToAll({ canary, regional, full, holdback }: Rollout): boolean {
  return canary !== undefined && regional !== undefined && full === true && !holdback;
}

export function isHeldBack(rollout: Rollout, viewer: Viewer): boolean {
  const { holdback } = rollout;
  return holdback !== undefined && isInSlice(holdback.salt, viewer.unitId, holdback.basisPoints);
}

/** The rollout as the limit leaves it. A viewer is covered only when the rollout and every limited form of it cover them. */
export function limitRollout(rollout: Rollout, limit: Limit): Rollout {
  const canary = limit.canary === true ? rollout.canary : limit.canary;
  const regional = limit.regional === true ? rollout.regional : limit.regional;
  return {
    salt: limit.salt ?? rollout.salt,
    ...(canary && { canary }),
    ...(regional && { regional }),
    ...(limit.full && { full: limit.full }),
    ...(limit.holdback && { holdback: limit.holdback }),
  };
}

/** Whether the viewer is in the low-risk slice, the bucket apart. */
export function isEligible(regional: Regional, viewer: Viewer): boolean {
  const { tiers, exclude } = regional.eligible ?? {};
  if (tiers && !tiers.includes(viewer.tier)) return false;
  return !exclude?.some((cohort) => viewer.cohorts.includes(cohort));
}
