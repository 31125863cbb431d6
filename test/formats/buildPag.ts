/** A tag and what is in it. */
export function pagTag(code: number, ...parts: readonly Buffer[]): Buffer {
  const data = Buffer.concat(parts);
  const head = Buffer.alloc(data.length < 63 ? 2 : 6);
  head.writeUInt16LE((code << 6) | Math.min(data.length, 63));
  if (data.length >= 63) head.writeUInt32LE(data.length, 2);
  return Buffer.concat([head, data]);
}

export const END = pagTag(0);

export interface PagParts {
  readonly version: number;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly fps: number;
  /** Layers of the composition that is played. */
  readonly layers: readonly Buffer[];
  /** Tags before it: images, other compositions. */
  readonly before: readonly Buffer[];
}

/** By default 300 x 200 pixels, 40 frames at 20 per second, one solid layer. */
export function buildPag(parts: Partial<PagParts> = {}): Buffer {
  const { version, before, layers, ...attributes } = {
    version: 1,
    width: 300,
    height: 200,
    frames: 40,
    fps: 20,
    layers: [pagLayer(2)],
    before: [],
    ...parts,
  };
  const body = Buffer.concat([...before, pagComposition(99, layers, attributes), END]);
  const header = Buffer.from([0x50, 0x41, 0x47, version, 0, 0, 0, 0, 0x55]);
  header.writeUInt32LE(body.length, 4);
  return Buffer.concat([header, body]);
}

type Attributes = Pick<PagParts, "width" | "height" | "frames" | "fps">;
const SMALL: Attributes = { width: 50, height: 40, frames: 40, fps: 20 };

export function pagComposition(id: number, layers: readonly Buffer[], attributes = SMALL): Buffer {
  return pagTag(2, unsigned(id), attributesTag(attributes), ...layers, END);
}

/** One video in these sizes; the transparency lies below the colour. */
export function pagVideo(id: number, sizes: readonly (readonly [number, number])[]): Buffer {
  const sequences = sizes.map(([width, height]) =>
    pagTag(51, signed(width), signed(height), float(20), signed(0), signed(height)),
  );
  return pagTag(50, unsigned(id), Buffer.from([1]), attributesTag(SMALL), ...sequences, END);
}

/** @param shows the tag and the id of the image or composition that it shows */
export function pagLayer(
  type: number,
  shows?: readonly [tag: number, id: number],
  extra: readonly Buffer[] = [],
): Buffer {
  const reference = shows ? [pagTag(shows[0], unsigned(shows[1]))] : [];
  return pagTag(5, Buffer.from([type]), unsigned(1), ...reference, ...extra, END);
}

export function pagImage(id: number, bytes: Buffer): Buffer {
  return pagTag(47, unsigned(id), unsigned(bytes.length), bytes);
}

export function pagSound(bytes: Buffer): Buffer {
  return pagTag(55, unsigned(bytes.length), bytes, unsigned(0));
}

function attributesTag({ width, height, frames, fps }: Attributes): Buffer {
  return pagTag(3, signed(width), signed(height), unsigned(frames), float(fps), Buffer.alloc(3));
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

export function signed(value: number): Buffer {
  return unsigned(Math.abs(value) * 2 + (value < 0 ? 1 : 0));
}

export function unsigned(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}
