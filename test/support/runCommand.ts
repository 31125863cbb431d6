import { parseArgs } from "node:util";
import type { Command, Io } from "../../src/commands/command.ts";
import { quietIo } from "./world.ts";

/** What a command said and how it ended. */
export interface Said {
  readonly exit: number;
  readonly text: string;
}

/** Runs a command in this process, as the command line would. What it throws is thrown on. */
export async function runCommand(
  { command }: { readonly command: Command },
  root: string,
  words: readonly string[] = [],
  changes: Partial<Io> = {},
): Promise<Said> {
  const lines: string[] = [];
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, multiple = false }]) => [name, { type, multiple }]),
  );
  const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
  const texts = (name: string) => [values[name] ?? []].flat().filter((it) => typeof it === "string");
  const args = {
    words: positionals,
    texts,
    text: (name: string) => texts(name).at(-1),
    flag: (name: string) => values[name] === true,
  };
  const exit = await command.run(args, { ...quietIo(root), line: (text) => lines.push(text), ...changes });
  return { exit, text: lines.join("\n") };
}
