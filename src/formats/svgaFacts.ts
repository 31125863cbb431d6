import { checkFrames, checkSeconds, checkSize, MAX_ANIMATION_SECONDS } from "./limits.ts";
import {
  type Advice,
  type DeadWeight,
  type EmbeddedPicture,
  type Media,
  MediaError,
  pictureOf,
  type SoundFacts,
} from "./media.ts";
import { readMp3 } from "./mp3.ts";
import { toPlayerVersion } from "./playerVersion.ts";
import { isPng, readPngSize } from "./png.ts";
import { quoteName } from "./quoteName.ts";
import { slotsOf } from "./slots.ts";
import { EXPORT_SVGA_AGAIN, type SvgaMovie } from "./svgaMovie.ts";

const MAX_FPS = 60;
const MAX_FILE_NAME_BYTES = 128;
/** Divisors of 60, so that every frame stands for whole refreshes of a screen: the comment at `fps` in svga.proto. */
const LEGAL_FPS: readonly number[] = [1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60];

/**
 * What an SVGA says of itself, whichever version wrote it down. Players decode every image up front, used or not, so all of
 * them count.
 * @param isRewritten whether `giftwrap fix` can take things out of the file; it leaves archives as they are
 * @throws MediaError when no player could show it
 */
export function toSvgaMedia(movie: SvgaMovie, isRewritten: boolean): Media {
  const { width, height } = checkSize("SVGA", movie.width, movie.height);
  const { fps, frames } = movie;
  if (!Number.isInteger(fps) || fps < 1 || fps > MAX_FPS)
    throw new MediaError(
      `the SVGA plays ${fps} frames per second`,
      `export it with a whole frame rate from 1 to ${MAX_FPS}`,
    );
  checkFrames("SVGA", frames);
  checkSeconds("SVGA", frames / fps, MAX_ANIMATION_SECONDS);
  checkSprites(movie);
  const { pictures, unseen, played, unplayed } = sortImages(movie, isRewritten);
  const sound = soundFacts(played);
  return {
    ...pictureOf("svga", "application/x-svga", ["svga"], { width, height }),
    kind: "animation",
    frames,
    fps,
    durationSeconds: frames / fps,
    decodedBytes: pictures.reduce((sum, it) => sum + it.width * it.height * 4, 0),
    memoryRule: "every image at 4 bytes a pixel, since players decode all of them before the first frame",
    images: pictures.length,
    pictures,
    embeddedSound: sound !== null,
    sound,
    slots: slotsOf(movie.sprites.map((it) => it.imageKey)),
    player: { name: "svga", version: versionOf(movie) },
    deadWeight: [...unseen, ...unplayed],
    warnings: [...rateAdvice(fps), ...unplayed.map(soundAdvice), ...silentAdvice(movie, played)],
  };
}

/**
 * Which images some player shows for a sprite, by their keys. Players call the bitmap of a matte as the sprite without `.matte`
 * (SVGACanvasDrawer.kt and SVGAVideoEntity.kt in SVGAPlayer-Android), and iOS leaves out any ending (SVGAPlayer.m, SVGAVideoEntity.m), of the
 * sprite's key and of the image's. What any of them would find stays in use.
 */
export function shownBySprites({
  sprites,
}: {
  readonly sprites: readonly { readonly imageKey: string; readonly matteKey: string }[];
}): (imageKey: string) => boolean {
  const shown = new Set<string>();
  for (const { imageKey, matteKey } of sprites)
    for (const key of [imageKey, matteKey]) for (const name of namesOf(key)) shown.add(name);
  return (imageKey) => namesOf(imageKey).some((it) => shown.has(it));
}

/** What players may call the image of this key. */
export function namesOf(key: string): readonly string[] {
  return [key, key.replace(/\.matte$/, ""), key.replace(/\.[^./]*$/, "")];
}

/** MP3, with an ID3 tag before it or without. */
export function isSvgaSound([a = 0, b = 0, c = 0]: Uint8Array): boolean {
  return (a === 0x49 && b === 0x44 && c === 0x33) || (a === 0xff && (b & 0xe6) === 0xe2);
}

function versionOf({ version }: SvgaMovie): string {
  const known = toPlayerVersion(version);
  if (known === null)
    throw new MediaError(
      `the SVGA does not say which version it is: found ${quoteName(version)}`,
      EXPORT_SVGA_AGAIN,
    );
  return known;
}

function checkSprites({ sprites, frames }: SvgaMovie): void {
  if (sprites.length === 0)
    throw new MediaError("the SVGA draws nothing: it has no sprites", EXPORT_SVGA_AGAIN);
  for (const sprite of sprites) {
    if (sprite.frames !== frames)
      throw new MediaError(
        `the sprite ${quoteName(sprite.imageKey)} has ${sprite.frames} frames, the SVGA has ${frames}`,
        "make every layer as long as the animation and export it again",
      );
  }
}

interface SortedImages {
  readonly pictures: readonly EmbeddedPicture[];
  /** The sounds that the movie's audio entries name, by their keys. */
  readonly played: ReadonlyMap<string, Uint8Array>;
  readonly unplayed: readonly DeadWeight[];
  readonly unseen: readonly DeadWeight[];
}

function sortImages(movie: SvgaMovie, isRewritten: boolean): SortedImages {
  const isShown = shownBySprites(movie);
  const sounds = new Set(movie.sounds.map((it) => it.key));
  const pictures: EmbeddedPicture[] = [];
  const unplayed: DeadWeight[] = [];
  const unseen: DeadWeight[] = [];
  const played = new Map<string, Uint8Array>();
  for (const [name, image] of movie.images) {
    const bytes = image.length;
    if (isPng(image)) {
      const isUsed = isShown(name);
      pictures.push({ name, ...sizeOf(name, image), bytes, isUsed });
      // What an audio entry names counts as used there.
      const isRemovable = isRewritten && !sounds.has(name);
      if (!isUsed) unseen.push({ what: "image", name, bytes, isRemovable });
    } else if (isSvgaSound(image) && sounds.has(name)) played.set(name, image);
    else if (isSvgaSound(image)) unplayed.push({ what: "sound", name, bytes, isRemovable: isRewritten });
    else if (sounds.has(name))
      throw new MediaError(
        `the sound ${quoteName(name)} in the SVGA is not an MP3`,
        "use an MP3 for the sound and export it again",
      );
    else throw explainImage(name, image);
  }
  return { pictures, unseen, played, unplayed };
}

/** The longest sound, by its own frames and not by what the audio entries say; null when there is none. */
function soundFacts(played: ReadonlyMap<string, Uint8Array>): SoundFacts | null {
  if (played.size === 0) return null;
  let seconds = 0;
  let bytes = 0;
  for (const [key, sound] of played) {
    seconds = Math.max(seconds, secondsOf(key, sound));
    bytes += sound.length;
  }
  return { codec: "mp3", seconds, bytes };
}

function secondsOf(key: string, sound: Uint8Array): number {
  try {
    return readMp3(sound).durationSeconds;
  } catch (cause) {
    if (!(cause instanceof MediaError)) throw cause;
    throw new MediaError(
      `the sound ${quoteName(key)} in the SVGA: ${cause.message}`,
      "put the sound in again, whole and no longer than the gift needs, and export it again",
      { cause },
    );
  }
}

function sizeOf(key: string, image: Uint8Array): { width: number; height: number } {
  try {
    return readPngSize(image);
  } catch (cause) {
    if (!(cause instanceof MediaError)) throw cause;
    throw new MediaError(`the image ${quoteName(key)} in the SVGA: ${cause.message}`, EXPORT_SVGA_AGAIN, {
      cause,
    });
  }
}

/** What stands where a PNG should be. */
function explainImage(key: string, image: Uint8Array): MediaError {
  const name = quoteName(key);
  if (image.length === 0)
    return new MediaError(`the image ${name} in the SVGA is empty`, "give it a picture and export it again");
  const text = image.length < MAX_FILE_NAME_BYTES ? Buffer.from(image).toString("utf8") : "";
  if (/^[^\p{C}\ufffd]+$/u.test(text))
    return new MediaError(
      `the SVGA needs the file ${quoteName(text)} beside it for its image ${name}`,
      "export it again with its images inside the SVGA",
    );
  return new MediaError(`the image ${name} in the SVGA is not a PNG`, "use PNG images and export it again");
}

function rateAdvice(fps: number): readonly Advice[] {
  if (LEGAL_FPS.includes(fps)) return [];
  return [
    {
      message: `the SVGA plays ${fps} frames per second, which does not divide a screen's 60: it will judder`,
      fix: `export it with one of ${LEGAL_FPS.join(", ")} frames per second`,
    },
  ];
}

function soundAdvice({ name, isRemovable }: DeadWeight): Advice {
  return {
    message: `the SVGA carries a sound that nothing plays, ${quoteName(name)}, and some web players stop at it`,
    fix: `${isRemovable ? "run `giftwrap fix` to take it out, or " : ""}remove the sound from the project and export it again`,
  };
}

function silentAdvice({ sounds }: SvgaMovie, played: ReadonlyMap<string, Uint8Array>): readonly Advice[] {
  const [first, ...others] = new Set(sounds.map((it) => it.key).filter((it) => !played.has(it)));
  if (first === undefined) return [];
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return [
    {
      message: `the SVGA is to play the sound ${quoteName(first)}${more}, which is not in it: it stays silent`,
      fix: "put the sound into the project, or take its audio layer out, and export it again",
    },
  ];
}
