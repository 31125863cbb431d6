import {
  type CatalogGift,
  type CatalogRelease,
  catalogLines,
  type ObjectFile,
  writeCatalog,
} from "../wire/catalog.ts";
import { canonicalJson } from "../wire/metadata.ts";
import type { Override } from "../wire/override.ts";
import { type Stage } from "../wire/rollout.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";
import { reachedStage } from "../model/rollout.ts";
import type { Desired } from "./desired.ts";
import type { Live } from "./live.ts";
import { type Reach, reachOf } from "./reach.ts";
import { isNarrowed, toIdBefore } from "./stops.ts";

/** Why a gift's live entry stays although git says otherwise. */
export type Kept = ReadonlyMap<string, string>;

/** One release before and after; null where it is not open to anyone. */
export interface ReleaseChange {
  readonly gift: string;
  readonly version: string;
  readonly before: Stage | null;
  readonly after: Stage | null;
  /** What else changed for a release that is open on both sides. */
  readonly details: readonly string[];
  /** Whether it reaches somebody it did not reach before, or has other files. */
  readonly widens: boolean;
  /** Where those are whom it serves anew. */
  readonly reach: Reach;
  readonly files: readonly ObjectFile[];
}

/** The difference between the CDN as it should be and as it is. */
export interface Plan {
  readonly changes: readonly ReleaseChange[];
  readonly kept: Kept;
  readonly catalogs: Readonly<Record<Tier, string>>;
  /** Objects that the new catalogs name and the live ones do not, with the gifts that need them. */
  readonly objects: readonly { readonly file: ObjectFile; readonly gifts: readonly string[] }[];
  /** Whether a new generation goes out: catalogs changed, or a standing stop has to end. */
  readonly changesCatalogs: boolean;
  /** What stands afterwards, if the new generation is the next number; see {@link overridesAfter}. */
  readonly overrides: readonly Override[];
  readonly changesOverrides: boolean;
}

export function planPublish(desired: Desired, live: Live | null, kept: Kept): Plan {
  const before = mapTiers((tier) => (live ? catalogLines(live.catalogs[tier]) : new Map<string, string>()));
  const lines = linesAfter(desired, before, kept);
  const catalogs = mapTiers((tier) => writeCatalog(tier, lines[tier]));
  const present = live?.timestamp.signed.giftwrap.overrides ?? [];
  const generation = live?.generation ?? 0;
  const endsStops = present.some((it) => isStanding(it, generation) && !concernsOnly(it, kept));
  const changesCatalogs = !live || endsStops || TIERS.some((tier) => catalogs[tier] !== live.catalogs[tier]);
  const overrides = overridesAfter(
    desired.overrides,
    present,
    changesCatalogs ? generation + 1 : generation,
    kept,
  );
  const [then, next] = onlyDiffering(before, lines);
  return {
    changes: describeChanges(then, next),
    kept,
    catalogs,
    objects: newObjects(live, then, next),
    changesCatalogs,
    overrides,
    changesOverrides: canonicalJson(overrides) !== canonicalJson(present),
  };
}

export function isEmptyPlan(plan: Plan): boolean {
  return !plan.changesCatalogs && !plan.changesOverrides;
}

type Lines = Readonly<Record<Tier, ReadonlyMap<string, string>>>;

/** Git's lines, but the live ones of gifts that are kept. A kept gift that is not live stays away. */
function linesAfter(desired: Desired, before: Lines, kept: Kept): Lines {
  return mapTiers((tier) => {
    const after = new Map([...desired.lines[tier]].filter(([gift]) => !kept.has(gift)));
    for (const gift of kept.keys()) {
      const line = before[tier].get(gift);
      if (line !== undefined) after.set(gift, line);
    }
    return after;
  });
}

/** The lines, in every tier, of gifts with another line in some tier. Of thousands these are few, and only they are parsed. */
function onlyDiffering(before: Lines, after: Lines): readonly [Lines, Lines] {
  const differing = new Set<string>();
  for (const tier of TIERS)
    for (const gift of new Set([...before[tier].keys(), ...after[tier].keys()]))
      if (before[tier].get(gift) !== after[tier].get(gift)) differing.add(gift);
  const pick = (lines: Lines): Lines =>
    mapTiers((tier) => {
      const picked = new Map<string, string>();
      for (const gift of differing) {
        const line = lines[tier].get(gift);
        if (line !== undefined) picked.set(gift, line);
      }
      return picked;
    });
  return [pick(before), pick(after)];
}

/**
 * Git's overrides, and those that are not git's to end: break-glass ones until git adopts their id, stops and drills until
 * the catalog carries them. A kept gift's line does not carry its stop, so that one goes on.
 * @param generation the one that goes out with them: a number that an interrupted run has used is passed over
 */
export function overridesAfter(
  fromGit: readonly Override[],
  present: readonly Override[],
  generation: number,
  kept: Kept,
): readonly Override[] {
  const adopted = new Set(fromGit.flatMap((it) => [it.id, toIdBefore(it.id)]));
  const carried = present.flatMap((it): Override[] => {
    if (it.origin === "git" || adopted.has(it.id)) return [];
    if (it.untilGeneration === undefined || it.untilGeneration > generation) return [it];
    return it.gifts !== "*" && it.gifts.some((gift) => kept.has(gift))
      ? [{ ...it, untilGeneration: generation + 1 }]
      : [];
  });
  return [...fromGit, ...carried];
}

function isStanding(override: Override, generation: number): boolean {
  return override.untilGeneration !== undefined && override.untilGeneration > generation;
}

function concernsOnly(override: Override, kept: Kept): boolean {
  return override.gifts !== "*" && override.gifts.every((gift) => kept.has(gift));
}

function newObjects(live: Live | null, before: Lines, after: Lines): Plan["objects"] {
  const known = new Set(
    TIERS.flatMap((tier) => [...before[tier].values()].flatMap(objectsOf)).map((file) => file.digest),
  );
  const found = new Map<string, { file: ObjectFile; gifts: Set<string> }>();
  for (const tier of TIERS) {
    for (const [gift, line] of after[tier]) {
      for (const file of objectsOf(line)) {
        if (known.has(file.digest)) continue;
        const entry = found.get(file.digest) ?? { file, gifts: new Set() };
        entry.gifts.add(gift);
        found.set(file.digest, entry);
      }
    }
  }
  if (live && found.size > 0) for (const digest of liveDigests(live)) found.delete(digest);
  return [...found.values()]
    .sort((a, b) => (a.file.digest < b.file.digest ? -1 : 1))
    .map(({ file, gifts }) => ({ file, gifts: [...gifts] }));
}

/** Every digest in the live catalogs: another gift may have the same file. They are looked for, which takes a fifth of parsing. */
function* liveDigests(live: Live): Iterable<string> {
  for (const tier of TIERS)
    for (const [, digest = ""] of live.catalogs[tier].matchAll(/"digest":"([0-9a-f]{64})"/g)) yield digest;
}

function objectsOf(line: string): readonly ObjectFile[] {
  return parseLine(line).releases.flatMap((release) => release.files);
}

function describeChanges(linesBefore: Lines, linesAfter: Lines): readonly ReleaseChange[] {
  const before = releasesOf(linesBefore);
  const after = releasesOf(linesAfter);
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key): ReleaseChange[] => {
    const [then, next] = [before.get(key), after.get(key)];
    const { gift, version } = next ?? then ?? { gift: "", version: "" };
    const change = { gift, version, before: stageOf(then), after: stageOf(next) };
    const details = then && next ? describeDetails(then.release, next.release) : [];
    if (change.before === change.after && details.length === 0) return [];
    const [rolloutBefore, rolloutAfter] = [then?.release.rollout ?? null, next?.release.rollout ?? null];
    const hasOtherFiles = details.includes("files");
    const widens = isNarrowed(rolloutAfter, rolloutBefore) || hasOtherFiles;
    const reach = widens ? reachOf(rolloutBefore, rolloutAfter, hasOtherFiles) : [];
    return [{ ...change, details, widens, reach, files: next?.files ?? [] }];
  });
}

interface OpenRelease {
  readonly gift: string;
  readonly version: string;
  readonly release: CatalogRelease;
  /** Of all tiers. */
  readonly files: readonly ObjectFile[];
}

/** Every open release, once; tiers differ only in files. */
function releasesOf(lines: Lines): ReadonlyMap<string, OpenRelease> {
  const found = new Map<string, OpenRelease>();
  for (const tier of TIERS) {
    for (const [gift, line] of lines[tier]) {
      for (const release of parseLine(line).releases) {
        const key = `${gift}@${release.version}`;
        const files = [...(found.get(key)?.files ?? []), ...release.files];
        found.set(key, { gift, version: release.version, release, files });
      }
    }
  }
  return found;
}

function stageOf(open: OpenRelease | undefined): Stage | null {
  return reachedStage(open?.release.rollout ?? null);
}

function describeDetails(before: CatalogRelease, after: CatalogRelease): readonly string[] {
  const details: string[] = [];
  const regions = new Set([
    ...Object.keys(before.rollout.regional?.regions ?? {}),
    ...Object.keys(after.rollout.regional?.regions ?? {}),
  ]);
  for (const region of [...regions].sort()) {
    const [then, next] = [before, after].map((it) => (it.rollout.regional?.regions[region] ?? 0) / 100);
    if (before.rollout.regional && after.rollout.regional && then !== next)
      details.push(`${region} ${then} % -> ${next} %`);
  }
  const differs = (pick: (release: CatalogRelease) => unknown) =>
    canonicalJson(pick(before) ?? null) !== canonicalJson(pick(after) ?? null);
  if (differs((it) => it.rollout.canary)) details.push("canary audience");
  if (differs((it) => it.rollout.regional?.eligible)) details.push("eligible viewers");
  if (differs((it) => it.rollout.holdback)) details.push("holdback");
  if (differs((it) => it.app)) details.push("app versions");
  if (differs((it) => it.requires)) details.push("required gifts");
  if (differs((it) => it.fallback)) details.push("fallback gifts");
  if (differs((it) => it.files) || differs((it) => it.player)) details.push("files");
  return details;
}

function parseLine(line: string): CatalogGift {
  return JSON.parse(line);
}

function mapTiers<T>(make: (tier: Tier) => T): Record<Tier, T> {
  return { low: make("low"), mid: make("mid"), high: make("high") };
}
