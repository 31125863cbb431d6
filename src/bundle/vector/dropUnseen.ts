import { isSlot } from "../../formats/slots.ts";
import { type Change, NOTHING } from "./change.ts";
import { findShown, type Json, objectsOf } from "./lottieScales.ts";

/**
 * Takes the assets out of a movie, which is the caller's own, that no layer shows or plays. What an app replaces at run time stays, and
 * so does everything in a movie with slots of its own, which other files fill.
 */
export function dropUnseen(movie: Json): readonly Change[] {
  const { assets } = movie;
  if (!Array.isArray(assets) || movie["slots"] !== undefined) return [];
  const shown = findShown(movie);
  const isDead = (asset: Json): boolean => {
    const { id, nm } = asset;
    if (typeof id !== "string" || shown.has(id) || asset["sid"] !== undefined) return false;
    return ![id, nm].some((it) => typeof it === "string" && isSlot(it));
  };
  const dead = new Set<unknown>(objectsOf(assets).filter(isDead));
  if (dead.size === 0) return [];
  movie["assets"] = assets.filter((it) => !dead.has(it));
  return objectsOf([...dead]).map((asset) => ({
    kind: "dropped",
    name: String(asset["id"]),
    before: { bytes: JSON.stringify(asset).length, width: pixels(asset["w"]), height: pixels(asset["h"]) },
    after: NOTHING,
  }));
}

function pixels(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
