import { isRecord } from "../../wire/isRecord.ts";
import type { Rewritten } from "./change.ts";
import { dropUnseen } from "./dropUnseen.ts";
import { embeddedImages } from "./embeddedImages.ts";
import type { Json } from "./lottieScales.ts";
import { shrinkImages } from "./shrinkImages.ts";

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
  const embedded = embeddedImages();
  const factor = factorOf(movie, longSide);
  const { images, changes } = await shrinkImages(movie, factor, embedded.placeOf);
  embedded.put(images);
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
