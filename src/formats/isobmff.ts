import { type Box, boxesOf, MAX_BOXES } from "../player/boxes.ts";
import { cutOff } from "./riff.ts";

/** Boxes at the top level that nothing plays without. Where another says that it goes on beyond the file's end, it is padding. */
const NEEDED: ReadonlySet<string> = new Set(["ftyp", "moov", "moof", "mdat", "meta", "vapc"]);
const MAX_BRANDS = 64;
/** AVIF, HEIF and QuickTime are built of the same boxes. */
const OTHER_BRANDS = /^(?:avi[fs]|hei[cxms]|hev[cxms]|mif1|msf1|qt {2})$/;

/** A file made of boxes, and what it is called in a message. */
export interface BoxFile {
  readonly noun: string;
  readonly bytes: Uint8Array;
}

/**
 * The brands of an ISO base media file, the major one first; empty for any other file. Source: ISO/IEC 14496-12, section 4.3.
 */
export function brandsOf(bytes: Uint8Array): string[] {
  const [first] = boxesOf(bytes);
  if (first?.type !== "ftyp") return [];
  const end = Math.min(first.end, bytes.length, first.start + 4 * MAX_BRANDS);
  const brands: string[] = [];
  // Between the major brand and the compatible ones stands a minor version.
  for (let at = first.start; at + 4 <= end; at += at === first.start ? 8 : 4)
    brands.push(fourLetters(bytes, at));
  return brands;
}

/**
 * Whether it begins as an MP4 does, be it a damaged one. One brand of another format is enough to be none: pictures may have any
 * major brand.
 */
export function isMp4(bytes: Uint8Array): boolean {
  return fourLetters(bytes, 4) === "ftyp" && !brandsOf(bytes).some((it) => OTHER_BRANDS.test(it));
}

/**
 * The boxes at the top level of a file. Bytes behind the last one that can be read are left out: some tools leave padding there,
 * and what is missed for it is missed by name.
 * @throws MediaError when a box that matters is not all there, or there are thousands
 */
export function topBoxes(file: BoxFile): Box[] {
  const { bytes } = file;
  const boxes: Box[] = [];
  for (const box of boxesOf(bytes)) {
    if (box.end <= bytes.length) boxes.push(box);
    else if (NEEDED.has(box.type)) throw cutOff(file.noun, `its part ${box.type} is not all there`);
  }
  checkCount(file, boxes);
  return boxes;
}

/**
 * The boxes inside of another, from its `start` on. Source: ISO/IEC 14496-12, section 4.2. Nothing is allocated by what a size says.
 * @throws MediaError when one reaches beyond the end of the box around it, has no legal size, or there are thousands
 */
export function innerBoxes(file: BoxFile, within: Pick<Box, "start" | "end">): Box[] {
  const boxes = [...boxesOf(file.bytes, within.start, within.end)];
  for (const { type, end } of boxes)
    if (end > within.end) throw cutOff(file.noun, `its part ${printable(type)} reaches beyond its end`);
  checkCount(file, boxes);
  // QuickTime ends some lists with four bytes of nothing.
  const rest = within.end - (boxes.at(-1)?.end ?? within.start);
  if (rest >= 8) throw cutOff(file.noun, "a part of it has an impossible size");
  return boxes;
}

/** The first box of this type, if any. */
export function boxNamed(boxes: readonly Box[], type: string): Box | undefined {
  return boxes.find((it) => it.type === type);
}

/**
 * A box's content as numbers. Reading beyond it is a bug of the caller, who says how many bytes it needs at `least`.
 * @throws MediaError when the box is missing or shorter
 */
export function contentOf(file: BoxFile, box: Box | undefined, type: string, least: number): DataView {
  if (!box) throw cutOff(file.noun, `its part ${type} is missing`);
  if (box.end - box.start < least) throw cutOff(file.noun, `its part ${printable(type)} is too short`);
  return new DataView(file.bytes.buffer, file.bytes.byteOffset + box.start, box.end - box.start);
}

export function fourLetters(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/** A type as it may stand in a message. */
export function printable(type: string): string {
  return type.replace(/[^ -~]/g, "?");
}

function checkCount(file: BoxFile, boxes: readonly Box[]): void {
  if (boxes.length >= MAX_BOXES) throw cutOff(file.noun, `it has ${MAX_BOXES} parts or more side by side`);
}
