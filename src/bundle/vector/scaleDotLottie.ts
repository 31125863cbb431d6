import { zipSync } from "fflate";
import { parseDotLottie } from "../../formats/dotLottie.ts";
import { type Change, NOTHING, type Rewritten } from "./change.ts";
import { dropUnseen } from "./dropUnseen.ts";
import { embeddedImages } from "./embeddedImages.ts";
import { objectsOf } from "./lottieScales.ts";
import { factorOf, parseMovie, writeMovie } from "./scaleLottie.ts";
import { type PlaceOf, shrinkImages } from "./shrinkImages.ts";

/** Where images lie: dotLottie 1 and 2 (dotlottie.io/spec). */
const IMAGE = /^(?:images|i)\/.+$/;
/** What operating systems leave in archives. */
const DIRT = /(?:^|\/)(?:__MACOSX\/|\.DS_Store$|Thumbs\.db$)/;

/**
 * A dotLottie for screens on which the canvas of the animation that is played has at most `longSide` pixels: its images keep no more
 * pixels than they cover there, and those that nothing names are left out. Other animations, themes and state machines stay byte for
 * byte, and so do images that one of them may name. A file that needs nothing of this is given back as it is.
 * @param bytes a file that was inspected
 * @param longSide infinite for the canvas's own size
 * @throws MediaError when an image cannot be decoded
 */
export async function scaleDotLottie(bytes: Uint8Array, longSide: number): Promise<Rewritten> {
  const { files: all, path, pathOf } = parseDotLottie(bytes);
  const files = new Map(all);
  const changes: Change[] = [];
  const drop = (name: string, content: Uint8Array) => {
    files.delete(name);
    changes.push({ kind: "dropped", name, before: { ...NOTHING, bytes: content.length }, after: NOTHING });
  };
  for (const [name, content] of all) if (DIRT.test(name)) drop(name, content);

  const movie = parseMovie(files.get(path) ?? new Uint8Array());
  const before = JSON.stringify(movie);
  changes.push(...dropUnseen(movie));
  const isNamedElsewhere = namedIn([
    JSON.stringify(movie["slots"] ?? null),
    ...[...files].flatMap(([name, it]) =>
      name.endsWith(".json") && name !== path ? [new TextDecoder().decode(it)] : [],
    ),
  ]);
  const embedded = embeddedImages();
  const placeOf: PlaceOf = (asset) => {
    const place = pathOf(asset);
    const content = place === undefined ? undefined : files.get(place);
    if (place === undefined || !content) return embedded.placeOf(asset);
    return isNamedElsewhere(place) ? null : { place, bytes: content };
  };
  const shrunk = await shrinkImages(movie, factorOf(movie, longSide), placeOf);
  changes.push(...shrunk.changes);
  const shown = new Set(objectsOf(movie["assets"]).map(pathOf));
  for (const [name, content] of all)
    if (files.has(name) && IMAGE.test(name) && !shown.has(name) && !isNamedElsewhere(name))
      drop(name, content);
  if (changes.length === 0) return { bytes, changes: [] };

  embedded.put(shrunk.images);
  for (const [place, image] of shrunk.images) if (files.has(place)) files.set(place, image);
  if (JSON.stringify(movie) !== before) files.set(path, writeMovie(movie));
  const packed = zipSync(Object.fromEntries(files), {
    level: 9,
    // Part of the bytes, so it is always the same: the first day that an archive can write, in whatever time zone.
    mtime: new Date(1980, 0, 1),
  });
  return { bytes: packed, changes };
}

/** Whether a file's name, without its folder, stands in one of the JSON texts, which need not be legal. */
function namedIn(texts: readonly string[]): (path: string) => boolean {
  const plain = texts.map((it) =>
    it.replace(/\\u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
  );
  return (path) => plain.some((it) => it.includes(path.slice(path.lastIndexOf("/") + 1)));
}
