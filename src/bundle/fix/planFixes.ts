import type { Media } from "../../formats/media.ts";
import { isSlot } from "../../formats/slots.ts";
import { scaledFormatOf } from "../toIngredients.ts";
import type { ScaledFormat } from "../recipe.ts";
import type { Change, Rewritten } from "../vector/change.ts";
import { isWorthIt } from "../vector/coveredSize.ts";
import { findDrawn } from "../vector/redraw.ts";
import { scaleDotLottie } from "../vector/scaleDotLottie.ts";
import { scaleLottie } from "../vector/scaleLottie.ts";
import { scaleSvga } from "../vector/scaleSvga.ts";

/**
 * What a machine may decide about a file, done: dead weight dropped, bitmaps larger than they are ever shown scaled down, and clear edges
 * cut off where the frames say everything about the picture's place. It looks as it did. Asked again about the result, nothing is left to
 * do. Nothing is written.
 * @param bytes a file that was inspected, and gave `media`
 * @throws MediaError when an image in it cannot be decoded
 */
export async function planFixes(media: Media, bytes: Uint8Array): Promise<Rewritten> {
  const format = scaledFormatOf(media, bytes);
  if (!format) return { bytes, changes: [] };
  const changes = new Map<string, Change>();
  let now = bytes;
  // An image drawn anew may be packed better than before, and then another change to it pays, too.
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const fixed = await FIX[format](now);
    if (fixed.changes.length === 0) break;
    for (const it of fixed.changes) changes.set(it.name, follow(changes.get(it.name), it));
    now = fixed.bytes;
  }
  return { bytes: now, changes: [...changes.values()] };
}

/** Each round draws something smaller; this only bounds the time. */
const MOST_ROUNDS = 8;

const FIX: Readonly<Record<ScaledFormat, (bytes: Uint8Array) => Promise<Rewritten>>> = {
  svga: (bytes) =>
    scaleSvga(bytes, Number.POSITIVE_INFINITY, async ({ key, bytes: image, size, shown, mayBeCut }) => {
      // An app puts another picture into a slot, which fills the whole layout.
      if (!mayBeCut || shown === null || isSlot(key)) return null;
      const box = await findDrawn(key, image);
      return box && isWorthIt(size, box) ? box : null;
    }),
  lottie: (bytes) => scaleLottie(bytes, Number.POSITIVE_INFINITY),
  dotlottie: (bytes) => scaleDotLottie(bytes, Number.POSITIVE_INFINITY),
};

/** Two changes to the same thing as one. */
function follow(first: Change | undefined, second: Change): Change {
  if (!first) return second;
  const kind = first.kind === second.kind || second.kind === "dropped" ? second.kind : "cut and scaled";
  return { ...second, kind, before: first.before };
}
