import { parentPort, workerData } from "node:worker_threads";
import { prometheusSource, systemPorts } from "../../metrics/prometheus.ts";
import { rememberStarts } from "../../metrics/rememberStarts.ts";
import { judgeNumbers } from "./judgeNumbers.ts";
import type { Asked, Told, ThreadData } from "./judgeThreads.ts";

/** What a thread of `judgeThreads.ts` runs: it answers one question after the other, several at once. */
const { options, variables }: ThreadData = workerData;
const source = rememberStarts(prometheusSource(options, { ...systemPorts, variables }));

function answer(told: Told): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(told);
}

parentPort?.on("message", ({ id, question }: Asked) => {
  // What is thrown is our bug: it ends the thread, and is thrown again where somebody waits for it.
  void judgeNumbers(source, question).then((said) => answer({ id, said }));
});
