import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { PAGE_HTML } from "../page/html.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { readProject } from "../source/readProject.ts";
import { workTree } from "../source/tree.ts";
import { type EdgeServer, type Route, startEdge } from "../store/edgeServer.ts";
import { type Command, ENVIRONMENT_OPTION, EXIT, type Io, parseWholeNumber } from "./command.ts";
import { type Environment, openEnvironment, trustedRootOf } from "./environment.ts";

/** Names for more edges than the files speak of. */
const MORE_REGIONS = ["SG", "ID", "BR", "US", "DE", "JP", "IN", "SA"];

export const command: Command = {
  summary: "serve a published environment on loopback, with a page that plays it",
  usage: "[--env NAME] [--edges NUMBER | --edge REGION:PORT ...] [--port PORT]",
  example: "giftwrap serve --env production --edges 3",
  options: {
    env: ENVIRONMENT_OPTION,
    port: {
      type: "string",
      value: "PORT",
      help: "the page's port; edges take the ports behind it (default: 4600)",
    },
    edges: { type: "string", value: "NUMBER", help: "how many edges (default: 1)" },
    edge: {
      type: "string",
      multiple: true,
      value: "REGION:PORT",
      help: "one edge with its region; may be given several times",
    },
  },
  run: async (args, io) => {
    const environment = await openEnvironment(io, workTree(io.root), args.text("env") ?? "production");
    const port = parseWholeNumber("port", args.text("port"), 4600);
    const wanted = args.texts("edge").map(parseEdgePort);
    const count = parseWholeNumber("edges", args.text("edges"), 1);
    const ports = wanted.length > 0 ? wanted : namedEdges(await readRegions(io, environment), count, port);
    const servers = await startServers(environment, ports, port);
    for (const { region, url } of servers.edges) io.line(`edge ${region} ${url}`);
    io.line(`page ${servers.page.url}`);
    io.progress("serving; Ctrl-C ends it");
    await io.untilInterrupted();
    await servers.close();
    return EXIT.ok;
  },
};

export interface EdgePort {
  readonly region: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

export interface Servers {
  readonly page: EdgeServer;
  readonly edges: readonly { readonly region: string; readonly url: string }[];
  close(): Promise<void>;
}

/** Starts every edge, and the page in front of them. @throws GiftError `PORT_TAKEN` */
export async function startServers(
  environment: Environment,
  ports: readonly EdgePort[],
  pagePort: number,
): Promise<Servers> {
  const root = trustedRootOf(environment);
  const started: EdgeServer[] = [];
  const close = async () => {
    await Promise.all(started.map((it) => it.close()));
  };
  try {
    const edges: { region: string; url: string }[] = [];
    for (const { region, port } of ports) {
      const server = await startEdge(environment.store, port);
      started.push(server);
      edges.push({ region, url: server.url });
    }
    const page = await startEdge(
      environment.store,
      pagePort,
      pageRoute(JSON.stringify({ edges, root: Buffer.from(root).toString("base64") })),
    );
    started.push(page);
    return { page, edges, close };
  } catch (cause) {
    await close();
    if (!(cause instanceof Error) || !("code" in cause) || cause.code !== "EADDRINUSE") throw cause;
    throw new GiftError(
      "PORT_TAKEN",
      "another program listens on one of the ports",
      "choose others with --port",
      { cause },
    );
  }
}

/** The builds that a browser takes as modules, of Lottie the one that runs no code; what the packages name as their main files are for bundlers. */
const PLAYERS: Readonly<Record<string, string>> = {
  "/players/svga.js": "svga/dist/index.esm.min.js",
  "/players/lottie.js": "lottie-web/build/player/esm/lottie_light.min.js",
};

/** The page, the client that runs in it, and the players. */
function pageRoute(config: string): Route {
  return async (request, response) => {
    const path = new URL(request.url ?? "/", "http://page").pathname;
    if (path === "/") return send(response, "text/html; charset=utf-8", PAGE_HTML);
    if (path === "/config.json") return send(response, "application/json", config);
    return sendScript(path, response);
  };
}

/** The very modules that apps embed, below `/app/`, and the players that come with other packages; false for anything else. */
export async function sendScript(path: string, response: ServerResponse): Promise<boolean> {
  const module = /^\/app\/((?:page|player|client|wire)\/(?:[A-Za-z]+\/)*[A-Za-z0-9]+\.js)$/.exec(path)?.[1];
  if (module)
    return send(response, "text/javascript", await readFile(new URL(`../${module}`, import.meta.url)));
  const player = PLAYERS[path];
  if (!player) return false;
  const require = createRequire(import.meta.url);
  return send(response, "text/javascript", await readFile(require.resolve(player)));
}

export function send(response: ServerResponse, type: string, body: string | Uint8Array): true {
  response.writeHead(200, { "content-type": type, "cache-control": "no-cache" }).end(body);
  return true;
}

/** As many edges as were asked for, named after the environment's regions and then those that releases speak of. */
function namedEdges(regions: readonly string[], count: number, port: number): readonly EdgePort[] {
  if (count < 1 || count > regions.length)
    throw new UsageError(`--edges ${count}: from 1 to ${regions.length}, the regions that are known`);
  return regions.slice(0, count).map((region, at) => ({ region, port: port === 0 ? 0 : port + 1 + at }));
}

async function readRegions(io: Io, environment: Environment): Promise<readonly string[]> {
  const { project } = await readProject(workTree(io.root));
  const spoken = [...project.releases.values()]
    .flatMap(({ value }) => Object.keys(value.rollout.regional.regions))
    .sort();
  return [...new Set([...Object.keys(environment.file.edges), ...spoken, ...MORE_REGIONS])];
}

function parseEdgePort(text: string): EdgePort {
  const [, region, port] = /^([A-Z]{2}):(\d{1,5})$/.exec(text) ?? [];
  if (!region || !port) throw new UsageError(`--edge ${text}: write it as SG:4601`);
  return { region, port: Number(port) };
}
