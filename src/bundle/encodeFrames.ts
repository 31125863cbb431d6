import type { Sharp, SharpOptions } from "sharp";
import type { Raster } from "./render/frames.ts";

export type SharpFactory = (input: Uint8Array | Uint8Array[], options?: SharpOptions) => Sharp;

/** Frames up to this lie in memory as they are; larger ones as PNG files of the same pixels, which take a fraction of it. */
const MOST_PLAIN_BYTES = 256_000_000;
/** WebP effort: 4 is the last that costs milliseconds rather than seconds a frame. */
export const EFFORT = 4;

export interface Clip {
  readonly width: number;
  readonly height: number;
  /** How long each frame stays, in milliseconds. */
  readonly delays: readonly number[];
  readonly quality: number;
}

/**
 * Frames as an animated WebP that plays once.
 * @param frame gives the pixels of a frame; asked in order, once for each
 * @param mostPlainBytes frames that take more together are packed; the outcome is the same
 */
export async function encodeFrames(
  sharp: SharpFactory,
  { width, height, delays, quality }: Clip,
  frame: (at: number) => Promise<Raster>,
  mostPlainBytes = MOST_PLAIN_BYTES,
): Promise<Uint8Array> {
  const frameBytes = width * height * 4;
  const isPlain = frameBytes * delays.length <= mostPlainBytes;
  const input = isPlain ? await joinPlain() : await packAll();
  return input.webp({ quality, effort: EFFORT, delay: [...delays], loop: 1 }).toBuffer();

  async function joinPlain(): Promise<Sharp> {
    const pixels = Buffer.allocUnsafe(frameBytes * delays.length);
    for (let at = 0; at < delays.length; at++) pixels.set(await rasterOf(at), at * frameBytes);
    return sharp(pixels, {
      raw: { width, height: height * delays.length, channels: 4, pageHeight: height },
      limitInputPixels: false,
    });
  }

  async function packAll(): Promise<Sharp> {
    const files: Uint8Array[] = [];
    for (let at = 0; at < delays.length; at++) {
      const raw = { width, height, channels: 4 } as const;
      files.push(
        await sharp(await rasterOf(at), { raw })
          .png({ compressionLevel: 1 })
          .toBuffer(),
      );
    }
    return sharp(files, { join: { animated: true }, limitInputPixels: false });
  }

  async function rasterOf(at: number): Promise<Uint8Array> {
    const { pixels, ...size } = await frame(at);
    if (size.width !== width || size.height !== height || pixels.length !== frameBytes)
      throw new TypeError(`frame ${at} is ${size.width}x${size.height}, not ${width}x${height}`);
    return pixels;
  }
}
