import { isRecord } from "../../wire/isRecord.ts";
import type { Json } from "./lottieScales.ts";

/** Digits behind the point: far below a pixel, and no tail of rounding errors in the text. */
const DIGITS = 1e6;

interface Share {
  readonly x: number;
  readonly y: number;
}

/**
 * The layer's transform for a picture that has become `share` of its size: the anchor moves with the picture's pixels and the scale
 * makes up for it, so that every point lands where it did. Null where the transform is written in a way that is not known here.
 *
 * A player should draw an image at its asset's `w` and `h`, and most do. lottie-android before 6.4.1 draws an embedded one at its
 * bitmap's own size (github.com/airbnb/lottie-android/pull/2501), so asset, bitmap and layer have to go together.
 */
export function resizeTransform(layer: Json, share: Share): Json | null {
  const transform = layer["ks"];
  if (!isRecord(transform)) return null;
  const anchor = transform["a"] === undefined ? undefined : multiply(transform["a"], share);
  const scale = multiply(transform["s"] ?? { a: 0, k: [100, 100, 100] }, { x: 1 / share.x, y: 1 / share.y });
  if (anchor === null || scale === null) return null;
  return { ...transform, ...(anchor && { a: anchor }), s: scale };
}

/** A property with its values, and the handles of their paths, multiplied. */
function multiply(property: unknown, share: Share): Json | null {
  // What another file or theme may replace is not ours to change.
  if (!isRecord(property) || property["sid"] !== undefined || property["x"] !== undefined) return null;
  const { k } = property;
  if (isVector(k)) return { ...property, k: multiplyVector(k, share) };
  if (!Array.isArray(k)) return null;
  const keyFrames = k.map((it: unknown) => (isRecord(it) ? multiplyKeyFrame(it, share) : null));
  return keyFrames.includes(null) ? null : { ...property, k: keyFrames };
}

function multiplyKeyFrame(keyFrame: Json, share: Share): Json | null {
  const changed: Json = { ...keyFrame };
  for (const key of ["s", "e", "to", "ti"]) {
    const value = keyFrame[key];
    if (value === undefined || value === null) continue;
    if (!isVector(value)) return null;
    changed[key] = multiplyVector(value, share);
  }
  return changed;
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length >= 2 && value.every((it) => typeof it === "number");
}

function multiplyVector([x = 0, y = 0, ...rest]: readonly number[], share: Share): number[] {
  return [round(x * share.x), round(y * share.y), ...rest];
}

function round(value: number): number {
  return Math.round(value * DIGITS) / DIGITS;
}
