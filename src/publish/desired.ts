import { toEntry, toWireOverride } from "../model/entry.ts";
import type { Project } from "../model/project.ts";
import { inEnvironment, toRollout } from "../model/rollout.ts";
import type { EnvironmentFile, LockFile, ReleaseFile } from "../model/schemas.ts";
import { toLine } from "../wire/catalog.ts";
import type { Override } from "../wire/override.ts";
import type { Rollout } from "../wire/rollout.ts";
import { compareVersions, parseVersion } from "../wire/version.ts";
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

function versionOf(release: ReleaseFile) {
  return parseVersion(release.version) ?? ([0, 0, 0] as const);
}
