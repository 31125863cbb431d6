import { readFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { httpFetch } from "../../dist/client/client.js";
import { Updater } from "../../dist/client/update/updater.js";
import { nodeCrypto } from "../../dist/trust/nodeCrypto.js";
import { TIMESTAMP_KEY } from "../../dist/wire/keys.js";
import { toRow } from "./measure.mjs";
import { createRepository } from "./repository.mjs";

const POLLS = 7;

/**
 * Bytes on the socket between a real client and a real edge, as a proxy between them counts them.
 * @returns {Promise<import("./measure.mjs").Figure>}
 */
export async function measurePoll() {
  const repository = await createRepository();
  const [edge] = repository.edges;
  const counter = await startCountingProxy(edge.url);
  try {
    await repository.release("rose", "1.0.0", true);
    await repository.commit("Release rose 1.0.0");
    await repository.publish();

    const asked = [];
    const fetch = httpFetch({ baseUrl: counter.url, sendEtag: true });
    const updater = await Updater.open({
      tier: "mid",
      root: await readFile(repository.trustedRootPath),
      crypto: nodeCrypto,
      fetch: async (key, options) => {
        const before = counter.bytes();
        const result = await fetch(key, options);
        const after = counter.bytes();
        asked.push({ key, kind: result.kind, up: after.up - before.up, down: after.down - before.down });
        return result;
      },
    });
    await updater.refresh();
    const first = asked.splice(0);
    const warm = counter.connections();
    for (let poll = 0; poll < POLLS; poll++) await updater.refresh();
    if (asked.some((it) => it.kind !== "not_modified")) throw new Error("nothing was published meanwhile");
    if (counter.connections() !== warm) throw new Error("a poll was meant to use a connection that is there");

    const firstPoll = first.filter((it) => it.key === TIMESTAMP_KEY);
    const both = ({ up, down }) => up + down;
    return {
      title: "poll: bytes on the socket, both ways, headers included",
      about: "HTTP/1.1 on one warm connection, no overrides; TLS and TCP are not in it",
      rows: [
        toRow("a poll that finds nothing new (304)", "B", asked.map(both)),
        toRow(
          "  its request",
          "B",
          asked.map((it) => it.up),
        ),
        toRow(
          "  its answer",
          "B",
          asked.map((it) => it.down),
        ),
        toRow("the first poll (200)", "B", firstPoll.map(both)),
        toRow(
          "  its request",
          "B",
          firstPoll.map((it) => it.up),
        ),
        toRow(
          "  its answer",
          "B",
          firstPoll.map((it) => it.down),
        ),
        toRow(`a first start with one gift (${first.length} requests)`, "B", [
          first.map(both).reduce((sum, bytes) => sum + bytes, 0),
        ]),
      ],
    };
  } finally {
    await counter.close();
    await repository.remove();
  }
}

/**
 * Passes bytes on, and counts them.
 * @param {string} url
 */
async function startCountingProxy(url) {
  const { hostname, port } = new URL(url);
  let [up, down, connections] = [0, 0, 0];
  const sockets = new Set();
  const server = createServer((client) => {
    connections++;
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => socket.destroy());
    }
    client.on("data", (chunk) => (up += chunk.length));
    upstream.on("data", (chunk) => (down += chunk.length));
    client.pipe(upstream).pipe(client);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    bytes: () => ({ up, down }),
    connections: () => connections,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
