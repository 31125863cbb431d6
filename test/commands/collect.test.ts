import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { command as collect, followHead } from "../../src/commands/collect.ts";
import { readKnown } from "../../src/commands/readKnown.ts";
import { Collector } from "../../src/metrics/collector.ts";
import { FAMILIES } from "../../src/metrics/families.ts";
import { revisionTree } from "../../src/source/tree.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { deviceOf, endedOf, exposedOf, NOW, parseExposition, scrape, sumOf } from "../metrics/beacons.ts";
import { runCommand } from "../support/runCommand.ts";
import { createWorld, quietIo, type World } from "../support/world.ts";

describe("giftwrap collect", () => {
  let world: World;

  beforeAll(async () => {
    world = await createWorld();
    await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true }, "older");
    await world.release(
      { gift: "rose", version: "1.1.0", regional: true, regions: { SG: 20, BR: 5 } },
      "newer",
    );
    await world.commit("Release");
  });

  afterAll(() => world.remove());

  const exposure = (parts: Parameters<typeof exposedOf>[1]) => ({
    ...exposedOf(1, { digest: digestOf(new TextEncoder().encode("newer")), ...parts }),
  });
  const batchOf = (device: number, parts: Parameters<typeof exposedOf>[1] = {}, region = "SG") => ({
    format: "1.0",
    device: deviceOf(device),
    platform: "android",
    app: "8.4.0",
    tier: "mid" as const,
    region,
    events: [exposure(parts), endedOf(1)],
  });

  /** Runs the command until `during` is over. */
  const whileCollecting = async (during: (url: string) => Promise<void>): Promise<string> => {
    const lines: string[] = [];
    const { exit } = await runCommand({ command: collect }, world.root, ["--port", "0"], {
      line: (text) => lines.push(text),
      untilInterrupted: async () => during(/beacons (\S+)v1\/beacons/.exec(lines.join("\n"))?.[1] ?? ""),
    });
    expect(exit).toBe(0);
    return lines.join("\n");
  };

  test("knows the releases that have a lock, says where it listens, and is gone when it is interrupted", async () => {
    let url = "";
    const said = await whileCollecting(async (at) => {
      url = at;
      const response = await fetch(`${at}v1/beacons`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(batchOf(1)),
      });
      expect([response.status, await response.json()]).toEqual([202, { accepted: 2, refused: {} }]);
      const found = parseExposition(await (await fetch(`${at}metrics`)).text());
      const lock = await world.git("show", "HEAD:releases/rose/1.1.0.lock.json");
      const build = digestOf(new TextEncoder().encode(`${lock}\n`)).slice(0, 12);
      expect(sumOf(found, FAMILIES.units, `build="${build}"`, 'gift="rose"', 'version="1.1.0"')).toBe(1);
    });
    expect(said).toContain(`beacons ${url}v1/beacons\nmetrics ${url}metrics\n2 releases known, in BR, SG`);
    await expect(fetch(`${url}healthz`)).rejects.toThrow("fetch failed");
  });

  test("refuses what no release of the repository has, and regions that nobody serves", async () => {
    await whileCollecting(async (url) => {
      const refusedOf = async (batch: object) => {
        const response = await fetch(`${url}v1/beacons`, { method: "POST", body: JSON.stringify(batch) });
        const said: unknown = await response.json();
        return said;
      };
      expect(await refusedOf(batchOf(1, { digest: "0".repeat(64) }))).toMatchObject({
        refused: { digest: 1 },
      });
      expect(await refusedOf(batchOf(1, { trial: "1.2.0" }))).toMatchObject({ refused: { trial: 1 } });
      expect(await refusedOf(batchOf(1, {}, "ID"))).toMatchObject({ refused: { region: 2 } });
    });
  });

  test("says that another program listens on its port, and on which address it cannot", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    await expect(
      runCommand({ command: collect }, world.root, ["--port", String(port)]),
    ).rejects.toMatchObject({
      code: "PORT_TAKEN",
    });
    await new Promise((resolve) => other.close(resolve));
    const elsewhere = ["--port", "0", "--host", "192.0.2.1"];
    await expect(runCommand({ command: collect }, world.root, elsewhere)).rejects.toMatchObject({
      code: "ADDRESS_UNUSABLE",
    });
  });

  test("knows a new release when HEAD has moved, keeps what it knew when git fails, and counts on", async () => {
    const start = await world.git("rev-parse", "HEAD");
    const known = await readKnown(revisionTree(world.root, start), "production");
    const limits = { seenKeys: 1_000 };
    const collector = new Collector({
      ...known,
      secret: new Uint8Array(32),
      startedMilliseconds: NOW,
      limits,
    });
    const said: string[] = [];
    const io = { ...quietIo(world.root), progress: (text: string) => said.push(text) };
    const follow = followHead(io, "production", collector, start);
    const newest = { version: "1.2.0", trial: "1.2.0", digest: digestOf(new TextEncoder().encode("newest")) };

    await follow();
    expect(Object.fromEntries(collector.take(batchOf(1, newest), NOW).refused)).toMatchObject({ digest: 1 });
    await world.release({ gift: "rose", version: "1.2.0" }, "newest");
    await world.commit("Release another");
    await follow();
    expect(collector.take(batchOf(1, newest), NOW).accepted).toBe(2);
    expect(sumOf(scrape(collector), FAMILIES.units, 'version="1.2.0"')).toBe(1);

    await followHead({ ...io, root: "/nowhere" }, "production", collector, start)();
    expect(collector.take(batchOf(2, newest), NOW).accepted).toBe(2);
    expect(said).toEqual([]);
  });
});
