import type { Rewritten } from "./change.ts";
import { coveredSize, isWorthIt } from "./coveredSize.ts";
import { readSvga, type SvgaImage } from "./readSvga.ts";
import { type Box, type Redraw, redraw } from "./redraw.ts";
import { type Redrawn, rewriteSvga } from "./rewriteSvga.ts";
import { openFieldCodec } from "./svgaFields.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

type Picture = SvgaImage & { readonly size: Size };

/** Which part of an image is left; null for all of it. */
type Cut = (image: Picture) => Promise<Box | null>;

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
  const changed = new Map<number, Redrawn>();
  for (const [at, image] of parts.images) {
    const { size, isUsed } = image;
    if (!isUsed) drop.add(at);
    else if (size) {
      const change = await changeImage({ ...image, size }, factor, cut);
      if (change) changed.set(at, change);
    }
  }
  if (drop.size + changed.size === 0) return { bytes, changes: [] };
  return rewriteSvga(codec, parts, { drop, redraw: changed });
}

async function changeImage(image: Picture, factor: number, cut: Cut): Promise<Redrawn | null> {
  const box = await cut(image);
  const whole = planScale(image, image.size, factor);
  const changes: readonly (Redraw | null)[] = box
    ? [{ box, ...(planScale(image, box, factor) ?? { width: box.width, height: box.height }) }, whole]
    : [whole];
  for (const change of changes) {
    if (!change) continue;
    const bytes = await redraw(image.key, image.bytes, change);
    // Where memory is not short, a change that makes the file larger is none for the better.
    if (factor < 1 || bytes.length <= image.bytes.length) return { ...change, bytes };
  }
  return null;
}

/**
 * The size for what is left of an image, or null where it is right as it is. Where no frame says how large it is shown, it becomes smaller
 * as the canvas does.
 */
function planScale({ size, shown }: Picture, left: Size, factor: number): Size | null {
  const own = { width: left.width, height: left.height };
  if (!shown) return factor < 1 ? coveredSize(own, own, factor) : null;
  const shownLeft = {
    width: (shown.width * left.width) / size.width,
    height: (shown.height * left.height) / size.height,
  };
  const next = coveredSize(own, shownLeft, factor);
  const isSmaller = next.width * next.height < own.width * own.height;
  return isSmaller && (factor < 1 || isWorthIt(own, next)) ? next : null;
}
