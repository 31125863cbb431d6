import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Canvas, CanvasKit, CanvasKitInitOptions, Surface } from "canvaskit-wasm";
import { MediaError } from "../../formats/media.ts";
import type { Raster, Size } from "./frames.ts";

/** A surface lies in the drawing library's own memory, of which there are 4 GB and no way to give any back. */
const MOST_PIXELS = 64_000_000;

let loading: Promise<CanvasKit> | null = null;

/** A part of the identity of who built what it drew; a test holds it to the package. */
export const CANVASKIT_VERSION = "0.42.0";

/** The drawing library, loaded once. It draws on the processor alone, so the same bytes give the same pixels on any machine. */
export function loadCanvasKit(): Promise<CanvasKit> {
  loading ??= load();
  return loading;
}

async function load(): Promise<CanvasKit> {
  const module: unknown = await import("canvaskit-wasm/full");
  const folder = dirname(createRequire(import.meta.url).resolve("canvaskit-wasm/full"));
  return initOf(module)({ locateFile: (file) => join(folder, file) });
}

type Init = (options: CanvasKitInitOptions) => Promise<CanvasKit>;

/** The package is of CommonJS and says that it is not: its one function may be wrapped once or twice. */
function initOf(module: unknown): Init {
  for (let inner = module; inner !== undefined && inner !== null; ) {
    if (isInit(inner)) return inner;
    inner = typeof inner === "object" && "default" in inner ? inner.default : undefined;
  }
  throw new TypeError("canvaskit-wasm has no function to begin with");
}

function isInit(value: unknown): value is Init {
  return typeof value === "function";
}

/** A transparent sheet to draw on again and again. */
export interface Sheet {
  /** @param paint draws on the sheet, which is empty and one unit a pixel */
  draw(paint: (canvas: Canvas) => void): Raster;
  free(): void;
}

/** @throws MediaError when there is no memory for it */
export function openSheet(kit: CanvasKit, { width, height }: Size, noun: string): Sheet {
  const surface = width * height <= MOST_PIXELS ? kit.MakeSurface(width, height) : null;
  if (!surface)
    throw new MediaError(
      `the ${noun} is ${width} x ${height} pixels, which is too large to be drawn`,
      "make its canvas smaller and export it again",
    );
  return {
    draw(paint) {
      const canvas = surface.getCanvas();
      canvas.clear(kit.TRANSPARENT);
      const saved = canvas.save();
      try {
        paint(canvas);
      } finally {
        canvas.restoreToCount(saved);
      }
      return { width, height, pixels: readPixels(kit, surface, { width, height }) };
    },
    free: () => surface.delete(),
  };
}

function readPixels(kit: CanvasKit, surface: Surface, size: Size): Uint8Array {
  const pixels = surface.getCanvas().readPixels(0, 0, {
    ...size,
    colorType: kit.ColorType.RGBA_8888,
    alphaType: kit.AlphaType.Unpremul,
    colorSpace: kit.ColorSpace.SRGB,
  });
  if (!(pixels instanceof Uint8Array)) throw new TypeError("the drawing library gave no pixels");
  return pixels;
}
