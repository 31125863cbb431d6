import type { Box } from "../player/boxes.ts";
import { type BoxFile, boxNamed, contentOf, innerBoxes, topBoxes } from "./isobmff.ts";
import { MediaError } from "./media.ts";
import { cutOff } from "./riff.ts";

/** A still has a handful: the picture, its transparency, its tiles. */
const MAX_ITEMS = 10_000;

/**
 * The size of the picture that a HEIF file shows first, as it is seen: turned where the file says so. Source: ISO/IEC 23008-12, sections
 * 6.5.3 (ispe), 6.5.10 (irot) and 9.3 (ipma, in iprp); ISO/IEC 14496-12, section 8.11.4 (pitm).
 * @throws MediaError when it is damaged, has no size, or is cut out of a larger picture
 */
export function readPrimaryItem(file: BoxFile): { width: number; height: number } {
  const top = topBoxes(file);
  const meta = boxNamed(top, "meta");
  const { start, end } = boxStart(file, meta, "meta");
  const boxes = innerBoxes(file, { start, end });
  const properties = boxNamed(boxes, "iprp");
  if (!properties) throw cutOff(file.noun, "its part iprp is missing");
  const parts = innerBoxes(file, properties);
  const container = boxNamed(parts, "ipco");
  if (!container) throw cutOff(file.noun, "its part ipco is missing");
  const all = innerBoxes(file, container);
  const own = propertiesOf(file, parts, primaryItem(file, boxes)).map((index) => all[index - 1]);
  // What is not in mdat is in the meta box itself.
  if (!boxNamed(top, "mdat") && !boxNamed(boxes, "idat")) throw cutOff(file.noun, "it has no pixels");
  return sizeOf(file, own);
}

function sizeOf(file: BoxFile, properties: readonly (Box | undefined)[]): { width: number; height: number } {
  const named = (type: string): Box | undefined => properties.find((it) => it?.type === type);
  if (named("clap"))
    throw new MediaError(
      `the ${file.noun} shows a part of its picture only (clap), and not every app cuts it out`,
      "crop the picture and export it again",
    );
  const extent = contentOf(file, named("ispe"), "ispe", 12);
  const [width, height] = [extent.getUint32(4), extent.getUint32(8)];
  const turn = named("irot");
  // In quarters of a full turn.
  const isOnItsSide = turn !== undefined && (contentOf(file, turn, "irot", 1).getUint8(0) & 1) === 1;
  return isOnItsSide ? { width: height, height: width } : { width, height };
}

/** A box with a version and flags before the boxes inside of it. */
function boxStart(file: BoxFile, box: Box | undefined, type: string): { start: number; end: number } {
  contentOf(file, box, type, 4);
  return { start: (box?.start ?? 0) + 4, end: box?.end ?? 0 };
}

function primaryItem(file: BoxFile, boxes: readonly Box[]): number {
  const box = contentOf(file, boxNamed(boxes, "pitm"), "pitm", 6);
  if (box.getUint8(0) === 0) return box.getUint16(4);
  return contentOf(file, boxNamed(boxes, "pitm"), "pitm", 8).getUint32(4);
}

/** Places among all properties, counted from 1, that belong to an item. */
function propertiesOf(file: BoxFile, parts: readonly Box[], wanted: number): number[] {
  const box = contentOf(file, boxNamed(parts, "ipma"), "ipma", 8);
  const idBytes = box.getUint8(0) === 0 ? 2 : 4;
  const indexBytes = box.getUint8(3) & 1 ? 2 : 1;
  const items = box.getUint32(4);
  let at = 8;
  for (let item = 0; item < Math.min(items, MAX_ITEMS) && at + idBytes + 1 <= box.byteLength; item++) {
    const id = idBytes === 2 ? box.getUint16(at) : box.getUint32(at);
    const count = box.getUint8(at + idBytes);
    at += idBytes + 1;
    if (at + count * indexBytes > box.byteLength) break;
    // The highest bit marks properties that a reader cannot do without.
    const read = (of: number): number =>
      indexBytes === 2 ? box.getUint16(at + 2 * of) & 0x7fff : box.getUint8(at + of) & 0x7f;
    if (id === wanted) return Array.from({ length: count }, (_, of) => read(of));
    at += count * indexBytes;
  }
  throw cutOff(file.noun, "it says nothing about the picture that it shows");
}
