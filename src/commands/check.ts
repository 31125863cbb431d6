import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { toReport } from "../github/checkArtifact.ts";
import type { CardOutcome } from "./cardOutcome.ts";
import { checkForCard } from "./checkForCard.ts";
import { type Arguments, type Command, ENVIRONMENT_OPTION, type Io } from "./command.ts";

export const command: Command = {
  summary: "validate, build what has no bytes yet, and plan: all that a pull request is told",
  usage: "[--base REVISION] [--report FILE]",
  example: "giftwrap check --base origin/main",
  options: {
    env: ENVIRONMENT_OPTION,
    base: { type: "string", value: "REVISION", help: "the commit whose locks are merged already" },
    report: { type: "string", value: "FILE", help: "write what was built there, as JSON" },
  },
  run: async (args, io) => (await check(args, io)).exit,
};

/** The same, as a card. */
export async function check(args: Arguments, io: Io): Promise<CardOutcome> {
  const outcome = await checkForCard(io, {
    environment: args.text("env") ?? "production",
    base: args.text("base"),
  });
  const report = args.text("report");
  if (report !== undefined) {
    const path = resolve(io.root, report);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${JSON.stringify(toReport(outcome), null, 2)}\n`);
  }
  return outcome;
}
