import { reachedStage, STAGES } from "../../model/rollout.ts";
import type { PolicyFile } from "../../model/schemas.ts";
import { isOpenToAll, type Stage } from "../../wire/rollout.ts";
import { compareVersions, type Interval, isWithin } from "../../wire/version.ts";
import { TIERS, type Tier } from "../../wire/viewer.ts";
import { appRange, joinIntervals } from "./apps.ts";
import { type Audience, audiencesOf, regionPattern, regionsOf, tierPattern } from "./audiences.ts";
import { type Cell, toSettled } from "./cells.ts";
import { devicesOf } from "./devices.ts";
import { type Flaw, proveCell } from "./prove.ts";
import {
  closureOf,
  openTo,
  releaseOnTrial,
  requiredBy,
  versionOf,
  type World,
  type WorldRelease,
} from "./world.ts";

/** One kind of flaw of one release on one platform, and where: pieces of the app-version line by tier. */
export interface Failure {
  readonly flaw: Flaw;
  readonly platform: string;
  readonly apps: Interval;
  readonly tiers: readonly Tier[];
}

/**
 * What does not hold anywhere: the smallest intervals, each with the tiers that it concerns. Every cell is looked at; where
 * rollouts and devices treat viewers alike one proof stands for all of them, because the resolver is given the same.
 * @throws TooManyAudiences
 */
export function failuresOf(world: World, policy: PolicyFile, gift: string): readonly Failure[] {
  const spots = new Map<string, { flaw: Flaw; platform: string; pieces: Map<Tier, Map<string, Interval>> }>();
  for (const { world: staged, isNow } of stagesOf(world, gift)) {
    const gifts = closureOf(staged, gift);
    const devices = devicesOf(policy, releasesOf(staged, gifts), staged.overrides);
    const proofs = new Map<string, readonly Flaw[]>();
    for (const { tier, audience } of distinctAudiences(staged, gifts)) {
      let settled: Cell["worlds"] | null = null;
      for (const { platform, apps, like } of devices.get(tier) ?? []) {
        // The scope of an override may single out any region.
        const key = `${audience.key} ${like} ${staged.overrides.length > 0 ? audience.region : ""}`;
        let flaws = proofs.get(key);
        if (!flaws) {
          settled ??= [toSettled(audience.settle(staged), tier)];
          const { region, cohorts, unitId } = audience;
          const viewer = { platform, app: apps[0], tier, region, cohorts, unitId };
          flaws = proveCell(gift, policy, { platform, apps, tier, audience, viewer, worlds: settled }).flaws;
          proofs.set(key, flaws);
        }
        for (const flaw of flaws) {
          if (!isFailure(flaw, staged, gift, isNow) || isOfUnread(flaw, policy, staged, gift, platform, tier))
            continue;
          const at = `${platform} ${JSON.stringify(flaw)}`;
          const spot = spots.get(at) ?? { flaw, platform, pieces: new Map() };
          spots.set(at, spot);
          const pieces = spot.pieces.get(tier) ?? new Map<string, Interval>();
          spot.pieces.set(tier, pieces.set(JSON.stringify(apps), apps));
        }
      }
    }
  }
  return [...spots.values()].flatMap(({ flaw, platform, pieces }) => toFailures(flaw, platform, pieces));
}

/** Whether a flaw of the stage is one that people should hear of. */
export function isFailure(flaw: Flaw, staged: World, gift: string, isNow: boolean): boolean {
  if (!isNow && !STRUCTURAL.has(flaw.kind)) return false;
  if (flaw.kind === "irreversible" && !isBeyondCanary(staged, gift, flaw.version)) return false;
  return !isToldElsewhere(staged, gift, flaw);
}

/** The kinds of viewers of each tier, those of regions and tiers that nothing tells apart once. */
function distinctAudiences(
  world: World,
  gifts: readonly string[],
): readonly { tier: Tier; audience: Audience }[] {
  // Where a release is open to everyone nothing of its rollout tells viewers apart, unless an override looks at it again.
  const rollouts = releasesOf(world, gifts)
    .map((it) => it.rollout)
    .filter((it) => world.overrides.length > 0 || !isOpenToAll(it));
  const known = new Map<string, readonly Audience[]>();
  return TIERS.flatMap((tier) => {
    const seen = new Set<string>();
    return regionsOf([world], gifts).flatMap((region) => {
      // The scope of an override may single out any region or tier.
      const own = world.overrides.length > 0 ? `${region} ${tier}` : "";
      const key = `${regionPattern(rollouts, region)} ${tierPattern(rollouts, tier)} ${own}`;
      if (seen.has(key)) return [];
      seen.add(key);
      const audiences = known.get(key) ?? audiencesOf([world], gifts, region, tier);
      known.set(key, audiences);
      return audiences.map((audience) => ({ tier, audience }));
    });
  });
}

/** The world now, and with the release on trial opened to each later stage. */
export function stagesOf(
  world: World,
  gift: string,
): readonly { readonly stage: Stage; readonly isNow: boolean; readonly world: World }[] {
  const trial = releaseOnTrial(world, gift);
  const reached = trial && reachedStage(trial.rollout);
  if (!trial || !reached) return [{ stage: "full", isNow: true, world }];
  return STAGES.slice(STAGES.indexOf(reached)).map((stage) => ({
    stage,
    isNow: stage === reached,
    world: stage === reached ? world : openTo(world, trial, stage),
  }));
}

/** Found ahead of its stage too: waiting would not help. */
const STRUCTURAL: ReadonlySet<Flaw["kind"]> = new Set(["unplayable", "unresolved", "conflict"]);

/** A test group may be left with nothing for a while; a region may not. A release that is settled is where others come back to. */
function isBeyondCanary(world: World, gift: string, version: string): boolean {
  const trial = releaseOnTrial(world, gift);
  return trial?.version === version && reachedStage(trial.rollout) !== "canary";
}

/**
 * A requirement with nothing open in range, or a circle: checkRequires says so without looking at viewers. A fallback gift
 * without an open release has a finding of its own too, and so has one that cannot be read.
 */
function isToldElsewhere(world: World, gift: string, flaw: Flaw): boolean {
  const release = world.releases.get(gift)?.find((it) => it.version === flaw.version);
  if (flaw.kind === "unanswered")
    return (release?.file.value.fallback ?? []).some((it) => !world.releases.has(it.gift));
  if (flaw.kind !== "unresolved" && flaw.kind !== "narrower") return false;
  const range = release?.entries.low.requires?.[flaw.requires] ?? [];
  const isThere = world.releases.get(flaw.requires)?.some((it) => isWithin(versionOf(it), range));
  return !isThere || requiredBy(world, flaw.requires).includes(gift);
}

/** What follows from a range that cannot be read, or from a lock that lacks a tier: that is told of already. */
function isOfUnread(
  flaw: Flaw,
  policy: PolicyFile,
  world: World,
  gift: string,
  platform: string,
  tier: Tier,
): boolean {
  const release = world.releases.get(gift)?.find((it) => it.version === flaw.version);
  if (!release) return false;
  if (flaw.kind === "unplayable")
    return (policy.platforms[platform]?.players ?? []).some(
      (it) =>
        it.name === release.lock.player.name &&
        [it.apps, it.formats].some((range) => appRange(range).length === 0),
    );
  if (flaw.kind !== "unanswered") return false;
  const { app, tiers } = release.file.value.compat;
  const range = app[platform];
  return (
    (range !== undefined && appRange(range).length === 0) ||
    (tiers.includes(tier) && !release.lock.tiers[tier])
  );
}

/** Tiers with the same pieces together; neighbouring pieces as one. */
function toFailures(
  flaw: Flaw,
  platform: string,
  pieces: ReadonlyMap<Tier, ReadonlyMap<string, Interval>>,
): Failure[] {
  const byPiece = new Map<string, { apps: Interval; tiers: Tier[] }>();
  for (const tier of TIERS) {
    for (const apps of joinIntervals(sorted([...(pieces.get(tier)?.values() ?? [])]))) {
      const key = JSON.stringify(apps);
      const known = byPiece.get(key);
      if (known) known.tiers.push(tier);
      else byPiece.set(key, { apps, tiers: [tier] });
    }
  }
  return [...byPiece.values()].map((it) => ({ flaw, platform, ...it }));
}

function releasesOf(world: World, gifts: readonly string[]): readonly WorldRelease[] {
  return gifts.flatMap((gift) => world.releases.get(gift) ?? []);
}

function sorted(pieces: readonly Interval[]): readonly Interval[] {
  return [...pieces].sort(([a], [b]) => compareVersions(a, b));
}
