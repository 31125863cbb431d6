import type { Artwork } from "../../bundle/render/frames.ts";
import { inspect } from "../../formats/inspect.ts";
import { declaredOf, MediaError } from "../../formats/media.ts";
import type { GiftFile } from "../../model/schemas.ts";
import type { GiftSources } from "../../model/sources.ts";

/** A gift's animation as it lies in the tree. @throws MediaError in words when it is missing or cannot be used */
export async function toArtwork(gift: GiftFile, sources: GiftSources): Promise<Artwork> {
  const [first] = sources.animation;
  if (!first)
    throw new MediaError(
      `the animation ${gift.animation} is not there`,
      "put the file where animation: in gift.yaml says, or mend the path there",
    );
  const declared = declaredOf(gift);
  const media = await inspect(first.bytes, declared);
  if (!sources.isFolder) return { kind: "file", bytes: first.bytes, media, declared };
  const { width, height } = media;
  return {
    kind: "folder",
    frames: sources.animation.map((it) => it.bytes),
    width,
    height,
    fps: gift.fps ?? 24,
  };
}
