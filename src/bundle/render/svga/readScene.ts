import type { Reader } from "protobufjs";
import { MAX_FRAMES } from "../../../formats/limits.ts";
import { MediaError } from "../../../formats/media.ts";
import { inflateSvga } from "../../../formats/svgaMovie.ts";
import { IDENTITY } from "../../../formats/svgaGeometry.ts";
import { type Colour, type SceneFrame, type Shape, type ShapeStyles, type SvgaScene } from "./scene.ts";

const MAX_SPRITES = 2_000;
const MAX_IMAGES = 1_000;
/** Of one sprite in one frame. */
export const MAX_SHAPES = 1_000;
const EXPORT_AGAIN = "export it again as SVGA 2.x and upload the whole file";

/** The numbers of the fields that are drawn. */
const MOVIE = { params: 2, images: 3, sprites: 4 };
const SPRITE = { imageKey: 1, frames: 2, matteKey: 3 };
const FRAME = { alpha: 1, layout: 2, transform: 3, clipPath: 4, shapes: 5 };
const SHAPE = { type: 1, shape: 2, rect: 3, ellipse: 4, styles: 10, transform: 11 };
const STYLES = {
  fill: 1,
  stroke: 2,
  strokeWidth: 3,
  lineCap: 4,
  lineJoin: 5,
  miterLimit: 6,
  dash: 7,
  gap: 8,
  offset: 9,
};

/** Values of enumerations. */
const KINDS = ["path", "rectangle", "ellipse", "keep"] as const;
export const CAPS = ["butt", "round", "square"] as const;
export const JOINS = ["miter", "round", "bevel"] as const;

type OnField = (reader: Reader, field: number, wireType: number) => void;

/**
 * What is drawn of an SVGA 2.x. Source: github.com/svga/SVGA-Format, proto/svga.proto; `matteKey` from library/proto/svga.proto in
 * github.com/svga/SVGAPlayer-Android. Frames are decoded when they are asked for: only where each begins is held.
 * @throws MediaError when it is damaged, or holds more than an animation can use
 */
export async function readScene(bytes: Uint8Array): Promise<SvgaScene> {
  return readSceneMessage(inflateSvga(bytes));
}

/** The message inside of an SVGA 2.x. @throws MediaError as {@link readScene} does */
export async function readSceneMessage(bytes: Uint8Array): Promise<SvgaScene> {
  const { default: protobuf } = await import("protobufjs/minimal.js");
  /** A wire type that is not the field's own is a mistake which the reader then stumbles over, or a field to be passed over. */
  const read = (message: Uint8Array, onField: OnField): void => {
    const reader = protobuf.Reader.create(message);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      const at = reader.pos;
      onField(reader, tag >>> 3, tag & 7);
      if (reader.pos === at) reader.skipType(tag & 7, 0, tag >>> 3);
    }
  };
  /** What is not written in a message that is there is 0, as in every protocol buffer. */
  const readFloats = (message: Uint8Array, count: number): readonly number[] => {
    const floats = Array.from({ length: count }, () => 0);
    read(message, (reader, field, wireType) => {
      if (field <= count && wireType === FIXED32) floats[field - 1] = finite(reader.float());
    });
    return floats;
  };
  const readTransform = (message: Uint8Array) => {
    const [a = 0, b = 0, c = 0, d = 0, tx = 0, ty = 0] = readFloats(message, 6);
    return { a, b, c, d, tx, ty };
  };
  const readColour = (message: Uint8Array): Colour => {
    const [r = 0, g = 0, b = 0, a = 0] = readFloats(message, 4);
    return { r, g, b, a };
  };
  const readStyles = (message: Uint8Array): ShapeStyles => {
    let styles = NO_STYLES;
    let [dash, gap, offset] = styles.dash;
    read(message, (reader, field, wireType) => {
      if (wireType === LENGTH && field === STYLES.fill)
        styles = { ...styles, fill: readColour(reader.bytes()) };
      else if (wireType === LENGTH && field === STYLES.stroke)
        styles = { ...styles, stroke: readColour(reader.bytes()) };
      else if (wireType === VARINT && field === STYLES.lineCap)
        styles = { ...styles, lineCap: CAPS[reader.int32()] ?? "butt" };
      else if (wireType === VARINT && field === STYLES.lineJoin)
        styles = { ...styles, lineJoin: JOINS[reader.int32()] ?? "miter" };
      else if (wireType !== FIXED32) return;
      else if (field === STYLES.strokeWidth) styles = { ...styles, strokeWidth: finite(reader.float()) };
      else if (field === STYLES.miterLimit) styles = { ...styles, miterLimit: finite(reader.float()) };
      else if (field === STYLES.dash) dash = finite(reader.float());
      else if (field === STYLES.gap) gap = finite(reader.float());
      else if (field === STYLES.offset) offset = finite(reader.float());
    });
    return { ...styles, dash: [dash, gap, offset] };
  };
  const readShape = (message: Uint8Array): Shape => {
    let kind: (typeof KINDS)[number] = "path";
    let d = "";
    let styles = NO_STYLES;
    let transform = IDENTITY;
    let numbers: readonly number[] = [];
    read(message, (reader, field, wireType) => {
      if (field === SHAPE.type && wireType === VARINT) kind = KINDS[reader.int32()] ?? "path";
      else if (wireType !== LENGTH) return;
      else if (field === SHAPE.shape) d = readPath(reader.bytes());
      else if (field === SHAPE.rect || field === SHAPE.ellipse) numbers = readFloats(reader.bytes(), 5);
      else if (field === SHAPE.styles) styles = readStyles(reader.bytes());
      else if (field === SHAPE.transform) transform = readTransform(reader.bytes());
    });
    const [x = 0, y = 0, third = 0, fourth = 0, cornerRadius = 0] = numbers;
    const outline = {
      path: { kind: "path", d },
      rectangle: { kind: "rectangle", x, y, width: third, height: fourth, cornerRadius },
      ellipse: { kind: "ellipse", x, y, radiusX: third, radiusY: fourth },
      keep: { kind: "keep" },
    } as const;
    return { outline: outline[kind], styles, transform };
  };
  const readPath = (message: Uint8Array): string => {
    let d = "";
    read(message, (reader, field, wireType) => {
      if (field === 1 && wireType === LENGTH) d = reader.string();
    });
    return d;
  };
  const readFrame = (message: Uint8Array): SceneFrame => {
    let frame: SceneFrame = EMPTY_FRAME;
    const shapes: Shape[] = [];
    read(message, (reader, field, wireType) => {
      if (field === FRAME.alpha && wireType === FIXED32) frame = { ...frame, alpha: finite(reader.float()) };
      else if (wireType !== LENGTH) return;
      else if (field === FRAME.layout) {
        const [x = 0, y = 0, width = 0, height = 0] = readFloats(reader.bytes(), 4);
        frame = { ...frame, layout: { x, y, width, height } };
      } else if (field === FRAME.transform) frame = { ...frame, transform: readTransform(reader.bytes()) };
      else if (field === FRAME.clipPath) frame = { ...frame, clipPath: reader.string() };
      else if (field === FRAME.shapes) {
        shapes.push(readShape(reader.bytes()));
        checkCount(shapes.length, MAX_SHAPES, "shapes in one frame of a sprite");
      }
    });
    return { ...frame, shapes };
  };
  const readSprite = (message: Uint8Array) => {
    const sprite = { imageKey: "", matteKey: "" };
    const places: { readonly start: number; readonly end: number }[] = [];
    read(message, (reader, field, wireType) => {
      if (wireType !== LENGTH) return;
      if (field === SPRITE.imageKey) sprite.imageKey = reader.string();
      else if (field === SPRITE.matteKey) sprite.matteKey = reader.string();
      else if (field === SPRITE.frames) {
        const length = reader.uint32();
        places.push({ start: reader.pos, end: reader.pos + length });
        reader.skip(length);
        checkCount(places.length, MAX_FRAMES, "frames in one sprite");
      }
    });
    const ownFrame = (at: number): SceneFrame | null => {
      const place = places[at];
      return place ? inWords(() => readFrame(message.subarray(place.start, place.end))) : null;
    };
    return { ...sprite, frameAt: keepingShapes(ownFrame) };
  };

  const size = { width: 0, height: 0 };
  const images = new Map<string, Uint8Array>();
  const sprites: SvgaScene["sprites"][number][] = [];
  inWords(() =>
    read(bytes, (reader, field, wireType) => {
      if (wireType !== LENGTH) return;
      if (field === MOVIE.params) [size.width = 0, size.height = 0] = readFloats(reader.bytes(), 2);
      else if (field === MOVIE.images) {
        let key = "";
        let value: Uint8Array = new Uint8Array();
        read(reader.bytes(), (entry, part, type) => {
          if (type !== LENGTH) return;
          if (part === 1) key = entry.string();
          else if (part === 2) value = entry.bytes();
        });
        images.set(key, value);
        checkCount(images.size, MAX_IMAGES, "images");
      } else if (field === MOVIE.sprites) {
        sprites.push(readSprite(reader.bytes()));
        checkCount(sprites.length, MAX_SPRITES, "sprites");
      }
    }),
  );
  return { ...size, images, sprites };
}

/** Wire types (protobuf.dev, Encoding). */
const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;

const EMPTY_FRAME: SceneFrame = {
  alpha: 0,
  layout: { x: 0, y: 0, width: 0, height: 0 },
  transform: IDENTITY,
  clipPath: "",
  shapes: [],
};

export const NO_STYLES: ShapeStyles = {
  fill: null,
  stroke: null,
  strokeWidth: 0,
  lineCap: "butt",
  lineJoin: "miter",
  miterLimit: 0,
  dash: [0, 0, 0],
};

/**
 * A frame whose first shape is `keep` has the shapes of the last frame before it that has its own. Where these are is remembered, so that
 * a sprite which keeps them to its end is walked through once.
 */
export function keepingShapes(
  ownFrame: (at: number) => SceneFrame | null,
): (at: number) => SceneFrame | null {
  const sources = new Map<number, number>();
  const sourceOf = (at: number): number => {
    let before = at - 1;
    for (; before >= 0; before--) {
      const known = sources.get(before);
      if (known !== undefined) return known;
      const frame = ownFrame(before);
      if (frame && !keeps(frame)) break;
    }
    return before;
  };
  return (at) => {
    const frame = ownFrame(at);
    if (!frame || !keeps(frame)) return frame;
    const source = sourceOf(at);
    sources.set(at, source);
    return { ...frame, shapes: ownFrame(source)?.shapes ?? [] };
  };
}

function keeps({ shapes }: SceneFrame): boolean {
  return shapes[0]?.outline.kind === "keep";
}

/** Nothing can be drawn with what is no number. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

/** Whatever a damaged message makes the decoder throw, as what a person can act on. */
function inWords<Result>(decode: () => Result): Result {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof MediaError) throw cause;
    throw new MediaError("the SVGA is damaged: what it unpacks to is no SVGA animation", EXPORT_AGAIN, {
      cause,
    });
  }
}

export function checkCount(count: number, most: number, noun: string): void {
  if (count > most)
    throw new MediaError(
      `the SVGA has more than ${most} ${noun}`,
      "use fewer layers and shapes, then export it again",
    );
}
