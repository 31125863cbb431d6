import { isRecord } from "../../wire/isRecord.ts";
import type { Rewritten } from "./change.ts";
import { dropUnseen } from "./dropUnseen.ts";
import { type Json, objectsOf } from "./lottieScales.ts";
import { type PlaceOf, shrinkImages } from "./shrinkImages.ts";

const DATA_URL = /^data:(image\/[\w.+-]+);base64,/;

/**
 * A Lottie JSON for screens on which its canvas has at most `longSide` pixels: its embedded images keep no more pixels than they
 * cover there, and what no layer shows is left out. A file that needs nothing of this is given back as it is.
 * @param bytes a file that was inspected
 * @param longSide infinite for the canvas's own size
 * @throws MediaError when an image cannot be decoded
 */
export async function scaleLottie(bytes: Uint8Array, longSide: number): Promise<Rewritten> {
  const movie = parseMovie(bytes);
  const dropped = dropUnseen(movie);
  const byPlace = new Map<string, Json>();
  const placeOf: PlaceOf = (asset) => {
    const { p: url } = asset;
    const start = typeof url === "string" ? DATA_URL.exec(url) : null;
    if (typeof url !== "string" || !start) return null;
    const place = String(byPlace.size);
    byPlace.set(place, asset);
    return { place, bytes: Buffer.from(url.slice(start[0].length), "base64") };
  };
  const { images, changes } = await shrinkImages([{ movie, factor: factorOf(movie, longSide), placeOf }]);
  for (const [place, image] of images) {
    const asset = byPlace.get(place);
    const [start = ""] = DATA_URL.exec(String(asset?.["p"])) ?? [];
    if (asset) asset["p"] = `${start}${Buffer.from(image).toString("base64")}`;
  }
  if (dropped.length + changes.length === 0) return { bytes, changes: [] };
  return { bytes: writeMovie(movie), changes: [...dropped, ...changes] };
}

/** A copy that the caller may change. */
export function parseMovie(bytes: Uint8Array): Json {
  const movie: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (!isRecord(movie)) throw new TypeError("a Lottie that was inspected is no object");
  return movie;
}

export function writeMovie(movie: Json): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(movie));
}

/** How much smaller the movie's canvas is on such a screen. */
export function factorOf({ w, h }: Json, longSide: number): number {
  const side = Math.max(Number(w), Number(h));
  return Number.isFinite(side) && side > 0 ? Math.min(1, longSide / side) : 1;
}

/** Whether an asset is an image whose bytes stand in another file. */
export function isBeside(asset: Json): boolean {
  return (
    typeof asset["p"] === "string" &&
    !asset["p"].startsWith("data:") &&
    objectsOf(asset["layers"]).length === 0
  );
}
