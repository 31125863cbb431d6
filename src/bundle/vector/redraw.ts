import type { Sharp } from "sharp";
import { MediaError } from "../../formats/media.ts";
import { quoteName } from "../../formats/quoteName.ts";

/** A part of a picture, in its pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Redraw {
  /** What is left of the picture, before it is scaled; all of it when nothing is said. */
  readonly box?: Box;
  readonly width: number;
  readonly height: number;
}

/** For bitmaps that were lossy before: a second loss must not show. */
const QUALITY = 90;
const EFFORT = 4;
/** Of one embedded bitmap; larger ones were refused when the file was inspected. */
const MOST_PIXELS = 16_383 * 16_383;

/**
 * The picture cut and scaled, in the format that it has: PNG stays PNG, lossy ones are written at a high quality. A PNG with a
 * palette keeps one: with all colours the smaller picture would often be the larger file.
 * @param name of the picture, for what is said of it
 * @throws MediaError when it cannot be decoded
 */
export async function redraw(
  name: string,
  bytes: Uint8Array,
  { box, width, height }: Redraw,
): Promise<Uint8Array> {
  return decoding(name, bytes, async (picture) => {
    const { format, isPalette } = await picture.metadata();
    if (box) picture.extract({ left: box.left, top: box.top, width: box.width, height: box.height });
    const isScaled = !box || box.width !== width || box.height !== height;
    if (isScaled) picture.resize({ width, height, fit: "fill", kernel: "lanczos3" });
    picture.toColourspace("srgb");
    if (format === "webp") return picture.webp({ quality: QUALITY, effort: EFFORT }).toBuffer();
    if (format === "jpeg") return picture.jpeg({ quality: QUALITY }).toBuffer();
    const inAllColours = picture.clone().png({ compressionLevel: 9, adaptiveFiltering: true });
    if (!isPalette) return inAllColours.toBuffer();
    const inFew = await picture
      .png({ compressionLevel: 9, palette: true, dither: isScaled ? 1 : 0 })
      .toBuffer();
    if (isScaled) return inFew;
    // What is only cut keeps its very pixels.
    const exact = await inAllColours.toBuffer();
    return (await hasSamePixels(inFew, exact)) ? inFew : exact;
  });
}

/**
 * The smallest part that holds every pixel with any colour, and one clear pixel around it; null when all are clear.
 * @throws MediaError when the picture cannot be decoded
 */
export async function findDrawn(name: string, bytes: Uint8Array): Promise<Box | null> {
  const { data, info } = await decoding(name, bytes, (picture) =>
    picture
      .ensureAlpha()
      .extractChannel(3)
      .toColourspace("b-w")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true }),
  );
  const { width, height } = info;
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  if (right < 0) return null;
  // Players smooth between pixels: with a clear one at its edge the cut picture ends as softly as the whole one.
  const [fromX, fromY] = [Math.max(0, left - 1), Math.max(0, top - 1)];
  const [toX, toY] = [Math.min(width, right + 2), Math.min(height, bottom + 2)];
  return { left: fromX, top: fromY, width: toX - fromX, height: toY - fromY };
}

/** The size of a picture that stands still; null of one that moves, which is left alone. */
export async function readStillSize(
  name: string,
  bytes: Uint8Array,
): Promise<{ readonly width: number; readonly height: number } | null> {
  const { width, height, pages = 1 } = await decoding(name, bytes, (picture) => picture.metadata());
  return pages === 1 ? { width, height } : null;
}

async function hasSamePixels(a: Uint8Array, b: Uint8Array): Promise<boolean> {
  const { default: sharp } = await import("sharp");
  const [first, second] = await Promise.all(
    [a, b].map((it) => sharp(it).ensureAlpha().toColourspace("srgb").raw().toBuffer()),
  );
  return first !== undefined && second !== undefined && first.equals(second);
}

async function decoding<T>(
  name: string,
  bytes: Uint8Array,
  work: (picture: Sharp) => Promise<T>,
): Promise<T> {
  const { default: sharp } = await import("sharp");
  try {
    return await work(sharp(bytes, { limitInputPixels: MOST_PIXELS }));
  } catch (cause) {
    throw new MediaError(
      `the image ${quoteName(name)} in the animation is damaged: it cannot be decoded`,
      "save it again as PNG and export the animation again",
      { cause },
    );
  }
}
