import { ALL_BASIS_POINTS } from "../wire/bucket.ts";
import { isOpenToAll, type Rollout, type Stage } from "../wire/rollout.ts";
import type { EnvironmentFile, ReleaseFile } from "./schemas.ts";

export const STAGES: readonly Stage[] = ["canary", "regional", "full"];

/** The wire's rollout of a release as it is written, or null when its canary is closed: then nobody is reached. */
export function toRollout(release: ReleaseFile): Rollout | null {
  const { gift, version, rollout } = release;
  const { canary, regional, full, holdback } = rollout;
  if (!canary.open) return null;
  return {
    salt: rollout.salt ?? `${gift}/${version}`,
    canary: {
      ...(canary.cohorts && { cohorts: [...canary.cohorts].sort() }),
      ...(canary.percent !== undefined && { basisPoints: toBasisPoints(canary.percent) }),
    },
    ...(regional.open && {
      regional: {
        regions: Object.fromEntries(
          Object.entries(regional.regions)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([region, percent]) => [region, toBasisPoints(percent)]),
        ),
        ...(regional.eligible && { eligible: regional.eligible }),
      },
    }),
    ...(regional.open && full.open && { full: true as const }),
    ...(holdback &&
      holdback.percent > 0 && {
        holdback: {
          salt: `holdback/${rollout.salt ?? `${gift}/${version}`}`,
          basisPoints: toBasisPoints(holdback.percent),
        },
      }),
  };
}

/** Whose rollout counts: production as written; for testers everything that is not withdrawn is open. */
export function inEnvironment(rollout: Rollout | null, mode: EnvironmentFile["rollout"]): Rollout | null {
  if (rollout === null || mode === "as-written") return rollout;
  return { salt: rollout.salt, canary: {}, regional: { regions: {} }, full: true };
}

/** The last stage that counts, or null when the release is closed. */
export function reachedStage(rollout: Rollout | null): Stage | null {
  if (!rollout?.canary) return null;
  if (!rollout.regional) return "canary";
  return rollout.full ? "full" : "regional";
}

/** Open to somebody, and not to everyone without a holdback. */
export function isOnTrial(rollout: Rollout | null): boolean {
  return rollout?.canary !== undefined && !isOpenToAll(rollout);
}

function toBasisPoints(percent: number): number {
  return Math.round((percent * ALL_BASIS_POINTS) / 100);
}
