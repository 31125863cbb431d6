import type { Edge } from "../publish/edges.ts";
import { readEarlierDigests } from "../publish/earlier.ts";
import { walkedToLines } from "../publish/problemText.ts";
import type { Walked } from "../publish/walkPublished.ts";
import {
  type Arguments,
  type Command,
  EDGE_OPTION,
  ENVIRONMENT_OPTION,
  EXIT,
  type Exit,
  type Io,
  JSON_OPTION,
} from "./command.ts";
import { speakingOf } from "./environment.ts";
import { openCommitted } from "./openCommitted.ts";
import { walkEdge, walkStore } from "./walkEnvironment.ts";

export const command: Command = {
  summary: "read all that is published and check every hash and signature",
  usage: "[--env NAME] [--edges]",
  example: "giftwrap verify --env production --edges",
  options: {
    env: ENVIRONMENT_OPTION,
    edges: { type: "boolean", help: "walk it through each of the environment's edges too" },
    edge: { ...EDGE_OPTION, help: "an edge to walk it through too; may be given several times" },
    json: JSON_OPTION,
  },
  run: (args, io) => {
    const name = args.text("env") ?? "production";
    return speakingOf(name, () => verify(args, io, name));
  },
};

/** One way to what is published, walked. */
interface Way {
  readonly edge: Edge | null;
  readonly walked: Walked;
}

async function verify(args: Arguments, io: Io, name: string): Promise<Exit> {
  const { tree, environment } = await openCommitted(args, io, name);
  const { store } = environment;
  const edges = args.flag("edges") || args.texts("edge").length > 0 ? environment.edges : [];

  if ((await store.list("")).length === 0) {
    io.line(args.flag("json") ? JSON.stringify(toJson(name, [])) : `${name}: nothing is published yet`);
    return EXIT.ok;
  }
  io.progress(`${name}: reading the store`);
  const ways: Way[] = [{ edge: null, walked: await walkStore(io, environment, tree) }];
  for (const edge of edges.filter((it) => it.outOfService === undefined)) {
    io.progress(`${name}: reading through ${edge.region} ${edge.url}`);
    const walked = await walkEdge(io, environment, edge, (it) => readEarlierDigests(store, it));
    ways.push({ edge, walked });
  }

  if (args.flag("json")) io.line(JSON.stringify(toJson(name, ways)));
  else {
    for (const { edge, walked } of ways) {
      const where = edge ? `${name}, ${edge.region} ${edge.url}` : name;
      for (const line of walkedToLines(where, name, walked)) io.line(line);
    }
    for (const { region, url, outOfService } of edges)
      if (outOfService !== undefined)
        io.line(`${name}, ${region} ${url}: out of service, not read (${outOfService})`);
  }
  return ways.some((it) => it.walked.problems.length > 0) ? EXIT.failure : EXIT.ok;
}

function toJson(environment: string, ways: readonly Way[]) {
  return {
    environment,
    ways: ways.map(({ edge, walked: { problems, files, bytes, timestamp, expires } }) => ({
      edge: edge && { region: edge.region, url: edge.url },
      revision: timestamp?.version ?? null,
      files,
      bytes,
      expires,
      problems,
    })),
  };
}
