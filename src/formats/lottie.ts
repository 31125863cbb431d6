import { isRecord } from "../wire/isRecord.ts";
import { checkFrames, checkSize } from "./limits.ts";
import { MediaError, type MediaFormat, pictureOf } from "./media.ts";
import { isPng, readPngSize } from "./png.ts";
import { toPlayerVersion } from "./playerVersion.ts";
import { quoteName } from "./quoteName.ts";
import { isSlot, slotsOf } from "./slots.ts";
import { readWebp, webp } from "./webp.ts";

const MAX_FPS = 120;
const IMAGE_LAYER = 2;
const TEXT_LAYER = 5;
const EXPORT_AS = "export it again as Lottie JSON, with Bodymovin 5 or a tool that writes the same";

type Json = Readonly<Record<string, unknown>>;

/**
 * Lottie JSON that needs nothing beside it and runs no code. Source: Lottie Animation Format (Lottie Animation
 * Community, lottie.github.io/lottie-spec) 1.0: Composition, Layers, Assets; the version `v`, fonts and the expressions `x`,
 * which the specification leaves out, from the format documentation in lottie-web (docs/json).
 * The frames are `ip` up to, not with, `op`.
 */
export const lottie: MediaFormat = {
  name: "Lottie JSON",
  matches: (bytes) => firstCharacter(bytes) === "{",
  read(bytes) {
    const movie = parseMovie(bytes);
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
    checkNothingBeside(movie);
    checkNoExpressions(movie);
    const images = imagesOf(movie);
    return {
      ...pictureOf("lottie", "application/vnd.lottie+json", ["json"], { width, height }),
      kind: "animation",
      frames,
      fps,
      durationSeconds: length / fps,
      decodedBytes: width * height * 4 + images.reduce((sum, it) => sum + decodedBytesOf(it), 0),
      memoryRule: "every image at 4 bytes a pixel, and one canvas",
      images: images.length,
      slots: slotsOf(namesOf(movie)),
      player: { name: "lottie", version: versionOf(movie) },
    };
  },
};

function parseMovie(bytes: Uint8Array): Json {
  let movie: unknown;
  try {
    movie = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new MediaError(
      "the JSON is damaged or cut off: it cannot be parsed",
      "export it again and upload the whole file",
      { cause },
    );
  }
  if (!isRecord(movie) || !Array.isArray(movie["layers"]))
    throw new MediaError("this JSON is no Lottie animation: it has no layers", EXPORT_AS);
  if (movie["layers"].length === 0)
    throw new MediaError("the Lottie draws nothing: its list of layers is empty", EXPORT_AS);
  return movie;
}

function versionOf(movie: Json): string {
  const version = typeof movie["v"] === "string" ? toPlayerVersion(movie["v"]) : null;
  if (version === null)
    throw new MediaError('the Lottie does not say which version it is: "v" must be like "5.7.0"', EXPORT_AS);
  return version;
}

/** A picture, sound or font that is loaded from elsewhere would not be published, and nobody would have checked it. */
function checkNothingBeside(movie: Json): void {
  for (const asset of assetsOf(movie)) {
    const { p: path, u: folder } = asset;
    if (typeof path !== "string" || path === "" || path.startsWith("data:")) continue;
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

/** An expression is a property (`k`) with code (`x`). The walk keeps its own stack: files may be nested at will. */
function checkNoExpressions(movie: Json): void {
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

/** An embedded PNG or WebP counts with its own pixels; any other picture with the size that the file states. */
function decodedBytesOf(image: Json): number {
  try {
    const bytes = Buffer.from(String(image["p"]).replace(/^[^,]*;base64,/, ""), "base64");
    if (webp.matches(bytes)) return readWebp(bytes).decodedBytes;
    const { width, height } = isPng(bytes)
      ? readPngSize(bytes)
      : checkSize("picture", toNumber(image, "w"), toNumber(image, "h"));
    return width * height * 4;
  } catch (cause) {
    if (!(cause instanceof MediaError)) throw cause;
    const name = quoteName(String(image["id"]));
    throw new MediaError(`the image ${name} in the Lottie: ${cause.message}`, cause.fix, { cause });
  }
}

/** Images by their id, or else their name; layers that show an image or a text by their name. */
function* namesOf(movie: Json): Generator<string> {
  const replaceable = new Set<unknown>();
  for (const { id, nm } of imagesOf(movie)) {
    const name = [id, nm].find((it) => typeof it === "string" && isSlot(it));
    if (typeof name !== "string") continue;
    replaceable.add(id);
    yield name;
  }
  const layers = [movie, ...assetsOf(movie)].flatMap((it) => objectsOf(it["layers"]));
  for (const { ty, nm, refId } of layers) {
    const isImage = ty === IMAGE_LAYER && !replaceable.has(refId);
    if ((isImage || ty === TEXT_LAYER) && typeof nm === "string") yield nm;
  }
}

/** Images that are in the file; there are no others once {@link checkNothingBeside} has passed. */
function imagesOf(movie: Json): Json[] {
  return assetsOf(movie).filter(({ p: path }) => typeof path === "string" && path.startsWith("data:image/"));
}

function assetsOf(movie: Json): Json[] {
  return objectsOf(movie["assets"]);
}

function objectsOf(list: unknown): Json[] {
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

function toNumber(object: Json, key: string): number {
  const value = object[key];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new MediaError(`the Lottie is not complete: its number "${key}" is missing`, EXPORT_AS);
}

/** The first character that is no white space and no byte order mark. */
function firstCharacter(bytes: Uint8Array): string {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  return String.fromCharCode(...bytes.subarray(start, start + 64))
    .trimStart()
    .slice(0, 1);
}
