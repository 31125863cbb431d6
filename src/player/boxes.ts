/** A box of the ISO base media file format: its four letters, and where its content is in the file. */
export interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Files have some ten boxes at each level; who brings thousands means no good. */
export const MAX_BOXES = 1_000;

/**
 * The boxes in `bytes` from `start` up to `end`, not those inside of them. A box that says it is longer than what there is ends at `Infinity` and
 * is the last. Source: ISO/IEC 14496-12, section 4.2.
 */
export function* boxesOf(bytes: Uint8Array, start = 0, end = bytes.length): Generator<Box> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = start;
  for (let count = 0; count < MAX_BOXES && at + 8 <= end; count++) {
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    let header = 8;
    let size = view.getUint32(at);
    if (size === 0) size = end - at;
    else if (size === 1) {
      if (at + 16 > end) return;
      header = 16;
      size = Number(view.getBigUint64(at + 8));
    }
    if (size < header) return;
    const isWhole = size <= end - at;
    yield { type, start: at + header, end: isWhole ? at + size : Number.POSITIVE_INFINITY };
    if (!isWhole) return;
    at += size;
  }
}

/** The first box of this type that is there whole. */
export function findBox(
  bytes: Uint8Array,
  type: string,
  within: Pick<Box, "start" | "end"> = { start: 0, end: bytes.length },
): Box | null {
  for (const box of boxesOf(bytes, within.start, within.end)) {
    if (box.type === type && box.end <= bytes.length) return box;
  }
  return null;
}

/** Whether one of these boxes goes on beyond the file's end. Others may: some tools leave padding that looks like a box. */
export function isCutOff(bytes: Uint8Array, types: readonly string[]): boolean {
  for (const box of boxesOf(bytes)) if (box.end > bytes.length && types.includes(box.type)) return true;
  return false;
}
