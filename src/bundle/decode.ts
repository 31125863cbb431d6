/** How long it takes to decode every frame of a picture, in milliseconds. Rejects what cannot be decoded. */
export async function timeDecoding(bytes: Uint8Array): Promise<number> {
  const { default: sharp } = await import("sharp");
  const begun = performance.now();
  // Decoded and thrown away: a few pixels are enough to ask for all of them.
  await sharp(bytes, { animated: true, limitInputPixels: MOST_PIXELS }).stats();
  return performance.now() - begun;
}

/** Of all frames together; more than any budget allows. */
const MOST_PIXELS = 1_000_000_000;
