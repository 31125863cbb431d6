import type { Box } from "../player/boxes.ts";
import { type BoxFile, boxNamed, contentOf, printable } from "./isobmff.ts";

const hex = (value: number): string => value.toString(16).padStart(2, "0");

/**
 * A coded track's name as RFC 6381 writes it, such as `avc1.640028`, from its sample entry and the boxes inside of it; the
 * entry's four letters alone where no more is known.
 * @throws MediaError when what a codec cannot do without is missing
 */
export function codecName(file: BoxFile, entry: string, boxes: readonly Box[]): string {
  const needed = (type: string, least: number): DataView =>
    contentOf(file, boxNamed(boxes, type), type, least);
  if (entry === "avc1" || entry === "avc3") return `${entry}.${avc(needed("avcC", 4))}`;
  if (entry === "hvc1" || entry === "hev1") return `${entry}.${hevc(needed("hvcC", 13))}`;
  if (entry === "av01") return `${entry}.${av1(needed("av1C", 4))}`;
  if (entry === "mp4a") return `${entry}.${audioObject(needed("esds", 6))}`;
  return printable(entry);
}

/** AVCDecoderConfigurationRecord, ISO/IEC 14496-15, section 5.3.3.1: profile, what it is compatible with, level. */
function avc(record: DataView): string {
  return hex(record.getUint8(1)) + hex(record.getUint8(2)) + hex(record.getUint8(3));
}

/** HEVCDecoderConfigurationRecord, ISO/IEC 14496-15, section 8.3.3.1; written as annex E of it says. */
function hevc(record: DataView): string {
  const profile = record.getUint8(1);
  const space = ["", "A", "B", "C"][profile >> 6] ?? "";
  const compatible = reverseBits(record.getUint32(2)).toString(16);
  const tier = profile & 0x20 ? "H" : "L";
  const constraints = Array.from({ length: 6 }, (_, at) => record.getUint8(6 + at));
  while (constraints.at(-1) === 0) constraints.pop();
  const level = `${tier}${record.getUint8(12)}`;
  return [`${space}${profile & 0x1f}`, compatible, level, ...constraints.map(hex)].join(".");
}

/** AV1CodecConfigurationRecord and its name: AV1 Codec ISO Media File Format Binding (AOMedia), sections 2.3.3 and 5. */
function av1(record: DataView): string {
  const [profileAndLevel, flags] = [record.getUint8(1), record.getUint8(2)];
  const level = String(profileAndLevel & 0x1f).padStart(2, "0");
  const depth = flags & 0x40 ? (flags & 0x20 ? "12" : "10") : "08";
  return `${profileAndLevel >> 5}.${level}${flags & 0x80 ? "H" : "M"}.${depth}`;
}

/**
 * The object type of an elementary stream's descriptor, in hexadecimal, and for MPEG-4 sound its audio object type behind it. Source:
 * ISO/IEC 14496-1, sections 7.2.6.5 and 7.2.6.6; ISO/IEC 14496-3, section 1.6.2.1.
 */
function audioObject(box: DataView): string {
  const stream = descriptor(box, 4, 0x03);
  if (stream === null || stream + 3 > box.byteLength) return "00";
  const flags = box.getUint8(stream + 2);
  const url = flags & 0x40 && stream + 3 < box.byteLength ? 1 + box.getUint8(stream + 3) : 0;
  const config = descriptor(box, stream + 3 + (flags & 0x80 ? 2 : 0) + url + (flags & 0x20 ? 2 : 0), 0x04);
  if (config === null || config + 13 > box.byteLength) return "00";
  const objectType = box.getUint8(config);
  const specific = objectType === 0x40 ? descriptor(box, config + 13, 0x05) : null;
  if (specific === null || specific + 2 > box.byteLength) return hex(objectType);
  const first = box.getUint8(specific) >> 3;
  // 31 is the mark that six more bits follow.
  return `${hex(objectType)}.${first === 31 ? 32 + ((box.getUint16(specific) >> 5) & 0x3f) : first}`;
}

/** Where the content of the descriptor at this place begins; null when there is none with this tag. Its size is written in up to 4 bytes. */
function descriptor(box: DataView, at: number, tag: number): number | null {
  if (at >= box.byteLength || box.getUint8(at) !== tag) return null;
  for (let next = at + 1; next < Math.min(at + 5, box.byteLength); next++)
    if ((box.getUint8(next) & 0x80) === 0) return next + 1;
  return null;
}

function reverseBits(value: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 32; bit++) reversed = (reversed << 1) | ((value >>> bit) & 1);
  return reversed >>> 0;
}
