import { IDENTITY, type Layout, type Transform } from "../../formats/svgaGeometry.ts";
import { inflateSync } from "node:zlib";
import { isPng, readPngSize } from "../../formats/png.ts";
import { namesOf, shownBySprites } from "../../formats/svgaFacts.ts";
import { type Field, type FieldCodec, LENGTH, toFloat, toText } from "./svgaFields.ts";

/** More is refused when the file is inspected; here it only keeps memory bounded. */
const MAX_INFLATED_BYTES = 64_000_000;

/** Fields by number, after proto/svga.proto in github.com/svga/SVGA-Format. */
export const MOVIE = { params: 2, images: 3, sprites: 4, audios: 5 } as const;
export const MAP_ENTRY = { key: 1, value: 2 } as const;
export const SPRITE = { imageKey: 1, frames: 2, matteKey: 3 } as const;
export const FRAME = { alpha: 1, layout: 2, transform: 3, clipPath: 4, shapes: 5 } as const;
const AUDIO_KEY = 1;

export interface SvgaImage {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Null for what is no PNG: sounds. */
  readonly size: { readonly width: number; readonly height: number } | null;
  /** How large it is shown at most, in pixels of the file's canvas; null when no frame gives it a size. */
  readonly shown: { readonly width: number; readonly height: number } | null;
  /** Whether some player draws it for a sprite, or plays a sound from it. */
  readonly isUsed: boolean;
  /**
   * Whether its frame may be cut: nothing but whole pictures is drawn of it, at the place that its layout says, by sprites that every
   * player draws this very image for.
   */
  readonly mayBeCut: boolean;
}

/** A message of an SVGA 2.x taken apart. */
export interface SvgaParts {
  readonly fields: readonly Field[];
  /** The longer side of the canvas, in pixels. */
  readonly longSide: number;
  /** By the position of its field among {@link fields}. */
  readonly images: ReadonlyMap<number, SvgaImage>;
}

/**
 * What a file that was inspected holds, and how large each of its images is shown. Which part of the layout players use is from
 * SVGACanvasDrawer in github.com/svga/SVGAPlayer-Android: a bitmap fills the layout's size, turned and moved by the transform.
 */
export function readSvga(codec: FieldCodec, bytes: Uint8Array): SvgaParts {
  const fields = codec.split(inflateSync(bytes, { maxOutputLength: MAX_INFLATED_BYTES }));
  const sprites: Sprite[] = [];
  const uses = new Map<string, Use>();
  const sounds = new Set<string>();
  let longSide = 0;
  for (const { number, wireType, value } of fields) {
    if (wireType !== LENGTH) continue;
    if (number === MOVIE.sprites) sprites.push(readSprite(codec, value, uses));
    if (number === MOVIE.audios)
      for (const it of codec.split(value)) if (it.number === AUDIO_KEY) sounds.add(toText(it.value));
    if (number === MOVIE.params)
      for (const it of codec.split(value))
        if (it.number === 1 || it.number === 2) longSide = Math.max(longSide, toFloat(it) ?? 0);
  }
  const isShown = shownBySprites({ sprites });
  const entries = fields.flatMap(({ number, wireType, value }, at) =>
    number === MOVIE.images && wireType === LENGTH ? [[at, readEntry(codec, value)] as const] : [],
  );
  const holders = countNames(entries.map(([, { key }]) => key));
  const images = new Map<number, SvgaImage>();
  for (const [at, entry] of entries) {
    const isPicture = isPng(entry.bytes);
    const names = namesOf(entry.key);
    const its = names.flatMap((it) => uses.get(it) ?? []);
    const width = Math.max(0, ...its.map((it) => it.width));
    const height = Math.max(0, ...its.map((it) => it.height));
    images.set(at, {
      ...entry,
      size: isPicture ? readPngSize(entry.bytes) : null,
      shown: width > 0 && height > 0 ? { width, height } : null,
      isUsed: sounds.has(entry.key) || (isPicture && isShown(entry.key)),
      mayBeCut:
        its.length > 0 &&
        its.every((it) => it.mayBeCut && it.keys.size === 1 && it.keys.has(entry.key)) &&
        names.every((it) => holders.get(it) === 1),
    });
  }
  return { fields, longSide, images };
}

/** The layout of a frame; all zero where it has none, and then nothing is drawn. */
export function readLayout(codec: FieldCodec, message: Uint8Array): Layout {
  const [x = 0, y = 0, width = 0, height = 0] = readFloats(codec, message, 4);
  return { x, y, width, height };
}

export function readTransform(codec: FieldCodec, message: Uint8Array): Transform {
  const [a = 0, b = 0, c = 0, d = 0, tx = 0, ty = 0] = readFloats(codec, message, 6);
  return { a, b, c, d, tx, ty };
}

/** How large something is drawn at most of all sprites that one name leads to. */
interface Use {
  width: number;
  height: number;
  mayBeCut: boolean;
  /** As the sprites write the name. */
  readonly keys: Set<string>;
}

interface Sprite {
  readonly imageKey: string;
  readonly matteKey: string;
}

/** Notes a sprite's frames under every name by which some player looks its image up. */
function readSprite(codec: FieldCodec, message: Uint8Array, uses: Map<string, Use>): Sprite {
  const fields = codec.split(message);
  const textOf = (number: number) =>
    toText(fields.find((it) => it.number === number)?.value ?? new Uint8Array());
  const imageKey = textOf(SPRITE.imageKey);
  const matteKey = textOf(SPRITE.matteKey);
  const use: Use = { width: 0, height: 0, mayBeCut: !imageKey.endsWith(".matte"), keys: new Set([imageKey]) };
  for (const { number, value } of fields) if (number === SPRITE.frames) readFrame(codec, value, use);
  noteUse(uses, imageKey, use);
  if (matteKey !== "")
    noteUse(uses, matteKey, { width: 0, height: 0, mayBeCut: false, keys: new Set([matteKey]) });
  return { imageKey, matteKey };
}

function noteUse(uses: Map<string, Use>, key: string, use: Use): void {
  for (const name of new Set(namesOf(key))) {
    const known = uses.get(name);
    if (!known) {
      uses.set(name, { ...use, keys: new Set(use.keys) });
      continue;
    }
    known.width = Math.max(known.width, use.width);
    known.height = Math.max(known.height, use.height);
    known.mayBeCut &&= use.mayBeCut;
    for (const it of use.keys) known.keys.add(it);
  }
}

/** How many of the keys each name may stand for. */
function countNames(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys)
    for (const name of new Set(namesOf(key))) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function readFrame(codec: FieldCodec, message: Uint8Array, use: Use): void {
  let layout: Layout = { x: 0, y: 0, width: 0, height: 0 };
  let transform = IDENTITY;
  for (const { number, value } of codec.split(message)) {
    if (number === FRAME.layout) layout = readLayout(codec, value);
    else if (number === FRAME.transform) transform = readTransform(codec, value);
    // Paths and shapes stand in the layout's own coordinates; an empty path cuts nothing.
    else if (number === FRAME.shapes || (number === FRAME.clipPath && value.length > 0)) use.mayBeCut = false;
  }
  const { a, b, c, d } = transform;
  use.width = Math.max(use.width, layout.width * Math.hypot(a, b));
  use.height = Math.max(use.height, layout.height * Math.hypot(c, d));
  // Players disagree about a layout that does not begin at zero.
  if (layout.x !== 0 || layout.y !== 0) use.mayBeCut = false;
}

function readEntry(codec: FieldCodec, message: Uint8Array): { key: string; bytes: Uint8Array } {
  let key = "";
  let bytes: Uint8Array = new Uint8Array();
  for (const { number, value } of codec.split(message)) {
    if (number === MAP_ENTRY.key) key = toText(value);
    else if (number === MAP_ENTRY.value) bytes = value;
  }
  return { key, bytes };
}

function readFloats(codec: FieldCodec, message: Uint8Array, count: number): number[] {
  const floats = Array<number>(count).fill(0);
  for (const field of codec.split(message)) {
    const at = field.number - 1;
    if (at >= 0 && at < count) floats[at] = toFloat(field) ?? 0;
  }
  return floats;
}
