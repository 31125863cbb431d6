import type { BuildCache } from "../../bundle/objectCache.ts";
import type { Artwork } from "../../bundle/render/frames.ts";
import { inspect } from "../../formats/inspect.ts";
import { declaredOf } from "../../formats/media.ts";
import type { LockFile } from "../../model/schemas.ts";
import { TIERS } from "../../wire/viewer.ts";

/** A built release's animation as its best device gets it; null where the cache has not the bytes. */
export async function lockedArtwork(lock: LockFile, cache: BuildCache): Promise<Artwork | null> {
  const bytes = await lockedObject(lock, cache, "animation");
  if (!bytes) return null;
  const declared = declaredOf(lock.player);
  return { kind: "file", bytes, media: await inspect(bytes, declared), declared };
}

/** What a built release's best device gets; null where there is none, or the cache has not the bytes. */
export async function lockedObject(
  lock: LockFile,
  cache: BuildCache,
  role: "animation" | "still",
): Promise<Uint8Array | null> {
  const best = TIERS.toReversed().find((tier) => lock.tiers[tier]);
  const file = best && lock.tiers[best]?.files.find((it) => it.role === role);
  return file ? cache.object(file.digest, file.mediaType) : null;
}
