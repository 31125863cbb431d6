import { inflateSync } from "node:zlib";
import type { Reader } from "protobufjs";
import { checkName, MAX_FRAMES } from "./limits.ts";
import { MediaError } from "./media.ts";
import { toPlayerVersion } from "./playerVersion.ts";
import type { Layout, Transform } from "./svgaGeometry.ts";

const MAX_INFLATED_BYTES = 64_000_000;
export const MAX_SVGA_SPRITES = 2_000;
export const MAX_SVGA_IMAGES = 1_000;
const MAX_SOUNDS = 100;
/** Every sprite may have every frame; what is beyond that was made to keep a reader busy. */
const MAX_FIELDS = 5_000_000;
/** A dozen for a picture's place; the rest are shapes. */
const MAX_FRAME_FIELDS = 1_000;

/** Of the players that open what is no zip archive. */
const FIRST_PACKED_VERSION = "2.0.0";

export const EXPORT_SVGA_AGAIN = "export it again as SVGA 2.x and upload the whole file";

/** An SVGA animation as far as anybody here asks: the drawing inside of its sprites stays as it is stored. */
export interface SvgaMovie {
  /** As the file writes it. */
  readonly version: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  /** By key: a PNG, or the name of a file, or a sound. Views of the unpacked file. */
  readonly images: ReadonlyMap<string, Uint8Array>;
  /** From the back to the front. */
  readonly sprites: readonly SvgaSprite[];
  readonly sounds: readonly SvgaSound[];
}

export interface SvgaSprite {
  readonly imageKey: string;
  /** The `imageKey` of the sprite that masks this one; empty for none. */
  readonly matteKey: string;
  /** How many frames it has. */
  readonly frames: number;
  /** Its frames in order, read anew at each call. @throws MediaError when they are damaged */
  readFrames(): Iterable<SvgaFrame>;
}

/** How a sprite stands in one frame. Lengths are in pixels of the view box. */
export interface SvgaFrame {
  /** 0 is invisible, 1 solid. */
  readonly alpha: number;
  readonly layout: Layout;
  readonly transform: Transform;
  readonly hasClip: boolean;
  readonly hasShapes: boolean;
}

export interface SvgaSound {
  /** The key among the images. */
  readonly key: string;
  readonly startFrame: number;
  readonly endFrame: number;
  /** Milliseconds of the whole sound; 0 where the file does not say. */
  readonly totalMs: number;
}

/** A field as it stands before its value: the field's number and its wire type (protobuf.dev, Encoding). */
const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;
const field = (number: number, wireType: number): number => (number << 3) | wireType;

/** The tags before the fields that are read here: what a program needs that copies all the others as they are. */
export const SVGA_TAGS = {
  movie: {
    version: field(1, LENGTH),
    params: field(2, LENGTH),
    images: field(3, LENGTH),
    sprites: field(4, LENGTH),
    audios: field(5, LENGTH),
  },
  params: {
    viewBoxWidth: field(1, FIXED32),
    viewBoxHeight: field(2, FIXED32),
    fps: field(3, VARINT),
    frames: field(4, VARINT),
  },
  image: { key: field(1, LENGTH), value: field(2, LENGTH) },
  sprite: { imageKey: field(1, LENGTH), frames: field(2, LENGTH), matteKey: field(3, LENGTH) },
  frame: {
    alpha: field(1, FIXED32),
    layout: field(2, LENGTH),
    transform: field(3, LENGTH),
    clipPath: field(4, LENGTH),
    shapes: field(5, LENGTH),
  },
  audio: {
    audioKey: field(1, LENGTH),
    startFrame: field(2, VARINT),
    endFrame: field(3, VARINT),
    totalTime: field(5, VARINT),
  },
} as const;

const LAYOUT = ["x", "y", "width", "height"] as const;
const TRANSFORM = ["a", "b", "c", "d", "tx", "ty"] as const;
const ZEROS = { a: 0, b: 0, c: 0, d: 0, tx: 0, ty: 0 };

/**
 * Reads an SVGA 2.x: a zlib stream (RFC 1950) around one protocol buffer message, `com.opensource.svga.MovieEntity`. Source:
 * github.com/svga/SVGA-Format, proto/svga.proto; `audios` and `matteKey` from library/proto/svga.proto in
 * github.com/svga/SVGAPlayer-Android. What it unpacks to is at most 64 MB.
 * @throws MediaError when it is damaged, or holds more of anything than an animation can use
 */
export async function parseSvga(bytes: Uint8Array): Promise<SvgaMovie> {
  const movie = await parseSvgaMessage(inflateSvga(bytes));
  // Whatever it says: players of 1.x open nothing but archives.
  const isOlder = /^[01]\./.test(toPlayerVersion(movie.version) ?? "");
  return isOlder ? { ...movie, version: FIRST_PACKED_VERSION } : movie;
}

/** The message inside of an SVGA 2.x. @throws MediaError when it cannot be unpacked or is more than 64 MB */
export function inflateSvga(bytes: Uint8Array): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new MediaError(
        `the SVGA unpacks to more than ${MAX_INFLATED_BYTES / 1_000_000} MB`,
        "use fewer or smaller images and export it again",
        { cause },
      );
    throw new MediaError("the SVGA is damaged or cut off: it cannot be unpacked", EXPORT_SVGA_AGAIN, {
      cause,
    });
  }
}

/**
 * Reads the few fields that are asked for, and counts the rest. The message is not decoded whole: a file of 60 KB can hold
 * millions of empty sprites or frames, and every one would become an object.
 * @throws MediaError as {@link parseSvga} does
 */
export async function parseSvgaMessage(bytes: Uint8Array): Promise<SvgaMovie> {
  const { default: protobuf } = await import("protobufjs/minimal.js");
  const walk = (message: Uint8Array, onField: (reader: Reader, tag: number) => unknown): void => {
    const reader = protobuf.Reader.create(message);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      const at = reader.pos;
      onField(reader, tag);
      if (reader.pos === at) reader.skipType(tag & 7, 0, tag >>> 3);
    }
  };
  let fields = 0;
  const read = (message: Uint8Array, onField: (reader: Reader, tag: number) => unknown): void =>
    walk(message, (reader, tag) => {
      checkSvgaCount(++fields, MAX_FIELDS, "parts");
      onField(reader, tag);
    });
  const movie = { version: "", width: 0, height: 0, fps: 0, frames: 0 };
  const images = new Map<string, Uint8Array>();
  const sprites: SvgaSprite[] = [];
  const sounds: SvgaSound[] = [];

  const readParams = (message: Uint8Array): void =>
    read(message, (reader, tag) => {
      if (tag === SVGA_TAGS.params.viewBoxWidth) movie.width = reader.float();
      else if (tag === SVGA_TAGS.params.viewBoxHeight) movie.height = reader.float();
      else if (tag === SVGA_TAGS.params.fps) movie.fps = reader.int32();
      else if (tag === SVGA_TAGS.params.frames) movie.frames = reader.int32();
    });
  const readImage = (message: Uint8Array): void => {
    let key = "";
    let value: Uint8Array = new Uint8Array();
    read(message, (reader, tag) => {
      if (tag === SVGA_TAGS.image.key) key = reader.string();
      else if (tag === SVGA_TAGS.image.value) value = reader.bytes();
    });
    checkName("SVGA", "an image", key);
    images.set(key, value);
    checkSvgaCount(images.size, MAX_SVGA_IMAGES, "images");
  };
  /** Frames are read again by whoever asks, so what that takes is bounded here. */
  const countFrame = (message: Uint8Array): void => {
    const before = fields;
    const count = (reader: Reader, tag: number): void => {
      checkSvgaCount(fields - before, MAX_FRAME_FIELDS, "parts in one frame");
      if (tag === SVGA_TAGS.frame.layout || tag === SVGA_TAGS.frame.transform)
        read(reader.bytes(), () => checkSvgaCount(fields - before, MAX_FRAME_FIELDS, "parts in one frame"));
    };
    read(message, count);
  };
  const readSprite = (message: Uint8Array): void => {
    const sprite = { imageKey: "", matteKey: "", frames: 0 };
    read(message, (reader, tag) => {
      if (tag === SVGA_TAGS.sprite.imageKey) sprite.imageKey = reader.string();
      else if (tag === SVGA_TAGS.sprite.matteKey) sprite.matteKey = reader.string();
      else if (tag === SVGA_TAGS.sprite.frames) {
        checkSvgaCount(++sprite.frames, MAX_FRAMES, "frames in one sprite");
        countFrame(reader.bytes());
      }
    });
    checkName("SVGA", "a sprite", sprite.imageKey);
    sprites.push({ ...sprite, readFrames: () => framesOf(message) });
    checkSvgaCount(sprites.length, MAX_SVGA_SPRITES, "sprites");
  };
  const readAudio = (message: Uint8Array): void => {
    const sound = { key: "", startFrame: 0, endFrame: 0, totalMs: 0 };
    read(message, (reader, tag) => {
      if (tag === SVGA_TAGS.audio.audioKey) sound.key = reader.string();
      else if (tag === SVGA_TAGS.audio.startFrame) sound.startFrame = reader.int32();
      else if (tag === SVGA_TAGS.audio.endFrame) sound.endFrame = reader.int32();
      else if (tag === SVGA_TAGS.audio.totalTime) sound.totalMs = reader.int32();
    });
    sounds.push(sound);
    checkSvgaCount(sounds.length, MAX_SOUNDS, "sounds");
  };
  const readFloats = <Name extends string>(
    message: Uint8Array,
    names: readonly Name[],
  ): Map<Name, number> => {
    const found = new Map<Name, number>();
    walk(message, (reader, tag) => {
      const name = names[(tag >>> 3) - 1];
      if (name !== undefined && (tag & 7) === FIXED32) found.set(name, reader.float());
    });
    return found;
  };
  const readFrame = (message: Uint8Array): SvgaFrame => {
    let alpha = 0;
    let layout = { x: 0, y: 0, width: 0, height: 0 };
    let transform = { a: 1, b: 0, c: 0, d: 1, tx: 0, ty: 0 };
    let hasClip = false;
    let hasShapes = false;
    walk(message, (reader, tag) => {
      if (tag === SVGA_TAGS.frame.alpha) alpha = reader.float();
      else if (tag === SVGA_TAGS.frame.layout)
        layout = { ...layout, ...Object.fromEntries(readFloats(reader.bytes(), LAYOUT)) };
      // What is not written in a transform that is there is 0, as in every protocol buffer: no unit matrix.
      else if (tag === SVGA_TAGS.frame.transform)
        transform = { ...ZEROS, ...Object.fromEntries(readFloats(reader.bytes(), TRANSFORM)) };
      else if (tag === SVGA_TAGS.frame.clipPath) hasClip = reader.bytes().length > 0;
      else if (tag === SVGA_TAGS.frame.shapes) hasShapes = reader.bytes().length > 0 || hasShapes;
    });
    return { alpha, layout, transform, hasClip, hasShapes };
  };
  function* framesOf(sprite: Uint8Array): Generator<SvgaFrame> {
    const reader = protobuf.Reader.create(sprite);
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag !== SVGA_TAGS.sprite.frames) {
        reader.skipType(tag & 7, 0, tag >>> 3);
        continue;
      }
      const message = reader.bytes();
      yield inWords(() => readFrame(message));
    }
  }

  inWords(() =>
    read(bytes, (reader, tag) => {
      if (tag === SVGA_TAGS.movie.version) movie.version = reader.string();
      else if (tag === SVGA_TAGS.movie.params) readParams(reader.bytes());
      else if (tag === SVGA_TAGS.movie.images) readImage(reader.bytes());
      else if (tag === SVGA_TAGS.movie.sprites) readSprite(reader.bytes());
      else if (tag === SVGA_TAGS.movie.audios) readAudio(reader.bytes());
    }),
  );
  return { ...movie, images, sprites, sounds };
}

/** Whatever a damaged message makes the decoder throw, as what a person can act on. */
function inWords<Result>(decode: () => Result): Result {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof MediaError) throw cause;
    throw new MediaError("the SVGA is damaged: what it unpacks to is no SVGA animation", EXPORT_SVGA_AGAIN, {
      cause,
    });
  }
}

/** @throws MediaError when there are more of these than an animation can use */
export function checkSvgaCount(count: number, most: number, noun: string): void {
  if (count > most)
    throw new MediaError(
      `the SVGA has more than ${most} ${noun}`,
      "use fewer layers and images, then export it again",
    );
}
