import type { LoadedFile } from "../../client/load/loader.ts";
import { fill } from "../fill.ts";
import { checkSize, MAX_FRAMES } from "../limits.ts";
import { NO_REPORT, type PlayOptions, type Playing, playUntilEnded, reportFirstFrame } from "../playing.ts";
import { VisibleClock } from "../visibleClock.ts";
import { within } from "../within.ts";
import { frameMilliseconds, type PictureFacts } from "./facts.ts";
import { FramePacer } from "./framePacer.ts";

/** How many decoded frames are held at once. More would only be memory: a decoder that is too slow stays so. */
const FRAMES_AHEAD = 3;
const DECODE_SECONDS = 10;

/** Decodes an animation frame by frame onto a canvas, a few frames ahead and never all of them. */
export async function playFrames(
  into: HTMLElement,
  file: LoadedFile,
  facts: PictureFacts,
  options: PlayOptions,
): Promise<Playing> {
  // A decoder takes no view on shared memory; a copy is never one.
  const decoder = new ImageDecoder({ data: new Uint8Array(file.content), type: file.mediaType });
  try {
    const frames = await countFrames(decoder, facts);
    const first = await decodeFrame(decoder, 0);
    checkSize(first.displayWidth, first.displayHeight);
    return start(into, file, { decoder, frames, first, plays: playsOf(facts, options) }, options);
  } catch (cause) {
    decoder.close();
    throw cause;
  }
}

interface Film {
  readonly decoder: ImageDecoder;
  readonly frames: number;
  readonly first: VideoFrame;
  readonly plays: number;
}

function start(
  into: HTMLElement,
  file: LoadedFile,
  { decoder, frames, first, plays }: Film,
  options: PlayOptions,
): Playing {
  const canvas = document.createElement("canvas");
  canvas.width = first.displayWidth;
  canvas.height = first.displayHeight;
  fill(canvas, file);
  const context = canvas.getContext("2d");
  if (!context) {
    first.close();
    throw new Error("the browser gives no canvas to draw on");
  }

  const pacer = new FramePacer<VideoFrame>((frame) => frame.close());
  const clock = new VisibleClock();
  const { report = NO_REPORT } = options;
  let onRoom = () => {};
  const over = new AbortController();
  let asked = 0;
  const playing = playUntilEnded(() => {
    over.abort();
    cancelAnimationFrame(asked);
    clock.close();
    pacer.clear();
    onRoom();
    decoder.close();
    canvas.width = canvas.height = 0;
  });

  const draw = () => {
    const now = clock.now();
    const frame = pacer.next(now);
    if (frame) {
      context.clearRect(0, 0, canvas.width, canvas.height);
      context.drawImage(frame, 0, 0);
      frame.close();
      report.frames(pacer.frames, pacer.dropped);
      onRoom();
    }
    if (pacer.isOver(now)) return playing.end();
    asked = requestAnimationFrame(draw);
  };

  const decodeAll = async () => {
    for (let at = 1; at < frames * plays && !over.signal.aborted; at++) {
      const frame = await decodeFrame(decoder, at % frames);
      if (over.signal.aborted) return frame.close();
      pacer.add(frame, millisecondsOf(frame));
      if (pacer.waiting >= FRAMES_AHEAD) await new Promise<void>((resolve) => (onRoom = resolve));
    }
    pacer.complete();
  };

  pacer.add(first, millisecondsOf(first));
  draw();
  into.replaceChildren(canvas);
  reportFirstFrame(options);
  decodeAll().catch(playing.fail);
  return playing;
}

/** All bytes are there, so this is known at once; the limit is for a decoder that never answers. */
async function countFrames(decoder: ImageDecoder, facts: PictureFacts): Promise<number> {
  await within(DECODE_SECONDS, "reading the picture", Promise.all([decoder.completed, decoder.tracks.ready]));
  const frames = decoder.tracks.selectedTrack?.frameCount ?? 0;
  if (frames < 1) throw new Error("the browser finds no frame in it");
  if (frames > MAX_FRAMES) throw new Error(`it has ${frames} frames`);
  if (facts.frames !== null && frames < facts.frames)
    throw new Error(`the browser finds ${frames} frames in it, and it says that it has ${facts.frames}`);
  return frames;
}

async function decodeFrame(decoder: ImageDecoder, frameIndex: number): Promise<VideoFrame> {
  const { image } = await within(
    DECODE_SECONDS,
    `decoding frame ${frameIndex}`,
    decoder.decode({ frameIndex }),
  );
  return image;
}

/** A file that plays without end by itself plays once, unless it is to be repeated. */
function playsOf({ plays }: PictureFacts, { repeat }: PlayOptions): number {
  if (repeat) return Number.POSITIVE_INFINITY;
  return Number.isFinite(plays) ? plays : 1;
}

function millisecondsOf({ duration }: VideoFrame): number {
  return frameMilliseconds((duration ?? 0) / 1000);
}
