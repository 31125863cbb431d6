import { MediaError } from "../../formats/media.ts";
import { type ApngPiece, splitApng } from "./apngPieces.ts";
import type { Frames, Raster, Size } from "./frames.ts";
import { layOver } from "./layOver.ts";
import { decodePicture, resizeRaster } from "./pixels.ts";

/**
 * An animated PNG, whose frames the image library does not see: they are decoded one at a time and composed here, as Portable Network
 * Graphics (third edition, W3C 2025), section 11.3.6.2, has it. One canvas is held, and what a frame is to give back; asking in
 * order is fast, going back begins anew.
 * @throws MediaError when it is damaged
 */
export function apngFrames(bytes: Uint8Array, source: Size, fps: number, size: Size): Frames {
  const pieces = splitApng(bytes);
  if (pieces.length === 0)
    throw new MediaError(
      "the APNG is damaged: it has no frames",
      "export it again and upload the whole file",
    );
  let canvas = new Canvas(source);
  let next = 0;
  let tail: Promise<unknown> = Promise.resolve();

  async function draw(at: number): Promise<Raster> {
    if (at < 0 || at >= pieces.length) throw new RangeError(`there is no frame ${at}`);
    if (at < next - 1) {
      canvas = new Canvas(source);
      next = 0;
    }
    for (; next <= at; next++) {
      const piece = pieces[next];
      if (piece) await canvas.show(piece, next);
    }
    const { raster } = canvas;
    // The canvas changes with the next frame.
    const scaled = await resizeRaster(raster, size);
    return scaled === raster ? { ...raster, pixels: raster.pixels.slice() } : scaled;
  }
  return {
    ...size,
    count: pieces.length,
    fps,
    draw(at) {
      const drawn = tail.then(() => draw(at));
      tail = drawn.catch(() => {});
      return drawn;
    },
    close: async () => {},
  };
}

class Canvas {
  readonly raster: Raster;
  /** Gives the shown frame's place back. */
  #dispose: () => void = () => {};

  constructor({ width, height }: Size) {
    this.raster = { width, height, pixels: new Uint8Array(width * height * 4) };
  }

  async show(piece: ApngPiece, at: number): Promise<void> {
    const picture = await decodePicture(piece.png(), piece, `frame ${at + 1} of the APNG`);
    this.#dispose();
    const before = piece.dispose === "restore" && at > 0 ? this.#cut(piece) : null;
    if (piece.blend === "replace") this.#put(piece, picture.pixels);
    else layOver(this.raster, picture, piece.left, piece.top);
    this.#dispose =
      piece.dispose === "keep"
        ? () => {}
        : () => this.#put(piece, before ?? new Uint8Array(piece.width * piece.height * 4));
  }

  #cut(place: ApngPiece): Uint8Array {
    const cut = new Uint8Array(place.width * place.height * 4);
    this.#eachRow(place, (start, row) =>
      cut.set(this.raster.pixels.subarray(start, start + place.width * 4), row),
    );
    return cut;
  }

  #put(place: ApngPiece, pixels: Uint8Array): void {
    this.#eachRow(place, (start, row) =>
      this.raster.pixels.set(pixels.subarray(row, row + place.width * 4), start),
    );
  }

  /** Where each row of the place begins on the canvas, and in a picture of its size. */
  #eachRow({ left, top, width, height }: ApngPiece, visit: (start: number, row: number) => void): void {
    for (let y = 0; y < height; y++) visit(((y + top) * this.raster.width + left) * 4, y * width * 4);
  }
}
