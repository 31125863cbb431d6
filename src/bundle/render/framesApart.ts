import { MediaError } from "../../formats/media.ts";
import type { DrawQuestion, DrawTask } from "./drawTask.ts";
import { borrowDrawThread } from "./drawThread.ts";
import type { Frames, Raster, Size } from "./frames.ts";

/** For opening an artwork, and again for each frame. */
const PATIENCE_MILLISECONDS = 20_000;
const SIMPLIFY = "simplify it (fewer layers, copies, effects and points) and export it again";
const INSTALL = "a part of this program is missing here: run npm install";

/** What is drawn by instructions. */
export interface DrawnArtwork {
  readonly noun: string;
  readonly count: number;
  readonly fps: number;
  readonly task: DrawTask;
}

/**
 * Draws in a thread of its own: a small file can ask for a drawing that takes hours, and a thread can be ended.
 * @param patience in milliseconds, for opening and again for each frame
 * @throws MediaError when the artwork is damaged or cannot be drawn, or a frame takes longer; drawing goes on only after what is damaged
 */
export async function framesApart(
  { noun, count, fps, task }: DrawnArtwork,
  size: Size,
  patience = PATIENCE_MILLISECONDS,
): Promise<Frames> {
  const thread = borrowDrawThread();
  let isOver = false;
  const broken = (why: string, options?: ErrorOptions) => {
    isOver = true;
    thread.end();
    const fix = /Cannot find (?:module|package)/.test(why) ? INSTALL : SIMPLIFY;
    return new MediaError(`the ${noun} ${why}`, fix, options);
  };

  async function ask(question: DrawQuestion): Promise<Uint8Array | null> {
    const answer = await thread.ask(question, patience).catch((cause: unknown) => {
      throw broken(`cannot be drawn here: ${cause instanceof Error ? cause.message : "it failed"}`, {
        cause,
      });
    });
    if (answer?.kind === "done") return answer.pixels;
    if (answer?.kind === "refused") throw new MediaError(answer.message, answer.fix);
    if (answer) throw broken(`cannot be drawn here: ${answer.why}`);
    const seconds = patience / 1_000;
    throw broken(
      question.kind === "draw"
        ? `takes too long: one frame of it takes longer than ${seconds} seconds to draw`
        : `takes longer than ${seconds} seconds to open`,
    );
  }

  async function draw(at: number): Promise<Raster> {
    if (isOver) throw new Error(`the ${noun} is not open any more`);
    const pixels = await ask({ kind: "draw", at });
    if (!pixels) throw new TypeError("a frame has pixels");
    return { ...size, pixels };
  }

  try {
    await ask({ kind: "open", task, size });
  } catch (error) {
    thread.end();
    throw error;
  }
  let tail: Promise<unknown> = Promise.resolve();
  return {
    ...size,
    count,
    fps,
    draw(at) {
      // One at a time, so that none waits within another's time.
      const drawn = tail.then(() => draw(at));
      tail = drawn.catch(() => {});
      return drawn;
    },
    async close() {
      if (isOver) return;
      // What was asked for and not drawn yet is not wanted any more, but for the frame that is being drawn.
      const last = tail;
      isOver = true;
      await last;
      await ask({ kind: "close" }).then(
        () => thread.giveBack(),
        () => thread.end(),
      );
    },
  };
}
