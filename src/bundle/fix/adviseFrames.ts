import type { Advice } from "../../formats/media.ts";
import { isWorthIt } from "../vector/coveredSize.ts";
import { type Box, findDrawn } from "../vector/redraw.ts";

/**
 * Whether a folder of frames, all of one size, has edges that are clear in every frame. Only the author may cut them: the gift would
 * be shown larger.
 * @throws MediaError when a frame cannot be decoded
 */
export async function adviseFrames(
  frames: readonly { readonly path: string; readonly bytes: Uint8Array }[],
  size: { readonly width: number; readonly height: number },
): Promise<readonly Advice[]> {
  let all: Box | null = null;
  for (const { path, bytes } of frames) {
    const box = await findDrawn(path, bytes);
    if (box) all = all ? around(all, box) : box;
    if (all && !isWorthIt(size, all)) return [];
  }
  if (!all) return [];
  const { left, top, width, height } = all;
  return [
    {
      message: `the frames are ${size.width}x${size.height}, but nothing is ever drawn outside of ${width}x${height} from ${left},${top}`,
      fix: `if it may fill its place, cut all frames to ${width}x${height} and export them again`,
    },
  ];
}

function around(a: Box, b: Box): Box {
  const [left, top] = [Math.min(a.left, b.left), Math.min(a.top, b.top)];
  return {
    left,
    top,
    width: Math.max(a.left + a.width, b.left + b.width) - left,
    height: Math.max(a.top + a.height, b.top + b.height) - top,
  };
}
