import type { CatalogRelease } from "../wire/catalog.ts";
import type { Override } from "../wire/override.ts";
import type { Limit, Rollout } from "../wire/rollout.ts";
import type { Interval } from "../wire/version.ts";
import type { Tier } from "../wire/viewer.ts";
import { compileRange } from "./range.ts";
import type { LockFile, OverrideFile, ReleaseFile } from "./schemas.ts";

/** What one tier's catalog says of a release. @throws InvalidRange */
export function toEntry(release: ReleaseFile, rollout: Rollout, lock: LockFile, tier: Tier): CatalogRelease {
  const { name, version, alpha } = lock.player;
  return {
    version: release.version,
    app: compileRanges(release.compat.app),
    ...(release.requires && { requires: compileRanges(release.requires) }),
    ...(release.fallback &&
      release.fallback.length > 0 && { fallback: release.fallback.map((it) => it.gift) }),
    rollout,
    player: { name, version, ...(alpha !== undefined && { alpha }) },
    files: (release.compat.tiers.includes(tier) ? (lock.tiers[tier]?.files ?? []) : []).map(
      ({ role, mediaType, digest, bytes }) => ({ role, mediaType, digest, bytes }),
    ),
  };
}

/**
 * An override file as the wire has it, or null once it has ended. Titles, reasons and incidents stay in git.
 * @throws InvalidRange
 */
export function toWireOverride(name: string, file: OverrideFile, now: number): Override | null {
  if (file.ends !== undefined && Date.parse(file.ends) <= now) return null;
  const { scope } = file;
  return {
    id: name,
    origin: "git",
    gifts: file.gifts === "*" ? "*" : [...file.gifts],
    ...(file.versions !== undefined && { versions: compileRange(file.versions) }),
    ...(scope && {
      scope: {
        ...(scope.regions && { regions: scope.regions }),
        ...(scope.platforms && { platforms: scope.platforms }),
        ...(scope.app && { app: compileRanges(scope.app) }),
        ...(scope.tiers && { tiers: scope.tiers }),
      },
    }),
    limit: LIMITS[file.limit],
  };
}

const LIMITS: Readonly<Record<OverrideFile["limit"], Limit>> = {
  none: {},
  canary: { canary: true },
  regional: { canary: true, regional: true },
};

function compileRanges(ranges: Readonly<Record<string, string>>): Record<string, readonly Interval[]> {
  const sorted = Object.entries(ranges).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, range]) => [name, compileRange(range)]));
}
