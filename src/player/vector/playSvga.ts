import type { LoadedFile } from "../../client/load/loader.ts";
import { blobUrl } from "../blob.ts";
import { fill } from "../fill.ts";
import { FrameCounter } from "../frameCounter.ts";
import { checkSize, MAX_FPS, MAX_FRAMES, MAX_INFLATED_BYTES, MAX_PIXELS_TOGETHER } from "../limits.ts";
import { NO_REPORT, type PlayOptions, type Playing, playUntilEnded, reportFirstFrame } from "../playing.ts";
import { countPixels } from "../picture/countPixels.ts";
import { within } from "../within.ts";
import { inflate } from "./inflate.ts";
import { svgaPictures } from "./svgaPictures.ts";

const DECODE_SECONDS = 15;
/** How much longer than it says an animation may take before it is taken for stuck. */
const PATIENCE_SECONDS = 10;

/** What is used of the package `svga`. */
interface Svga {
  readonly Parser: new () => { load(url: string): Promise<unknown>; destroy(): void };
  readonly Player: new (options: {
    container: HTMLCanvasElement;
    /** How often it plays; 0 for without end, and so is `false`, whatever its documentation says. */
    loop: number;
    fillMode: "forwards" | "backwards";
  }) => SvgaPlayer;
}

interface SvgaPlayer {
  currentFrame: number;
  onProcess: undefined | (() => void);
  onEnd: undefined | (() => void);
  mount(movie: Movie): Promise<void>;
  start(): void;
  destroy(): void;
}

interface Movie {
  readonly size: { readonly width: number; readonly height: number };
  readonly fps: number;
  readonly frames: number;
}

/** SVGA 2.x by the package `svga`, which draws on a canvas. */
export async function playSvga(into: HTMLElement, file: LoadedFile, options: PlayOptions): Promise<Playing> {
  const { Parser, Player } = await loadPlayer(options);
  // The package would inflate and decode whatever there is.
  const inflated = await within(
    DECODE_SECONDS,
    "inflating the SVGA",
    inflate(file.content, MAX_INFLATED_BYTES),
  );
  let pixels = 0;
  for (const picture of svgaPictures(inflated)) pixels += countPixels(picture);
  if (pixels > MAX_PIXELS_TOGETHER)
    throw new Error(`the pictures in the SVGA have ${pixels} pixels together`);

  const canvas = document.createElement("canvas");
  const url = blobUrl(file);
  const parser = new Parser();
  const player = new Player({ container: canvas, loop: options.repeat ? 0 : 1, fillMode: "forwards" });
  let movie: Movie;
  try {
    movie = checkMovie(await within(DECODE_SECONDS, "decoding the SVGA", parser.load(url)));
    await within(DECODE_SECONDS, "decoding the pictures in the SVGA", player.mount(movie));
  } finally {
    parser.destroy();
    URL.revokeObjectURL(url);
  }
  fill(canvas, file);
  into.replaceChildren(canvas);
  return start(player, movie, options);
}

function start(player: SvgaPlayer, { fps, frames }: Movie, options: PlayOptions): Playing {
  const { report = NO_REPORT } = options;
  const counter = new FrameCounter(frames);
  let stuck: ReturnType<typeof setTimeout> | undefined;
  const playing = playUntilEnded(() => {
    clearTimeout(stuck);
    player.onProcess = player.onEnd = undefined;
    player.destroy();
  });
  player.onProcess = () => {
    counter.drew(player.currentFrame);
    report.frames(counter.frames, counter.dropped);
  };
  player.onEnd = () => playing.end();
  // It draws a frame only when it is another one, and would leave out the first.
  player.currentFrame = -1;
  player.start();
  reportFirstFrame(options);
  if (!options.repeat) {
    // A frame that it cannot draw stops it without a word.
    const late = () =>
      document.hidden ? playing.end() : playing.fail(new Error("the SVGA stopped before its end"));
    stuck = setTimeout(late, 1000 * (frames / fps + PATIENCE_SECONDS));
  }
  return playing;
}

/** @throws Error when what the package read is not to be played */
function checkMovie(movie: unknown): Movie {
  if (!isMovie(movie)) throw new Error("the SVGA has no size, frames or frame rate");
  const { size, fps, frames } = movie;
  checkSize(size.width, size.height);
  if (!(frames >= 1 && frames <= MAX_FRAMES)) throw new Error(`the SVGA has ${frames} frames`);
  if (!(fps >= 1 && fps <= MAX_FPS)) throw new Error(`the SVGA plays ${fps} frames per second`);
  return movie;
}

async function loadPlayer({ modules }: PlayOptions): Promise<Svga> {
  if (!modules?.svga) throw new Error("this app has no SVGA player");
  const module = await modules.svga();
  if (!isSvga(module)) throw new Error("what was loaded is not the SVGA player");
  return module;
}

function isMovie(value: unknown): value is Movie {
  if (!isObject(value) || !("size" in value) || !("fps" in value) || !("frames" in value)) return false;
  const { size, fps, frames } = value;
  return (
    isObject(size) &&
    "width" in size &&
    "height" in size &&
    [size.width, size.height, fps, frames].every((it) => typeof it === "number")
  );
}

function isSvga(module: unknown): module is Svga {
  if (!isObject(module) || !("Parser" in module) || !("Player" in module)) return false;
  return typeof module.Parser === "function" && typeof module.Player === "function";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
