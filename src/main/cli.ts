#!/usr/bin/env node
import { parseArgs } from "node:util";
import { type Arguments, type Command, EXIT, type Exit, type Io } from "../commands/command.ts";
import { explainError, GiftError, UsageError } from "../report/error.ts";
import { nearestWord } from "../report/nearest.ts";
import { toTable } from "../report/text.ts";
import { COMMANDS } from "./commandTable.ts";
import { processIo } from "./processIo.ts";

process.exitCode = await main(process.argv.slice(2), processIo());

async function main(argv: readonly string[], io: Io): Promise<Exit> {
  try {
    const found = findCommand(argv);
    if (!found) return await overview(argv, io);
    const { command } = await found.load();
    if (found.rest.includes("--help") || found.rest.includes("-h")) {
      io.line(helpOf(found.name, command));
      return EXIT.ok;
    }
    return await command.run(readArguments(command, found.rest), io);
  } catch (error) {
    return report(error);
  }
}

function findCommand(argv: readonly string[]) {
  for (const [name, load] of Object.entries(COMMANDS)) {
    const words = name.split(" ");
    if (words.every((word, at) => argv[at] === word)) return { name, load, rest: argv.slice(words.length) };
  }
  return null;
}

async function overview([word]: readonly string[], io: Io): Promise<Exit> {
  if (word !== undefined && !word.startsWith("-") && word !== "help") {
    const near = nearestWord(word, Object.keys(COMMANDS));
    throw new UsageError(`"${word}" is no command${near ? `; did you mean "${near}"?` : ""}`);
  }
  const rows = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => [`  ${name}`, (await load()).command.summary]),
  );
  io.line(
    `Giftwrap releases live-stream gift animations from git.\n\n${toTable(rows)}\n\ngiftwrap COMMAND --help explains one of them.`,
  );
  return EXIT.ok;
}

function helpOf(name: string, { summary, usage, example, options }: Command): string {
  const rows = Object.entries(options).map(([option, { value, help }]) => [
    `  --${option}${value ? ` ${value}` : ""}`,
    help,
  ]);
  const table = rows.length > 0 ? `\n\n${toTable(rows)}` : "";
  return `giftwrap ${name} ${usage}\n\n${summary}${table}\n\nexample:\n  ${example}`;
}

function readArguments(command: Command, rest: readonly string[]): Arguments {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, multiple = false }]) => [name, { type, multiple }]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...rest], options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new UsageError(
      cause instanceof Error ? (cause.message.split(". ")[0] ?? cause.message) : String(cause),
    );
  }
  const texts = (name: string) => [parsed.values[name] ?? []].flat().filter((it) => typeof it === "string");
  return {
    words: parsed.positionals,
    texts,
    text: (name) => texts(name).at(-1),
    flag: (name) => parsed.values[name] === true,
  };
}

/** The three kinds of failure, each with its exit code; only our own bugs show a stack. */
function report(error: unknown): Exit {
  if (error instanceof UsageError) {
    console.error(`${error.message}\nsee: npx giftwrap --help`);
    return EXIT.usage;
  }
  if (error instanceof GiftError) {
    console.error(`${explainError(error)} [${error.code}]\n  fix: ${error.fix}`);
    return EXIT.failure;
  }
  throw error;
}
