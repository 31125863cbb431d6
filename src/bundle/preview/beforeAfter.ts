import type { Artwork, DrawingBrowser, Frames, Size } from "../render/frames.ts";
import { openFrames } from "../render/openFrames.ts";
import { encodeWebp, resizeRaster } from "../render/pixels.ts";
import { CHECKER, FRAME, openBoard } from "./board.ts";
import {
  cellSize,
  columnsOf,
  layOutGrid,
  numberOf,
  type Preview,
  putOn,
  sizeOf,
  timeOf,
  writeLines,
} from "./sheet.ts";

const COLUMNS = 5;
const QUALITY = 90;

/**
 * Two releases, one above the other, at the same shares of their lengths, each as large as fits: a built file has fewer pixels than the
 * source that it is made of, and an app shows both in the same place.
 * @returns null when one of them cannot be drawn here
 * @throws MediaError when one of them is damaged
 */
export async function drawBeforeAfter(
  before: Artwork,
  after: Artwork,
  browser: DrawingBrowser | null,
): Promise<Preview | null> {
  const sizes = [before, after].map(sourceSize);
  const longest = Math.max(...sizes.map(longSideOf));
  // Where all of them are as long as the longest, this is the place that each of them needs.
  const enlarged = sizes.map((it) => scaleBy(it, longest / longSideOf(it)));
  const widest = Math.max(...enlarged.map((it) => it.width));
  const highest = Math.max(...enlarged.map((it) => it.height));
  const cell = cellSize({ width: widest, height: highest }, COLUMNS);
  const grid = layOutGrid(cell, COLUMNS, [3, 3]);
  const board = openBoard(grid, FRAME);
  for (const [row, artwork] of [before, after].entries()) {
    const size = sourceSize(artwork);
    const fitted = scaleBy(size, Math.min(cell.width / size.width, cell.height / size.height));
    const frames = await openFrames(artwork, longSideOf(fitted), browser);
    if (!frames) return null;
    try {
      await drawRow(frames, fitted, row === 0 ? "before" : "after", row);
    } finally {
      await frames.close();
    }
  }
  return { ...sizeOf(board), bytes: await encodeWebp(board, QUALITY) };

  async function drawRow(frames: Frames, fitted: Size, title: string, row: number): Promise<void> {
    for (const [column, at] of columnsOf(frames.count).entries()) {
      putOn(board, await resizeRaster(await frames.draw(at), fitted), grid.cells[row]?.[column], CHECKER);
      const lines = [column === 0 ? title : "", numberOf(at), timeOf(at, frames.fps)];
      writeLines(board, lines, grid.headings[row]?.[column]);
    }
  }
}

function sourceSize(artwork: Artwork): Size {
  return sizeOf(artwork.kind === "folder" ? artwork : artwork.media);
}

function longSideOf({ width, height }: Size): number {
  return Math.max(width, height);
}

function scaleBy({ width, height }: Size, scale: number): Size {
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
