import type { Artwork, DrawingBrowser, Frames, Size } from "../render/frames.ts";
import { openFrames } from "../render/openFrames.ts";
import { encodeWebp } from "../render/pixels.ts";
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
 * Two releases, one above the other, at the same shares of their lengths and in the same scale: what became larger is larger.
 * @returns null when one of them cannot be drawn here
 * @throws MediaError when one of them is damaged
 */
export async function drawBeforeAfter(
  before: Artwork,
  after: Artwork,
  browser: DrawingBrowser | null,
): Promise<Preview | null> {
  const sizes = [before, after].map(sourceSize);
  const widest = Math.max(...sizes.map((it) => it.width));
  const highest = Math.max(...sizes.map((it) => it.height));
  const cell = cellSize({ width: widest, height: highest }, COLUMNS);
  const grid = layOutGrid(cell, COLUMNS, [3, 3]);
  const board = openBoard(grid, FRAME);
  for (const [row, artwork] of [before, after].entries()) {
    const { width, height } = sourceSize(artwork);
    const longSide = Math.max(1, Math.round((Math.max(width, height) * cell.width) / widest));
    const frames = await openFrames(artwork, longSide, browser);
    if (!frames) return null;
    try {
      await drawRow(frames, row === 0 ? "before" : "after", row);
    } finally {
      await frames.close();
    }
  }
  return { ...sizeOf(board), bytes: await encodeWebp(board, QUALITY) };

  async function drawRow(frames: Frames, title: string, row: number): Promise<void> {
    for (const [column, at] of columnsOf(frames.count).entries()) {
      putOn(board, await frames.draw(at), grid.cells[row]?.[column], CHECKER);
      const lines = [column === 0 ? title : "", numberOf(at), timeOf(at, frames.fps)];
      writeLines(board, lines, grid.headings[row]?.[column]);
    }
  }
}

function sourceSize(artwork: Artwork): Size {
  return sizeOf(artwork.kind === "folder" ? artwork : artwork.media);
}
