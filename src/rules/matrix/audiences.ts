import { ALL_BASIS_POINTS } from "../../wire/bucket.ts";
import { limitRollout, type Rollout } from "../../wire/rollout.ts";
import { coveringStage, isHeldBack, type Stage } from "../../wire/rollout.ts";
import { isWithin } from "../../wire/version.ts";
import type { Tier, Viewer } from "../../wire/viewer.ts";
import { versionOf, type World, type WorldRelease, withRollout } from "./world.ts";

/** How one release stands to a kind of viewer, apart from app version and what it requires. */
export type Reach = Stage | "held_back" | "none";

/**
 * A kind of viewer: all viewers of the region for whom every release of these gifts has the same reach. `settle` gives the
 * world as it is for them, with shares that are all or nothing, so that the resolver needs no hashing to agree.
 */
export interface Audience {
  /** As written in a release or an override; empty for every other region. */
  readonly region: string;
  readonly cohorts: readonly string[];
  /** Empty for viewers without an id, who are in no share. */
  readonly unitId: string;
  /** Equal for audiences, also of other regions and tiers, whom the rollouts of these worlds treat alike. */
  readonly key: string;
  /** By `gift@version`, of the releases that do not reach everyone alike. */
  readonly reach: ReadonlyMap<string, Reach>;
  settle(world: World): World;
}

/** So many combinations of cohorts and shares are looked at for one region; more are a finding. */
export const MAX_COMBINATIONS = 20_000;

export class TooManyAudiences extends Error {
  override name = "TooManyAudiences";
}

/** The regions that any of these gifts' releases or an override names, and "" for all others. */
export function regionsOf(worlds: readonly World[], gifts: readonly string[]): readonly string[] {
  const regions = new Set<string>();
  for (const world of worlds) {
    for (const { rollout } of releasesOf(world, gifts))
      for (const region of Object.keys(rollout.regional?.regions ?? {})) regions.add(region);
    for (const { scope } of world.overrides) for (const region of scope?.regions ?? []) regions.add(region);
  }
  return [...[...regions].sort(), ""];
}

/**
 * Every kind of viewer of one region and tier: all sets of the cohorts that any rollout names, with all places that a viewer
 * can have relative to the shares of each salt. Two releases with one salt share one place; holdbacks have salts of their own.
 * Kinds for whom nothing differs are given once.
 * @throws TooManyAudiences
 */
export function audiencesOf(
  worlds: readonly World[],
  gifts: readonly string[],
  region: string,
  tier: Tier,
): readonly Audience[] {
  const releases = worlds.map((world) => releasesOf(world, gifts).filter((it) => isPartial(it, world)));
  const rollouts = releases.flat().map((it) => it.rollout);
  const cohortSets = subsets(cohortsOf(rollouts));
  const places = placesOf(rollouts, region);
  const combinations = cohortSets.length * ([...places.values()].reduce((n, it) => n * it.length, 1) + 1);
  if (combinations > MAX_COMBINATIONS) throw new TooManyAudiences(`${combinations} combinations`);

  const audiences = new Map<string, Audience>();
  for (const cohorts of cohortSets) {
    for (const buckets of [...product(places), null]) {
      const viewer = {
        platform: "",
        app: [0, 0, 0] as const,
        tier,
        region,
        cohorts,
        unitId: buckets ? "unit" : "",
      };
      const bucketOf = (salt: string) => buckets?.get(salt) ?? ALL_BASIS_POINTS - 1;
      const reaches = releases.map((list, at) =>
        list.map((it) => reachOf(it, worlds[at], settleRollout(it.rollout, bucketOf), viewer)),
      );
      const key = JSON.stringify(reaches);
      if (audiences.has(key)) continue;
      const [first = []] = releases;
      audiences.set(key, {
        region,
        cohorts,
        unitId: viewer.unitId,
        key,
        reach: new Map(
          first.map((it, index) => [`${it.gift}@${it.version}`, reaches[0]?.[index]?.[0] ?? "none"]),
        ),
        settle: (world) => settleWorld(world, gifts, bucketOf),
      });
    }
  }
  return [...audiences.values()];
}

/**
 * What tells regions apart: for each salt the order of its shares there. In regions with the same pattern there are the same
 * kinds of viewers.
 */
export function regionPattern(rollouts: readonly Rollout[], region: string): string {
  const salts = new Map<string, number[]>();
  for (const { salt, canary, regional, holdback } of rollouts) {
    const shares = salts.get(salt) ?? [];
    salts.set(salt, shares);
    shares.push(canary?.basisPoints ?? 0, regional?.regions[region] ?? 0);
    if (holdback) salts.set(holdback.salt, [...(salts.get(holdback.salt) ?? []), holdback.basisPoints]);
  }
  return [...salts.values()].map(toRanks).join(" ");
}

/** 0 and everyone are themselves, whatever lies between is counted from the smallest. */
function toRanks(shares: readonly number[]): string {
  const between = shares.filter((it) => it > 0 && it < ALL_BASIS_POINTS).sort((a, b) => a - b);
  const ranked = [0, ...new Set(between), ALL_BASIS_POINTS];
  return shares.map((it) => (it >= ALL_BASIS_POINTS ? "all" : ranked.indexOf(it))).join(",");
}

/** What tells tiers apart as far as rollouts go: which slices they are eligible for. */
export function tierPattern(rollouts: readonly Rollout[], tier: Tier): string {
  return rollouts.map(({ regional }) => Number(regional?.eligible?.tiers?.includes(tier) ?? true)).join("");
}

/** The sets of parts that cohorts play in these rollouts, such as "the canary of the first and excluded from the second". */
export function cohortParts(rollouts: readonly Rollout[]): readonly string[] {
  return [...partsOfCohorts(rollouts).keys()].sort();
}

function releasesOf(world: World, gifts: readonly string[]): readonly WorldRelease[] {
  return gifts.flatMap((gift) => world.releases.get(gift) ?? []);
}

/** A release that is at full for everyone reaches all viewers alike, unless an override looks at its stages again. */
function isPartial({ rollout, gift, version }: WorldRelease, { overrides }: World): boolean {
  const { regional, full, holdback } = rollout;
  return !(regional && full && !holdback) || overrides.some((it) => speaksOf(it, gift, version));
}

function speaksOf({ gifts, versions }: World["overrides"][number], gift: string, version: string): boolean {
  if (gifts !== "*" && !gifts.includes(gift)) return false;
  return !versions || isWithin(versionOf({ version }), versions);
}

/** Under its own rollout, and then under each override that speaks of it, whatever that one's scope. */
function reachOf(
  { gift, version }: WorldRelease,
  world: World | undefined,
  settled: Rollout,
  viewer: Viewer,
): readonly Reach[] {
  const limited = (world?.overrides ?? [])
    .filter((it) => speaksOf(it, gift, version))
    .map((it) => limitRollout(settled, it.limit));
  return [settled, ...limited].map((rollout) => {
    const stage = coveringStage(rollout, viewer);
    return stage === null ? "none" : isHeldBack(rollout, viewer) ? "held_back" : stage;
  });
}

/** Cohorts that play the same parts everywhere are told apart by nobody: one of them stands for all. */
function cohortsOf(rollouts: readonly Rollout[]): readonly string[] {
  return [...partsOfCohorts(rollouts).values()];
}

/** Parts to the first cohort that plays them. */
function partsOfCohorts(rollouts: readonly Rollout[]): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  rollouts.forEach(({ canary, regional }, at) => {
    const add = (cohort: string, part: string) =>
      parts.set(cohort, `${parts.get(cohort) ?? ""} ${at}${part}`);
    for (const cohort of canary?.cohorts ?? []) add(cohort, "canary");
    for (const cohort of regional?.eligible?.exclude ?? []) add(cohort, "exclude");
  });
  const byParts = new Map<string, string>();
  for (const [cohort, part] of parts) if (!byParts.has(part)) byParts.set(part, cohort);
  return byParts;
}

/** By salt: one bucket out of each range of buckets that no share tells apart. */
function placesOf(rollouts: readonly Rollout[], region: string): ReadonlyMap<string, readonly number[]> {
  const shares = new Map<string, Set<number>>();
  const add = (salt: string, basisPoints: number | undefined) => {
    if (basisPoints === undefined || basisPoints <= 0) return;
    shares.set(salt, (shares.get(salt) ?? new Set()).add(basisPoints));
  };
  for (const { salt, canary, regional, holdback } of rollouts) {
    add(salt, canary?.basisPoints);
    add(salt, regional?.regions[region]);
    if (holdback) add(holdback.salt, holdback.basisPoints);
  }
  return new Map(
    [...shares].map(([salt, ends]) => [salt, [0, ...ends].filter((it) => it < ALL_BASIS_POINTS)]),
  );
}

function settleWorld(world: World, gifts: readonly string[], bucketOf: (salt: string) => number): World {
  const releases = new Map(world.releases);
  for (const gift of gifts) {
    const list = world.releases.get(gift);
    if (list)
      releases.set(
        gift,
        list.map((it) => withRollout(it, settleRollout(it.rollout, bucketOf))),
      );
  }
  return { ...world, releases };
}

/** Every share as all or nothing, for a viewer with this bucket. */
function settleRollout(rollout: Rollout, bucketOf: (salt: string) => number): Rollout {
  const { salt, canary, regional, holdback } = rollout;
  const settle = (ofSalt: string, basisPoints: number) =>
    bucketOf(ofSalt) < basisPoints ? ALL_BASIS_POINTS : 0;
  return {
    ...rollout,
    ...(canary?.basisPoints !== undefined && {
      canary: { ...canary, basisPoints: settle(salt, canary.basisPoints) },
    }),
    ...(regional && {
      regional: {
        ...regional,
        regions: Object.fromEntries(
          Object.entries(regional.regions).map(([region, share]) => [region, settle(salt, share)]),
        ),
      },
    }),
    ...(holdback && { holdback: { ...holdback, basisPoints: settle(holdback.salt, holdback.basisPoints) } }),
  };
}

function subsets(words: readonly string[]): readonly (readonly string[])[] {
  if (words.length > 14) throw new TooManyAudiences(`${words.length} cohorts`);
  const sets: (readonly string[])[] = [[]];
  for (const word of words) sets.push(...sets.map((it) => [...it, word]));
  return sets;
}

function product(places: ReadonlyMap<string, readonly number[]>): readonly ReadonlyMap<string, number>[] {
  let combined: ReadonlyMap<string, number>[] = [new Map()];
  for (const [salt, buckets] of places) {
    if (combined.length * buckets.length > MAX_COMBINATIONS) throw new TooManyAudiences(salt);
    combined = combined.flatMap((it) => buckets.map((bucket) => new Map([...it, [salt, bucket]])));
  }
  return combined;
}
