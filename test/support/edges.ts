import type { Edge } from "../../src/publish/edges.ts";
import { type Route, startEdge } from "../../src/store/edgeServer.ts";
import type { Store } from "../../src/store/store.ts";

/** A real server on loopback that stands for an edge, right or wrong as its route makes it. */
export interface TestEdge {
  readonly edge: Edge;
  /** The keys that were asked for, in order. */
  readonly asked: readonly string[];
  /** Wrong in another way from now on, or right. */
  behave(route: Route): void;
  close(): Promise<void>;
}

/** An edge in front of a store, which may be there only later: a world wants its edges first. */
export async function startTestEdge(
  region: string,
  storeOf: () => Pick<Store, "get">,
  route: Route = right,
): Promise<TestEdge> {
  let behaviour = route;
  const asked: string[] = [];
  const never = () => Promise.reject(new TypeError("an edge only reads"));
  const server = await startEdge(
    {
      get: (key) => storeOf().get(key),
      head: never,
      putIfAbsent: never,
      replace: never,
      list: never,
      delete: never,
    },
    0,
    async (request, response) => {
      asked.push((request.url ?? "").slice(1));
      return behaviour(request, response);
    },
  );
  return {
    edge: { region, url: server.url },
    asked,
    behave: (next) => {
      behaviour = next;
    },
    close: server.close,
  };
}

/** Answers as the store has it. */
export const right: Route = async () => false;

/** Behaves one way until it was asked this often, and then another. */
export function late(questions: number, before: Route, after: Route = right): Route {
  let asked = 0;
  return async (request, response) => (asked++ < questions ? before : after)(request, response);
}

export function answers(status: number): Route {
  return async (_, response) => {
    response.writeHead(status).end("what an edge says when it is ill");
    return true;
  };
}

/** Whatever is asked for, these bytes come. */
export function serves(bytes: Uint8Array): Route {
  return async (_, response) => {
    response.writeHead(200, { "content-length": bytes.length }).end(bytes);
    return true;
  };
}

/** Promises a body and breaks off in the middle of it. */
export const cutsOff: Route = async (_, response) => {
  response.writeHead(200, { "content-length": 100 });
  response.write("half", () => response.destroy());
  return true;
};

/** Takes the question and never answers. */
export const isSilent: Route = async () => true;

/** Sends the beginning of an answer and then nothing, without ever closing. */
export const stalls: Route = async (_, response) => {
  response.writeHead(200, { "content-length": 100 });
  response.write("half");
  return true;
};

/** Behaves like that for some keys only. */
export function onlyFor(isMeant: (key: string) => boolean, route: Route): Route {
  return async (request, response) =>
    isMeant((request.url ?? "").slice(1)) ? route(request, response) : false;
}

/** An address at which nobody listens. */
export async function downEdge(region: string): Promise<Edge> {
  const { edge, close } = await startTestEdge(region, () => ({ get: async () => null }));
  await close();
  return edge;
}
