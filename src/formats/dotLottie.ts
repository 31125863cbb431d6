import { isRecord } from "../wire/isRecord.ts";
import { embeddedFiles } from "./lottie.ts";
import { type FindLottieFile, toLottieMedia } from "./lottieFacts.ts";
import { assetsOf, followLayers, type LottieJson, objectsOf, parseLottie, textOf } from "./lottieMovie.ts";
import { type Advice, type DeadWeight, MediaError, type MediaFormat } from "./media.ts";
import { parseJson } from "./parseJson.ts";
import { quoteName } from "./quoteName.ts";
import { isZipWith, readZip } from "./zip.ts";

const MANIFEST = "manifest.json";
/** It names animations and themes at some hundred bytes each. */
const MAX_MANIFEST_BYTES = 200_000;
const EXPORT_AGAIN = "export it again as dotLottie, or as Lottie JSON with its images included";

/** A dotLottie, unpacked. */
export interface DotLottie {
  /** The version of the container, as a semantic version. */
  readonly version: "1.0.0" | "2.0.0";
  readonly manifest: LottieJson;
  /** Every file in it by its path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The path of the animation that is played. */
  readonly path: string;
  /** That animation. Its images may lie beside it. */
  readonly movie: LottieJson;
  /** The path of what an asset shows; undefined where that stands in the JSON itself, or nowhere. */
  pathOf(asset: LottieJson): string | undefined;
}

/** dotLottie, version 1 and 2: a zip archive of Lottie JSON and its images; {@link parseDotLottie} names its source. */
export const dotLottie: MediaFormat = {
  name: "dotLottie",
  matches: (bytes) => isZipWith(MANIFEST, bytes),
  read(bytes) {
    const parsed = parseDotLottie(bytes);
    const { version, movie } = parsed;
    const others = readOthers(parsed);
    const media = toLottieMedia(movie, filesOf(parsed));
    return {
      ...media,
      format: "dotlottie",
      mediaType: "application/zip+dotlottie",
      extensions: ["lottie"],
      player: { name: "dotlottie", version },
      deadWeight: [...media.deadWeight.filter(isShownByNone(parsed, others)), ...leftOver(parsed, others)],
      warnings: [...media.warnings, ...adviceOf(parsed), ...damagedAdvice(others)],
    };
  },
};

/**
 * Unpacks a dotLottie and finds the one animation that players here show: the one that the manifest calls the initial or the active one, else the
 * first. Source: dotLottie 1.0 and 2.0 (LottieFiles, dotlottie.io/spec): the manifest, `animations/` and `images/` or `a/` and `i/`.
 * @throws MediaError when it is damaged, or names an animation that is not in it
 */
export function parseDotLottie(bytes: Uint8Array): DotLottie {
  const files = readZip("dotLottie", bytes);
  const written = files.get(MANIFEST);
  if (written && written.length > MAX_MANIFEST_BYTES)
    throw new MediaError(
      `the dotLottie has a ${MANIFEST} of ${Math.ceil(written.length / 1_000)} kB, at most ${MAX_MANIFEST_BYTES / 1_000} kB are allowed`,
      EXPORT_AGAIN,
    );
  const manifest = written ? parseJson("dotLottie's manifest.json", written) : null;
  const animations = isRecord(manifest) ? objectsOf(manifest["animations"]) : [];
  if (!isRecord(manifest) || animations.length === 0)
    throw new MediaError(`the dotLottie names no animation in its ${MANIFEST}`, EXPORT_AGAIN);
  const version = textOf(manifest["version"]).startsWith("2") ? "2.0.0" : "1.0.0";
  const folders = version === "2.0.0" ? ["a", "animations"] : ["animations", "a"];
  const id = playedOf(manifest, animations);
  const path = folders.map((it) => `${it}/${id}.json`).find((it) => files.has(it));
  const animation = path === undefined ? undefined : files.get(path);
  if (path === undefined || !animation)
    throw new MediaError(
      `the dotLottie is to play the animation ${quoteName(id)}, which is not in it`,
      EXPORT_AGAIN,
    );
  const movie = parseLottie(animation);
  return {
    version,
    manifest,
    files,
    path,
    movie,
    pathOf: (asset) => placesOf(asset).find((it) => files.has(it)),
  };
}

/**
 * The animation as Lottie JSON that needs nothing beside it: what lay in the archive stands in it as `data:` URLs.
 */
export function inlineDotLottie(parsed: DotLottie): LottieJson {
  const assets = assetsOf(parsed.movie).map((asset) => {
    const path = parsed.pathOf(asset);
    const bytes = path === undefined ? undefined : parsed.files.get(path);
    if (path === undefined || !bytes) return asset;
    const url = `data:${mediaTypeOf(path)};base64,${Buffer.from(bytes).toString("base64")}`;
    return { ...asset, u: "", p: url, e: 1 };
  });
  return { ...parsed.movie, assets };
}

function playedOf(manifest: LottieJson, animations: readonly LottieJson[]): string {
  const initial = isRecord(manifest["initial"]) ? manifest["initial"]["animation"] : undefined;
  const named = [initial, manifest["activeAnimationId"]].find((it) => typeof it === "string" && it !== "");
  return textOf(named ?? animations[0]?.["id"]);
}

/** Where an asset's file may lie: where it says, or in the folders of either version. */
function placesOf({ p: name, u: folder }: LottieJson): readonly string[] {
  if (typeof name !== "string" || name === "" || name.startsWith("data:")) return [];
  const said = `${typeof folder === "string" ? folder : ""}${name}`.replace(/^\/+/, "");
  return [said, ...["i", "images", "u", "audio"].map((it) => `${it}/${name}`)];
}

function filesOf({ files, pathOf }: DotLottie): FindLottieFile {
  const embedded = embeddedFiles();
  return (asset) => {
    const path = pathOf(asset);
    const bytes = path === undefined ? undefined : files.get(path);
    return bytes ? { bytes, storedBytes: bytes.length } : embedded(asset);
  };
}

const IMAGE = /\.(?:png|jpe?g|webp|gif|svg)$/i;
/** Themes, state machines and what they had been called in version 1. */
const IGNORED = /^(?:t|s|themes|states)\//;

const ANIMATION = /^(?:animations|a)\/[^/]+\.json$/;
/** What `giftwrap fix` takes out: images where images lie, and what operating systems leave in archives. */
const IMAGES = /^(?:images|i)\//;
const DIRT = /(?:^|\/)(?:__MACOSX\/|\.DS_Store$|Thumbs\.db$)/;

/** The animations that are not played here. */
interface Others {
  /** Paths of those that can be read, and of their files: other players may show them, so they stay. */
  readonly paths: ReadonlySet<string>;
  /** Why others cannot, by their paths. */
  readonly damaged: ReadonlyMap<string, MediaError>;
}

/** One after the other, so that no two of them are in memory at once. Nobody plays them here: a damaged one is no reason to refuse the file. */
function readOthers({ files, path: played, pathOf }: DotLottie): Others {
  const paths = new Set<string>();
  const damaged = new Map<string, MediaError>();
  for (const [path, file] of files) {
    if (path === played || !ANIMATION.test(path)) continue;
    try {
      const movie = parseLottie(file);
      followLayers(movie);
      paths.add(path);
      for (const asset of assetsOf(movie)) paths.add(pathOf(asset) ?? path);
    } catch (cause) {
      if (!(cause instanceof MediaError)) throw cause;
      damaged.set(path, cause);
    }
  }
  return { paths, damaged };
}

function damagedAdvice({ damaged }: Others): Advice[] {
  const [first, ...more] = damaged;
  if (!first) return [];
  const [path, { message }] = first;
  return [
    {
      message: `the animation ${quoteName(path)} in the dotLottie is not played, and could not be: ${message}${more.length > 0 ? `; ${more.length} more likewise` : ""}`,
      fix: "leave it out, or make it whole, and export the dotLottie again",
    },
  ];
}

/** An image that the animation that is played leaves out may still be another one's. */
function isShownByNone({ movie, pathOf }: DotLottie, { paths }: Others): (dead: DeadWeight) => boolean {
  const kept = new Set<string>();
  for (const asset of assetsOf(movie)) if (paths.has(pathOf(asset) ?? "")) kept.add(textOf(asset["id"]));
  return ({ what, name }) => what === "composition" || !kept.has(name);
}

/** Files that no animation leads to. What players elsewhere may use is spoken of, and stays. */
function leftOver({ files, path, movie, pathOf }: DotLottie, { paths }: Others): DeadWeight[] {
  const read = new Set<string | undefined>([MANIFEST, path, ...assetsOf(movie).map(pathOf), ...paths]);
  const manifest = Buffer.from(files.get(MANIFEST) ?? []).toString();
  // Themes, slots and animations that cannot be read may name any image; `giftwrap fix` leaves what might be named.
  const mayBeNamed =
    movie["slots"] !== undefined ||
    [...files.keys()].some((it) => it.endsWith(".json") && it !== MANIFEST && it !== path);
  const isUnnamed = (name: string): boolean =>
    IMAGES.test(name) && !mayBeNamed && !manifest.includes(name.slice(name.lastIndexOf("/") + 1));
  return [...files]
    .filter(([name]) => !read.has(name) && !IGNORED.test(name))
    .map(([name, file]) => ({
      what: IMAGE.test(name) ? "image" : "file",
      name,
      bytes: file.length,
      isRemovable: DIRT.test(name) || isUnnamed(name),
    }));
}

function adviceOf({ files, path, manifest }: DotLottie): Advice[] {
  const others = objectsOf(manifest["animations"]).length - 1;
  const names = [...files.keys()];
  const ignored = [
    ...(names.some((it) => /^(?:t|themes)\//.test(it)) ? ["themes"] : []),
    ...(names.some((it) => /^(?:s|states)\//.test(it)) ? ["state machines"] : []),
  ].join(" and ");
  return [
    ...(others < 1
      ? []
      : [
          {
            message: `the dotLottie holds ${others + 1} animations, and only ${quoteName(path)} is played`,
            fix: "export each animation as a gift of its own, and leave the others out",
          },
        ]),
    ...(ignored === ""
      ? []
      : [
          {
            message: `the dotLottie has ${ignored}, which players here ignore: it is shown as it was drawn`,
            fix: `see that it looks right without its ${ignored}, or make one gift for each look`,
          },
        ]),
  ];
}

function mediaTypeOf(path: string): string {
  const ending = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  if (ending === "jpg") return "image/jpeg";
  if (ending === "svg") return "image/svg+xml";
  if (ending === "mp3") return "audio/mpeg";
  return ["wav", "aac", "ogg", "m4a"].includes(ending) ? `audio/${ending}` : `image/${ending}`;
}
