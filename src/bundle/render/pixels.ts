import type { Sharp } from "sharp";
import { MediaError } from "../../formats/media.ts";
import type { Raster, Size } from "./frames.ts";

/** Of one picture: what is beyond that does not fit beside others in memory. */
const MOST_PIXELS = 400_000_000;
/** WebP effort: 4 is the last that costs milliseconds rather than seconds a frame. */
const EFFORT = 4;
const DAMAGED = "export it again and upload the whole file";

/** A picture, scaled. @param noun what a person calls it, such as `frame 3` @throws MediaError when it cannot be decoded */
export async function decodePicture(bytes: Uint8Array, size: Size, noun: string): Promise<Raster> {
  const { default: sharp } = await import("sharp");
  return inWords(noun, async () => {
    const pixels = await toPixels(sharp(bytes, { limitInputPixels: MOST_PIXELS }), size);
    return { ...size, pixels };
  });
}

/** The same picture in another size. */
export async function resizeRaster(raster: Raster, size: Size): Promise<Raster> {
  if (raster.width === size.width && raster.height === size.height) return raster;
  const { default: sharp } = await import("sharp");
  return { ...size, pixels: await toPixels(sharp(raster.pixels, { raw: rawOf(raster) }), size) };
}

/** @param quality from 1 to 100, or `lossless` */
export async function encodeWebp(raster: Raster, quality: number | "lossless"): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const options = quality === "lossless" ? { lossless: true } : { quality };
  return sharp(raster.pixels, { raw: rawOf(raster) })
    .webp({ ...options, effort: EFFORT })
    .toBuffer();
}

export async function encodePng(raster: Raster): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  return sharp(raster.pixels, { raw: rawOf(raster) })
    .png()
    .toBuffer();
}

/** Frames of one size as a WebP that repeats. @param delays milliseconds, one for each frame */
export async function encodeMotion(
  frames: readonly Raster[],
  delays: readonly number[],
  quality: number,
): Promise<Uint8Array> {
  const [first] = frames;
  if (!first) throw new TypeError("an animation needs a frame");
  const { default: sharp } = await import("sharp");
  const strip = Buffer.concat(frames.map((it) => it.pixels));
  const raw = { width: first.width, height: first.height * frames.length, channels: 4 as const };
  return sharp(strip, { raw: { ...raw, pageHeight: first.height } })
    .webp({ quality, effort: EFFORT, delay: [...delays], loop: 0 })
    .toBuffer();
}

function rawOf({ width, height }: Size): { width: number; height: number; channels: 4 } {
  return { width, height, channels: 4 };
}

function toPixels(picture: Sharp, { width, height }: Size): Promise<Uint8Array> {
  return picture
    .toColourspace("srgb")
    .ensureAlpha()
    .resize({ width, height, fit: "fill", kernel: "lanczos3" })
    .raw({ depth: "uchar" })
    .toBuffer();
}

async function inWords<T>(noun: string, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (cause) {
    throw new MediaError(`the ${noun} is damaged: its pixels cannot be decoded`, DAMAGED, { cause });
  }
}
