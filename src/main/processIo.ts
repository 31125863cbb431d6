import type { Io } from "../commands/command.ts";

/** The process as commands see it. */
export function processIo(): Io {
  const { stderr } = process;
  let shown = false;
  const clear = () => {
    if (shown) stderr.write("\r\u001b[2K");
    shown = false;
  };
  return {
    root: process.cwd(),
    variables: process.env,
    line: (text) => {
      clear();
      process.stdout.write(`${text}\n`);
    },
    progress: (text) => {
      clear();
      if (stderr.isTTY) stderr.write(text.slice(0, Math.max(20, stderr.columns - 1)));
      else stderr.write(`${text}\n`);
      shown = stderr.isTTY;
    },
    summary: () => {},
    output: () => {},
    annotate: () => {},
    now: Date.now,
    untilInterrupted: () =>
      new Promise((resolve) => {
        process.once("SIGINT", () => resolve());
        process.once("SIGTERM", () => resolve());
      }),
  };
}
