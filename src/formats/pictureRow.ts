import type { Player } from "../wire/catalog.ts";
import { checkSeconds, MAX_ANIMATION_SECONDS } from "./limits.ts";
import type { Media } from "./media.ts";

/** The canvas, the frame being decoded and the one on the screen. */
const CANVASES_OF_A_PLAYER = 3;

/**
 * A picture's facts as those of a row of such pictures. The rate is the mean: frames may last differently.
 * @throws MediaError when it lasts longer than a gift can
 */
export function toAnimation(
  noun: string,
  picture: Media,
  frames: number,
  durationSeconds: number,
  player: Player,
): Media {
  checkSeconds(noun, durationSeconds, MAX_ANIMATION_SECONDS);
  return {
    ...picture,
    kind: "animation",
    frames,
    fps: Math.round((frames / durationSeconds) * 1_000) / 1_000,
    durationSeconds,
    decodedBytes: picture.width * picture.height * 4 * CANVASES_OF_A_PLAYER,
    memoryRule: "three canvases: what is built up, the frame that is decoded and the one that is shown",
    player,
  };
}

/** How long a browser shows a frame of a GIF or an APNG: a tenth of a second where the file says a hundredth or less. */
export function shownSeconds(seconds: number): number {
  return seconds <= 0.01 ? 0.1 : seconds;
}
