import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { DrawAnswer, DrawQuestion } from "./drawTask.ts";
import { drawWorkerFile } from "./drawWorkerFile.ts";

/** A thread that draws. To start one takes a third of a second, so they are lent again; one that is asked nothing holds no process. */
export interface DrawThread {
  /**
   * One question at a time.
   * @returns null when there is no answer after `patience` milliseconds; the thread is over then
   * @throws Error when the thread has ended
   */
  ask(question: DrawQuestion, patience: number): Promise<DrawAnswer | null>;
  /** Lends it to the next who needs one; it has nothing open. */
  giveBack(): void;
  end(): void;
}

const idle: DrawThread[] = [];

export function borrowDrawThread(): DrawThread {
  return idle.pop() ?? startDrawThread();
}

function startDrawThread(): DrawThread {
  // What this process was started with, such as a test's own loader, is not the thread's.
  const worker = new Worker(drawWorkerFile(), { execArgv: [] });
  worker.unref();
  const ended = new Promise<never>((_, reject) => {
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("its thread has ended")));
  });
  // It may end while nobody waits.
  ended.catch(() => {});
  const end = () => void worker.terminate();
  const thread: DrawThread = {
    async ask(question, patience) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<null>((resolve) => {
        timer = setTimeout(() => {
          resolve(null);
          end();
        }, patience);
      });
      worker.postMessage(question, []);
      try {
        return await Promise.race([nextAnswer(worker), late, ended]);
      } finally {
        clearTimeout(timer);
      }
    },
    giveBack() {
      if (idle.length < availableParallelism()) idle.push(thread);
      else end();
    },
    end,
  };
  return thread;
}

async function nextAnswer(worker: Worker): Promise<DrawAnswer> {
  const [answer]: DrawAnswer[] = await once(worker, "message");
  if (!answer) throw new TypeError("an answer says something");
  return answer;
}
