import { spawn } from "node:child_process";
import type { EnvironmentFile } from "../model/schemas.ts";
import { explainError } from "../report/error.ts";
import { escapeUnseen } from "../report/text.ts";
import { TIMESTAMP_KEY } from "../wire/keys.ts";
import type { Edge } from "./edges.ts";

export type Purge = NonNullable<EnvironmentFile["purge"]>;

const HTTP_MILLISECONDS = 2_000;
const COMMAND_MILLISECONDS = 10_000;
/** Of what a command says when it fails. */
const MAX_SAID = 200;

/**
 * Asks edges to forget the timestamp, all at once. A courtesy that shortens the wait: nothing relies on it, so it gives what
 * failed as lines and never throws.
 * @param root the folder in which a command runs
 */
export async function purgeTimestamp(
  edges: readonly Edge[],
  purge: Purge,
  root: string,
): Promise<readonly string[]> {
  const failures = await Promise.all(
    edges.map(async ({ region, url }) => {
      const address = url + TIMESTAMP_KEY;
      const why =
        "method" in purge
          ? await askToForget(purge.method, address)
          : await runCommand(
              purge.command.map((word) => word.replaceAll("{url}", () => address)),
              root,
            );
      return why === null ? [] : [`the ${region} edge ${url} was not purged: ${why}`];
    }),
  );
  return failures.flat();
}

/** 404 says that there was nothing to forget. */
async function askToForget(method: string, url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { method, signal: AbortSignal.timeout(HTTP_MILLISECONDS) });
    await response.body?.cancel();
    return response.ok || response.status === 404 ? null : `it answered ${response.status}`;
  } catch (error) {
    return `it did not answer: ${explainError(error)}`;
  }
}

/** No shell reads the words. */
function runCommand([program = "", ...args]: readonly string[], root: string): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    const listen = (chunk: Buffer) => {
      if (said.length < MAX_SAID) said += chunk.toString();
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    const end = (why: string | null) => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(why);
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      end(`${program} was still running after ${COMMAND_MILLISECONDS / 1_000} s`);
    }, COMMAND_MILLISECONDS);
    child.once("error", (error) => end(`${program} could not be run: ${error.message}`));
    child.once("exit", (code, signal) => {
      // What it said last may still be under way.
      setImmediate(() =>
        end(code === 0 ? null : `${program} ended with ${code ?? signal}${inOneLine(said)}`),
      );
    });
  });
}

function inOneLine(said: string): string {
  const line = said.split("\n").find((it) => it.trim() !== "");
  return line === undefined ? "" : `: ${escapeUnseen(line.trim()).slice(0, MAX_SAID)}`;
}
