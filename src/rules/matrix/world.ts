import { toEntry, toWireOverride } from "../../model/entry.ts";
import type { Located, Project } from "../../model/project.ts";
import { InvalidRange } from "../../model/range.ts";
import { inEnvironment, STAGES, toRollout } from "../../model/rollout.ts";
import type { EnvironmentFile, LockFile, ReleaseFile } from "../../model/schemas.ts";
import type { CatalogRelease } from "../../wire/catalog.ts";
import type { Override } from "../../wire/override.ts";
import { isOpenToAll, type Rollout, type Stage } from "../../wire/rollout.ts";
import { compareVersions, parseVersion, type Version } from "../../wire/version.ts";
import type { Tier } from "../../wire/viewer.ts";

/** An open release that has bytes, as the catalogs will carry it. */
export interface WorldRelease {
  readonly gift: string;
  readonly version: string;
  readonly file: Located<ReleaseFile>;
  readonly lock: LockFile;
  readonly rollout: Rollout;
  readonly entries: Readonly<Record<Tier, CatalogRelease>>;
}

/** What viewers choose from: by gift, newest first, and the overrides that git holds over it. */
export interface World {
  readonly releases: ReadonlyMap<string, readonly WorldRelease[]>;
  readonly overrides: readonly Override[];
}

export interface WorldOptions {
  /** Whose rollout counts. */
  readonly mode: EnvironmentFile["rollout"];
  /** Epoch milliseconds: which overrides have ended. Absent: none has. */
  readonly now?: number;
}

/** An open release that was built, as it is written. */
export interface OpenRelease {
  readonly file: Located<ReleaseFile>;
  readonly lock: LockFile;
  readonly rollout: Rollout;
}

/** A project's open and built releases by gift, newest first. */
export type OpenReleases = ReadonlyMap<string, readonly OpenRelease[]>;

export function openReleases(project: Project, mode: WorldOptions["mode"]): OpenReleases {
  const releases = new Map<string, OpenRelease[]>();
  for (const [key, file] of project.releases) {
    const lock = project.locks.get(key)?.value;
    const rollout = inEnvironment(toRollout(file.value), mode);
    if (!lock || !rollout || !project.gifts.has(file.value.gift)) continue;
    const known = releases.get(file.value.gift);
    if (known) known.push({ file, lock, rollout });
    else releases.set(file.value.gift, [{ file, lock, rollout }]);
  }
  for (const list of releases.values())
    if (list.length > 1)
      list.sort((a, b) => compareVersions(versionOf(b.file.value), versionOf(a.file.value)));
  return releases;
}

/** The overrides that git holds. One whose range cannot be read has a finding of its own and is left out. */
export function openOverrides(project: Project, now: number): readonly Override[] {
  return [...project.overrides].flatMap(
    ([name, { value }]) => readable(() => toWireOverride(name, value, now)) ?? [],
  );
}

/** The world of these gifts. A release whose range cannot be read is left out likewise. */
export function worldOf(
  releases: OpenReleases,
  overrides: readonly Override[],
  gifts: Iterable<string>,
): World {
  const world = new Map<string, readonly WorldRelease[]>();
  for (const gift of gifts) {
    const list = (releases.get(gift) ?? []).flatMap((it) => toWorldRelease(it) ?? []);
    if (list.length > 0) world.set(gift, list);
  }
  return { releases: world, overrides };
}

/** The whole world of a project. */
export function toWorld(project: Project, { mode, now = 0 }: WorldOptions): World {
  const releases = openReleases(project, mode);
  return worldOf(releases, openOverrides(project, now), releases.keys());
}

/** The gift and every gift that its releases lead to, however far, the gift itself first. */
export function linkedFrom(releases: OpenReleases, gift: string): readonly string[] {
  const found = [gift];
  for (const id of found) {
    for (const { file } of releases.get(id) ?? [])
      for (const next of linkedGifts(file.value)) if (!found.includes(next)) found.push(next);
  }
  return found;
}

/** The gift and every gift that it falls back to or requires, however far, the gift itself first. */
export function closureOf(world: World, gift: string): readonly string[] {
  const found = [gift];
  for (const id of found) {
    for (const { file } of world.releases.get(id) ?? []) {
      for (const next of linkedGifts(file.value)) if (!found.includes(next)) found.push(next);
    }
  }
  return found;
}

/** Every gift that a release of this one requires, however far; itself only where that is a circle. */
export function requiredBy(world: World, gift: string): readonly string[] {
  const found: string[] = [];
  for (let id: string | undefined = gift, at = 0; id !== undefined; id = found[at++]) {
    for (const { file } of world.releases.get(id) ?? []) {
      for (const next of Object.keys(file.value.requires ?? {})) if (!found.includes(next)) found.push(next);
    }
  }
  return found;
}

/** The gifts that a release names: its fallbacks and what it requires. */
export function linkedGifts({ fallback = [], requires = {} }: ReleaseFile): readonly string[] {
  return [...fallback.map((it) => it.gift), ...Object.keys(requires)];
}

/** The newest release of the gift that is still on its way: not at full, or with a holdback. */
export function releaseOnTrial(world: World, gift: string): WorldRelease | null {
  return world.releases.get(gift)?.find((it) => !isOpenToAll(it.rollout)) ?? null;
}

/** The same world with one release opened as far as a stage. */
export function openTo(world: World, { gift, version }: WorldRelease, stage: Stage): World {
  const releases = (world.releases.get(gift) ?? []).map((it) =>
    it.version === version ? withRollout(it, opened(it.file.value, stage) ?? it.rollout) : it,
  );
  return { ...world, releases: new Map([...world.releases, [gift, releases]]) };
}

/** The same world without one release, as after its rollback. */
export function without(world: World, { gift, version }: { gift: string; version: string }): World {
  const releases = (world.releases.get(gift) ?? []).filter((it) => it.version !== version);
  return { ...world, releases: new Map([...world.releases, [gift, releases]]) };
}

export function withRollout(release: WorldRelease, rollout: Rollout): WorldRelease {
  const { entries } = release;
  return {
    ...release,
    rollout,
    entries: {
      low: { ...entries.low, rollout },
      mid: { ...entries.mid, rollout },
      high: { ...entries.high, rollout },
    },
  };
}

export function versionOf({ version }: { version: string }): Version {
  return parseVersion(version) ?? [0, 0, 0];
}

/** The rollout that a release would have with every stage up to this one open. */
export function opened(release: ReleaseFile, stage: Stage): Rollout | null {
  const { rollout } = release;
  const isOpen = (it: Stage) => STAGES.indexOf(it) <= STAGES.indexOf(stage);
  return toRollout({
    ...release,
    rollout: {
      ...rollout,
      canary: { ...rollout.canary, open: true },
      regional: { ...rollout.regional, open: isOpen("regional") },
      full: { open: isOpen("full") },
    },
  });
}

function toWorldRelease({ file, lock, rollout }: OpenRelease): WorldRelease | undefined {
  return readable(() => {
    const { gift, version } = file.value;
    const entry = (tier: Tier) => toEntry(file.value, rollout, lock, tier);
    const entries = { low: entry("low"), mid: entry("mid"), high: entry("high") };
    return { gift, version, file, lock, rollout, entries };
  });
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidRange) return undefined;
    throw error;
  }
}
