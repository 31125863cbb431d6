import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { PrometheusOptions } from "../../metrics/prometheus.ts";
import type { NumbersSaid, Question } from "./judgeNumbers.ts";

/** Where each thread reads. */
export interface ThreadData {
  readonly options: PrometheusOptions;
  /** The environment's, with the token. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export interface Asked {
  readonly id: number;
  readonly question: Question;
}

export interface Told {
  readonly id: number;
  readonly said: NumbersSaid;
}

/** Judges on all processors. */
export interface JudgeThreads {
  readonly size: number;
  judge(question: Question): Promise<NumbersSaid>;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (said: NumbersSaid) => void;
  readonly reject: (error: unknown) => void;
}

/** What a thread runs: beside this file, once both are built; in the bundle there is one file, which knows when it is a thread. */
const THREAD = new URL(
  import.meta.url.endsWith(".mjs") ? import.meta.url : "./judgeThread.js",
  import.meta.url,
);

/** As many threads as there are processors, that read and judge by `judgeNumbers`, in turn. Must be closed. */
export function openJudgeThreads(workerData: ThreadData, file: URL = THREAD): JudgeThreads {
  const waiting = new Map<number, Waiting>();
  const rejectAll = (error: unknown) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const threads = Array.from({ length: availableParallelism() }, () => {
    const thread = new Worker(file, { workerData });
    thread.on("message", ({ id, said }: Told) => {
      waiting.get(id)?.resolve(said);
      waiting.delete(id);
    });
    thread.on("error", rejectAll);
    return thread;
  });
  let asked = 0;
  return {
    size: threads.length,
    judge: (question) =>
      new Promise((resolve, reject) => {
        const id = asked++;
        waiting.set(id, { resolve, reject });
        threads[id % threads.length]?.postMessage({ id, question } satisfies Asked);
      }),
    close: async () => {
      await Promise.all(threads.map((it) => it.terminate()));
    },
  };
}
