interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a bitmap must save before it is drawn anew only because it is larger than anybody sees it: a tenth of its pixels. */
const WORTH = 0.9;

/**
 * The size in whole pixels that a bitmap needs where it is shown at most at `shown`, itself scaled by `factor`: never larger than
 * it is, of the same shape, and no smaller than what it covers. Asked again about its own answer, it gives that answer.
 */
export function coveredSize(own: Size, shown: Size, factor: number): Size {
  for (let size = own; ; ) {
    const share = Math.max((shown.width * factor) / size.width, (shown.height * factor) / size.height);
    if (share >= 1) return size;
    const next = { width: toPixels(size.width * share), height: toPixels(size.height * share) };
    if (next.width === size.width && next.height === size.height) return size;
    size = next;
  }
}

/** Whether the smaller size saves so much that drawing the bitmap anew, which blurs it a little, is worth it. */
export function isWorthIt(before: Size, after: Size): boolean {
  return after.width * after.height <= WORTH * before.width * before.height;
}

/** Sizes in files are floats of 32 bits: what is a hair above a whole number is that number. */
function toPixels(size: number): number {
  return Math.max(1, Math.ceil(size - 1e-3));
}
