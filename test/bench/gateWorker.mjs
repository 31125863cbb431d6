import { parentPort } from "node:worker_threads";
import { runCell } from "./gateCells.mjs";

parentPort.on("message", ({ name, from, to }) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort.postMessage(runCell(name, from, to));
});
