import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Edge } from "../../src/publish/edges.ts";
import { purgeTimestamp } from "../../src/publish/purgeTimestamp.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { downEdge } from "../support/edges.ts";

const NODE = process.execPath;
const PURGE = { method: "PURGE" } as const;

let folder: string;
const servers: Server[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "giftwrap-purge-"));
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await rm(folder, { recursive: true });
});

async function start(region: string, answer: RequestListener): Promise<Edge> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { region, url: `http://127.0.0.1:${port}/` };
}

describe("purging the timestamp", () => {
  test("asks each edge once, by the method PURGE, for the timestamp's address", async () => {
    const asked: string[] = [];
    const edges = await Promise.all(
      ["SG", "ID"].map((region) =>
        start(region, ({ method, url }, response) => {
          asked.push(`${region} ${method} ${url}`);
          response.end();
        }),
      ),
    );
    expect(await purgeTimestamp(edges, PURGE, folder)).toEqual([]);
    expect(asked.sort()).toEqual([`ID PURGE /${TIMESTAMP_KEY}`, `SG PURGE /${TIMESTAMP_KEY}`]);
  });

  test("is content with 404: there was nothing to forget", async () => {
    const edge = await start("SG", (_, response) => response.writeHead(404).end());
    expect(await purgeTimestamp([edge], PURGE, folder)).toEqual([]);
  });

  test("says in a line each which edges refused, were silent or down, and throws nothing", async () => {
    const refusing = await start("SG", (_, response) => response.writeHead(405).end());
    const silent = await start("ID", () => {});
    const down = await downEdge("BR");
    const started = performance.now();
    const [first, second, third, ...rest] = await purgeTimestamp([refusing, silent, down], PURGE, folder);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(first).toBe(`the SG edge ${refusing.url} was not purged: it answered 405`);
    expect(second).toMatch(/^the ID edge \S+ was not purged: it did not answer: .*timeout/);
    expect(third).toMatch(/^the BR edge \S+ was not purged: .*ECONNREFUSED/);
    expect(rest).toEqual([]);
  });
});

describe("purging by a command", () => {
  const edge: Edge = { region: "SG", url: "http://sg.example/" };

  test("gives it the address as it is, through no shell, in the repository's folder", async () => {
    const odd: Edge = { region: "SG", url: "http://sg.example/$(touch shell)/$&/" };
    const script = 'require("fs").writeFileSync("said", process.argv[1])';
    expect(await purgeTimestamp([odd], { command: [NODE, "-e", script, "at {url}"] }, folder)).toEqual([]);
    expect(await readFile(join(folder, "said"), "utf8")).toBe(`at ${odd.url}${TIMESTAMP_KEY}`);
  });

  test("prints nothing of what it says, unless it fails: then one line", async () => {
    const saying = (code: number) => ({
      command: [
        NODE,
        "-e",
        `console.log("\\nno such \\u001b[31mzone\\nand more"); process.exitCode = ${code}`,
      ],
    });
    expect(await purgeTimestamp([edge], saying(0), folder)).toEqual([]);
    expect(await purgeTimestamp([edge], saying(7), folder)).toEqual([
      `the SG edge ${edge.url} was not purged: ${NODE} ended with 7: no such \\u{1b}[31mzone`,
    ]);
  });

  test("says when there is no such program", async () => {
    expect(await purgeTimestamp([edge], { command: ["./purge.sh", "{url}"] }, folder)).toEqual([
      `the SG edge ${edge.url} was not purged: ./purge.sh could not be run: spawn ./purge.sh ENOENT`,
    ]);
  });
});
