import type { Change } from "./change.ts";
import { coveredSize, isWorthIt } from "./coveredSize.ts";
import { findShown, type Json, objectsOf } from "./lottieScales.ts";
import { readStillSize, redraw } from "./redraw.ts";
import { resizeTransform } from "./resizeLayer.ts";

/** Where the bytes of an image asset are; several assets may share one place. Null for what is no image that is at hand. */
export type PlaceOf = (asset: Json) => { readonly place: string; readonly bytes: Uint8Array } | null;

export interface Shrunk {
  /** The new bytes by place. */
  readonly images: ReadonlyMap<string, Uint8Array>;
  readonly changes: readonly Change[];
}

interface Use {
  readonly asset: Json;
  readonly layers: readonly Json[];
  readonly shown: { readonly width: number; readonly height: number };
  readonly mayChange: boolean;
}

/**
 * Draws the images of a Lottie movie with no more pixels than they cover where the canvas is scaled by `factor`. The assets' sizes and
 * their layers' transforms are changed in the movie, which is the caller's own. An image stays as it is where a layer holds more than
 * the picture in its coordinates: masks, effects, or other layers that hang on it.
 */
export async function shrinkImages(movie: Json, factor: number, placeOf: PlaceOf): Promise<Shrunk> {
  const uses = new Map<string, { bytes: Uint8Array; uses: Use[] }>();
  for (const { place, bytes, use } of findUses(movie, placeOf)) {
    const known = uses.get(place) ?? { bytes, uses: [] };
    known.uses.push(use);
    uses.set(place, known);
  }
  const images = new Map<string, Uint8Array>();
  const changes: Change[] = [];
  for (const [place, { bytes, uses: its }] of uses) {
    const [first] = its;
    if (!first || !its.every((it) => it.mayChange)) continue;
    const size = await readStillSize(nameOf(first.asset), bytes);
    if (!size) continue;
    const needed = its.map(({ shown }) => coveredSize(size, shown, factor));
    const next = needed.reduce((a, b) => (a.width * a.height >= b.width * b.height ? a : b));
    const isSmaller = next.width * next.height < size.width * size.height;
    if (!isSmaller || !(factor < 1 || isWorthIt(size, next))) continue;
    const drawn = await redraw(nameOf(first.asset), bytes, next);
    // Where memory is not short, a change that makes the file larger is none for the better.
    if (factor === 1 && drawn.length > bytes.length) continue;
    for (const use of its) resizeUse(use, next);
    images.set(place, drawn);
    changes.push({
      kind: "scaled",
      name: nameOf(first.asset),
      before: { bytes: bytes.length, ...size },
      after: { bytes: drawn.length, ...next },
    });
  }
  return { images, changes };
}

function* findUses(movie: Json, placeOf: PlaceOf): Generator<{ place: string; bytes: Uint8Array; use: Use }> {
  const shown = findShown(movie);
  const assets = objectsOf(movie["assets"]);
  const ids = assets.map((it) => it["id"]);
  for (const asset of assets) {
    const found = placeOf(asset);
    const { id, w, h } = asset;
    const layers = typeof id === "string" ? (shown.get(id) ?? []) : [];
    if (!found || typeof w !== "number" || typeof h !== "number" || !(w > 0 && h > 0)) continue;
    // Of what nothing shows now, an app may show something: it counts at its own size.
    const scale = layers.length === 0 ? 1 : Math.max(...layers.map((it) => it.scale));
    const mayChange =
      asset["sid"] === undefined &&
      ids.indexOf(id) === ids.lastIndexOf(id) &&
      layers.length > 0 &&
      layers.every((it) => it.isAlone && resizeTransform(it.layer, { x: 1, y: 1 }) !== null);
    const use = {
      asset,
      layers: layers.map((it) => it.layer),
      shown: { width: w * scale, height: h * scale },
    };
    yield { ...found, use: { ...use, mayChange } };
  }
}

/** Gives an asset the size of its new bitmap, and its layers what makes up for that. */
function resizeUse({ asset, layers }: Use, next: { readonly width: number; readonly height: number }): void {
  const share = { x: next.width / Number(asset["w"]), y: next.height / Number(asset["h"]) };
  for (const layer of layers) layer["ks"] = resizeTransform(layer, share);
  asset["w"] = next.width;
  asset["h"] = next.height;
}

function nameOf({ id, p }: Json): string {
  return typeof id === "string" ? id : String(p).slice(0, 60);
}
