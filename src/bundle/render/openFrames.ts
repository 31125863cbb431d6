import { inlineDotLottie, parseDotLottie } from "../../formats/dotLottie.ts";
import { FORMAT_NAMES } from "../../formats/formatNames.ts";
import { type LottieJson, parseLottie } from "../../formats/lottieMovie.ts";
import { type Media, MediaError } from "../../formats/media.ts";
import { needsFonts } from "../../formats/needsFonts.ts";
import { splitApng } from "./apngPieces.ts";
import { composedFrames } from "./composedFrames.ts";
import { fitInside } from "./fitInside.ts";
import type { Artwork, DrawingBrowser, Frames, Size } from "./frames.ts";
import { framesApart } from "./framesApart.ts";
import { splitGif } from "./gifPieces.ts";
import { folderFrames, stillFrames } from "./pictureFrames.ts";
import { preferGlyphs } from "./preferGlyphs.ts";
import { splitWebp } from "./webpPieces.ts";

/** What is drawn lies decoded in memory, beside what is drawn for other releases: three times what a strong device's budget allows. */
const MOST_DECODED_BYTES = 150_000_000;

/**
 * Opens an artwork for drawing. Frames are never larger than the source.
 * @param longSide the frames' longer side in pixels at most; null for the source's own size
 * @param browser draws what only a browser can, where there is one; it stays open
 * @returns null when the artwork cannot be drawn, or only by a browser and there is none, or with fonts that are not in it
 * @throws MediaError when it is damaged, too large to be drawn, or a frame takes too long
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
  checkMemory(media);
  switch (format) {
    case "webp":
      return composedFrames({ noun: "WebP", pieces: splitWebp(bytes), fps }, media, size);
    case "gif":
      return composedFrames({ noun: "GIF", pieces: splitGif(bytes), fps }, media, size);
    case "apng":
      return composedFrames({ noun: "APNG", pieces: splitApng(bytes), fps }, media, size);
    case "svga":
      return framesApart({ noun: "SVGA", count, fps, task: { kind: "svga", bytes, count, fps } }, size);
    case "lottie":
      return drawLottie("Lottie", parseLottie(bytes), new TextDecoder().decode(bytes), media, size);
    case "dotlottie": {
      const movie = inlineDotLottie(parseDotLottie(bytes));
      return drawLottie("dotLottie", movie, JSON.stringify(movie), media, size);
    }
    default:
      return null;
  }
}

async function drawLottie(
  noun: string,
  movie: LottieJson,
  json: string,
  media: Media,
  size: Size,
): Promise<Frames | null> {
  if (needsFonts(movie)) return null;
  const { frames: count, fps } = media;
  const preferring = preferGlyphs(movie);
  const lottie = { noun, json: preferring ? JSON.stringify(preferring) : json, count, fps };
  return framesApart({ noun, count, fps, task: { kind: "lottie", movie: lottie } }, size);
}

function checkMemory({ format, decodedBytes }: Media): void {
  if (decodedBytes <= MOST_DECODED_BYTES) return;
  throw new MediaError(
    `the ${FORMAT_NAMES[format]} takes ${Math.ceil(decodedBytes / 1_000_000)} MB of memory once it is decoded, at most ${MOST_DECODED_BYTES / 1_000_000} MB are drawn here`,
    "make its canvas and its images as large as they are shown, take out what nothing shows, and export it again",
  );
}
