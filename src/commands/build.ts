import { type BuiltRelease, builtToLines, exitOf } from "./build/builtRelease.ts";
import type { BuildRequest } from "./build/buildReleases.ts";
import { readMark, readTreeState, writeMark } from "./build/mark.ts";
import { type Command, type Io, JSON_OPTION } from "./command.ts";

export const command: Command = {
  summary: "build objects and write the locks of releases that have none",
  usage: "[GIFT[@VERSION] ...] [--check] [--shard N/COUNT] [--env NAME]",
  example: "giftwrap build rose@1.1.0",
  options: {
    check: { type: "boolean", help: "write nothing; encode again and compare with the locks" },
    relock: { type: "boolean", help: "replace locks that are not merged yet (not in HEAD)" },
    shard: {
      type: "string",
      value: "N/COUNT",
      help: "only this share of the releases, as `giftwrap shards` spreads them",
    },
    env: {
      type: "string",
      value: "NAME",
      help: "use the store of this environment as a build cache that is shared with others",
    },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const { words } = args;
    const environment = args.text("env");
    const shard = args.text("shard");
    const [check, relock] = [args.flag("check"), args.flag("relock")];
    const isWhole = words.length === 0 && !check && !relock && shard === undefined;

    const remembered = isWhole ? await readMark(io.root) : null;
    const before = isWhole && !remembered ? await readTreeState(io.root) : null;
    const built = remembered ?? (await buildOnce(io, { words, check, relock, shard, environment }));
    if (args.flag("json")) io.line(JSON.stringify(built));
    else for (const line of builtToLines(built, words.length > 0)) io.line(line);
    await writeMark(io.root, before, built);
    return exitOf(built);
  },
};

/** What builds is loaded only where something may have to be built. */
async function buildOnce(io: Io, request: Omit<BuildRequest, "ended">): Promise<readonly BuiltRelease[]> {
  const { build } = await import("./build/buildReleases.ts");
  return build(io, { ...request, ended: io.untilInterrupted() });
}
