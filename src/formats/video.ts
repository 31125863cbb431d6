import { type BoxFile, topBoxes } from "./isobmff.ts";
import {
  checkFps,
  checkFrames,
  checkSeconds,
  checkSize,
  MAX_ANIMATION_SECONDS,
  MAX_SOUND_SECONDS,
} from "./limits.ts";
import { type Advice, type DeadWeight, type Media, MediaError, pictureOf, type SoundFacts } from "./media.ts";
import { type Movie, readMovie, type Track } from "./movie.ts";

/** What a decoder holds at once: the pictures that later ones refer to, and those on their way to the screen. 4 to 8 are usual. */
const SURFACES = 6;
/** Luminance of every pixel, and two colours of every fourth one. */
const BYTES_OF_A_PIXEL = 1.5;
/** Above it VAP's own tool warns of a green screen: Tencent/vap, tool/README_en.md. */
const MAX_SAFE_SIDE = 1_504;
/** H.264 and H.265 code blocks of 16 x 16 pixels; what is left over at an edge shows as green on some Android decoders. */
const BLOCK = 16;
const MIN_PADDING_BYTES = 1_024;
const AS_H264 = "export it as MP4 with H.264";

/** The coded video of an MP4 and what is beside it, before anyone said where its transparency is. */
export type Video = Pick<
  Media,
  | "frames"
  | "fps"
  | "durationSeconds"
  | "decodedBytes"
  | "memoryRule"
  | "embeddedSound"
  | "sound"
  | "deadWeight"
  | "warnings"
> & { readonly coded: { readonly codec: string; readonly width: number; readonly height: number } };

/**
 * The first video in a movie's index. Nothing is decoded.
 * @throws MediaError when there is none, it is not coded in a way that apps play, or it is longer or larger than a gift can be
 */
export function videoOf(file: BoxFile, movie: Movie): Video {
  const { noun } = file;
  const track = movie.tracks.find((it) => it.handler === "vide");
  if (!track) throw new MediaError(`the ${noun} has no picture in it`, AS_H264);
  const codecAdvice = adviseCodec(noun, track.codec);
  const { width, height } = checkSize(noun, track.width, track.height);
  if (track.isTurned)
    throw new MediaError(
      `the ${noun} is stored turned or mirrored, and not every player turns it back`,
      "export it upright",
    );
  checkFrames(noun, track.samples);
  checkSeconds(noun, track.seconds, MAX_ANIMATION_SECONDS);
  const fps = meanRate(track.samples, track.seconds);
  checkFps(noun, fps);
  const sound = soundIn(movie);
  if (sound) checkSeconds(`sound of the ${noun}`, sound.seconds, MAX_SOUND_SECONDS);
  return {
    frames: track.samples,
    fps,
    durationSeconds: track.seconds,
    decodedBytes: width * height * BYTES_OF_A_PIXEL * SURFACES,
    memoryRule: `${SURFACES} decoded frames of the whole video at ${BYTES_OF_A_PIXEL} bytes a pixel: an estimate of what a decoder holds`,
    embeddedSound: sound !== null,
    sound,
    deadWeight: paddingOf(file),
    warnings: [...codecAdvice, ...adviseSize(noun, width, height), ...adviseOrder(noun, movie)],
    coded: { codec: track.codec, width, height },
  };
}

/** @throws MediaError as {@link videoOf} and {@link readMovie} do */
export function readVideo(file: BoxFile): Video {
  return videoOf(file, readMovie(file));
}

/** Frames per second to a thousandth, as the neighbours give it. */
export function meanRate(frames: number, seconds: number): number {
  return Math.round((frames / seconds) * 1_000) / 1_000;
}

/** The first sound that a player plays beside the picture; null where there is none. */
export function soundIn({ tracks }: Movie): SoundFacts | null {
  const track = tracks.find((it) => it.handler === "soun" && it.samples > 0);
  return track ? { codec: soundCodec(track), seconds: track.seconds, bytes: track.bytes } : null;
}

/** What a video's file says about itself, seen as a canvas of this size. */
export function videoMedia(
  format: "vap" | "yyeva" | "mp4",
  canvas: { readonly width: number; readonly height: number },
  { coded, ...facts }: Video,
  saysItsAlpha: boolean,
): Media {
  return {
    ...pictureOf(format, "video/mp4", ["mp4"], canvas),
    kind: "animation",
    ...facts,
    video: { ...coded, saysItsAlpha },
    drawnBy: "browser",
  };
}

/** Object types of ISO/IEC 14496-1, section 7.2.6.6.2: MPEG-4 and MPEG-2 AAC, MP3. */
function soundCodec({ codec }: Track): string {
  if (/^mp4a\.(?:40|66|67|68)\b/.test(codec)) return "aac";
  if (/^mp4a\.(?:69|6b)/.test(codec) || codec === ".mp3") return "mp3";
  return codec === "Opus" ? "opus" : codec.trim();
}

function adviseCodec(noun: string, codec: string): Advice[] {
  if (/^avc[13]\./.test(codec)) return [];
  const name = /^h(?:vc|ev)1\./.test(codec) ? "H.265" : codec.startsWith("av01.") ? "AV1" : null;
  if (name === null)
    throw new MediaError(
      `the ${noun} is coded as ${codec.trim()}, which phones do not play everywhere`,
      AS_H264,
    );
  return [
    {
      message: `the ${noun} is coded as ${name}, which not every device and browser decodes`,
      fix: `${AS_H264}, or give it to the tiers whose devices decode ${name}`,
    },
  ];
}

function adviseSize(noun: string, width: number, height: number): Advice[] {
  const advice: Advice[] = [];
  const [wide, high] = [roundUp(width), roundUp(height)];
  if (wide !== width || high !== height)
    advice.push({
      message: `the video in the ${noun} is ${width} x ${height} pixels; some devices show a green edge where a side is no multiple of ${BLOCK}`,
      fix: `export the video at ${wide} x ${high} pixels, or at the next smaller multiples of ${BLOCK}`,
    });
  if (Math.max(width, height) > MAX_SAFE_SIDE)
    advice.push({
      message: `the video in the ${noun} is ${width} x ${height} pixels; above ${MAX_SAFE_SIDE} on the longer side some devices show a green screen`,
      fix: `export the video with sides of at most ${MAX_SAFE_SIDE} pixels`,
    });
  return advice;
}

function adviseOrder(noun: string, { isIndexLast }: Movie): Advice[] {
  if (!isIndexLast) return [];
  return [
    {
      message: `the ${noun} has its index behind the pictures, so it starts only once all of it was downloaded`,
      fix: "export it with its index first, which tools call fast start or web optimised; ffmpeg: -movflags +faststart",
    },
  ];
}

/** Boxes that are there to be skipped (ISO/IEC 14496-12, section 8.1.2); every file has a few bytes of them. */
function paddingOf(file: BoxFile): DeadWeight[] {
  const boxes = topBoxes(file).filter((it) => it.type === "free" || it.type === "skip");
  return boxes
    .map(({ type, start, end }) => ({
      what: "file" as const,
      name: `box ${type}`,
      bytes: end - start + 8,
      isRemovable: false,
    }))
    .filter((it) => it.bytes > MIN_PADDING_BYTES);
}

function roundUp(side: number): number {
  return Math.ceil(side / BLOCK) * BLOCK;
}
