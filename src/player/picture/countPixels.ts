import { checkSize } from "../limits.ts";
import { isJpeg, readJpegSize } from "./jpeg.ts";
import { readPicture } from "./readPicture.ts";

/**
 * How many pixels a picture inside of another file has, by its own headers: PNG, APNG, WebP, GIF, AVIF or JPEG. Nothing is decoded.
 * @throws Error when its size cannot be read, since a browser may know more types, or when it is too large
 */
export function countPixels(bytes: Uint8Array): number {
  const { width, height } = isJpeg(bytes) ? readJpegSize(bytes) : readPicture(bytes);
  checkSize(width, height);
  return width * height;
}
