import type { Rollout } from "../wire/rollout.ts";
import { type Edge, inService } from "./edges.ts";

/** Where a widening reaches viewers: in some regions, or wherever there are any. */
export type Reach = "everywhere" | readonly string[];

/**
 * A canary's cohorts and everyone may be anywhere; a regional slice is where its regions are. What the release reached before
 * counts only for whether more than the slice has changed.
 * @param hasOtherFiles whether it has other files than before, so that all whom it reaches are served anew
 */
export function reachOf(before: Rollout | null, after: Rollout | null, hasOtherFiles: boolean): Reach {
  if (!after?.canary) return [];
  const { canary, regional, holdback } = after;
  const isNew = !before?.canary || before.salt !== after.salt || hasOtherFiles;
  const reachesCohorts = (canary.cohorts?.length ?? 0) > 0 || (canary.basisPoints ?? 0) > 0;
  const widensCanary =
    isNew ||
    (canary.basisPoints ?? 0) > (before?.canary?.basisPoints ?? 0) ||
    canary.cohorts?.some((it) => !before?.canary?.cohorts?.includes(it));
  if (reachesCohorts && widensCanary) return "everywhere";
  if (isFull(after) && (isNew || !isFull(before))) return "everywhere";
  if ((holdback?.basisPoints ?? 0) < (before?.holdback?.basisPoints ?? 0)) return "everywhere";
  return Object.entries(regional?.regions ?? {}).flatMap(([region, share]) => (share > 0 ? [region] : []));
}

/** Stages nest: full counts only while the slice before it is open. */
function isFull(rollout: Rollout | null): boolean {
  return rollout?.regional !== undefined && rollout.full === true;
}

/**
 * The edges in service that viewers of a widening read from. Viewers of a region that has none are led to another region's,
 * nobody here knows which: then it is all of them.
 */
export function edgesFor(reach: Reach, edges: readonly Edge[]): readonly Edge[] {
  const serving = inService(edges);
  if (reach === "everywhere") return serving;
  const hasEdge = (region: string) => serving.some((it) => it.region === region);
  return reach.every(hasEdge) ? serving.filter((it) => reach.includes(it.region)) : serving;
}
