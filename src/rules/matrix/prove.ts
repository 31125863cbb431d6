import type { PolicyFile } from "../../model/schemas.ts";
import { explain, type Link, type Resolution, resolve, type Verdict } from "../../wire/resolve.ts";
import { isOpenToAll } from "../../wire/rollout.ts";
import { canPlay } from "./apps.ts";
import { type Cell, type SettledWorld, toSettled } from "./cells.ts";
import { without, withRollout, type WorldRelease } from "./world.ts";

/** What does not hold for one release in one cell. */
export type Flaw =
  /** The chain holds the release, and this app has no player for its bytes. */
  | { readonly kind: "unplayable"; readonly version: string }
  /** It reaches the viewer and fits the app and tier, but what it requires never serves there, however far it is opened. */
  | { readonly kind: "unresolved"; readonly version: string; readonly requires: string }
  /** As unresolved, but only because what it requires is not open as far. */
  | { readonly kind: "narrower"; readonly version: string; readonly requires: string }
  | {
      readonly kind: "conflict";
      readonly version: string;
      readonly requires: string;
      readonly paths: readonly [readonly string[], readonly string[]];
    }
  /** It reaches the viewer, but neither it nor anything after it can be shown there. */
  | { readonly kind: "unanswered"; readonly version: string }
  /** Once it is taken back, nothing that moves is left. */
  | { readonly kind: "irreversible"; readonly version: string };

export interface Proof {
  readonly resolution: Resolution;
  readonly flaws: readonly Flaw[];
}

/**
 * Resolves one cell with the resolver that clients run, and says what is wrong with the outcome; then the same after each
 * release of the chain, and each one that it requires, is taken away.
 */
export function proveCell(gift: string, policy: PolicyFile, cell: Cell): Proof {
  const [settled] = cell.worlds;
  if (!settled) throw new TypeError("a cell has a world");
  const resolution = resolveIn(settled, gift, cell);
  const flaws = flawsOf(gift, policy, cell, settled, resolution);
  for (const taken of releasesIn(resolution)) {
    const rest = toSettled(without(settled.world, taken), cell.tier);
    const after = resolveIn(rest, gift, cell);
    flaws.push(...flawsOf(gift, policy, cell, rest, after).filter((it) => it.kind === "unplayable"));
    if (taken.gift === gift && isFirst(taken.version, resolution) && !after.chain.some(moves))
      flaws.push({ kind: "irreversible", version: taken.version });
  }
  return { resolution, flaws };
}

export function resolveIn({ world, index }: SettledWorld, gift: string, { viewer }: Cell): Resolution {
  return resolve(index, world.overrides, viewer, gift);
}

function flawsOf(
  gift: string,
  policy: PolicyFile,
  cell: Cell,
  settled: SettledWorld,
  { chain }: Resolution,
): Flaw[] {
  if (chain.at(-1)?.kind !== "default") throw new TypeError("a chain ends with the app's own picture");
  const platform = policy.platforms[cell.platform];
  const own = settled.world.releases.get(gift) ?? [];
  const flaws: Flaw[] = [];
  // Links of other gifts, and what is required, are proved in the cells of those gifts: they are the same releases there.
  for (const link of chain) {
    if (link.kind !== "release" || link.gift !== gift) continue;
    const release = own.find((it) => it.version === link.version);
    if (release && platform && !canPlay(platform, cell.apps[0], release.lock.player))
      flaws.push({ kind: "unplayable", version: link.version });
  }
  const needs = own.some((it) => it.file.value.requires);
  const isSilent = chain.length === 1;
  if (!needs && !isSilent) return flaws;
  const verdicts = explain(settled.index, settled.world.overrides, cell.viewer, gift);
  for (const { version, verdict } of verdicts) {
    if (verdict.kind === "requires")
      flaws.push({
        kind: isNarrower(settled, gift, version, cell) ? "narrower" : "unresolved",
        version,
        requires: verdict.gift,
      });
    if (verdict.kind === "conflict")
      flaws.push({ kind: "conflict", version, requires: verdict.gift, paths: verdict.paths });
  }
  const reaching = verdicts.find(({ verdict }) => REACHED.has(verdict.kind));
  if (isSilent && reaching && own.some((it) => cell.platform in it.file.value.compat.app))
    flaws.push({ kind: "unanswered", version: reaching.version });
  return flaws;
}

/** Verdicts on a release whose rollout reaches the viewer; what it requires has flaws of its own. */
const REACHED: ReadonlySet<Verdict["kind"]> = new Set(["app_version", "tier"]);

/** Whether the requirement would resolve if every other gift were open to everyone. */
function isNarrower({ world }: SettledWorld, gift: string, version: string, cell: Cell): boolean {
  const releases = new Map(
    [...world.releases].map(([id, list]) => [id, id === gift ? list : list.map(openToAll)] as const),
  );
  const opened = toSettled({ releases, overrides: world.overrides }, cell.tier);
  const verdict = explain(opened.index, [], cell.viewer, gift).find((it) => it.version === version)?.verdict;
  return verdict?.kind !== "requires" && verdict?.kind !== "conflict";
}

function openToAll(release: WorldRelease): WorldRelease {
  if (isOpenToAll(release.rollout)) return release;
  const { salt } = release.rollout;
  return withRollout(release, { salt, canary: {}, regional: { regions: {} }, full: true });
}

/** Each release that the chain plays or needs, once. */
function releasesIn({ chain }: Resolution): readonly { gift: string; version: string }[] {
  const found = new Map<string, { gift: string; version: string }>();
  for (const link of chain) {
    if (link.kind !== "release") continue;
    for (const { gift, version } of [link, ...link.requires])
      found.set(`${gift}@${version}`, { gift, version });
  }
  return [...found.values()];
}

function isFirst(version: string, { chain: [first] }: Resolution): boolean {
  return first?.kind === "release" && first.version === version;
}

function moves(link: Link): boolean {
  return link.kind === "release";
}
