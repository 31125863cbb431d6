import { type LottieJson, objectsOf } from "../../formats/lottieMovie.ts";

/**
 * The same animation for Skottie, which otherwise takes a font of the machine, of which there are none here, before the characters that are in the
 * file as shapes. A character that is a composition (`t: 1`) turns that round; one without anything else does nothing more. Source:
 * modules/skottie/src/layers/TextLayer.cpp in github.com/google/skia, parseFonts. Null where there are no such characters.
 */
export function preferGlyphs(movie: LottieJson): LottieJson | null {
  const glyphs = objectsOf(movie["chars"]);
  return glyphs.length > 0 ? { ...movie, chars: [...glyphs, { t: 1 }] } : null;
}
