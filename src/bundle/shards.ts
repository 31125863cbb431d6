/** What one runner builds. */
export interface Shard {
  /** Sorted. */
  readonly releases: readonly string[];
  /** What they are expected to take, in seconds of one core. */
  readonly seconds: number;
}

/**
 * Spreads releases over `count` shards so that the longest takes little longer than it must: the dearest release first, each
 * to the shard that has least (Graham 1969, "longest processing time": at most 4/3 of the best there is). Every release is in exactly
 * one shard, shards may be empty, and the same costs give the same plan.
 * @param costs seconds by release
 */
export function planShards(costs: ReadonlyMap<string, number>, count: number): readonly Shard[] {
  const shards = Array.from({ length: count }, () => ({ releases: [] as string[], seconds: 0 }));
  const dearestFirst = [...costs].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  for (const [release, seconds] of dearestFirst) {
    const least = shards.reduce((best, it) => (it.seconds < best.seconds ? it : best));
    least.releases.push(release);
    least.seconds += seconds;
  }
  for (const { releases } of shards) releases.sort();
  return shards;
}
