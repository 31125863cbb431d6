import { inlineDotLottie, parseDotLottie } from "../../formats/dotLottie.ts";
import type { Media } from "../../formats/media.ts";
import { splitApng } from "./apngPieces.ts";
import { composedFrames } from "./composedFrames.ts";
import { fitInside } from "./fitInside.ts";
import type { Artwork, DrawingBrowser, Frames, Size } from "./frames.ts";
import { splitGif } from "./gifPieces.ts";
import { lottieFrames } from "./lottieFrames.ts";
import { folderFrames, stillFrames } from "./pictureFrames.ts";
import { svgaFrames } from "./svgaFrames.ts";
import { splitWebp } from "./webpPieces.ts";

/**
 * Opens an artwork for drawing. Frames are never larger than the source.
 * @param longSide the frames' longer side in pixels at most; null for the source's own size
 * @param browser draws what only a browser can, where there is one; it stays open
 * @returns null when the artwork cannot be drawn, or only by a browser and there is none
 * @throws MediaError when it is damaged, or too large to be drawn
 */
export async function openFrames(
  artwork: Artwork,
  longSide: number | null,
  browser: DrawingBrowser | null,
): Promise<Frames | null> {
  if (artwork.kind === "folder")
    return folderFrames(artwork.frames, artwork.fps, fitInside(artwork, longSide));
  const { media, bytes } = artwork;
  const size = fitInside(media, longSide);
  if (media.drawnBy === "node") return openHere(bytes, media, size);
  return media.drawnBy === "browser" && browser ? browser.open(artwork, size) : null;
}

async function openHere(bytes: Uint8Array, media: Media, size: Size): Promise<Frames | null> {
  // Of an APNG of one frame the image library sees the picture for programs that know no APNG.
  if (media.kind === "picture" && media.format !== "apng") return stillFrames(bytes, size);
  const { format, frames: count, fps } = media;
  switch (format) {
    case "webp":
      return composedFrames({ noun: "WebP", pieces: splitWebp(bytes), fps }, media, size);
    case "gif":
      return composedFrames({ noun: "GIF", pieces: splitGif(bytes), fps }, media, size);
    case "apng":
      return composedFrames({ noun: "APNG", pieces: splitApng(bytes), fps }, media, size);
    case "svga":
      return svgaFrames(bytes, count, fps, size);
    case "lottie":
      return lottieFrames({ noun: "Lottie", json: new TextDecoder().decode(bytes), count, fps }, size);
    case "dotlottie":
      return lottieFrames({ noun: "dotLottie", json: toJson(bytes), count, fps }, size);
    default:
      return null;
  }
}

function toJson(dotLottie: Uint8Array): string {
  return JSON.stringify(inlineDotLottie(parseDotLottie(dotLottie)));
}
