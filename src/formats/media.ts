import type { Player } from "../wire/catalog.ts";

/** What a media file says of itself. */
export interface Media {
  readonly kind: "animation" | "picture" | "sound";
  readonly format: "svga" | "lottie" | "png" | "webp" | "wav";
  readonly mediaType: string;
  /** The endings that a file of this format may have, without the dot. */
  readonly extensions: readonly string[];
  /** Whole pixels; 0 for sound. */
  readonly width: number;
  readonly height: number;
  /** 1 for pictures, 0 for sound. */
  readonly frames: number;
  /** The mean rate; 0 where there is none. */
  readonly fps: number;
  readonly durationSeconds: number;
  /**
   * Peak memory of the decoded images in bytes, at 4 bytes a pixel. SVGA: every embedded image, because players decode
   * all of them up front. Lottie: every embedded image and one canvas. A picture: itself. An animated WebP: three
   * canvases, because a player that streams keeps the canvas, the frame it decodes and the one it shows. Sound: the
   * samples.
   */
  readonly decodedBytes: number;
  /** Bitmaps inside the animation, used or not; 0 for pictures, sounds and an animated WebP, whose frames they would be. */
  readonly images: number;
  /** Whether the animation carries sound that its player plays. */
  readonly embeddedSound: boolean;
  /** Names of the images or texts that an app may replace at run time, sorted. */
  readonly slots: readonly string[];
  /** What can play it, read from the bytes; null for pictures and sounds. */
  readonly player: Player | null;
}

/** One format. A new one is a new file and a line in `inspect.ts`. */
export interface MediaFormat {
  readonly name: string;
  /** Whether the bytes begin like this format; cheap. */
  matches(bytes: Uint8Array): boolean;
  /** @throws MediaError in words for a person when the bytes are damaged or not supported */
  read(bytes: Uint8Array): Promise<Media> | Media;
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
