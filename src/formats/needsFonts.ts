import { assetsOf, followLayers, LOTTIE_LAYER, type LottieJson, objectsOf } from "./lottieMovie.ts";
import { isRecord } from "../wire/isRecord.ts";
import { isSlot } from "./slots.ts";

/**
 * Whether a text that is shown is written in a font that players take from the device: neither its characters are in the file as shapes
 * (`chars`), nor the font itself as a data URL. Nobody draws it without that font, and two devices need not draw the same. Texts that the
 * app replaces do not count: what stands there is a sample. Source: Lottie
 * Animation Format 1.0, Text layers; `chars`, `fonts` and `t.d` as lottie-web reads them (player/js/utils/FontManager.js).
 */
export function needsFonts(movie: LottieJson): boolean {
  const { assets } = followLayers(movie);
  const shown = [movie, ...assetsOf(movie).filter((it) => assets.has(it["id"]))];
  const needed = shown.flatMap((it) => objectsOf(it["layers"])).flatMap(fontsOf);
  const fonts = isRecord(movie["fonts"]) ? objectsOf(movie["fonts"]["list"]) : [];
  const glyphs = objectsOf(movie["chars"]);
  return needed.some((name) => {
    const font = fonts.find((it) => it["fName"] === name);
    if (!font) return true;
    const isInside = typeof font["fPath"] === "string" && font["fPath"].startsWith("data:");
    const isDrawn = ({ fFamily, style, data }: LottieJson) =>
      fFamily === font["fFamily"] && style === font["fStyle"] && isRecord(data);
    return !isInside && !glyphs.some(isDrawn);
  });
}

/** The names of the fonts of a layer's texts, at each of its key frames; a text of spaces shows nothing. */
function fontsOf({ ty, hd, nm, t }: LottieJson): unknown[] {
  const document = isRecord(t) ? t["d"] : undefined;
  if (ty !== LOTTIE_LAYER.text || hd === true || !isRecord(document)) return [];
  if (typeof nm === "string" && isSlot(nm)) return [];
  return objectsOf(document["k"]).flatMap(({ s }) =>
    isRecord(s) && typeof s["t"] === "string" && s["t"].trim() !== "" ? [s["f"]] : [],
  );
}
