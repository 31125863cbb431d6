import type { Frames, Raster, Size } from "../render/frames.ts";
import { layOver } from "../render/layOver.ts";
import { encodeWebp, resizeRaster } from "../render/pixels.ts";
import {
  type Area,
  type Backdrop,
  CHECKER,
  DARK,
  fill,
  FRAME,
  FRAME_TEXT,
  LIGHT,
  openBoard,
} from "./board.ts";
import { captionSize, writeCaption } from "./caption.ts";

/** A picture for people. */
export interface Preview extends Size {
  readonly bytes: Uint8Array;
}

export const SHEET_COLUMNS = 5;
/** More would be too small to be looked at. */
export const MOST_SHEET_COLUMNS = 12;

const MAX_WIDTH_PIXELS = 1_200;
const MAX_CELL_HEIGHT_PIXELS = 320;
const GAP_PIXELS = 12;
const LETTER_SCALE = 2;
const LINE_PIXELS = 20;
/** The widest that stands above a column. */
const WIDEST_CAPTION = "#2000";
const QUALITY = 90;

/** Which frames a sheet shows: the first, at 25, 50 and 75 %, and the last, or another number of them; of a short animation each once. */
export function columnsOf(count: number, most = SHEET_COLUMNS): readonly number[] {
  const shares = Array.from({ length: most }, (_, at) => (most === 1 ? 0.5 : at / (most - 1)));
  return [...new Set(shares.map((share) => Math.round(share * (count - 1))))];
}

/** The largest size of a frame with which so many fit beside each other. */
export function cellSize({ width, height }: Size, columns: number): Size {
  const room = Math.floor((MAX_WIDTH_PIXELS - GAP_PIXELS) / columns) - GAP_PIXELS;
  const scale = Math.min(1, room / width, MAX_CELL_HEIGHT_PIXELS / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

export interface Grid extends Size {
  /** By row, then by column. */
  readonly cells: readonly (readonly Area[])[];
  /** The corner of what is written above each row. */
  readonly headings: readonly (readonly { readonly left: number; readonly top: number }[])[];
}

/** @param lines how many lines of caption stand above each row */
export function layOutGrid(cell: Size, columns: number, lines: readonly number[]): Grid {
  const pitch = Math.max(cell.width, captionSize(WIDEST_CAPTION, LETTER_SCALE).width) + GAP_PIXELS;
  const cells: Area[][] = [];
  const headings: { left: number; top: number }[][] = [];
  let top = GAP_PIXELS;
  for (const count of lines) {
    const lefts = Array.from({ length: columns }, (_, at) => GAP_PIXELS + at * pitch);
    headings.push(lefts.map((left) => ({ left, top })));
    top += count * LINE_PIXELS;
    const row = top;
    cells.push(lefts.map((left) => ({ left, top: row, ...cell })));
    top += cell.height + GAP_PIXELS;
  }
  return { width: GAP_PIXELS + columns * pitch, height: top, cells, headings };
}

/** The contact sheet: five frames on a checker, on light and on dark, each with its number (from 1) and its time above. */
export async function drawSheet(frames: Frames, most = SHEET_COLUMNS): Promise<Preview> {
  const columns = columnsOf(frames.count, most);
  const cell = cellSize(frames, columns.length);
  const rows: readonly Backdrop[] = [CHECKER, LIGHT, DARK];
  const grid = layOutGrid(cell, columns.length, [2, 0, 0]);
  const board = openBoard(grid, FRAME);
  for (const [column, at] of columns.entries()) {
    const picture = await resizeRaster(await frames.draw(at), cell);
    rows.forEach((backdrop, row) => putOn(board, picture, grid.cells[row]?.[column], backdrop));
    writeLines(board, [numberOf(at), timeOf(at, frames.fps)], grid.headings[0]?.[column]);
  }
  return { ...sizeOf(board), bytes: await encodeWebp(board, QUALITY) };
}

/** Frames are numbered from 1, as people count. */
export function numberOf(at: number): string {
  return `#${at + 1}`;
}

export function timeOf(at: number, fps: number): string {
  return `${(at / fps).toFixed(2)}s`;
}

/** A smaller picture stands in the middle of its place. */
export function putOn(board: Raster, picture: Raster, area: Area | undefined, backdrop: Backdrop): void {
  if (!area) return;
  fill(board, area, backdrop);
  const left = area.left + Math.floor((area.width - picture.width) / 2);
  const top = area.top + Math.floor((area.height - picture.height) / 2);
  layOver(board, picture, left, top);
}

export function writeLines(
  board: Raster,
  lines: readonly string[],
  corner: { readonly left: number; readonly top: number } | undefined,
): void {
  if (!corner) return;
  lines.forEach((text, at) =>
    writeCaption(board, text, {
      left: corner.left,
      top: corner.top + at * LINE_PIXELS,
      scale: LETTER_SCALE,
      colour: FRAME_TEXT,
    }),
  );
}

export function sizeOf({ width, height }: Size): Size {
  return { width, height };
}
