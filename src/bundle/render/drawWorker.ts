import { parentPort } from "node:worker_threads";
import { MediaError } from "../../formats/media.ts";
import type { DrawAnswer, DrawQuestion } from "./drawTask.ts";
import type { Frames } from "./frames.ts";
import { lottieFrames } from "./lottieFrames.ts";
import { svgaFrames } from "./svgaFrames.ts";

// A program of its own, which drawThread.ts starts and asks; one question at a time, each answered before the next.

let frames: Frames | null = null;

async function answer(question: DrawQuestion): Promise<Uint8Array<ArrayBuffer> | null> {
  if (question.kind === "open") {
    const { task, size } = question;
    frames =
      task.kind === "lottie"
        ? await lottieFrames(task.movie, size)
        : await svgaFrames(task.bytes, task.count, task.fps, size);
    return null;
  }
  if (!frames) throw new TypeError("nothing is open");
  if (question.kind === "draw") {
    const { pixels } = await frames.draw(question.at);
    // A copy, whose memory can be given away whoever the drawn one's is.
    return new Uint8Array(pixels);
  }
  await frames.close();
  frames = null;
  return null;
}

function say(it: DrawAnswer, given: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(it, given);
}

async function respond(question: DrawQuestion): Promise<void> {
  try {
    const pixels = await answer(question);
    say({ kind: "done", pixels }, pixels ? [pixels.buffer] : []);
  } catch (error) {
    if (error instanceof MediaError) say({ kind: "refused", message: error.message, fix: error.fix });
    else say({ kind: "failed", why: error instanceof Error ? error.message : String(error) });
  }
}

parentPort?.on("message", (question: DrawQuestion) => void respond(question));
