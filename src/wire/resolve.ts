import type { Catalog, CatalogRelease, IndexedGift, ObjectFile, Player } from "./catalog.ts";
import { type Override, rolloutsUnder } from "./override.ts";
import { coveringStage, isHeldBack, type Rollout, type Stage } from "./rollout.ts";
import { type Interval, isWithin, type Version } from "./version.ts";
import { hasAppWithin, type Viewer } from "./viewer.ts";

/** Another gift's release that must be at hand to play a link. */
export interface RequiredRelease {
  readonly gift: string;
  readonly version: string;
  readonly files: readonly ObjectFile[];
}

export interface ReleaseLink {
  readonly kind: "release";
  readonly gift: string;
  readonly version: string;
  readonly player: Player;
  readonly files: readonly ObjectFile[];
  readonly requires: readonly RequiredRelease[];
}

export interface StillLink {
  readonly kind: "still";
  readonly gift: string;
  readonly version: string;
  readonly file: ObjectFile;
}

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
  | { readonly kind: "requires"; readonly gift: string };

const DEFAULT: DefaultLink = { kind: "default" };

/**
 * Which release of a gift this viewer gets, and what comes next if that fails. The newest release that covers the viewer
 * wins. `overrides` are those that hold over this catalog ({@link overridesFor}). A `hint` is the version that a gift
 * message names; it is honoured only when the viewer's own coverage includes it.
 */
export function resolve(
  catalog: Catalog,
  overrides: readonly Override[],
  viewer: Viewer,
  giftId: string,
  hint?: string,
): Resolution {
  const chain: Link[] = [];
  const qualified = qualify(catalog, overrides, viewer, giftId);
  const hinted = hint === undefined ? 0 : qualified.releases.findIndex((it) => it.release.version === hint);
  const releases = hinted > 0 ? qualified.releases.slice(hinted) : qualified.releases;
  const winner = releases[0];

  for (const it of releases) chain.push(toLink(giftId, it));
  const fallback = winner?.release.fallback ?? qualified.fallback;
  if (fallback.length > 0) appendFallbacks(catalog, overrides, viewer, fallback, new Set([giftId]), chain);
  const usesFallback = !winner && chain.length > 0;
  const still = winner?.release.files.find((file) => file.role === "still");
  if (winner && still)
    chain.push({ kind: "still", gift: giftId, version: winner.release.version, file: still });
  chain.push(DEFAULT);

  if (hinted < 0) return { chain, reason: "hint_refused" };
  if (!winner) return { chain, reason: usesFallback ? "fallback" : "default" };
  return { chain, reason: hint === undefined ? winner.stage : "hint" };
}

/** The verdict on every release of the gift that the catalog lists, newest first; for people who ask why. */
export function explain(
  catalog: Catalog,
  overrides: readonly Override[],
  viewer: Viewer,
  giftId: string,
): { version: string; verdict: Verdict }[] {
  return (catalog.get(giftId)?.releases ?? []).map(({ version, release }) => {
    const under = (some: readonly Override[]): Verdict =>
      judge({ catalog, overrides: some, viewer }, giftId, version, release, []).verdict;
    const own = under(overrides);
    if (own.kind !== "not_covered" || under([]).kind === "not_covered")
      return { version: release.version, verdict: own };
    const limiting = overrides.find((it) => under([it]).kind === "not_covered");
    return { version: release.version, verdict: limiting ? { kind: "limited", override: limiting.id } : own };
  });
}

interface World {
  readonly catalog: Catalog;
  readonly overrides: readonly Override[];
  readonly viewer: Viewer;
}

interface Qualified {
  readonly release: CatalogRelease;
  readonly stage: Stage;
  readonly requires: readonly RequiredRelease[];
}

const NOTHING: readonly RequiredRelease[] = [];
const NOT_COVERED: Verdict = { kind: "not_covered" };

/**
 * The releases that serve the viewer, newest first, and the fallback of the newest one that reaches them: a viewer whom a
 * release covers but whose app or tier cannot play it is sent where that release says.
 */
function qualify(
  catalog: Catalog,
  overrides: readonly Override[],
  viewer: Viewer,
  giftId: string,
): { releases: readonly Qualified[]; fallback: readonly string[] } {
  const releases: Qualified[] = [];
  let fallback: readonly string[] | undefined;
  const world: World = { catalog, overrides, viewer };
  for (const { version, release } of catalog.get(giftId)?.releases ?? []) {
    const { verdict, requires } = judge(world, giftId, version, release, []);
    if (verdict.kind === "serves") releases.push({ release, stage: verdict.stage, requires });
    if (verdict.kind !== "not_covered" && verdict.kind !== "held_back") fallback ??= release.fallback ?? [];
  }
  return { releases, fallback: fallback ?? [] };
}

function judge(
  world: World,
  giftId: string,
  version: Version,
  release: CatalogRelease,
  path: readonly string[],
): { verdict: Verdict; requires: readonly RequiredRelease[] } {
  const { viewer, overrides } = world;
  const rollouts: readonly Rollout[] =
    overrides.length === 0
      ? [release.rollout]
      : rolloutsUnder(overrides, giftId, version, release.rollout, viewer);

  let stage: Stage | null = null;
  for (const rollout of rollouts) {
    stage = coveringStage(rollout, viewer);
    if (stage === null) return { verdict: NOT_COVERED, requires: NOTHING };
    if (isHeldBack(rollout, viewer)) return { verdict: { kind: "held_back" }, requires: NOTHING };
  }
  if (stage === null) return { verdict: NOT_COVERED, requires: NOTHING };
  if (!hasAppWithin(viewer, release.app)) return { verdict: { kind: "app_version" }, requires: NOTHING };
  if (release.files.length === 0) return { verdict: { kind: "tier" }, requires: NOTHING };
  if (!release.requires) return { verdict: { kind: "serves", stage }, requires: NOTHING };

  const requires: RequiredRelease[] = [];
  for (const [gift, range] of Object.entries(release.requires)) {
    const found = findRequired(world, gift, range, [...path, giftId]);
    if (!found) return { verdict: { kind: "requires", gift }, requires: NOTHING };
    for (const it of found) if (!requires.some((known) => known.gift === it.gift)) requires.push(it);
  }
  return { verdict: { kind: "serves", stage }, requires };
}

/** The newest release of a required gift that serves this viewer and is in range, with what it requires itself. */
function findRequired(
  world: World,
  gift: string,
  range: readonly Interval[],
  path: readonly string[],
): readonly RequiredRelease[] | null {
  if (path.includes(gift)) return null;
  const indexed: IndexedGift | undefined = world.catalog.get(gift);
  for (const { version, release } of indexed?.releases ?? []) {
    if (!isWithin(version, range)) continue;
    const { verdict, requires } = judge(world, gift, version, release, path);
    if (verdict.kind === "serves")
      return [{ gift, version: release.version, files: playable(release.files) }, ...requires];
  }
  return null;
}

function appendFallbacks(
  catalog: Catalog,
  overrides: readonly Override[],
  viewer: Viewer,
  gifts: readonly string[],
  visited: Set<string>,
  chain: Link[],
): void {
  for (const gift of gifts) {
    if (visited.has(gift)) continue;
    visited.add(gift);
    const { releases, fallback } = qualify(catalog, overrides, viewer, gift);
    for (const it of releases) chain.push(toLink(gift, it));
    appendFallbacks(catalog, overrides, viewer, releases[0]?.release.fallback ?? fallback, visited, chain);
  }
}

function toLink(gift: string, { release, requires }: Qualified): ReleaseLink {
  const { version, player, files } = release;
  return { kind: "release", gift, version, player, files, requires };
}

function playable(files: readonly ObjectFile[]): readonly ObjectFile[] {
  return files.filter((file) => file.role !== "still");
}
