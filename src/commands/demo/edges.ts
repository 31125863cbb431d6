import { revisionOf } from "../../publish/edges.ts";
import { type EdgeServer, startEdge } from "../../store/edgeServer.ts";
import type { Store, Stored } from "../../store/store.ts";
import { headersOf, TIMESTAMP_KEY } from "../../wire/keys.ts";

/** An edge that can be told to misbehave. */
export interface DemoEdge extends EdgeServer {
  readonly region: string;
  /** From now on one byte of this key is wrong; null heals it. */
  damage(key: string | null): void;
  /** From now on the timestamp stays as these bytes; null heals it. */
  freeze(timestamp: Uint8Array | null): void;
}

export async function startDemoEdge(store: Store, region: string): Promise<DemoEdge> {
  let damaged: string | null = null;
  let frozen: Uint8Array | null = null;
  const server = await startEdge(withMemory(store), 0, async (request, response) => {
    const key = (request.url ?? "").slice(1);
    const wrong =
      key === TIMESTAMP_KEY && frozen
        ? frozen
        : key === damaged
          ? flipByte((await store.get(key))?.bytes)
          : null;
    if (!wrong) return false;
    response
      .writeHead(200, { "content-type": headersOf(key).contentType, "content-length": wrong.length })
      .end(wrong);
    return true;
  });
  return {
    ...server,
    region,
    damage: (key) => {
      damaged = key;
    },
    freeze: (timestamp) => {
      frozen = timestamp;
    },
  };
}

/**
 * Milliseconds from `started` until each edge serves a revision above the given one. Asked from outside the publisher, so
 * that the time is what a viewer of that region would measure.
 */
export function watchEdges(
  edges: readonly DemoEdge[],
  above: number,
  started: number,
): Promise<readonly { region: string; milliseconds: number }[]> {
  return Promise.all(
    edges.map(async ({ region, url }) => {
      for (;;) {
        const response = await fetch(url + TIMESTAMP_KEY);
        const body = new Uint8Array(await response.arrayBuffer());
        if (revisionOf(body) > above) return { region, milliseconds: performance.now() - started };
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }),
  );
}

/** Keeps what never changes, as an edge does. */
function withMemory(store: Store): Store {
  const kept = new Map<string, Stored>();
  return {
    ...store,
    get: async (key) => {
      const known = kept.get(key);
      if (known) return known;
      const stored = await store.get(key);
      if (stored && key !== TIMESTAMP_KEY) kept.set(key, stored);
      return stored;
    },
  };
}

function flipByte(bytes: Uint8Array | undefined): Uint8Array | null {
  if (!bytes) return null;
  const copy = new Uint8Array(bytes);
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 0xff;
  return copy;
}
