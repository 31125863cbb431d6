const HEADER_BYTES = 6;
const ENTRY_BYTES = 12;
const ORIENTATION = 0x0112;
/** The first directory has a dozen entries. */
const MAX_ENTRIES = 200;

/**
 * How a picture has to be turned before it is shown, 1 to 8 with 1 for not at all, from the content of a JPEG's APP1 segment; null where it does
 * not say. Source: Exif 2.3 (JEITA CP-3451C), sections 4.5.4 and 4.6.4 A; the directory is TIFF 6.0's, section 2.
 */
export function exifOrientation(segment: Uint8Array): number | null {
  const text = Buffer.from(segment.subarray(0, HEADER_BYTES + 2)).toString("latin1");
  if (!text.startsWith("Exif\0\0")) return null;
  const isLittle = text.endsWith("II");
  const tiff = segment.subarray(HEADER_BYTES);
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (view.byteLength < 8) return null;
  const directory = view.getUint32(4, isLittle);
  if (directory + 2 > view.byteLength) return null;
  const entries = Math.min(view.getUint16(directory, isLittle), MAX_ENTRIES);
  for (let at = directory + 2; at < directory + 2 + entries * ENTRY_BYTES; at += ENTRY_BYTES) {
    if (at + ENTRY_BYTES > view.byteLength) return null;
    if (view.getUint16(at, isLittle) === ORIENTATION) return view.getUint16(at + 8, isLittle);
  }
  return null;
}
