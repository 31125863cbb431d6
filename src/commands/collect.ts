import { randomBytes } from "node:crypto";
import { Collector } from "../metrics/collector.ts";
import {
  type CollectServer,
  type CollectServerOptions,
  startCollectServer,
} from "../metrics/collectServer.ts";
import { explainError, GiftError } from "../report/error.ts";
import { commitOf } from "../source/git.ts";
import { revisionTree } from "../source/tree.ts";
import { type Command, ENVIRONMENT_OPTION, EXIT, type Io, parseWholeNumber } from "./command.ts";
import { openCommitted } from "./openCommitted.ts";
import { readKnown } from "./readKnown.ts";

/** How often HEAD is looked at: a release that was just merged reaches apps later than that. */
const LOOK_MILLISECONDS = 60_000;

export const command: Command = {
  summary: "take the beacons of apps and show what they add up to, for Prometheus",
  usage: "[--env NAME] [--port PORT] [--host ADDRESS] [--rate NUMBER]",
  example: "giftwrap collect --env production --port 4700",
  options: {
    env: ENVIRONMENT_OPTION,
    port: {
      type: "string",
      value: "PORT",
      help: "where to listen (default: 4700; 0 lets the system choose)",
    },
    host: {
      type: "string",
      value: "ADDRESS",
      help: "the address to listen on (default: 127.0.0.1); only /v1/beacons is for everybody",
    },
    rate: {
      type: "string",
      value: "NUMBER",
      help: "batches taken in a second, more are told to come again (default: 1000)",
    },
  },
  run: async (args, io) => {
    const { head, tree, environment } = await openCommitted(args, io, args.text("env") ?? "production");
    const known = await readKnown(tree, environment.name);
    const collector = new Collector({
      ...known,
      secret: randomBytes(32),
      startedMilliseconds: io.now(),
    });
    const server = await listen(collector, {
      port: parseWholeNumber("port", args.text("port"), 4700),
      host: args.text("host") ?? "127.0.0.1",
      requestsPerSecond: parseWholeNumber("rate", args.text("rate"), 1_000),
      now: io.now,
    });
    io.line(`beacons ${server.url}v1/beacons`);
    io.line(`metrics ${server.url}metrics`);
    io.line(`${known.count} releases known, in ${[...known.regions].sort().join(", ") || "no region"}`);
    io.progress("collecting; Ctrl-C ends it");
    const follow = followHead(io, environment.name, collector, head);
    const timer = setInterval(() => void follow(), LOOK_MILLISECONDS);
    await io.untilInterrupted();
    clearInterval(timer);
    await server.close();
    return EXIT.ok;
  },
};

/** @throws GiftError `PORT_TAKEN`, `ADDRESS_UNUSABLE` */
async function listen(collector: Collector, options: CollectServerOptions): Promise<CollectServer> {
  try {
    return await startCollectServer(collector, options);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : "";
    if (code === "EADDRINUSE" || code === "EACCES")
      throw new GiftError(
        "PORT_TAKEN",
        `port ${options.port} cannot be listened on`,
        "choose another with --port",
        { cause },
      );
    if (code !== "EADDRNOTAVAIL" && code !== "ENOTFOUND") throw cause;
    throw new GiftError(
      "ADDRESS_UNUSABLE",
      `${options.host} is no address of this machine`,
      "choose one with --host, such as 127.0.0.1 or 0.0.0.0",
      { cause },
    );
  }
}

/** Looks whether HEAD has moved, and lets the collector know what exists then. What cannot be read changes nothing. */
export function followHead(
  io: Io,
  environment: string,
  collector: Collector,
  start: string | null,
): () => Promise<void> {
  let read = start;
  return async () => {
    try {
      const head = await commitOf(io.root, "HEAD");
      if (head === null || head === read) return;
      collector.know(await readKnown(revisionTree(io.root, head), environment));
      read = head;
    } catch (error) {
      io.progress(`HEAD cannot be read, so releases stay as they were known: ${explainError(error)}`);
    }
  };
}
