import type { Raster, Size } from "../render/frames.ts";

export type Colour = readonly [red: number, green: number, blue: number];

/** What an animation is looked at on: a checker shows what is transparent, light and dark what an app may have behind it. */
export type Backdrop = { readonly colours: readonly [Colour, Colour] };

const TILE_PIXELS = 8;

export const LIGHT: Backdrop = plain([255, 255, 255]);
export const DARK: Backdrop = plain([24, 26, 32]);
export const CHECKER: Backdrop = {
  colours: [
    [255, 255, 255],
    [212, 214, 218],
  ],
};
/** For what stands on a page that may be light or dark itself. */
export const GREY_CHECKER: Backdrop = {
  colours: [
    [178, 180, 184],
    [154, 156, 160],
  ],
};
/** What is between the pictures. */
export const FRAME: Backdrop = plain([46, 50, 58]);
export const FRAME_TEXT: Colour = [226, 229, 234];

/** A picture of nothing but a backdrop. */
export function openBoard(size: Size, backdrop: Backdrop): Raster {
  const board = { ...size, pixels: new Uint8Array(size.width * size.height * 4) };
  fill(board, { left: 0, top: 0, ...size }, backdrop);
  return board;
}

export interface Area extends Size {
  readonly left: number;
  readonly top: number;
}

/** Covers an area; a checker begins in the area's corner. Changes the picture. */
export function fill(board: Raster, { left, top, width, height }: Area, { colours }: Backdrop): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isSecond = (Math.floor(x / TILE_PIXELS) + Math.floor(y / TILE_PIXELS)) % 2 === 1;
      board.pixels.set([...colours[isSecond ? 1 : 0], 255], ((top + y) * board.width + left + x) * 4);
    }
  }
}

function plain(colour: Colour): Backdrop {
  return { colours: [colour, colour] };
}
