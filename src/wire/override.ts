import { type Limit, limitRollout, type Rollout } from "./rollout.ts";
import { type Interval, isWithin, type Version } from "./version.ts";
import { hasAppWithin, type Tier, type Viewer } from "./viewer.ts";

/** Who wrote an override, and so how it ends: with its file, when git adopts its id, or with the catalog that carries it. */
export type Origin = "git" | "break-glass" | "stop" | "drill";

export interface Override {
  readonly id: string;
  readonly origin: Origin;
  readonly gifts: readonly string[] | "*";
  /** Release versions it holds for; absent means all. */
  readonly versions?: readonly Interval[];
  readonly scope?: Scope;
  readonly limit: Limit;
  /** Holds for catalogs of a smaller generation: the one named here carries the change itself. */
  readonly untilGeneration?: number;
}

export interface Scope {
  readonly regions?: readonly string[];
  readonly platforms?: readonly string[];
  readonly app?: Readonly<Record<string, readonly Interval[]>>;
  readonly tiers?: readonly Tier[];
}

/** The overrides that hold over a catalog of this generation. */
export function overridesFor(generation: number, overrides: readonly Override[]): readonly Override[] {
  return overrides.filter((it) => it.untilGeneration === undefined || outlives(it, generation));
}

/**
 * What a client keeps when a new timestamp names `next`: a stop stays until the client's own catalog carries it, even
 * when the publisher no longer needs to say it, so that a client that was offline never loses one.
 */
export function keepStops(
  generation: number,
  kept: readonly Override[],
  next: readonly Override[],
): readonly Override[] {
  const named = new Set(next.map((it) => it.id));
  return [...next, ...kept.filter((it) => outlives(it, generation) && !named.has(it.id))];
}

/** Whether it ends with a later catalog than this one. */
function outlives({ untilGeneration }: Override, generation: number): boolean {
  return untilGeneration !== undefined && generation < untilGeneration;
}

/** Whether the override holds for the release at all, be it for some viewers only. */
export function speaksOf({ gifts, versions }: Override, gift: string, version: Version): boolean {
  return (gifts === "*" || gifts.includes(gift)) && (!versions || isWithin(version, versions));
}

/** The release's rollout as each override that speaks of it leaves it; each must cover the viewer, as the rollout itself must. */
export function limitedRollouts(
  overrides: readonly Override[],
  gift: string,
  version: Version,
  rollout: Rollout,
  viewer: Viewer,
): readonly Rollout[] {
  let limited: Rollout[] | null = null;
  for (const override of overrides) {
    if (!speaksOf(override, gift, version)) continue;
    if (override.scope && !isInScope(override.scope, viewer)) continue;
    limited ??= [];
    limited.push(limitRollout(rollout, override.limit));
  }
  return limited ?? NONE;
}

const NONE: readonly Rollout[] = [];

function isInScope(scope: Scope, viewer: Viewer): boolean {
  if (scope.regions && !scope.regions.includes(viewer.region)) return false;
  if (scope.platforms && !scope.platforms.includes(viewer.platform)) return false;
  if (scope.tiers && !scope.tiers.includes(viewer.tier)) return false;
  return !scope.app || hasAppWithin(viewer, scope.app);
}
