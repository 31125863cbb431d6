import type { Declared, Media } from "../../formats/media.ts";

/** One drawn frame: straight (not premultiplied) RGBA, four bytes a pixel, rows from the top. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** An animation that can be asked for any of its frames, already scaled. */
export interface Frames {
  readonly width: number;
  readonly height: number;
  readonly count: number;
  /** The mean rate. */
  readonly fps: number;
  /** @param at from 0 to `count` - 1 */
  draw(at: number): Promise<Raster>;
  /** Gives back what it holds; drawing afterwards is a mistake. */
  close(): Promise<void>;
}

/** What is to be drawn: one file, or a folder of PNG frames in playing order. */
export type Artwork =
  | {
      readonly kind: "file";
      readonly bytes: Uint8Array;
      readonly media: Media;
      readonly declared: Declared;
    }
  | {
      readonly kind: "folder";
      readonly frames: readonly Uint8Array[];
      readonly width: number;
      readonly height: number;
      readonly fps: number;
    };

/** Draws what only a browser can (`media.drawnBy` is `browser`). */
export interface DrawingBrowser {
  /** Such as `chromium 156.0.1`: a part of the builder's identity wherever it drew something. */
  readonly version: string;
  open(artwork: Artwork & { readonly kind: "file" }, size: Size): Promise<Frames>;
  close(): Promise<void>;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}
