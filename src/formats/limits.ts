import { MediaError } from "./media.ts";
import { quoteName } from "./quoteName.ts";

/** More is a recording, not a gift: half a minute at 60 frames per second. */
export const MAX_FRAMES = 2_000;

/** The longest side that every format here can store; WebP has 14 bits for it. */
export const MAX_SIDE_PIXELS = 16_383;

/**
 * All frames of a row of pictures together: about forty seconds at 30 frames per second of a whole phone's screen. To draw, scale and
 * encode this takes minutes; what is beyond was made to keep a builder busy.
 */
export const MAX_FRAME_PIXELS = 2_000_000_000;

/** The size in whole pixels. @throws MediaError when a side is missing, nothing, or longer than any screen needs */
export function checkSize(noun: string, width: number, height: number): { width: number; height: number } {
  const size = { width: Math.round(width), height: Math.round(height) };
  for (const side of [size.width, size.height]) {
    if (side >= 1 && side <= MAX_SIDE_PIXELS) continue;
    throw new MediaError(
      `the ${noun} is ${width} x ${height} pixels`,
      `export it with sides of 1 to ${MAX_SIDE_PIXELS} pixels`,
    );
  }
  return size;
}

/** @throws MediaError when there is nothing to play, or more than a gift can be */
export function checkFrames(noun: string, frames: number): void {
  if (frames < 1)
    throw new MediaError(`the ${noun} has no frames`, "export an animation of at least one frame");
  if (frames > MAX_FRAMES)
    throw new MediaError(
      `the ${noun} has ${frames} frames, at most ${MAX_FRAMES} are allowed`,
      "make it shorter or lower its frame rate, then export it again",
    );
}

/** For rows of whole pictures, each of which is decoded. @throws MediaError as {@link checkFrames}, or when they come to too many pixels */
export function checkPictures(
  noun: string,
  frames: number,
  { width, height }: { readonly width: number; readonly height: number },
): void {
  checkFrames(noun, frames);
  if (frames * width * height > MAX_FRAME_PIXELS)
    throw new MediaError(
      `the ${noun} is ${frames} frames of ${width} x ${height} pixels, together more than ${MAX_FRAME_PIXELS / 1_000_000_000} billion pixels`,
      "make it smaller or shorter, then export it again",
    );
}

/** An animation stands over a live stream: after a minute it is a film. It also bounds what a player decodes for one gift. */
export const MAX_ANIMATION_SECONDS = 60;

/** Twice an animation, for music that goes on over several plays. Samples of two minutes are 23 MB once they are decoded. */
export const MAX_SOUND_SECONDS = 120;

/** No screen of a phone or a television that gifts are shown on draws more often; a rate is rounded before it is compared. */
const MAX_VIDEO_FPS = 60;

/** @throws MediaError when it lasts no time, or longer than a gift can */
export function checkSeconds(noun: string, seconds: number, most: number): void {
  if (!(seconds > 0))
    throw new MediaError(`the ${noun} lasts no time at all`, "export it again with its full length");
  if (seconds > most)
    throw new MediaError(
      `the ${noun} lasts ${seconds < 86_400 ? `${Math.ceil(seconds)} seconds` : "more than a day"}, at most ${most} are allowed`,
      "make it shorter and export it again",
    );
}

/** @throws MediaError when the rate is none that a player keeps up with */
export function checkFps(noun: string, fps: number): void {
  if (fps > 0 && Math.round(fps) <= MAX_VIDEO_FPS) return;
  throw new MediaError(
    `the ${noun} plays ${fps} frames per second`,
    `export it with a frame rate from 1 to ${MAX_VIDEO_FPS}`,
  );
}

/** A word, or a path of a few folders. Names stand in findings and in catalogs. */
const MAX_NAME_CHARACTERS = 200;

/** @throws MediaError when a name inside of a file is longer than any that a person gives */
export function checkName(noun: string, what: string, name: string): void {
  if (name.length > MAX_NAME_CHARACTERS)
    throw new MediaError(
      `the ${noun} has ${what} with a name of ${name.length} characters: ${quoteName(name)}`,
      `give it a name of at most ${MAX_NAME_CHARACTERS} characters, then export it again`,
    );
}
