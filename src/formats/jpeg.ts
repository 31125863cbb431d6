import { exifOrientation } from "./exifOrientation.ts";
import { checkSize } from "./limits.ts";
import { type Media, MediaError, type MediaFormat, pictureOf } from "./media.ts";
import { cutOff } from "./riff.ts";

/** Markers: ITU-T T.81, table B.1. */
const START_OF_IMAGE = 0xd8;
const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;
const APPLICATION_1 = 0xe1;
const TEMPORARY = 0x01;
const UPRIGHT = 1;
/** Notes, profiles and scans together are a few dozen. */
const MAX_PARTS = 10_000;
/** Inside of coded data: a stuffed zero, and the restart marks. */
const isPartOfScan = (marker: number): boolean => marker === 0 || (marker >= 0xd0 && marker <= 0xd7);
/** SOF0 to SOF15; what is left out are tables and an extension. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
/** Baseline, extended sequential and progressive, all with Huffman codes. */
const PLAYED: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);
const EXPORT_AS = "export the picture as an ordinary RGB JPEG with 8 bits per channel, or as PNG or WebP";

/**
 * JPEG pictures. Source: ITU-T T.81, annex B: markers B.1.1, frame header B.2.2, scan B.2.3. Segments and scans are followed to the end mark;
 * pixels are not decoded. Four channels mean CMYK, which apps show in wrong colours, so it is refused; so is a picture that a camera stored
 * turned, which browsers turn back and other apps do not.
 */
export const jpeg: MediaFormat = {
  name: "JPEG",
  matches: ([first, second, third]) => first === 0xff && second === START_OF_IMAGE && third === 0xff,
  read: readJpeg,
};

/** @throws MediaError as {@link MediaFormat.read} does */
export function readJpeg(bytes: Uint8Array): Media {
  let size: { width: number; height: number } | null = null;
  let scans = 0;
  let parts = 0;
  for (const { marker, segment } of segmentsOf(bytes)) {
    if (++parts > MAX_PARTS) throw cutOff("JPEG", `it has more than ${MAX_PARTS} parts`);
    if (marker === APPLICATION_1) checkUpright(segment);
    if (isFrame(marker)) size = readFrame(marker, segment);
    else if (marker === START_OF_SCAN) scans += 1;
  }
  if (!size || scans === 0) throw cutOff("JPEG", "it has no pixels");
  return pictureOf("jpeg", "image/jpeg", ["jpg", "jpeg"], size);
}

/** Each marker with what its segment holds, up to the end mark. Bytes behind that are not read. */
function* segmentsOf(bytes: Uint8Array): Generator<{ marker: number; segment: Uint8Array }> {
  for (let at = 2; ; ) {
    if (bytes[at] !== 0xff) throw cutOff("JPEG", `there is no part at byte ${at}`);
    const marker = bytes[at + 1] ?? 0;
    // Any number of fill bytes may stand before a marker.
    if (marker === 0xff || marker === TEMPORARY) {
      at += marker === TEMPORARY ? 2 : 1;
      continue;
    }
    if (marker === END_OF_IMAGE) return;
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length) throw cutOff("JPEG", "a part of it reaches beyond its end");
    yield { marker, segment: bytes.subarray(at + 4, end) };
    at = marker === START_OF_SCAN ? endOfScan(bytes, end) : end;
  }
}

/** The next marker that is no part of the coded data. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1];
    if (next !== undefined && next !== 0xff && !isPartOfScan(next)) return at;
  }
  throw cutOff("JPEG", "it ends before its end mark");
}

function checkUpright(segment: Uint8Array): void {
  if ((exifOrientation(segment) ?? UPRIGHT) === UPRIGHT) return;
  throw new MediaError(
    "the JPEG is stored turned or mirrored, as cameras do, and not every app turns it back",
    "open it in an image editor and export it upright",
  );
}

function readFrame(marker: number, header: Uint8Array): { width: number; height: number } {
  const [bits = 0, high = 0, higher = 0, wide = 0, wider = 0, channels = 0] = header;
  if (header.length < 6) throw cutOff("JPEG", "its header is too short");
  if (!PLAYED.has(marker))
    throw new MediaError(
      "the JPEG is coded in a way that browsers do not show (lossless, hierarchical or arithmetic)",
      EXPORT_AS,
    );
  if (channels === 4)
    throw new MediaError("the JPEG has CMYK colours for printing, which apps show wrongly", EXPORT_AS);
  if (bits !== 8 || (channels !== 1 && channels !== 3))
    throw new MediaError(`the JPEG has ${channels} channels of ${bits} bits`, EXPORT_AS);
  return checkSize("JPEG", wide * 256 + wider, high * 256 + higher);
}
