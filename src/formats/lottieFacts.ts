import { checkFrames, checkName, checkSeconds, checkSize, MAX_ANIMATION_SECONDS } from "./limits.ts";
import {
  assetsOf,
  EXPORT_LOTTIE_AS,
  followLayers,
  LOTTIE_LAYER,
  type LottieJson,
  type LottieReach,
  objectsOf,
  textOf,
} from "./lottieMovie.ts";
import { isRecord } from "../wire/isRecord.ts";
import { needsFonts } from "./needsFonts.ts";
import {
  type Advice,
  type DeadWeight,
  type EmbeddedPicture,
  type Media,
  MediaError,
  pictureOf,
} from "./media.ts";
import { jpeg, readJpeg } from "./jpeg.ts";
import { isPng, readPngSize } from "./png.ts";
import { toPlayerVersion } from "./playerVersion.ts";
import { quoteName } from "./quoteName.ts";
import { isSlot, slotsOf } from "./slots.ts";
import { readWebp, webp } from "./webp.ts";

const MAX_FPS = 120;
const MAX_IMAGES = 1_000;
/** Masks and mattes are drawn one after the other; what is alive at once are those within each other. */
const MOST_CANVASES_BESIDE = 4;

/** A picture or a sound that an asset names or holds. */
export interface LottieFile {
  readonly bytes: Uint8Array;
  /** How much it takes where it is stored. */
  readonly storedBytes: number;
}

/** Finds what an asset shows or plays; null when it is not there. */
export type FindLottieFile = (asset: LottieJson) => LottieFile | null;

const SOUND_ADVICE = {
  message: "the Lottie has sound in it, which its players do not play",
  fix: "give the gift its sound as a file of its own, as `sound:` in gift.yaml",
};

/**
 * What a Lottie animation says of itself, wherever its pictures lie. The frames are `ip` up to, not with, `op`.
 * @throws MediaError when no player could show it, or it needs what is not there
 */
export function toLottieMedia(movie: LottieJson, find: FindLottieFile): Media {
  const { width, height } = checkSize("Lottie", toNumber(movie, "w"), toNumber(movie, "h"));
  const fps = toNumber(movie, "fr");
  if (fps < 1 || fps > MAX_FPS)
    throw new MediaError(
      `the Lottie plays ${fps} frames per second`,
      `export it with a frame rate from 1 to ${MAX_FPS}`,
    );
  const length = toNumber(movie, "op") - toNumber(movie, "ip");
  const frames = Math.round(length);
  checkFrames("Lottie", frames);
  checkSeconds("Lottie", length / fps, MAX_ANIMATION_SECONDS);
  const reach = followLayers(movie);
  checkNothingBeside(movie, find);
  checkNoExpressions(movie);
  const { pictures, unseen, unheard } = readAssets(movie, reach, find);
  const lacksFonts = needsFonts(movie);
  const canvases = 1 + Math.min(reach.offScreen, MOST_CANVASES_BESIDE);
  return {
    ...pictureOf("lottie", "application/vnd.lottie+json", ["json"], { width, height }),
    kind: "animation",
    frames,
    fps,
    durationSeconds: length / fps,
    decodedBytes:
      width * height * 4 * canvases + pictures.reduce((sum, it) => sum + it.width * it.height * 4, 0),
    memoryRule: `every image at 4 bytes a pixel, one canvas, and one more for each layer with a mask or a matte, but at most ${MOST_CANVASES_BESIDE}`,
    images: pictures.length,
    pictures,
    slots: slotsOf(namesOf(movie)),
    player: { name: "lottie", version: versionOf(movie) },
    deadWeight: [...unseen, ...unheard, ...unusedCompositions(movie, reach)],
    ...(lacksFonts && { drawnBy: null }),
    warnings: [
      ...(reach.hasSound || unheard.length > 0 ? [SOUND_ADVICE] : []),
      ...(lacksFonts ? [FONT_ADVICE] : []),
    ],
  };
}

const FONT_ADVICE: Advice = {
  message:
    "the Lottie has a text in a font that is not in the file: it looks different on each device, and no still can be drawn from it",
  fix: "turn the text into shapes, or export it with its glyphs",
};

function versionOf(movie: LottieJson): string {
  const version = typeof movie["v"] === "string" ? toPlayerVersion(movie["v"]) : null;
  if (version === null) throw new MediaError("the Lottie does not say which version it is", EXPORT_LOTTIE_AS);
  return version;
}

/** Bundles hold one file, so that nothing can be missing or change later. */
function checkNothingBeside(movie: LottieJson, find: FindLottieFile): void {
  for (const asset of assetsOf(movie)) {
    const { p: path, u: folder } = asset;
    if (typeof path !== "string" || path === "" || find(asset)) continue;
    throw new MediaError(
      `the Lottie needs the file ${quoteName(`${typeof folder === "string" ? folder : ""}${path}`)} beside it`,
      "export it again with its assets included in the JSON",
    );
  }
  const fonts = isRecord(movie["fonts"]) ? objectsOf(movie["fonts"]["list"]) : [];
  for (const { fPath: path } of fonts) {
    if (typeof path !== "string" || path === "" || path.startsWith("data:")) continue;
    throw new MediaError(
      `the Lottie loads a font from ${quoteName(path)}`,
      "turn its texts into shapes, or use glyphs, and export it again",
    );
  }
}

/** An expression is a property (`k`) with code (`x`). The walk keeps its own stack. */
function checkNoExpressions(movie: LottieJson): void {
  const waiting: unknown[] = [movie];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (Array.isArray(value)) {
      for (const item of value) if (typeof item === "object") waiting.push(item);
      continue;
    }
    if (!isRecord(value)) continue;
    if (typeof value["x"] === "string" && value["x"].trim() !== "" && "k" in value)
      throw new MediaError(
        "the Lottie contains expressions, which are program code that not every player runs",
        "convert the expressions to key frames and export it again",
      );
    for (const key in value) if (typeof value[key] === "object") waiting.push(value[key]);
  }
}

interface ReadAssets {
  readonly pictures: readonly EmbeddedPicture[];
  readonly unseen: readonly DeadWeight[];
  readonly unheard: readonly DeadWeight[];
}

function readAssets(movie: LottieJson, reach: LottieReach, find: FindLottieFile): ReadAssets {
  const pictures: EmbeddedPicture[] = [];
  const unseen: DeadWeight[] = [];
  const unheard: DeadWeight[] = [];
  for (const asset of assetsOf(movie)) {
    const name = textOf(asset["id"]);
    checkName("Lottie", "an asset", name);
    const file = find(asset);
    if (!file) continue;
    const bytes = file.storedBytes;
    const isRemovable = isTakenOut(movie, reach, asset);
    if (isImage(asset)) {
      const { width, height } = sizeOf(asset, file);
      const isUsed = reach.assets.has(asset["id"]);
      pictures.push({ name, width, height, bytes, isUsed });
      if (!isUsed && slotNameOf(asset) === null) unseen.push({ what: "image", name, bytes, isRemovable });
    } else unheard.push({ what: "sound", name, bytes, isRemovable });
    if (pictures.length > MAX_IMAGES)
      throw new MediaError(
        `the Lottie has more than ${MAX_IMAGES} images`,
        "use fewer images, then export it again",
      );
  }
  return { pictures, unseen, unheard };
}

/** Whether `giftwrap fix` takes an asset out: no layer names it, and neither an app nor another file fills it. */
function isTakenOut(movie: LottieJson, { assets }: LottieReach, asset: LottieJson): boolean {
  const { id, sid } = asset;
  const mayBeFilled = movie["slots"] !== undefined || sid !== undefined || slotNameOf(asset) !== null;
  return typeof id === "string" && !assets.has(id) && !mayBeFilled;
}

/** The id of an asset, or else its name, when an app may replace it by that; null otherwise. */
function slotNameOf({ id, nm }: LottieJson): string | null {
  return [id, nm].filter((it) => typeof it === "string").find(isSlot) ?? null;
}

/** A sound has no size (lottie-spec, Assets: only images have `w` and `h`). */
function isImage({ p: path, w, h }: LottieJson): boolean {
  if (typeof path === "string" && path.startsWith("data:")) return path.startsWith("data:image/");
  return typeof w === "number" && typeof h === "number";
}

/** A picture of a kind that is read here has its own pixels; any other, such as an SVG, the size that the file states. */
function sizeOf(asset: LottieJson, { bytes }: LottieFile): { width: number; height: number } {
  try {
    if (isPng(bytes)) return readPngSize(bytes);
    if (webp.matches(bytes)) return readWebp(bytes);
    if (jpeg.matches(bytes)) return readJpeg(bytes);
    return checkSize("picture", toNumber(asset, "w"), toNumber(asset, "h"));
  } catch (cause) {
    if (!(cause instanceof MediaError)) throw cause;
    throw new MediaError(
      `the image ${quoteName(textOf(asset["id"]))} in the Lottie: ${cause.message}`,
      cause.fix,
      { cause },
    );
  }
}

/** Images by their id, or else their name; layers that show an image or a text by their name. */
function* namesOf(movie: LottieJson): Generator<string> {
  const replaceable = new Set<unknown>();
  for (const asset of assetsOf(movie)) {
    if (typeof asset["p"] !== "string" || !isImage(asset)) continue;
    const name = slotNameOf(asset);
    if (name === null) continue;
    replaceable.add(asset["id"]);
    yield name;
  }
  const layers = [movie, ...assetsOf(movie)].flatMap((it) => objectsOf(it["layers"]));
  for (const { ty, nm, refId } of layers) {
    const shows = ty === LOTTIE_LAYER.text || (ty === LOTTIE_LAYER.image && !replaceable.has(refId));
    if (!shows || typeof nm !== "string" || !isSlot(nm)) continue;
    checkName("Lottie", "a layer", nm);
    yield nm;
  }
}

function unusedCompositions(movie: LottieJson, reach: LottieReach): DeadWeight[] {
  return assetsOf(movie)
    .filter((it) => Array.isArray(it["layers"]) && !reach.assets.has(it["id"]) && slotNameOf(it) === null)
    .map((it) => ({
      what: "composition",
      name: textOf(it["id"]),
      bytes: JSON.stringify(it).length,
      isRemovable: isTakenOut(movie, reach, it),
    }));
}

function toNumber(object: LottieJson, key: string): number {
  const value = object[key];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new MediaError(`the Lottie is not complete: its number "${key}" is missing`, EXPORT_LOTTIE_AS);
}
