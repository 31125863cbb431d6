import { MAX_FRAMES } from "./limits.ts";
import { MediaError } from "./media.ts";

const HEADER_BYTES = 9;
const ENCRYPTED_VERSION = 3;
/** The letter U: the body is not packed. */
const UNCOMPRESSED = 0x55;
const MAX_TAGS = 1_000_000;
const MAX_COMPOSITIONS = 1_000;
const MAX_LAYERS = 10_000;
const MAX_IMAGES = 1_000;

const AGAIN = "export it again and upload the whole file";

const TAG = {
  end: 0,
  vectorComposition: 2,
  compositionAttributes: 3,
  imageTables: 4,
  layer: 5,
  imageReference: 11,
  compositionReference: 12,
  shapeGroup: 15,
  lastShape: 26,
  bitmapComposition: 45,
  bitmapSequence: 46,
  imageBytes: 47,
  imageBytesV2: 48,
  imageBytesV3: 49,
  videoComposition: 50,
  videoSequence: 51,
  audioBytes: 55,
  textAnimator: 70,
  editableIndices: 83,
  encryptedData: 89,
} as const;

/** How a layer says what it is (`LayerType` in include/pag/types.h). */
export const PAG_LAYER = { text: 3, image: 5, precomp: 6 } as const;

/** What a PAG file holds, as far as anybody here asks. */
export interface PagMovie {
  /** The highest tag in it, or one above: what a player must know. */
  readonly tagLevel: number;
  readonly images: readonly PagImage[];
  /** The last one is what is played. */
  readonly compositions: readonly PagComposition[];
  /** Which of the images and texts an app may replace, by their places; null for all. */
  readonly editable: { readonly images: readonly number[]; readonly texts: readonly number[] } | null;
}

export interface PagImage {
  readonly id: number;
  /** WebP; empty for a placeholder. */
  readonly bytes: Uint8Array;
}

export interface PagComposition {
  readonly kind: "vector" | "bitmap" | "video";
  readonly id: number;
  readonly width: number;
  readonly height: number;
  /** In frames. */
  readonly duration: number;
  readonly fps: number;
  readonly layers: readonly PagLayer[];
  /** The same pictures in several sizes, as whole decoded frames: of a video colour and transparency together. */
  readonly sequences: readonly { readonly width: number; readonly height: number }[];
  readonly soundBytes: number;
}

export interface PagLayer {
  readonly type: number;
  /** The image or the composition that it shows; 0 for none. */
  readonly shows: number;
}

/**
 * Reads the header and the tags of a PAG file: a tag is a code and a length, and those of compositions, layers and text animators hold others. Source:
 * github.com/Tencent/libpag, src/codec/Codec.cpp (header), TagHeader.cpp, tags/FileTags.cpp, CompositionAttributes.cpp, LayerTag.cpp, ImageTables.cpp,
 * ImageBytes*.cpp, VideoCompositionTag.cpp, VideoSequence.cpp, BitmapSequence.cpp, AudioBytes.cpp, EditableIndices.cpp; codes in
 * include/pag/file.h. Groups of shapes are not looked into; they count as the highest tag that they may hold, which every player knows.
 * @throws MediaError when it is damaged, encrypted, or holds more than an animation can use
 */
export function parsePag(bytes: Uint8Array): PagMovie {
  const images: PagImage[] = [];
  const compositions: PagComposition[] = [];
  let editable: PagMovie["editable"] = null;
  const walk = new TagWalk();
  const body = bodyOf(bytes);
  walk.read(body, (code, data) => {
    if (code === TAG.encryptedData) throw encrypted();
    if (code === TAG.imageTables) {
      const count = data.unsigned();
      for (let at = 0; at < count; at++) images.push(readImage(data, images.length));
    } else if (code >= TAG.imageBytes && code <= TAG.imageBytesV3)
      images.push(readImage(data, images.length));
    else if (code === TAG.editableIndices) editable = { images: data.signedList(), texts: data.signedList() };
    else {
      const kind = kindOf(code);
      if (kind) compositions.push(readComposition(kind, data, walk));
      checkCount(compositions.length, MAX_COMPOSITIONS, "compositions");
    }
  });
  return { tagLevel: walk.highest, images, compositions, editable };
}

function bodyOf(bytes: Uint8Array): PagStream {
  const stream = new PagStream(bytes);
  stream.skip(3);
  const version = stream.byte();
  if (version === ENCRYPTED_VERSION) throw encrypted();
  const length = stream.fixed32();
  if (stream.byte() !== UNCOMPRESSED)
    throw new MediaError("the PAG is packed in a way that its players do not open", AGAIN);
  if (HEADER_BYTES + length > bytes.length)
    throw damaged(`${bytes.length} bytes of ${HEADER_BYTES + length} are there`);
  return stream.part(length);
}

function kindOf(code: number): PagComposition["kind"] | null {
  if (code === TAG.vectorComposition) return "vector";
  if (code === TAG.bitmapComposition) return "bitmap";
  return code === TAG.videoComposition ? "video" : null;
}

function readImage(data: PagStream, count: number): PagImage {
  checkCount(count + 1, MAX_IMAGES, "images");
  return { id: data.unsigned(), bytes: data.bytes() };
}

function readComposition(kind: PagComposition["kind"], data: PagStream, walk: TagWalk): PagComposition {
  const id = data.unsigned();
  const hasAlpha = kind === "video" && data.byte() !== 0;
  const found = { width: 0, height: 0, duration: 0, fps: 0, soundBytes: 0 };
  const layers: PagLayer[] = [];
  const sequences: { width: number; height: number }[] = [];
  walk.read(data, (code, part) => {
    if (code === TAG.compositionAttributes) {
      found.width = part.signed();
      found.height = part.signed();
      found.duration = part.unsigned();
      found.fps = part.float();
    } else if (code === TAG.audioBytes) found.soundBytes += part.bytes().length;
    else if (code === TAG.layer && kind === "vector") {
      layers.push(readLayer(part, walk));
      checkCount(layers.length, MAX_LAYERS, "layers");
    } else if (code === TAG.videoSequence || code === TAG.bitmapSequence) {
      sequences.push(readSequence(part, hasAlpha));
      checkCount(sequences.length, MAX_FRAMES, "sequences");
    }
  });
  return { kind, id, ...found, layers, sequences };
}

function readSequence(data: PagStream, hasAlpha: boolean): { width: number; height: number } {
  const [width, height] = [data.signed(), data.signed()];
  data.float();
  const [left, top] = hasAlpha ? [data.signed(), data.signed()] : [0, 0];
  return { width: left + width, height: top + height };
}

function readLayer(data: PagStream, walk: TagWalk): PagLayer {
  const type = data.byte();
  data.unsigned();
  let shows = 0;
  walk.read(data, (code, part) => {
    const isReference =
      (code === TAG.imageReference && type === PAG_LAYER.image) ||
      (code === TAG.compositionReference && type === PAG_LAYER.precomp);
    if (isReference) shows = part.unsigned();
    else if (code === TAG.textAnimator) walk.read(part, () => {});
    else if (code === TAG.shapeGroup) walk.highest = Math.max(walk.highest, TAG.lastShape);
  });
  return { type, shows };
}

/** Goes through tags, counts them all and remembers the highest. */
class TagWalk {
  highest = 0;
  private count = 0;

  /** The tags up to the one that ends them. What stands behind that is nobody's. */
  read(stream: PagStream, onTag: (code: number, data: PagStream) => void): void {
    for (;;) {
      const head = stream.fixed16();
      const code = head >> 6;
      const short = head & 63;
      const length = short === 63 ? stream.fixed32() : short;
      this.highest = Math.max(this.highest, code);
      if (code === TAG.end) return;
      checkCount(++this.count, MAX_TAGS, "parts");
      onTag(code, stream.part(length));
    }
  }
}

/** Numbers as PAG writes them, lowest byte first. @throws MediaError beyond the end */
class PagStream {
  private at = 0;
  private readonly data: Uint8Array;

  constructor(data: Uint8Array) {
    this.data = data;
  }

  skip(length: number): number {
    const from = this.at;
    if (from + length > this.data.length) throw damaged("a part of it reaches beyond its end");
    this.at += length;
    return from;
  }

  part(length: number): PagStream {
    const from = this.skip(length);
    return new PagStream(this.data.subarray(from, from + length));
  }

  byte(): number {
    return this.data[this.skip(1)] ?? 0;
  }

  fixed16(): number {
    return this.byte() + this.byte() * 0x1_00;
  }

  fixed32(): number {
    return this.fixed16() + this.fixed16() * 0x1_00_00;
  }

  float(): number {
    const { buffer, byteOffset } = this.data;
    return new DataView(buffer, byteOffset + this.skip(4), 4).getFloat32(0, true);
  }

  /** Seven bits in a byte, as many bytes as have their highest bit set and one more; at most 53 bits are told apart. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    return value;
  }

  /** The lowest bit is the sign. */
  signed(): number {
    const value = this.unsigned();
    const size = Math.floor(value / 2);
    return value % 2 === 1 ? -size : size;
  }

  signedList(): number[] {
    const count = this.unsigned();
    if (count > this.data.length) throw damaged("a part of it reaches beyond its end");
    return Array.from({ length: count }, () => this.signed());
  }

  /** A length and as many bytes. */
  bytes(): Uint8Array {
    const length = this.unsigned();
    const from = this.skip(length);
    return this.data.subarray(from, from + length);
  }
}

function checkCount(count: number, most: number, noun: string): void {
  if (count > most)
    throw new MediaError(
      `the PAG has more than ${most} ${noun}`,
      "use fewer layers and images, then export it again",
    );
}

function encrypted(): MediaError {
  return new MediaError(
    "the PAG is encrypted: only players with its key open it",
    "export it again without encryption",
  );
}

function damaged(how: string): MediaError {
  return new MediaError(`the PAG is damaged or cut off: ${how}`, AGAIN);
}
