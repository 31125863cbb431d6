import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import type { Arguments, Command, Io } from "../../src/commands/command.ts";
import { explainError, GiftError, UsageError } from "../../src/report/error.ts";

export const CLI = new URL("../../dist/main/cli.js", import.meta.url).pathname;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the compiled program in a folder, as a person would, and waits for its end whatever it is. */
export function giftwrap(root: string, ...args: string[]): Promise<Ended> {
  return giftwrapWith({}, root, ...args);
}

/** The same with other environment variables, such as a PATH on which there is no git. */
export function giftwrapWith(
  variables: Readonly<Record<string, string>>,
  root: string,
  ...args: string[]
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: root,
      env: { ...process.env, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** The words after a command's name as the command line reads them. */
export function toArguments({ options }: Pick<Command, "options">, words: readonly string[]): Arguments {
  const known = Object.fromEntries(
    Object.entries(options).map(([name, { type, multiple = false }]) => [name, { type, multiple }]),
  );
  const { values, positionals } = parseArgs({ args: [...words], options: known, allowPositionals: true });
  const texts = (name: string) => [values[name] ?? []].flat().filter((it) => typeof it === "string");
  return {
    words: positionals,
    texts,
    text: (name) => texts(name).at(-1),
    flag: (name) => values[name] === true,
  };
}

/** Runs a command in this process, which takes a tenth of the time; its errors end as the command line would end them. */
export async function runCommand(command: Command, io: Io, ...words: string[]): Promise<Ended> {
  const [out, err]: [string[], string[]] = [[], []];
  const toEnded = (code: number) => ({
    code,
    stdout: out.map((it) => `${it}\n`).join(""),
    stderr: err.map((it) => `${it}\n`).join(""),
  });
  try {
    const heard = {
      ...io,
      line: (text: string) => out.push(text),
      progress: (text: string) => err.push(text),
    };
    return toEnded(await command.run(toArguments(command, words), heard));
  } catch (error) {
    if (!(error instanceof GiftError || error instanceof UsageError)) throw error;
    err.push(
      error instanceof GiftError
        ? `${explainError(error)} [${error.code}]\n  fix: ${error.fix}`
        : error.message,
    );
    return toEnded(error instanceof GiftError ? 3 : 2);
  }
}
