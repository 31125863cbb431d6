import { type FindLottieFile, type LottieFile, toLottieMedia } from "./lottieFacts.ts";
import { type LottieJson, parseLottie } from "./lottieMovie.ts";
import type { MediaFormat } from "./media.ts";

/**
 * Lottie JSON that needs nothing beside it and runs no code. Source: Lottie Animation Format (Lottie Animation
 * Community, lottie.github.io/lottie-spec) 1.0: Composition, Layers, Assets; the version `v`, fonts and the expressions `x`,
 * which the specification leaves out, from the format documentation in lottie-web (docs/json).
 */
export const lottie: MediaFormat = {
  name: "Lottie JSON",
  matches: (bytes) => firstCharacter(bytes) === "{",
  read: (bytes) => toLottieMedia(parseLottie(bytes), embeddedFiles()),
};

/** Finds what stands in the JSON itself, as a `data:` URL (RFC 2397). What was found is kept, since it is asked for more than once. */
export function embeddedFiles(): FindLottieFile {
  const found = new Map<LottieJson, LottieFile | null>();
  return (asset) => {
    const known = found.get(asset);
    if (known !== undefined) return known;
    const file = decodeDataUrl(asset["p"]);
    found.set(asset, file);
    return file;
  };
}

function decodeDataUrl(url: unknown): LottieFile | null {
  if (typeof url !== "string" || !url.startsWith("data:")) return null;
  const comma = url.indexOf(",");
  const [head, body] = [url.slice(0, comma), url.slice(comma + 1)];
  const bytes = Buffer.from(body, head.endsWith(";base64") ? "base64" : "latin1");
  return { bytes, storedBytes: url.length };
}

/** The first character that is no white space and no byte order mark. */
function firstCharacter(bytes: Uint8Array): string {
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  return String.fromCharCode(...bytes.subarray(start, start + 64))
    .trimStart()
    .slice(0, 1);
}
