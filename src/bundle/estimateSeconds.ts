import { TIERS } from "../wire/viewer.ts";

/**
 * What a release takes that nobody has built yet, in seconds of one core: by the bytes of its sources and the tiers that it is
 * for, as measured over this project's own gifts and the bench's (`test/bench/build.mjs`). Only the order of size matters: it balances
 * shards and says what remains.
 */
export function estimateSeconds(sources: readonly SourceSize[], tiers: number): number {
  const share = tiers / TIERS.length;
  return sources.reduce((sum, it) => sum + SECONDS_A_FILE + secondsOf(it) * share, 0);
}

export interface SourceSize {
  readonly path: string;
  readonly bytes: number;
}

/** Opening, hashing, and a look into the cache. */
const SECONDS_A_FILE = 0.002;

/** For all three tiers, in seconds for each megabyte. What is carried as it is only costs its hash. */
const SECONDS_A_MEGABYTE: Readonly<Record<string, number>> = {
  png: 12,
  gif: 12,
  apng: 12,
  webp: 20,
  svga: 3,
  json: 3,
  lottie: 3,
};

function secondsOf({ path, bytes }: SourceSize): number {
  const extension = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  return ((SECONDS_A_MEGABYTE[extension] ?? 0.05) * bytes) / 1_000_000;
}
