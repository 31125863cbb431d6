import type { Rewritten } from "./change.ts";
import { coveredSize, isWorthIt } from "./coveredSize.ts";
import { readSvga, type SvgaImage } from "./readSvga.ts";
import type { Box, Redraw } from "./redraw.ts";
import { rewriteSvga } from "./rewriteSvga.ts";
import { openFieldCodec } from "./svgaFields.ts";

/** Which part of an image is left; null for all of it. */
type Cut = (image: SvgaImage & { readonly size: NonNullable<SvgaImage["size"]> }) => Promise<Box | null>;

/**
 * An SVGA 2.x for screens on which its canvas has at most `longSide` pixels: no image keeps more pixels than it covers there, and
 * what nobody sees or hears is left out. Layouts and sprites stay as they are, since players scale by layout; only where `cut` takes
 * something off an image do its own frames change. A file that needs nothing of this is given back as it is.
 * @param bytes a file that was inspected
 * @param longSide infinite for the canvas's own size
 * @throws MediaError when an image that must be drawn anew cannot be decoded
 */
export async function scaleSvga(
  bytes: Uint8Array,
  longSide: number,
  cut: Cut = async () => null,
): Promise<Rewritten> {
  const codec = await openFieldCodec();
  const parts = readSvga(codec, bytes);
  const factor = Math.min(1, longSide / parts.longSide);
  const drop = new Set<number>();
  const redraw = new Map<number, Redraw>();
  for (const [at, image] of parts.images) {
    const { size, isUsed } = image;
    if (!isUsed) drop.add(at);
    else if (size) {
      const change = await planImage({ ...image, size }, factor, cut);
      if (change) redraw.set(at, change);
    }
  }
  if (drop.size + redraw.size === 0) return { bytes, changes: [] };
  return rewriteSvga(codec, parts, { drop, redraw });
}

async function planImage(image: Parameters<Cut>[0], factor: number, cut: Cut): Promise<Redraw | null> {
  const { size, shown } = image;
  const box = await cut(image);
  const left = box ?? size;
  const share = { width: left.width / size.width, height: left.height / size.height };
  const shownLeft = shown
    ? { width: shown.width * share.width, height: shown.height * share.height }
    : { width: left.width, height: left.height };
  const next = coveredSize({ width: left.width, height: left.height }, shownLeft, factor);
  const isSmaller = next.width * next.height < left.width * left.height;
  const isScaled = isSmaller && (factor < 1 || isWorthIt(left, next));
  if (!box) return isScaled ? next : null;
  return { box, ...(isScaled ? next : { width: box.width, height: box.height }) };
}
