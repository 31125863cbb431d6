import type { Media } from "../../formats/media.ts";
import { isSlot } from "../../formats/slots.ts";
import { scaledFormatOf } from "../toIngredients.ts";
import type { Rewritten } from "../vector/change.ts";
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
  switch (scaledFormatOf(media, bytes)) {
    case "svga":
      return scaleSvga(
        bytes,
        Number.POSITIVE_INFINITY,
        async ({ key, bytes: image, size, shown, mayBeCut }) => {
          // An app puts another picture into a slot, which fills the whole layout.
          if (!mayBeCut || shown === null || isSlot(key)) return null;
          const box = await findDrawn(key, image);
          return box && isWorthIt(size, box) ? box : null;
        },
      );
    case "lottie":
      return scaleLottie(bytes, Number.POSITIVE_INFINITY);
    case "dotlottie":
      return scaleDotLottie(bytes, Number.POSITIVE_INFINITY);
    case null:
      return { bytes, changes: [] };
  }
}
