import { checkSize, MAX_FPS, MAX_FRAMES, MAX_PIXELS_TOGETHER } from "../limits.ts";
import { countPixels } from "../picture/countPixels.ts";
import { isRecord } from "../../wire/isRecord.ts";
import { countExpandedValues } from "./lottieCompositions.ts";

export interface LottieMovie {
  /** What the player is given. */
  readonly json: object;
  readonly frames: number;
  readonly fps: number;
}

/** Each value is a node in memory, and most of them one on the screen. */
const MAX_VALUES = 1_000_000;

/**
 * A Lottie that runs no code and loads nothing from anywhere: what it shows is in the verified bytes. Source: Lottie Animation
 * Format (Lottie Animation Community) 1.0, Composition and Assets; the expressions `x` from the documentation of lottie-web.
 * @throws Error when it is no Lottie, or not one to play
 */
export function parseLottie(text: string): LottieMovie {
  const json: unknown = JSON.parse(text);
  if (!isRecord(json) || !Array.isArray(json["layers"]))
    throw new Error("the JSON is no Lottie: it has no layers");
  checkSize(toNumber(json["w"]), toNumber(json["h"]));
  const fps = toNumber(json["fr"]);
  const frames = toNumber(json["op"]) - toNumber(json["ip"]);
  if (!(fps >= 1 && fps <= MAX_FPS)) throw new Error(`the Lottie plays ${fps} frames per second`);
  if (!(frames > 0 && frames <= MAX_FRAMES)) throw new Error(`the Lottie has ${frames} frames`);
  checkValues(json);
  if (countExpandedValues(json) > MAX_VALUES)
    throw new Error("the Lottie has too many values once each layer has its composition");
  checkAssets(Array.isArray(json["assets"]) ? json["assets"] : []);
  checkFonts(isRecord(json["fonts"]) && Array.isArray(json["fonts"]["list"]) ? json["fonts"]["list"] : []);
  return { json, frames, fps };
}

/** Also drops what would name elements. The walk keeps its own stack: a file may be nested at will. */
function checkValues(movie: Readonly<Record<string, unknown>>): void {
  const waiting: unknown[] = [movie];
  let values = 0;
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== "object" || value === null) continue;
    if (isRecord(value) && typeof value["x"] === "string" && value["x"].trim() !== "" && "k" in value)
      throw new Error("the Lottie has expressions, which are program code");
    if (isRecord(value)) dropNames(value);
    const inside = Object.values(value);
    values += inside.length;
    if (values > MAX_VALUES) throw new Error("the Lottie has too many values");
    for (const item of inside) if (typeof item === "object" && item !== null) waiting.push(item);
  }
}

/**
 * The player writes a layer's `ln` as the id and its `cl` as the class of an element in the page, where they could pass for the page's
 * own. The `cl` of a mask is another thing: whether it is closed.
 */
function dropNames(value: Record<string, unknown>): void {
  delete value["ln"];
  if (typeof value["cl"] !== "boolean") delete value["cl"];
}

/** The player writes a font's path and family as they are into the page's styles, where they could go on as other rules. */
function checkFonts(fonts: readonly unknown[]): void {
  for (const font of fonts) {
    if (!isRecord(font)) continue;
    if (font["fPath"]) throw new Error("the Lottie loads a font");
    const { fFamily: family = "" } = font;
    if (typeof family !== "string" || !/^[\p{L}\p{N} ,._-]*$/u.test(family))
      throw new Error("the Lottie has a font whose family is not a plain name");
  }
}

function checkAssets(assets: readonly unknown[]): void {
  let pixels = 0;
  for (const asset of assets) {
    if (!isRecord(asset)) continue;
    const { p: picture, u: folder, e: isEmbedded } = asset;
    // The player writes the folder in front of what is not marked as embedded.
    if (isElsewhere(picture) || (folder && !isEmbedded)) throw new Error("the Lottie needs a file beside it");
    if (picture) pixels += pixelsOf(picture);
  }
  if (pixels > MAX_PIXELS_TOGETHER)
    throw new Error(`the pictures in the Lottie have ${pixels} pixels together`);
}

/**
 * The picture's own size decides, not what the asset says. A browser reads many spellings of an address and tells the type from the bytes;
 * what is not read here is refused.
 */
function pixelsOf(url: unknown): number {
  const base64 =
    typeof url === "string" && /^data:image\/(?:a?png|webp|gif|avif|jpe?g);base64,(.*)$/s.exec(url);
  if (!base64) throw new Error("the Lottie has a file in it that is not a picture of a type that is known");
  return countPixels(Uint8Array.from(atob(base64[1] ?? ""), (letter) => letter.charCodeAt(0)));
}

function isElsewhere(path: unknown): boolean {
  return typeof path === "string" && path !== "" && !path.startsWith("data:");
}

function toNumber(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}
