import type { Project } from "../model/project.ts";
import { compileRange } from "../model/range.ts";
import { inEnvironment, toRollout } from "../model/rollout.ts";
import type { EnvironmentFile, LockFile, OverrideFile, ReleaseFile } from "../model/schemas.ts";
import { type CatalogRelease, toLine } from "../wire/catalog.ts";
import type { Override } from "../wire/override.ts";
import type { Limit, Rollout } from "../wire/rollout.ts";
import { compareVersions, type Interval, parseVersion } from "../wire/version.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";

/** The CDN as one commit wants it. */
export interface Desired {
  /** Catalog lines by gift id, per tier. */
  readonly lines: Readonly<Record<Tier, ReadonlyMap<string, string>>>;
  /** The overrides that git holds now. */
  readonly overrides: readonly Override[];
  /** Gifts with an open release that has no lock, and so no bytes; with the versions. */
  readonly unbuilt: ReadonlyMap<string, readonly string[]>;
}

/**
 * Git to CDN, pure: what everyone should see when this project is live. Gifts whose files have errors should be kept out
 * of it by the plan, not here. `now` decides which overrides have ended.
 */
export function desired(project: Project, environment: EnvironmentFile, now: number): Desired {
  const lines: Record<Tier, Map<string, string>> = { low: new Map(), mid: new Map(), high: new Map() };
  const unbuilt = new Map<string, string[]>();

  for (const [gift, releases] of openReleases(project, environment.rollout)) {
    const built = releases.filter(({ lock }) => lock !== undefined);
    const missing = releases.filter(({ lock }) => lock === undefined).map(({ release }) => release.version);
    if (missing.length > 0) unbuilt.set(gift, missing);
    for (const tier of TIERS) {
      const entries = built.flatMap(({ release, rollout, lock }) =>
        lock ? [toEntry(release, rollout, lock, tier)] : [],
      );
      if (entries.length > 0) lines[tier].set(gift, toLine({ id: gift, releases: entries }));
    }
  }
  const overrides = [...project.overrides]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { value }]) => toWireOverride(name, value, now) ?? []);
  return { lines, overrides, unbuilt };
}

/** An override file as the wire has it, or null once it has ended. Titles, reasons and incidents stay in git. */
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

interface OpenRelease {
  readonly release: ReleaseFile;
  readonly rollout: Rollout;
  readonly lock: LockFile | undefined;
}

/** By gift id, newest first. */
function openReleases(
  project: Project,
  mode: EnvironmentFile["rollout"],
): ReadonlyMap<string, readonly OpenRelease[]> {
  const byGift = new Map<string, OpenRelease[]>();
  for (const [key, { value: release }] of project.releases) {
    const rollout = inEnvironment(toRollout(release), mode);
    if (!rollout || !project.gifts.has(release.gift)) continue;
    const list = byGift.get(release.gift) ?? [];
    list.push({ release, rollout, lock: project.locks.get(key)?.value });
    byGift.set(release.gift, list);
  }
  for (const list of byGift.values())
    list.sort((a, b) => compareVersions(versionOf(b.release), versionOf(a.release)));
  return byGift;
}

function toEntry(release: ReleaseFile, rollout: Rollout, lock: LockFile, tier: Tier): CatalogRelease {
  const { name, version } = lock.player;
  return {
    version: release.version,
    app: compileRanges(release.compat.app),
    ...(release.requires && { requires: compileRanges(release.requires) }),
    ...(release.fallback &&
      release.fallback.length > 0 && { fallback: release.fallback.map((it) => it.gift) }),
    rollout,
    player: { name, version },
    files: (release.compat.tiers.includes(tier) ? (lock.tiers[tier]?.files ?? []) : []).map(
      ({ role, mediaType, digest, bytes }) => ({ role, mediaType, digest, bytes }),
    ),
  };
}

function compileRanges(ranges: Readonly<Record<string, string>>): Record<string, readonly Interval[]> {
  const sorted = Object.entries(ranges).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, range]) => [name, compileRange(range)]));
}

function versionOf(release: ReleaseFile) {
  return parseVersion(release.version) ?? ([0, 0, 0] as const);
}
