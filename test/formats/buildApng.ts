import { deflateSync } from "node:zlib";
import { buildPng, pngChunk } from "./buildPng.ts";

export interface ApngFrame {
  readonly width: number;
  readonly height: number;
  readonly left?: number;
  /** As a fraction; seconds. */
  readonly delay?: readonly [number, number];
}

export interface ApngParts {
  /** Whether a picture that is no frame stands before them. */
  readonly hasPoster?: boolean;
  /** How many frames it says it has. */
  readonly says?: number;
  readonly firstSequence?: number;
}

/** A transparent APNG: the first frame is the picture, unless it has a poster. */
export function buildApng(
  width: number,
  height: number,
  frames: readonly ApngFrame[],
  { hasPoster = false, says = frames.length, firstSequence = 0 }: ApngParts = {},
): Buffer {
  const still = buildPng(width, height);
  const pictureAt = still.indexOf("IDAT") - 4;
  let sequence = firstSequence;
  const before: Buffer[] = [pngChunk("acTL", numbers(says, 0))];
  const behind: Buffer[] = [];
  frames.forEach(({ width: w, height: h, left = 0, delay: [num, den] = [1, 10] }, index) => {
    const isPicture = index === 0 && !hasPoster;
    const place = numbers(sequence++, w, h, left, 0);
    const control = pngChunk(
      "fcTL",
      Buffer.concat([place, Buffer.from([num >> 8, num, den >> 8, den, 0, 0])]),
    );
    if (isPicture) return before.push(control);
    const data = deflateSync(Buffer.alloc((w * 4 + 1) * h));
    return behind.push(control, pngChunk("fdAT", Buffer.concat([numbers(sequence++), data])));
  });
  const end = still.subarray(-12);
  return Buffer.concat([
    still.subarray(0, pictureAt),
    ...before,
    still.subarray(pictureAt, -12),
    ...behind,
    end,
  ]);
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
}
