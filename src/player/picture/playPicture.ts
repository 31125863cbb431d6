import type { LoadedFile } from "../../client/load/loader.ts";
import { checkSize, MAX_FRAMES } from "../limits.ts";
import type { PlayOptions, Playing } from "../playing.ts";
import { playFrames } from "./playFrames.ts";
import { playImage } from "./playImage.ts";
import { readPicture } from "./readPicture.ts";

/** WebP, AVIF, PNG, APNG and GIF: frame by frame where the browser lets us, so that they are counted, and otherwise as it likes. */
export async function playPicture(
  into: HTMLElement,
  file: LoadedFile,
  options: PlayOptions,
): Promise<Playing> {
  const facts = readPicture(file.content);
  checkSize(facts.width, facts.height);
  if (facts.frames === 1) return playImage(into, file, facts, options);
  if ((facts.frames ?? 0) > MAX_FRAMES) throw new Error(`it has ${facts.frames} frames`);
  const canDecode =
    typeof ImageDecoder !== "undefined" && (await ImageDecoder.isTypeSupported(file.mediaType));
  return canDecode ? playFrames(into, file, facts, options) : playImage(into, file, facts, options);
}
