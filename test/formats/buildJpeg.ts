import { u16be } from "./buildBoxes.ts";

export interface JpegParts {
  readonly width: number;
  readonly height: number;
  /** The frame header's marker: 0xc0 for baseline, 0xc2 for progressive. */
  readonly marker: number;
  readonly bits: number;
  readonly channels: number;
}

/** A JPEG whose parts are whole and whose picture is not: ITU-T T.81, annex B. */
export function buildJpeg(parts: Partial<JpegParts> = {}): Buffer {
  const { width, height, marker, bits, channels } = {
    width: 60,
    height: 40,
    marker: 0xc0,
    bits: 8,
    channels: 3,
    ...parts,
  };
  const frame = [
    Buffer.from([bits]),
    u16be(height, width),
    Buffer.from([channels]),
    Buffer.alloc(3 * channels),
  ];
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    jpegSegment(0xe0, Buffer.from("JFIF\0")),
    jpegSegment(marker, Buffer.concat(frame)),
    jpegSegment(0xda, Buffer.alloc(6)),
    // A stuffed zero and a restart mark are parts of the coded picture.
    Buffer.from([0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56]),
    Buffer.from([0xff, 0xd9]),
  ]);
}

export function jpegSegment(marker: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xff, marker]), u16be(2 + content.length), content]);
}

export function sampleJpeg(): Buffer {
  return buildJpeg();
}
