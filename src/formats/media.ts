import type { AlphaSide, Player } from "../wire/catalog.ts";

/** What a media file says of itself. */
export interface Media {
  readonly kind: "animation" | "picture" | "sound";
  readonly format: FormatName;
  readonly mediaType: string;
  /** The endings that a file of this format may have, without the dot. */
  readonly extensions: readonly string[];
  /** Whole pixels that a viewer sees; 0 for sound. Of a video that carries its transparency beside the colour, the colour's part. */
  readonly width: number;
  readonly height: number;
  /** 1 for pictures, 0 for sound. */
  readonly frames: number;
  /** The mean rate; 0 where there is none. */
  readonly fps: number;
  readonly durationSeconds: number;
  /** Peak memory of what is decoded, in bytes: an estimate by {@link memoryRule}. Sound: its samples. */
  readonly decodedBytes: number;
  /** The rule that {@link decodedBytes} comes from, in words. */
  readonly memoryRule: string;
  /** How many bitmaps are inside the animation, used or not; 0 for pictures, sounds and what is a row of frames itself. */
  readonly images: number;
  /** These bitmaps, in the file's order. */
  readonly pictures: readonly EmbeddedPicture[];
  /** Whether the animation carries sound that its player plays. */
  readonly embeddedSound: boolean;
  /** That sound, or the file's own when it is one; null where there is none. */
  readonly sound: SoundFacts | null;
  /** The coded video of an MP4; null elsewhere. */
  readonly video: VideoFacts | null;
  /** Names of the images or texts that an app may replace at run time, sorted. */
  readonly slots: readonly string[];
  /** What can play it, read from the bytes; null for pictures and sounds. */
  readonly player: Player | null;
  /** How frames of it can be drawn: by this program itself, by a browser where there is one, or not at all (sounds). */
  readonly drawnBy: "node" | "browser" | null;
  /** What nobody will ever see or hear. */
  readonly deadWeight: readonly DeadWeight[];
  /** What works and could be better, each with what to do; no reason to refuse the file. */
  readonly warnings: readonly Advice[];
}

export type FormatName =
  | "svga"
  | "lottie"
  | "dotlottie"
  | "vap"
  | "yyeva"
  | "mp4"
  | "pag"
  | "webp"
  | "gif"
  | "apng"
  | "avif"
  | "png"
  | "jpeg"
  | "mp3"
  | "aac"
  | "opus"
  | "wav";

export interface EmbeddedPicture {
  /** Its key, id or path inside of the file. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** As it is stored. */
  readonly bytes: number;
  /** Whether anything shows it. */
  readonly isUsed: boolean;
}

export interface SoundFacts {
  /** Such as `mp3`, `aac`, `opus` or `pcm`. */
  readonly codec: string;
  readonly seconds: number;
  /** As it is stored. */
  readonly bytes: number;
}

export interface VideoFacts {
  /** As RFC 6381 writes it, such as `avc1.640028`. */
  readonly codec: string;
  /** The decoded frame, colour and transparency together. */
  readonly width: number;
  readonly height: number;
  /** Whether the file says itself where its transparency is; an author declares it otherwise. */
  readonly saysItsAlpha: boolean;
}

export interface DeadWeight {
  readonly what: "image" | "sound" | "composition" | "file";
  readonly name: string;
  readonly bytes: number;
  /** Whether `giftwrap fix` takes it out; otherwise only its author can. */
  readonly isRemovable: boolean;
}

export interface Advice {
  readonly message: string;
  readonly fix: string;
}

/** What the author says about a file that does not say it itself. */
export interface Declared {
  /** Which half of a plain MP4 carries its transparency; `none` for a video without. */
  readonly alpha?: AlphaSide;
}

/** What a gift or a lock says of it. */
export function declaredOf({ alpha }: { readonly alpha?: AlphaSide | undefined }): Declared {
  return alpha === undefined ? {} : { alpha };
}

/** One format. A new one is a new file and a line in `inspect.ts`. */
export interface MediaFormat {
  readonly name: string;
  /** Whether the bytes begin like this format; cheap. */
  matches(bytes: Uint8Array): boolean;
  /** @throws MediaError in words for a person when the bytes are damaged or not supported */
  read(bytes: Uint8Array, declared?: Declared): Promise<Media> | Media;
}

/** The file cannot be used. The message says what is wrong with it, the fix is an instruction to an artist. */
export class MediaError extends Error {
  override name = "MediaError";
  readonly fix: string;

  constructor(message: string, fix: string, options?: ErrorOptions) {
    super(message, options);
    this.fix = fix;
  }
}

/** A reader failed in a way that is its own fault, too: the file cannot be used, and the people of this project want to know. */
export class UnforeseenError extends MediaError {
  constructor(noun: string, cause: unknown) {
    super(
      `the ${noun} is damaged in a way that was not foreseen`,
      "export it again and upload the whole file, and send the file to the people of this project",
      { cause },
    );
  }
}

/** Every fact of a plain picture's file: what most formats add their own to. */
export function pictureOf(
  format: FormatName,
  mediaType: string,
  extensions: readonly string[],
  { width, height }: { readonly width: number; readonly height: number },
): Media {
  return {
    kind: "picture",
    format,
    mediaType,
    extensions,
    width,
    height,
    frames: 1,
    fps: 0,
    durationSeconds: 0,
    decodedBytes: width * height * 4,
    memoryRule: "its pixels at 4 bytes each",
    images: 0,
    pictures: [],
    embeddedSound: false,
    sound: null,
    video: null,
    slots: [],
    player: null,
    drawnBy: "node",
    deadWeight: [],
    warnings: [],
  };
}

/** Every fact of a sound's file. */
export function soundOf(
  format: FormatName,
  mediaType: string,
  extensions: readonly string[],
  sound: SoundFacts,
  decodedBytes: number,
): Media {
  return {
    ...pictureOf(format, mediaType, extensions, { width: 0, height: 0 }),
    kind: "sound",
    frames: 0,
    durationSeconds: sound.seconds,
    decodedBytes,
    memoryRule: "its samples as they are played",
    sound,
    drawnBy: null,
  };
}
