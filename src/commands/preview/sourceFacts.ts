import type { Artwork } from "../../bundle/render/frames.ts";
import { FORMAT_NAMES } from "../../formats/formatNames.ts";
import type { GiftFile } from "../../model/schemas.ts";
import type { SourceFacts } from "./previewFacts.ts";

/** What the artist delivered, in words and numbers. @param bytes all files of the gift together */
export function sourceFacts(gift: GiftFile, artwork: Artwork, bytes: number): SourceFacts {
  const sound = gift.sound ?? null;
  if (artwork.kind === "folder") {
    const { width, height, fps, frames } = artwork;
    const size = { width, height, frames: frames.length, fps, bytes };
    const what = "folder of PNG frames";
    return { path: gift.animation, what, ...size, decodedBytes: null, player: null, sound, slots: [] };
  }
  const { format, width, height, frames, fps, decodedBytes, player, embeddedSound, slots } = artwork.media;
  return {
    path: gift.animation,
    what: FORMAT_NAMES[format],
    width,
    height,
    frames,
    // A picture lasts as long as its player pleases.
    fps: fps || 1,
    bytes,
    decodedBytes,
    player: player && `${player.name} for version ${player.version}`,
    sound: sound ?? (embeddedSound ? "inside of the animation" : null),
    slots,
  };
}
