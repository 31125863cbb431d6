import { zlibSync } from "fflate";
import { type Change, NOTHING, type Rewritten, type Weight } from "./change.ts";
import type { Box, Redraw } from "./redraw.ts";
import { IDENTITY } from "../../formats/svgaGeometry.ts";
import {
  FRAME,
  MAP_ENTRY,
  MOVIE,
  readLayout,
  readTransform,
  SPRITE,
  type SvgaImage,
  type SvgaParts,
} from "./readSvga.ts";
import { type Field, type FieldCodec, floatField, LENGTH, toText } from "./svgaFields.ts";

/** What becomes of the images, by the positions of their fields. What is not named stays as it is. */
export interface SvgaPlan {
  readonly drop: ReadonlySet<number>;
  readonly redraw: ReadonlyMap<number, Redrawn>;
}

export interface Redrawn extends Redraw {
  /** The new picture. */
  readonly bytes: Uint8Array;
}

/**
 * The file with its images dropped, cut and scaled as planned. Every other field is copied byte for byte, in its order; only where
 * an image is cut do the frames that draw it get another layout and place. Packed by fflate, which gives the same bytes everywhere.
 */
export function rewriteSvga(codec: FieldCodec, { fields, images }: SvgaParts, plan: SvgaPlan): Rewritten {
  const changes: Change[] = [];
  const cuts = new Map<string, Cut>();
  for (const [at, { box }] of plan.redraw) {
    const image = images.get(at);
    if (box && image?.size) cuts.set(image.key, toCut(box, image.size));
  }
  const written: Uint8Array[] = [];
  for (const [at, field] of fields.entries()) {
    const image = images.get(at);
    if (plan.drop.has(at)) {
      if (image) changes.push({ kind: "dropped", name: image.key, before: weigh(image), after: NOTHING });
      continue;
    }
    const change = plan.redraw.get(at);
    if (image && change) {
      const { bytes } = change;
      changes.push({
        kind: change.box ? (isScaled(change, change.box) ? "cut and scaled" : "cut") : "scaled",
        name: image.key,
        before: weigh(image),
        after: { bytes: bytes.length, width: change.width, height: change.height },
      });
      written.push(codec.write(MOVIE.images, replaceValue(codec, field.value, MAP_ENTRY.value, bytes)));
    } else if (field.number === MOVIE.sprites && field.wireType === LENGTH) {
      written.push(moveSprite(codec, field, cuts));
    } else written.push(field.raw);
  }
  return { bytes: zlibSync(Buffer.concat(written), { level: 9 }), changes };
}

function weigh({ bytes, size }: SvgaImage): Weight {
  return { bytes: bytes.length, width: size?.width ?? 0, height: size?.height ?? 0 };
}

function isScaled(to: Redraw, box: Box): boolean {
  return to.width !== box.width || to.height !== box.height;
}

/** A cut as shares of the whole picture: layouts need not have the bitmap's own size. */
interface Cut {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function toCut(box: Box, size: { readonly width: number; readonly height: number }): Cut {
  return {
    left: box.left / size.width,
    top: box.top / size.height,
    width: box.width / size.width,
    height: box.height / size.height,
  };
}

function moveSprite(codec: FieldCodec, sprite: Field, cuts: ReadonlyMap<string, Cut>): Uint8Array {
  if (cuts.size === 0) return sprite.raw;
  const fields = codec.split(sprite.value);
  const key = fields.find((it) => it.number === SPRITE.imageKey);
  const cut = key && cuts.get(toText(key.value));
  if (!cut) return sprite.raw;
  const moved = fields.map((field) =>
    field.number === SPRITE.frames
      ? codec.write(SPRITE.frames, moveFrame(codec, field.value, cut))
      : field.raw,
  );
  return codec.write(MOVIE.sprites, Buffer.concat(moved));
}

/** The cut picture where the whole one was: a smaller layout, moved by what was cut off, in the frame's own directions. */
function moveFrame(codec: FieldCodec, message: Uint8Array, cut: Cut): Uint8Array {
  const fields = codec.split(message);
  const layoutField = fields.find((it) => it.number === FRAME.layout);
  if (!layoutField) return message;
  const layout = readLayout(codec, layoutField.value);
  const transformField = fields.find((it) => it.number === FRAME.transform);
  const transform = transformField ? readTransform(codec, transformField.value) : IDENTITY;
  const { a, b, c, d } = transform;
  const [x, y] = [layout.width * cut.left, layout.height * cut.top];
  const newLayout = codec.write(
    FRAME.layout,
    writeFloats([layout.x, layout.y, layout.width * cut.width, layout.height * cut.height]),
  );
  const newTransform = codec.write(
    FRAME.transform,
    writeFloats([a, b, c, d, transform.tx + a * x + c * y, transform.ty + b * x + d * y]),
  );
  const moved = fields.flatMap((field) => {
    if (field === layoutField) return transformField ? [newLayout] : [newLayout, newTransform];
    return [field === transformField ? newTransform : field.raw];
  });
  return Buffer.concat(moved);
}

function writeFloats(values: readonly number[]): Uint8Array {
  return Buffer.concat(values.map((value, at) => floatField(at + 1, value)));
}

function replaceValue(codec: FieldCodec, message: Uint8Array, number: number, value: Uint8Array): Uint8Array {
  return Buffer.concat(
    codec.split(message).map((it) => (it.number === number ? codec.write(number, value) : it.raw)),
  );
}
