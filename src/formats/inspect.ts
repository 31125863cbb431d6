import { aac } from "./aac.ts";
import { apng } from "./apng.ts";
import { avif } from "./avif.ts";
import { dotLottie } from "./dotLottie.ts";
import { gif } from "./gif.ts";
import { jpeg } from "./jpeg.ts";
import { lottie } from "./lottie.ts";
import { type Declared, type Media, MediaError, type MediaFormat, UnforeseenError } from "./media.ts";
import { mp3 } from "./mp3.ts";
import { mp4 } from "./mp4.ts";
import { opus } from "./opus.ts";
import { pag } from "./pag.ts";
import { png } from "./png.ts";
import { svga } from "./svga.ts";
import { svgaArchive } from "./svgaArchive.ts";
import { explainUnsupported } from "./unsupported.ts";
import { vap } from "./vap.ts";
import { wav } from "./wav.ts";
import { webp } from "./webp.ts";
import { yyeva } from "./yyeva.ts";

/** The first that matches reads: an APNG is a PNG, too, and an MP4 that says itself where its transparency is comes before one that does not. */
const PICTURES: readonly MediaFormat[] = [apng, png, webp, gif, avif, jpeg];
const DRAWINGS: readonly MediaFormat[] = [svga, svgaArchive, lottie, dotLottie, pag];
const VIDEOS: readonly MediaFormat[] = [vap, yyeva, mp4];
const SOUNDS: readonly MediaFormat[] = [wav, mp3, aac, opus];
const FORMATS: readonly MediaFormat[] = [...PICTURES, ...DRAWINGS, ...VIDEOS, ...SOUNDS];

/**
 * What a media file is. The bytes decide, never the file's name; work and memory are bounded whatever they hold.
 * @throws MediaError in words for a person when the file is damaged or of a format that is not supported; nothing else, so that one file
 * never ends the check of all the others
 */
export async function inspect(bytes: Uint8Array, declared?: Declared): Promise<Media> {
  const format = FORMATS.find((it) => it.matches(bytes));
  if (!format) throw explainUnsupported(bytes);
  try {
    return await format.read(bytes, declared);
  } catch (cause) {
    throw cause instanceof MediaError ? cause : new UnforeseenError(format.name, cause);
  }
}
