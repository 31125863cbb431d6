import type { MediaFormat } from "./media.ts";
import { toSvgaMedia } from "./svgaFacts.ts";
import { parseSvga } from "./svgaMovie.ts";

/**
 * SVGA 2.x: a zlib stream (RFC 1950) around one protocol buffer message; {@link parseSvga} names its source.
 * SVGA 1.x is a zip archive and another format.
 */
export const svga: MediaFormat = {
  name: "SVGA 2.x",
  // Method 8 with a 32 KB window, a header divisible by 31, and no preset dictionary (RFC 1950, section 2.2).
  matches: ([method = 0, flags = 0]) =>
    method === 0x78 && (method * 256 + flags) % 31 === 0 && (flags & 0x20) === 0,
  read: async (bytes) => toSvgaMedia(await parseSvga(bytes), true),
};
