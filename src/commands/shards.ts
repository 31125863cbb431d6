import { EXIT, type Command } from "./command.ts";
import { readProject } from "../source/readProject.ts";
import { workTree } from "../source/tree.ts";
import { UsageError } from "../report/error.ts";
import { parseShardCount, planShares } from "./build/shareOf.ts";

export const command: Command = {
  summary: "spread the releases over runners: prints the JSON of an Actions matrix",
  usage: "--count COUNT [GIFT[@VERSION] ...] [--env NAME]",
  example: "giftwrap shards --count 16 --env production",
  options: {
    count: { type: "string", value: "COUNT", help: "how many runners there are" },
    env: {
      type: "string",
      value: "NAME",
      help: "balance by what builds took that used the store of this environment; else by the size of the sources",
    },
  },
  run: async (args, io) => {
    const count = args.text("count");
    if (count === undefined) throw new UsageError("say how many runners there are: --count 16");
    const of = parseShardCount(count);
    const tree = workTree(io.root);
    const read = await readProject(tree);
    const shards = await planShares(io, tree, read, { words: args.words, environment: args.text("env") }, of);
    const include = shards.flatMap(({ releases, seconds }, at) =>
      releases.length === 0
        ? []
        : [
            {
              shard: `${at + 1}/${of}`,
              releases: releases.join(" "),
              seconds: Math.round(seconds * 10) / 10,
            },
          ],
    );
    io.line(JSON.stringify({ include }));
    return EXIT.ok;
  },
};
