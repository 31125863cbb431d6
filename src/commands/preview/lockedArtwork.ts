import type { BuildCache } from "../../bundle/objectCache.ts";
import type { Artwork } from "../../bundle/render/frames.ts";
import { inspect } from "../../formats/inspect.ts";
import type { LockFile } from "../../model/schemas.ts";
import { TIERS } from "../../wire/viewer.ts";

/** A built release's animation as its best device gets it; null where there is no lock, or the cache has not the bytes. */
export async function lockedArtwork(lock: LockFile | undefined, cache: BuildCache): Promise<Artwork | null> {
  const best = lock && TIERS.toReversed().find((tier) => lock.tiers[tier]);
  const file = best && lock.tiers[best]?.files.find((it) => it.role === "animation");
  const bytes = file && (await cache.object(file.digest, file.mediaType));
  if (!bytes) return null;
  const alpha = lock.player.alpha;
  const declared = alpha === undefined ? {} : { alpha };
  return { kind: "file", bytes, media: await inspect(bytes, declared), declared };
}
