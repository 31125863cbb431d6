import { apng } from "./apng.ts";
import { dotLottie } from "./dotLottie.ts";
import { gif } from "./gif.ts";
import { lottie } from "./lottie.ts";
import type { Declared, Media, MediaFormat } from "./media.ts";
import { png } from "./png.ts";
import { svga } from "./svga.ts";
import { svgaArchive } from "./svgaArchive.ts";
import { explainUnsupported } from "./unsupported.ts";
import { wav } from "./wav.ts";
import { webp } from "./webp.ts";

const FORMATS: readonly MediaFormat[] = [apng, png, webp, gif, wav, svga, svgaArchive, lottie, dotLottie];

/**
 * What a media file is. The bytes decide, never the file's name; work and memory are bounded whatever they hold.
 * @throws MediaError in words for a person when the file is damaged or of a format that is not supported
 */
export async function inspect(bytes: Uint8Array, declared?: Declared): Promise<Media> {
  const format = FORMATS.find((it) => it.matches(bytes));
  if (!format) throw explainUnsupported(bytes);
  return format.read(bytes, declared);
}
