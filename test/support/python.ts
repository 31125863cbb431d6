import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../vectors/port/", import.meta.url));

/** What `python3` gave: its exit code and what it printed; null where there is no Python. */
export interface PythonRun {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs one of the port's scripts. It leaves no compiled files behind. */
export function runPython(script: string): Promise<PythonRun | null> {
  return new Promise((done) => {
    execFile("python3", ["-B", script], { cwd: FOLDER, maxBuffer: 16_000_000 }, (error, stdout, stderr) => {
      if (error?.code === "ENOENT") return done(null);
      const exitCode = error ? (typeof error.code === "number" ? error.code : 1) : 0;
      done({ exitCode, output: `${stdout}${stderr}` });
    });
  });
}

/**
 * Where there is no Python the test is skipped, which the reporter says with this reason; in CI it fails by it.
 * @throws Error in CI
 */
export function withoutPython(skip: (reason: string) => never): never {
  const reason =
    "python3 is missing: nothing proves that the vectors are enough for a port (apt-get install python3)";
  if (process.env["CI"]) throw new Error(reason);
  return skip(reason);
}
