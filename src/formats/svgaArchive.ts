import { isRecord } from "../wire/isRecord.ts";
import { type Json, numberOf, textOf, toList, toRecord } from "./jsonValues.ts";
import { checkName, MAX_FRAMES } from "./limits.ts";
import { type DeadWeight, type MediaFormat, MediaError } from "./media.ts";
import { parseJson } from "./parseJson.ts";
import { toPlayerVersion } from "./playerVersion.ts";
import { isPng } from "./png.ts";
import { toSvgaMedia } from "./svgaFacts.ts";
import {
  checkSvgaCount,
  EXPORT_SVGA_AGAIN,
  MAX_SVGA_IMAGES,
  MAX_SVGA_SPRITES,
  parseSvgaMessage,
  type SvgaFrame,
  type SvgaMovie,
  type SvgaSprite,
} from "./svgaMovie.ts";
import { toLayout, toTransform } from "./svgaSpecGeometry.ts";
import { isZipWith, readZip } from "./zip.ts";

const SPEC = "movie.spec";
const BINARY = "movie.binary";
const MAX_FILE_NAME_BYTES = 128;
const LAST_ARCHIVE_VERSION = "1.5.0";

/** An SVGA 1.x, and which of its files nobody reads. */
export interface SvgaArchive {
  readonly movie: SvgaMovie;
  readonly leftOver: readonly DeadWeight[];
  /** Whether the movie is in it twice, as message and as JSON. */
  readonly isTwice: boolean;
}

/** SVGA 1.x: a zip archive around a movie and its pictures; {@link parseSvgaArchive} names its source. */
export const svgaArchive: MediaFormat = {
  name: "SVGA 1.x",
  matches: (bytes) => isZipWith(SPEC, bytes) || isZipWith(BINARY, bytes),
  async read(bytes) {
    const { movie, leftOver, isTwice } = await parseSvgaArchive(bytes);
    const media = toSvgaMedia(movie, false);
    return {
      ...media,
      deadWeight: [...media.deadWeight, ...leftOver],
      warnings: [...media.warnings, ...(isTwice ? [TWICE] : [])],
    };
  },
};

const TWICE = {
  message: `the SVGA holds its animation twice, in ${BINARY} and in ${SPEC}, and players differ in which they read`,
  fix: "export it again as SVGA 2.x",
};

/**
 * Reads an SVGA 1.x: a zip archive with `movie.spec` (JSON) or, since 1.5, `movie.binary` (the message of SVGA 2.x), and PNG files beside it. Where
 * both are there the message is read, as on iOS; Android reads both, one after the other. Source: github.com/svga/SVGAPlayer-Android,
 * SVGAParser.kt, SVGAVideoEntity.kt and entities/; github.com/svga/SVGAPlayer-iOS, Source/SVGAParser.m and SVGAVideoEntity.m.
 * @throws MediaError when it is damaged, or no player could show it
 */
export async function parseSvgaArchive(bytes: Uint8Array): Promise<SvgaArchive> {
  const files = readZip("SVGA", bytes);
  const spec = files.get(SPEC);
  const binary = files.get(BINARY);
  const written = binary ? await parseSvgaMessage(binary) : spec ? fromSpec(spec) : null;
  if (!written)
    throw new MediaError(`the SVGA has no ${SPEC} at the top of its zip archive`, EXPORT_SVGA_AGAIN);
  const read = new Set([SPEC, BINARY]);
  const images = new Map<string, Uint8Array>();
  for (const [key, value] of written.images) {
    const path = pathOf(key, value, files);
    images.set(key, (path === undefined ? undefined : files.get(path)) ?? value);
    if (path !== undefined) read.add(path);
  }
  const leftOver = [...files]
    .filter(([name]) => !read.has(name))
    .map(([name, file]): DeadWeight => ({ what: "file", name, bytes: file.length, isRemovable: false }));
  const version = archiveVersion(written, binary !== undefined);
  return {
    movie: { ...written, version, images },
    leftOver,
    isTwice: spec !== undefined && binary !== undefined,
  };
}

/** Where players look for an image's file: they ignore folders. */
function pathOf(key: string, value: Uint8Array, files: ReadonlyMap<string, Uint8Array>): string | undefined {
  if (isPng(value) || value.length >= MAX_FILE_NAME_BYTES) return undefined;
  const name = Buffer.from(value).toString("utf8");
  return [name, `${name}.png`, `${key}.png`].find((it) => files.has(it));
}

/**
 * What says that it is of 2.x, or a message without a version, still needs a player that opens archives: the last such version was 1.5.
 */
function archiveVersion({ version }: SvgaMovie, isMessage: boolean): string {
  const known = toPlayerVersion(version);
  if (known === null) return isMessage ? LAST_ARCHIVE_VERSION : version;
  return known.startsWith("1.") ? known : LAST_ARCHIVE_VERSION;
}

function fromSpec(bytes: Uint8Array): SvgaMovie {
  const spec = parseJson("SVGA's movie.spec", bytes);
  const movie = isRecord(spec) ? spec["movie"] : null;
  if (!isRecord(spec) || !isRecord(movie))
    throw new MediaError(`the SVGA is damaged: its ${SPEC} describes no movie`, EXPORT_SVGA_AGAIN);
  const viewBox = toRecord(movie["viewBox"]);
  const images = Object.entries(toRecord(spec["images"]));
  for (const [key] of images) checkName("SVGA", "an image", key);
  const sprites = toList(spec["sprites"]);
  checkSvgaCount(images.length, MAX_SVGA_IMAGES, "images");
  checkSvgaCount(sprites.length, MAX_SVGA_SPRITES, "sprites");
  return {
    version: textOf(spec["ver"]) || "1.0.0",
    width: numberOf(viewBox["width"], 0),
    height: numberOf(viewBox["height"], 0),
    fps: numberOf(movie["fps"], 20),
    frames: numberOf(movie["frames"], 0),
    images: new Map(images.map(([key, name]) => [key, Buffer.from(textOf(name))])),
    sprites: sprites.map(toSprite),
    sounds: [],
  };
}

function toSprite(sprite: Json): SvgaSprite {
  const frames = toList(sprite["frames"]);
  checkName("SVGA", "a sprite", textOf(sprite["imageKey"]));
  checkSvgaCount(frames.length, MAX_FRAMES, "frames in one sprite");
  return {
    imageKey: textOf(sprite["imageKey"]),
    matteKey: textOf(sprite["matteKey"]),
    frames: frames.length,
    readFrames: () => frames.map(toFrame),
  };
}

function toFrame(frame: Json): SvgaFrame {
  return {
    alpha: numberOf(frame["alpha"], 0),
    layout: toLayout(frame["layout"]),
    transform: toTransform(frame["transform"]),
    hasClip: textOf(frame["clipPath"]) !== "",
    hasShapes: toList(frame["shapes"]).length > 0,
  };
}
