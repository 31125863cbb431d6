import { estimateSeconds, type SourceSize } from "../../bundle/estimateSeconds.ts";
import { eachInLanes } from "../../bundle/lanes.ts";
import type { BuildCache } from "../../bundle/objectCache.ts";
import { classifyPath } from "../../model/paths.ts";
import type { Project } from "../../model/project.ts";
import type { Tree } from "../../source/tree.ts";

const ASKED_AT_ONCE = 16;

/** What each release is expected to take, in seconds of one core: as it was last measured, else by the size of its gift's sources. */
export async function costsOf(
  cache: Pick<BuildCache, "seconds"> | null,
  tree: Tree,
  project: Project,
  releases: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  return costsBySizes(cache, project, releases, await sizesByGift(tree, project));
}

export async function costsBySizes(
  cache: Pick<BuildCache, "seconds"> | null,
  project: Project,
  releases: readonly string[],
  sizes: SizesByGift,
): Promise<ReadonlyMap<string, number>> {
  const costs = await eachInLanes(releases, ASKED_AT_ONCE, async (key): Promise<[string, number]> => {
    const release = project.releases.get(key)?.value;
    if (!release) return [key, 0];
    const measured = cache && (await cache.seconds(release.gift, release.version));
    return [key, measured ?? estimateSeconds(sizes.get(release.gift) ?? [], release.compat.tiers.length)];
  });
  return new Map(costs);
}

export type SizesByGift = ReadonlyMap<string, readonly SourceSize[]>;

/** What each gift's folder holds, without a look into the files. */
export async function sizesByGift(tree: Tree, { paths }: Project): Promise<SizesByGift> {
  const sources = paths.flatMap((path) => {
    const it = classifyPath(path);
    return it.kind === "source" ? [{ path, gift: it.gift }] : [];
  });
  const bytes = await tree.sizes(sources.map((it) => it.path));
  const sizes = new Map<string, SourceSize[]>();
  for (const { path, gift } of sources) {
    const size = { path, bytes: bytes.get(path) ?? 0 };
    const known = sizes.get(gift);
    if (known) known.push(size);
    else sizes.set(gift, [size]);
  }
  return sizes;
}
