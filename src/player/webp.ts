/**
 * How long an animated WebP plays until it stops by itself; null when it is no animation or repeats without end.
 * Source: WebP Container Specification, "Extended File Format", ANIM and ANMF chunks.
 */
export function webpSeconds(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let loops = 0;
  let milliseconds = 0;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    const size = view.getUint32(at + 4, true);
    if (name === "ANIM" && at + 14 <= bytes.length) loops = view.getUint16(at + 12, true);
    if (name === "ANMF" && at + 24 <= bytes.length) milliseconds += view.getUint32(at + 20, true) & 0xffffff;
    at += 8 + size + (size % 2);
  }
  return loops > 0 && milliseconds > 0 ? (loops * milliseconds) / 1000 : null;
}
