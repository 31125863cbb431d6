/** Twice as wide as it is shown, for sharp screens. */
const WIDTH = 1_200;
/** Of a picture that is 560 units wide, where 72 dots an inch make one pixel of each unit. */
const DENSITY = (72 * WIDTH) / 560;

/** A PNG of an SVG that this program drew. Sharp is loaded when the first is drawn; letters need a font on this machine. */
export async function drawPng(svg: string): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  return sharp(Buffer.from(svg), { density: DENSITY })
    .resize({ width: WIDTH })
    .png({ compressionLevel: 9, palette: true })
    .toBuffer();
}
