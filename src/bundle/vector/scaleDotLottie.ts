import { unzipSync, zipSync } from "fflate";
import { type Change, NOTHING, type Rewritten } from "./change.ts";
import { dropUnseen } from "./dropUnseen.ts";
import { type Json, objectsOf } from "./lottieScales.ts";
import { factorOf, isBeside, parseMovie, writeMovie } from "./scaleLottie.ts";
import { type PlaceOf, shrinkImages } from "./shrinkImages.ts";

/** Where animations and images lie: dotLottie 1 and 2 (dotlottie.io/spec). */
const ANIMATION = /^(?:animations|a)\/[^/]+\.json$/;
const IMAGE = /^(?:images|i)\/.+[^/]$/;
/** What operating systems leave in archives. */
const DIRT = /(?:^|\/)(?:__MACOSX\/|\.DS_Store$|Thumbs\.db$)/;
/**
 * A dotLottie for screens on which its canvases have at most `longSide` pixels: images keep no more pixels than they cover there, and
 * those that nothing names are left out. Every animation, theme and state machine stays. A file that needs nothing of this is
 * given back as it is.
 * @param bytes a file that was inspected
 * @param longSide infinite for the canvases' own sizes
 * @throws MediaError when an image cannot be decoded
 */
export async function scaleDotLottie(bytes: Uint8Array, longSide: number): Promise<Rewritten> {
  const files = new Map<string, Uint8Array>(Object.entries(unzipSync(bytes)));
  const changes: Change[] = [];
  for (const [path, content] of files) {
    if (DIRT.test(path)) changes.push(drop(path, content));
  }
  for (const { name } of changes) files.delete(name);

  const movies = [...files.keys()]
    .filter((it) => ANIMATION.test(it))
    .map((path) => {
      const movie = parseMovie(files.get(path) ?? new Uint8Array());
      return { path, movie, before: JSON.stringify(movie) };
    });
  for (const { movie } of movies) changes.push(...dropUnseen(movie));
  const placeOf: PlaceOf = (asset) => {
    const place = fileOf(asset, files);
    const content = place === null ? undefined : files.get(place);
    return place !== null && content ? { place, bytes: content } : null;
  };
  const shrunk = await shrinkImages(
    movies.map(({ movie }) => ({ movie, factor: factorOf(movie, longSide), placeOf })),
  );
  changes.push(
    ...shrunk.changes,
    ...dropUnnamed(
      files,
      movies.map((it) => it.movie),
    ),
  );
  if (changes.length === 0) return { bytes, changes: [] };

  for (const [path, image] of shrunk.images) files.set(path, image);
  for (const { path, movie, before } of movies)
    if (JSON.stringify(movie) !== before) files.set(path, writeMovie(movie));
  const packed = zipSync(Object.fromEntries([...files].filter(([path]) => !path.endsWith("/"))), {
    level: 9,
    // Part of the bytes, so it is always the same: the first day that an archive can write, in whatever time zone.
    mtime: new Date(1980, 0, 1),
  });
  return { bytes: packed, changes };
}

/** The file in the archive that an image asset means: by its folder and name, or by its name where images lie. */
function fileOf(asset: Json, files: ReadonlyMap<string, Uint8Array>): string | null {
  if (!isBeside(asset)) return null;
  const folder = typeof asset["u"] === "string" ? asset["u"].replace(/^\/+/, "") : "";
  const name = String(asset["p"]).replace(/^\/+/, "");
  return [`${folder}${name}`, `i/${name}`, `images/${name}`].find((it) => files.has(it)) ?? null;
}

/** Takes out the images that no animation shows and no other file, such as a theme, names. */
function dropUnnamed(files: Map<string, Uint8Array>, movies: readonly Json[]): Change[] {
  const shown = new Set(movies.flatMap((movie) => objectsOf(movie["assets"]).map((it) => fileOf(it, files))));
  const texts = [...files].flatMap(([path, content]) =>
    path.endsWith(".json") && !ANIMATION.test(path) ? [new TextDecoder().decode(content)] : [],
  );
  const slots = movies.map((movie) => JSON.stringify(movie["slots"] ?? null));
  return [...files].flatMap(([path, content]) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (!IMAGE.test(path) || shown.has(path) || [...texts, ...slots].some((it) => it.includes(name)))
      return [];
    files.delete(path);
    return [drop(path, content)];
  });
}

function drop(path: string, content: Uint8Array): Change {
  return { kind: "dropped", name: path, before: { ...NOTHING, bytes: content.length }, after: NOTHING };
}
