import type {
  GiftIndex,
  IndexedRelease,
  ObjectFile,
  ReleaseLink,
  RequiredRelease,
  StillLink,
} from "./catalog.ts";
import { type Override, limitedRollouts } from "./override.ts";
import { coveringStage, isHeldBack, type Rollout, type Stage } from "./rollout.ts";
import { type Interval, isWithin } from "./version.ts";
import { hasAppWithin, type Viewer } from "./viewer.ts";

/** What the app itself shows when nothing else can be: it ends every chain. */
export interface DefaultLink {
  readonly kind: "default";
}

export type Link = ReleaseLink | StillLink | DefaultLink;

/** Why the chain begins as it does: the winner's covering stage, a hint, or that nothing of the gift can be used. */
export type Reason = Stage | "hint" | "hint_refused" | "fallback" | "default";

export interface Resolution {
  /** Never empty; tried in order on a failed download, a wrong hash or a decode failure. */
  readonly chain: readonly Link[];
  readonly reason: Reason;
}

/** Why one release does or does not serve a viewer; a stage means that it does. */
export type Verdict =
  | { readonly kind: "serves"; readonly stage: Stage }
  | { readonly kind: "not_covered" }
  | { readonly kind: "limited"; readonly override: string }
  | { readonly kind: "held_back" }
  | { readonly kind: "app_version" }
  | { readonly kind: "tier" }
  | { readonly kind: "requires"; readonly gift: string }
  /** Two requirements lead to two versions of one gift; each path ends with the gift and its version. */
  | {
      readonly kind: "conflict";
      readonly gift: string;
      readonly paths: readonly [readonly string[], readonly string[]];
    };

const DEFAULT: DefaultLink = { kind: "default" };

/**
 * Which release of a gift this viewer gets, and what comes next if that fails. The newest release that covers the viewer
 * wins. `overrides` are those that hold over this catalog ({@link overridesFor}). A `hint` is the version that a gift
 * message names; it is honoured only when the viewer's own coverage includes it.
 */
export function resolve(
  catalog: GiftIndex,
  overrides: readonly Override[],
  viewer: Viewer,
  giftId: string,
  hint?: string,
): Resolution {
  const world: World = { catalog, overrides, viewer };
  const chain: Link[] = [];
  const found = appendReleases(world, giftId, hint, chain);
  const { first, fallback } = found;
  if (fallback) appendFallbacks(world, fallback, new Set([giftId]), chain);
  const usesFallback = !first && chain.length > 0;
  if (first?.still) chain.push(first.still);
  chain.push(DEFAULT);

  if (hint !== undefined && !found.isHinted) return { chain, reason: "hint_refused" };
  if (!found.stage) return { chain, reason: usesFallback ? "fallback" : "default" };
  return { chain, reason: hint === undefined ? found.stage : "hint" };
}

/** The verdict on every release of the gift that the catalog lists, newest first; for people who ask why. */
export function explain(
  catalog: GiftIndex,
  overrides: readonly Override[],
  viewer: Viewer,
  giftId: string,
): { version: string; verdict: Verdict }[] {
  return (catalog.get(giftId)?.releases ?? []).map((it) => {
    const { version } = it.link;
    const outcome = judge({ catalog, overrides, viewer }, giftId, it);
    if (outcome === "not_covered")
      return { version, verdict: explainAbsence({ catalog, overrides, viewer }, giftId, it) };
    if (!isStage(outcome)) return { version, verdict: { kind: outcome } };
    const verdict = explainRequirements({ catalog, overrides, viewer }, giftId, it);
    return { version, verdict: verdict ?? { kind: "serves", stage: outcome } };
  });
}

/** Which requirement does not resolve, or which two do not go together; null when all is well. */
function explainRequirements(world: World, giftId: string, it: IndexedRelease): Verdict | null {
  if (linkOf(world, giftId, it)) return null;
  const pathTo = new Map<string, { version: string; path: readonly string[] }>();
  const queue = [{ gift: giftId, requires: it.requires, path: [giftId] }];
  for (const { requires, path } of queue) {
    for (const [gift, range] of Object.entries(requires ?? {})) {
      const [found] = findRequired(world, gift, range, path) ?? [];
      if (!found) return { kind: "requires", gift };
      const { version } = found;
      const known = pathTo.get(gift);
      const here = [...path, gift];
      if (known && known.version !== version)
        return {
          kind: "conflict",
          gift,
          paths: [
            [...known.path.slice(0, -1), `${gift} ${known.version}`],
            [...path, `${gift} ${version}`],
          ],
        };
      if (known) continue;
      pathTo.set(gift, { version, path: here });
      const release = world.catalog.get(gift)?.releases.find((other) => other.link.version === version);
      queue.push({ gift, requires: release?.requires, path: here });
    }
  }
  return null;
}

/** Not covered by its own stages, or only because of an override. */
function explainAbsence(world: World, giftId: string, it: IndexedRelease): Verdict {
  const isCoveredUnder = (overrides: readonly Override[]) =>
    judge({ ...world, overrides }, giftId, it) !== "not_covered";
  const limiting = isCoveredUnder([])
    ? world.overrides.find((override) => !isCoveredUnder([override]))
    : undefined;
  return limiting ? { kind: "limited", override: limiting.id } : { kind: "not_covered" };
}

interface World {
  readonly catalog: GiftIndex;
  readonly overrides: readonly Override[];
  readonly viewer: Viewer;
}

/** How one release stands to one viewer, requirements apart: the stage that serves, or the first thing that does not. */
type Outcome = Stage | "not_covered" | "held_back" | "app_version" | "tier";

interface Found {
  /** The release that the chain begins with, and the stage in which it reaches the viewer. */
  readonly first: IndexedRelease | null;
  readonly stage: Stage | null;
  readonly isHinted: boolean;
  readonly fallback: readonly string[] | undefined;
}

/**
 * Appends the releases that serve the viewer, newest first, from the hinted one on if it is among them. The fallback is the
 * first one's; without any it is that of the newest release that reaches the viewer: whom a release covers but whose app or
 * tier cannot play it is sent where that release says.
 */
function appendReleases(world: World, giftId: string, hint: string | undefined, chain: Link[]): Found {
  let first: IndexedRelease | null = null;
  let stage: Stage | null = null;
  let isHinted = false;
  let fallback: readonly string[] | undefined;
  const start = chain.length;
  for (const it of world.catalog.get(giftId)?.releases ?? []) {
    const outcome = judge(world, giftId, it);
    if (outcome === "not_covered" || outcome === "held_back") continue;
    const link = isStage(outcome) ? linkOf(world, giftId, it) : null;
    if (!link || !isStage(outcome)) {
      if (!first) fallback ??= it.fallback ?? NO_GIFTS;
      continue;
    }
    const isHere = link.version === hint;
    if (isHere) chain.length = start;
    if (!first || isHere) {
      first = it;
      stage = outcome;
      fallback = it.fallback ?? fallback;
    }
    isHinted ||= isHere;
    chain.push(link);
  }
  return { first, stage, isHinted, fallback };
}

const NO_GIFTS: readonly string[] = [];

function judge({ overrides, viewer }: World, giftId: string, it: IndexedRelease): Outcome {
  let outcome = it.isOpenToAll ? "full" : coverageOf(it.release.rollout, viewer);
  if (overrides.length > 0 && isStage(outcome)) {
    for (const rollout of limitedRollouts(overrides, giftId, it.version, it.release.rollout, viewer)) {
      outcome = coverageOf(rollout, viewer);
      if (!isStage(outcome)) return outcome;
    }
  }
  if (!isStage(outcome)) return outcome;
  if (!hasAppWithin(viewer, it.app)) return "app_version";
  return it.isEmpty ? "tier" : outcome;
}

function coverageOf(rollout: Rollout, viewer: Viewer): Stage | "not_covered" | "held_back" {
  const stage = coveringStage(rollout, viewer);
  if (stage === null) return "not_covered";
  return rollout.holdback && isHeldBack(rollout, viewer) ? "held_back" : stage;
}

function isStage(outcome: Outcome): outcome is Stage {
  return outcome === "full" || outcome === "regional" || outcome === "canary";
}

/** The release's link with what it requires, or null when that does not serve this viewer. */
function linkOf(
  world: World,
  giftId: string,
  { link, requires: ranges }: IndexedRelease,
  path: readonly string[] = [],
): ReleaseLink | null {
  if (!ranges) return link;
  const requires: RequiredRelease[] = [];
  for (const [gift, range] of Object.entries(ranges)) {
    const found = findRequired(world, gift, range, [...path, giftId]);
    if (!found) return null;
    for (const it of found) {
      const known = requires.find((other) => other.gift === it.gift);
      // One version of a gift can be at hand: two requirements that lead to different ones cannot both be met.
      if (known && known.version !== it.version) return null;
      if (!known) requires.push(it);
    }
  }
  return { ...link, requires };
}

/** The newest release of a required gift that serves this viewer and is in range, with what it requires itself. */
function findRequired(
  world: World,
  gift: string,
  range: readonly Interval[],
  path: readonly string[],
): readonly RequiredRelease[] | null {
  if (path.includes(gift)) return null;
  for (const it of world.catalog.get(gift)?.releases ?? []) {
    if (!isWithin(it.version, range) || !isStage(judge(world, gift, it))) continue;
    const link = linkOf(world, gift, it, path);
    if (link) return [{ gift, version: link.version, files: playable(link.files) }, ...link.requires];
  }
  return null;
}

function appendFallbacks(world: World, gifts: readonly string[], visited: Set<string>, chain: Link[]): void {
  for (const gift of gifts) {
    if (visited.has(gift)) continue;
    visited.add(gift);
    const { fallback } = appendReleases(world, gift, undefined, chain);
    if (fallback) appendFallbacks(world, fallback, visited, chain);
  }
}

function playable(files: readonly ObjectFile[]): readonly ObjectFile[] {
  return files.filter((file) => file.role !== "still");
}
