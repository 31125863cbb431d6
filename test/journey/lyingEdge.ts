import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Store } from "../../src/store/store.ts";

/** How an edge may treat one key. */
export type Lie = "500" | "cut" | "swapped" | "hangs up" | { readonly stale: Uint8Array };

export interface LyingEdge {
  readonly url: string;
  /** From now on; null makes it honest again. */
  lie(how: Lie | null, about?: (key: string) => boolean): void;
  close(): Promise<void>;
}

/** A real server before the real store, which can be told to misbehave. */
export async function startLyingEdge(store: Store): Promise<LyingEdge> {
  let how: Lie | null = null;
  let isMeant: (key: string) => boolean = () => true;
  const server = createServer((request, response) => {
    const key = (request.url ?? "/").slice(1);
    void store.get(key).then((stored) => answer(response, stored?.bytes ?? null, isMeant(key) ? how : null));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("a listening server has a port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    lie: (next, about = () => true) => {
      how = next;
      isMeant = about;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function answer(response: ServerResponse, bytes: Uint8Array | null, how: Lie | null): void {
  if (how === "hangs up") response.destroy();
  else if (how === "500") response.writeHead(500).end("no");
  else if (!bytes) response.writeHead(404).end();
  else if (how === "cut") {
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
  } else if (how === "swapped")
    response.writeHead(200, { "content-length": bytes.length }).end(bytes.toReversed());
  else if (how !== null) response.writeHead(200).end(how.stale);
  else response.writeHead(200, { "content-length": bytes.length }).end(bytes);
}
