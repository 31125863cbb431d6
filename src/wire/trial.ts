import { ALL_BASIS_POINTS } from "./bucket.ts";
import type { GiftIndex, IndexedRelease } from "./catalog.ts";
import { limitedRollouts, type Override } from "./override.ts";
import { type Resolution, resolve } from "./resolve.ts";
import { isEligible, type Rollout } from "./rollout.ts";
import type { Viewer } from "./viewer.ts";

/**
 * How a viewer's plays of a gift count while one of its releases is on trial.
 * - `trial`: chance (the bucket) gave the viewer the release on trial
 * - `baseline`: chance, or the holdback, left the viewer on an older release; nothing else is different
 * - `cohort`: a named cohort got the release on trial, so nobody is comparable with them
 * - `live`: every other play, also while an override touches the release for this viewer
 */
export type Arm = "trial" | "baseline" | "cohort" | "live";

export const ARMS: readonly Arm[] = ["trial", "baseline", "cohort", "live"];

export interface Standing {
  readonly arm: Arm;
  /** The version on trial that the play counts for; empty for `live`. */
  readonly trial: string;
  /**
   * Chance that a viewer like this one is in the trial, in parts per million; 0 for `cohort` and `live`, and everyone where no
   * older release is there to compare with.
   */
  readonly sharePerMillion: number;
}

/**
 * How a play of `resolution`, which {@link resolve} gave for the same arguments, counts. The release on trial is the gift's
 * newest that is not open to all. Of viewers who differ in nothing but their buckets in that release's slices all are compared
 * or none is, so that the trial's part of them is the share that is said.
 */
export function standingOf(
  catalog: GiftIndex,
  overrides: readonly Override[],
  viewer: Viewer,
  giftId: string,
  resolution: Resolution,
): Standing {
  const releases = catalog.get(giftId)?.releases ?? [];
  const trialAt = releases.findIndex((it) => !it.isOpenToAll);
  const it = releases[trialAt];
  if (!it || viewer.unitId === "") return LIVE;
  const { version: trial, rollout } = it.release;
  if (limitedRollouts(overrides, giftId, it.version, rollout, viewer).length > 0) return LIVE;

  const older = releases.slice(trialAt + 1);
  const shown = versionShown(resolution, giftId);
  const isTrial = shown === trial;
  if (!isTrial && !older.some(({ link }) => link.version === shown)) return LIVE;
  // A room that shows an older release to all takes the trial's viewers away from it: the baseline's must not count there either.
  if (resolution.reason === "hint" && !isTrial) return LIVE;

  // With the dice out of the way the viewer gets the trial: its app, its tier, what it requires, and no newer release.
  const whenIn = withReleases(catalog, giftId, [
    ...releases.slice(0, trialAt),
    { ...it, isOpenToAll: true },
    ...older,
  ]);
  if (versionShown(resolve(whenIn, overrides, viewer, giftId), giftId) !== trial) return LIVE;
  // And without the trial an older release, where there is any.
  const whenOut = withReleases(catalog, giftId, [...releases.slice(0, trialAt), ...older]);
  if (older.length > 0 && versionShown(resolve(whenOut, overrides, viewer, giftId), giftId) === null)
    return LIVE;
  if (isTangled(catalog, it, older)) return LIVE;

  if (!isFull(rollout) && isInCohort(rollout, viewer))
    return isTrial ? { arm: "cohort", trial, sharePerMillion: 0 } : LIVE;
  const sharePerMillion = shareOf(rollout, viewer);
  if (sharePerMillion === 0) return LIVE;
  if (older.length === 0) return { arm: "trial", trial, sharePerMillion: 1_000_000 };
  return { arm: isTrial ? "trial" : "baseline", trial, sharePerMillion };
}

const LIVE: Standing = { arm: "live", trial: "", sharePerMillion: 0 };

function isFull({ canary, regional, full }: Rollout): boolean {
  return canary !== undefined && regional !== undefined && full === true;
}

function isInCohort({ canary }: Rollout, viewer: Viewer): boolean {
  return canary?.cohorts?.some((cohort) => viewer.cohorts.includes(cohort)) ?? false;
}

/**
 * The slices of canary and region are of one bucket, so the larger holds the smaller; the holdback has a bucket of its own.
 * What is not nobody is at least one in a million.
 */
function shareOf(rollout: Rollout, viewer: Viewer): number {
  const covered = coveredBasisPoints(rollout, viewer);
  const kept = ALL_BASIS_POINTS - (rollout.holdback?.basisPoints ?? 0);
  return covered > 0 && kept > 0 ? Math.max(1, Math.round((covered * kept) / 100)) : 0;
}

function coveredBasisPoints(rollout: Rollout, viewer: Viewer): number {
  const { canary, regional } = rollout;
  if (!canary) return 0;
  if (isFull(rollout)) return ALL_BASIS_POINTS;
  const inRegion =
    regional && Object.hasOwn(regional.regions, viewer.region) && isEligible(regional, viewer)
      ? (regional.regions[viewer.region] ?? 0)
      : 0;
  return Math.max(canary.basisPoints ?? 0, inRegion);
}

/** The version that the chain begins with, or null when that is not of the gift. */
function versionShown({ chain: [first] }: Resolution, giftId: string): string | null {
  return first?.kind === "release" && first.gift === giftId ? first.version : null;
}

function withReleases(catalog: GiftIndex, giftId: string, releases: readonly IndexedRelease[]): GiftIndex {
  return { get: (id) => (id === giftId ? { id, releases } : catalog.get(id)) };
}

/**
 * Whether an older release, or something that the release requires, however far down, is on its way with the very buckets of the
 * release: then who could be compared and who is in the slice is one question, and the share would be wrong.
 */
function isTangled(catalog: GiftIndex, it: IndexedRelease, older: readonly IndexedRelease[]): boolean {
  const salts = saltsOf(it.release.rollout);
  const isOnItsWay = ({ isOpenToAll, release }: IndexedRelease) =>
    !isOpenToAll && saltsOf(release.rollout).some((salt) => salts.includes(salt));
  if (older.some(isOnItsWay)) return true;
  const gifts = new Set([it, ...older].flatMap(({ requires }) => Object.keys(requires ?? {})));
  for (const gift of gifts) {
    for (const required of catalog.get(gift)?.releases ?? []) {
      if (required !== it && isOnItsWay(required)) return true;
      for (const next of Object.keys(required.requires ?? {})) gifts.add(next);
    }
  }
  return false;
}

function saltsOf({ salt, holdback }: Rollout): readonly string[] {
  return holdback ? [salt, holdback.salt] : [salt];
}
