import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface ProcessRequest {
  readonly file: string;
  readonly words: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Each line of both streams, in the order in which they come. */
  onLine(line: string): void;
  /** Given once, before anything else: what ends the process and all that it started. */
  onStart(kill: () => void): void;
}

/** Runs a program to its end and gives its exit code; one that was killed has none. An error that `onLine` throws is thrown here. */
export async function runProcess(request: ProcessRequest): Promise<number | null> {
  const child = spawn(request.file, request.words, {
    cwd: request.folder,
    env: { ...request.environment },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that what it started ends with it.
    detached: true,
  });
  request.onStart(() => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended in the meantime.
    }
  });
  let thrown: unknown = null;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", (line) => {
      try {
        request.onLine(line);
      } catch (error) {
        thrown ??= error;
      }
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code));
  });
  if (thrown !== null) throw thrown;
  return code;
}
