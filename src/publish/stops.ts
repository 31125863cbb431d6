import { canonicalJson } from "../wire/metadata.ts";
import type { Override } from "../wire/override.ts";
import type { Rollout } from "../wire/rollout.ts";
import { parseVersion, successor } from "../wire/version.ts";

/** How far one release reached at the live commit, and how far it does now; null is nobody. */
export interface RolloutChange {
  readonly gift: string;
  readonly version: string;
  readonly before: Rollout | null;
  readonly after: Rollout | null;
}

/** TUF clients cap the timestamp at 16 KB; half of it is for overrides. */
export const MAX_OVERRIDE_BYTES = 8_192;

/**
 * The overrides that must be out before anything of a commit widens: one for each release that now reaches fewer viewers
 * than it did, limited to what it reaches now. Each release's own coverage is compared, never who wins, so a stop needs
 * nothing but these two rollouts. It holds for catalogs before `untilGeneration`, which carries the change itself.
 */
export function planStops(changes: readonly RolloutChange[], untilGeneration: number): readonly Override[] {
  return changes
    .filter(({ before, after }) => isNarrowed(before, after))
    .map(({ gift, version, after }) => {
      const stopped = parseVersion(version) ?? [0, 0, 0];
      return {
        id: `stop/${gift}/${version}`,
        origin: "stop",
        gifts: [gift],
        versions: [[stopped, successor(stopped)]],
        limit: after ?? {},
        untilGeneration,
      };
    });
}

/** Whether the change closes a stage, lowers a share or holds more viewers back. */
export function isNarrowed(before: Rollout | null, after: Rollout | null): boolean {
  if (!before?.canary) return false;
  if (!after?.canary) return true;
  if (after.salt !== before.salt) return true;
  if (isLess(after.canary.basisPoints, before.canary.basisPoints)) return true;
  if (before.regional && !after.regional) return true;
  for (const [region, basisPoints] of Object.entries(before.regional?.regions ?? {})) {
    if (isLess(after.regional?.regions[region], basisPoints)) return true;
  }
  if (before.full && !after.full) return true;
  return isLess(before.holdback?.basisPoints, after.holdback?.basisPoints);
}

/**
 * The live overrides with new ones added. Nothing widens here: where an override file changed, its old form stays beside the
 * new one until the catalogs are out, under an id of its own.
 */
export function addStops(present: readonly Override[], additions: readonly Override[]): readonly Override[] {
  const added = new Map(additions.map((it) => [it.id, it]));
  const kept = present.flatMap((it): Override[] => {
    const next = added.get(it.id);
    if (!next || (it.origin === "stop" && next.origin === "stop")) return next ? [] : [it];
    return canonicalJson(next) === canonicalJson(it) ? [] : [{ ...it, id: toIdBefore(it.id) }];
  });
  return coarsenStops([...kept, ...added.values()]);
}

/**
 * For a generation that carries nobody's change, such as one that is only signed anew or ends a drill: what waited for the
 * next generation waits for the one after it, or it would end with nothing in its place.
 */
export function prolongStops(
  overrides: readonly Override[],
  before: number,
  after: number,
): readonly Override[] {
  return overrides.map((it) =>
    it.untilGeneration !== undefined && it.untilGeneration > before
      ? { ...it, untilGeneration: Math.max(it.untilGeneration, after + 1) }
      : it,
  );
}

/** The id under which an override's old form stands beside its new one. */
export function toIdBefore(id: string): string {
  return `${id}/before`;
}

/**
 * Makes the list small enough for the timestamp. Beyond the limit stops become coarser, first all versions of their gifts
 * and at last every gift: a stop may reach too far for some seconds, but it is never refused.
 */
export function coarsenStops(
  overrides: readonly Override[],
  maxBytes = MAX_OVERRIDE_BYTES,
): readonly Override[] {
  if (sizeOf(overrides) <= maxBytes) return overrides;
  const stops = overrides.filter((it) => it.origin === "stop");
  const others = overrides.filter((it) => it.origin !== "stop");
  if (stops.length === 0) return overrides;
  const untilGeneration = Math.max(...stops.map((it) => it.untilGeneration ?? 0));
  const gifts = new Set(stops.flatMap((it) => (it.gifts === "*" ? [] : it.gifts)));
  const byGift: Override = {
    id: `stop/coarse/${untilGeneration}`,
    origin: "stop",
    gifts: [...gifts].sort(),
    limit: {},
    untilGeneration,
  };
  const coarse = stops.some((it) => it.gifts === "*") ? { ...byGift, gifts: "*" as const } : byGift;
  const narrowed = [...others, coarse];
  return sizeOf(narrowed) <= maxBytes ? narrowed : [...others, { ...coarse, gifts: "*" }];
}

function isLess(a: number | undefined, b: number | undefined): boolean {
  return (a ?? 0) < (b ?? 0);
}

/** How much of the timestamp they take, in bytes. */
export function sizeOf(overrides: readonly Override[]): number {
  return new TextEncoder().encode(JSON.stringify(overrides)).length;
}
