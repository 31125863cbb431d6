import { inflateSync } from "node:zlib";
import type { Reader } from "protobufjs";
import { checkFrames, checkSize, MAX_FRAMES } from "./limits.ts";
import { MediaError, type MediaFormat, pictureOf } from "./media.ts";
import { toPlayerVersion } from "./playerVersion.ts";
import { isPng, readPngSize } from "./png.ts";
import { quoteName } from "./quoteName.ts";
import { slotsOf } from "./slots.ts";

const MAX_INFLATED_BYTES = 64_000_000;
const MAX_FPS = 60;
const MAX_SPRITES = 2_000;
const MAX_IMAGES = 1_000;
const MAX_SOUNDS = 100;
/** Every sprite may have every frame; what is beyond that was made to keep a reader busy. */
const MAX_FIELDS = 5_000_000;
const MAX_FILE_NAME_BYTES = 128;
const EXPORT_AGAIN = "export it again as SVGA 2.x and upload the whole file";

interface Movie {
  readonly version: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  /** A PNG by its key, or the name of a file, or a sound that {@link sounds} names. */
  readonly images: ReadonlyMap<string, Uint8Array>;
  readonly sprites: readonly Sprite[];
  readonly sounds: ReadonlySet<string>;
}

interface Sprite {
  readonly imageKey: string;
  readonly frames: number;
}

/**
 * SVGA 2.x: a zlib stream (RFC 1950) around one protocol buffer message, `com.opensource.svga.MovieEntity`. Source:
 * github.com/svga/SVGA-Format, proto/svga.proto; `audios` from library/proto/svga.proto in github.com/svga/SVGAPlayer-Android.
 * SVGA 1.x is a zip archive and another format. Players decode every image up front, used or not, so all of them count.
 */
export const svga: MediaFormat = {
  name: "SVGA 2.x",
  // Method 8 with a 32 KB window, a header divisible by 31, and no preset dictionary (RFC 1950, section 2.2).
  matches: ([method = 0, flags = 0]) =>
    method === 0x78 && (method * 256 + flags) % 31 === 0 && (flags & 0x20) === 0,
  async read(bytes) {
    const movie = await parseMovie(inflate(bytes));
    const { width, height } = checkSize("SVGA", movie.width, movie.height);
    const { fps, frames } = movie;
    if (fps < 1 || fps > MAX_FPS)
      throw new MediaError(
        `the SVGA plays ${fps} frames per second`,
        `export it with a whole frame rate from 1 to ${MAX_FPS}`,
      );
    checkFrames("SVGA", frames);
    checkSprites(movie);
    return {
      ...pictureOf("svga", "application/x-svga", ["svga"], { width, height }),
      kind: "animation",
      frames,
      fps,
      durationSeconds: frames / fps,
      ...countImages(movie),
      memoryRule: "every image at 4 bytes a pixel, since players decode all of them before the first frame",
      embeddedSound: movie.sounds.size > 0,
      slots: slotsOf(movie.sprites.map((it) => it.imageKey)),
      player: { name: "svga", version: versionOf(movie) },
    };
  },
};

function inflate(bytes: Uint8Array): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES });
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new MediaError(
        `the SVGA unpacks to more than ${MAX_INFLATED_BYTES / 1_000_000} MB`,
        "use fewer or smaller images and export it again",
        { cause },
      );
    throw new MediaError("the SVGA is damaged or cut off: it cannot be unpacked", EXPORT_AGAIN, { cause });
  }
}

function versionOf({ version }: Movie): string {
  const known = toPlayerVersion(version);
  if (known === null)
    throw new MediaError(
      `the SVGA does not say which version it is: found ${quoteName(version)}`,
      EXPORT_AGAIN,
    );
  return known;
}

function checkSprites({ sprites, frames }: Movie): void {
  if (sprites.length === 0) throw new MediaError("the SVGA draws nothing: it has no sprites", EXPORT_AGAIN);
  for (const sprite of sprites) {
    if (sprite.frames !== frames)
      throw new MediaError(
        `the sprite ${quoteName(sprite.imageKey)} has ${sprite.frames} frames, the SVGA has ${frames}`,
        "make every layer as long as the animation and export it again",
      );
  }
}

function countImages({ images, sounds }: Movie): { decodedBytes: number; images: number } {
  const counted = { decodedBytes: 0, images: 0 };
  for (const [key, image] of images) {
    if (sounds.has(key)) continue;
    if (!isPng(image)) throw explainImage(key, image);
    const { width, height } = sizeOf(key, image);
    counted.decodedBytes += width * height * 4;
    counted.images += 1;
  }
  return counted;
}

function sizeOf(key: string, image: Uint8Array): { width: number; height: number } {
  try {
    return readPngSize(image);
  } catch (cause) {
    if (!(cause instanceof MediaError)) throw cause;
    throw new MediaError(`the image ${quoteName(key)} in the SVGA: ${cause.message}`, EXPORT_AGAIN, {
      cause,
    });
  }
}

/** What stands where a PNG should be. */
function explainImage(key: string, image: Uint8Array): MediaError {
  const name = quoteName(key);
  if (image.length === 0)
    return new MediaError(`the image ${name} in the SVGA is empty`, "give it a picture and export it again");
  if (isSound(image))
    return new MediaError(
      `the image ${name} in the SVGA is a sound that nothing plays`,
      "remove the sound from the project and export it again",
    );
  const text = image.length < MAX_FILE_NAME_BYTES ? Buffer.from(image).toString("utf8") : "";
  if (/^[^\p{C}\ufffd]+$/u.test(text))
    return new MediaError(
      `the SVGA needs the file ${quoteName(text)} beside it for its image ${name}`,
      "export it again with its images inside the SVGA",
    );
  return new MediaError(`the image ${name} in the SVGA is not a PNG`, "use PNG images and export it again");
}

/** MP3, with an ID3 tag before it or without. */
function isSound([a = 0, b = 0, c = 0]: Uint8Array): boolean {
  return (a === 0x49 && b === 0x44 && c === 0x33) || (a === 0xff && (b & 0xe6) === 0xe2);
}

/** A field as it stands before its value: the field's number and its wire type (protobuf.dev, Encoding). */
const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;
const field = (number: number, wireType: number): number => (number << 3) | wireType;
const MOVIE = {
  version: field(1, LENGTH),
  params: field(2, LENGTH),
  images: field(3, LENGTH),
  sprites: field(4, LENGTH),
  audios: field(5, LENGTH),
};
const PARAMS = {
  viewBoxWidth: field(1, FIXED32),
  viewBoxHeight: field(2, FIXED32),
  fps: field(3, VARINT),
  frames: field(4, VARINT),
};
const MAP_ENTRY = { key: field(1, LENGTH), value: field(2, LENGTH) };
const SPRITE = { imageKey: field(1, LENGTH), frames: field(2, LENGTH) };
const AUDIO = { audioKey: field(1, LENGTH) };

/**
 * Reads the few fields that are asked for, and counts the rest. The message is not decoded whole: a file of 60 KB can hold
 * millions of empty sprites or frames, and every one would become an object.
 */
async function parseMovie(bytes: Uint8Array): Promise<Movie> {
  const { default: protobuf } = await import("protobufjs/minimal.js");
  let fields = 0;
  const read = (message: Uint8Array, onField: (reader: Reader, tag: number) => unknown): void => {
    const reader = protobuf.Reader.create(message);
    while (reader.pos < reader.len) {
      checkCount(++fields, MAX_FIELDS, "parts");
      const tag = reader.uint32();
      const at = reader.pos;
      onField(reader, tag);
      if (reader.pos === at) reader.skipType(tag & 7, 0, tag >>> 3);
    }
  };
  const movie = { version: "", width: 0, height: 0, fps: 0, frames: 0 };
  const images = new Map<string, Uint8Array>();
  const sprites: Sprite[] = [];
  const sounds = new Set<string>();

  const readParams = (message: Uint8Array): void =>
    read(message, (reader, tag) => {
      if (tag === PARAMS.viewBoxWidth) movie.width = reader.float();
      else if (tag === PARAMS.viewBoxHeight) movie.height = reader.float();
      else if (tag === PARAMS.fps) movie.fps = reader.int32();
      else if (tag === PARAMS.frames) movie.frames = reader.int32();
    });
  const readImage = (message: Uint8Array): void => {
    let key = "";
    let value: Uint8Array = new Uint8Array();
    read(message, (reader, tag) => {
      if (tag === MAP_ENTRY.key) key = reader.string();
      else if (tag === MAP_ENTRY.value) value = reader.bytes();
    });
    images.set(key, value);
    checkCount(images.size, MAX_IMAGES, "images");
  };
  const readSprite = (message: Uint8Array): void => {
    const sprite = { imageKey: "", frames: 0 };
    read(message, (reader, tag) => {
      if (tag === SPRITE.imageKey) sprite.imageKey = reader.string();
      else if (tag === SPRITE.frames) checkCount(++sprite.frames, MAX_FRAMES, "frames in one sprite");
    });
    sprites.push(sprite);
    checkCount(sprites.length, MAX_SPRITES, "sprites");
  };
  const readAudio = (message: Uint8Array): void =>
    read(message, (reader, tag) => {
      if (tag === AUDIO.audioKey) sounds.add(reader.string());
      checkCount(sounds.size, MAX_SOUNDS, "sounds");
    });

  try {
    read(bytes, (reader, tag) => {
      if (tag === MOVIE.version) movie.version = reader.string();
      else if (tag === MOVIE.params) readParams(reader.bytes());
      else if (tag === MOVIE.images) readImage(reader.bytes());
      else if (tag === MOVIE.sprites) readSprite(reader.bytes());
      else if (tag === MOVIE.audios) readAudio(reader.bytes());
    });
  } catch (cause) {
    if (cause instanceof MediaError) throw cause;
    throw new MediaError("the SVGA is damaged: what it unpacks to is no SVGA animation", EXPORT_AGAIN, {
      cause,
    });
  }
  return { ...movie, images, sprites, sounds };
}

function checkCount(count: number, most: number, noun: string): void {
  if (count > most)
    throw new MediaError(
      `the SVGA has more than ${most} ${noun}`,
      "use fewer layers and images, then export it again",
    );
}
