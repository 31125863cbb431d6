import type { Layout, Transform } from "../../../formats/svgaGeometry.ts";

/** What is drawn of an SVGA, by frame. Lengths are in pixels of the view box. */
export interface SvgaScene {
  readonly width: number;
  readonly height: number;
  /** PNG files by key. */
  readonly images: ReadonlyMap<string, Uint8Array>;
  /** From the back to the front. */
  readonly sprites: readonly SceneSprite[];
}

export interface SceneSprite {
  readonly imageKey: string;
  /** The image key of the sprite that masks this one; empty for none. */
  readonly matteKey: string;
  /** How it stands in a frame; null where it does not say. @throws MediaError when what it says is damaged */
  frameAt(at: number): SceneFrame | null;
}

export interface SceneFrame {
  /** 0 is invisible, 1 solid. */
  readonly alpha: number;
  readonly layout: Layout;
  readonly transform: Transform;
  /** Path data as SVG writes it; empty for no clip. */
  readonly clipPath: string;
  readonly shapes: readonly Shape[];
}

export interface Shape {
  readonly outline:
    | { readonly kind: "path"; readonly d: string }
    | {
        readonly kind: "rectangle";
        readonly x: number;
        readonly y: number;
        readonly width: number;
        readonly height: number;
        readonly cornerRadius: number;
      }
    /** `x` and `y` are its middle. */
    | {
        readonly kind: "ellipse";
        readonly x: number;
        readonly y: number;
        readonly radiusX: number;
        readonly radiusY: number;
      }
    /** The shapes of the frame before. */
    | { readonly kind: "keep" };
  readonly styles: ShapeStyles;
  readonly transform: Transform;
}

export interface ShapeStyles {
  readonly fill: Colour | null;
  readonly stroke: Colour | null;
  readonly strokeWidth: number;
  readonly lineCap: "butt" | "round" | "square";
  readonly lineJoin: "miter" | "round" | "bevel";
  readonly miterLimit: number;
  /** How long a dash is, how long a gap, and how much of the pattern is left out at the start. */
  readonly dash: readonly [dash: number, gap: number, offset: number];
}

/** Each from 0 to 1. */
export interface Colour {
  readonly r: number;
  readonly g: number;
  readonly b: number;
  readonly a: number;
}
