import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { httpPost } from "../../src/client/telemetry/telemetry.ts";
import { FAMILIES } from "../../src/metrics/families.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { deviceOf, endedOf, exposedOf, parseExposition, playOf, sumOf } from "../metrics/beacons.ts";
import { CLI } from "../support/cli.ts";
import { createWorld, type World } from "../support/world.ts";

/** The compiled command, in a process of its own. */
async function startCollect(root: string) {
  const child = spawn(process.execPath, [CLI, "collect", "--port", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^metrics (\S+)metrics$/.exec(line)?.[1];
    if (url !== undefined) return { child, url };
  }
  throw new Error("collect ended before it listened");
}

describe("giftwrap collect, as a process", () => {
  let world: World;
  let collect: Awaited<ReturnType<typeof startCollect>>;

  beforeAll(async () => {
    world = await createWorld();
    await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true }, "older");
    await world.release({ gift: "rose", version: "1.1.0", regional: true, regions: { SG: 20 } }, "newer");
    await world.commit("Release");
    collect = await startCollect(world.root);
    const digest = digestOf(new TextEncoder().encode("newer"));
    const older = digestOf(new TextEncoder().encode("older"));
    const post = httpPost({ url: `${collect.url}v1/beacons` });
    for (let device = 0; device < 40; device++) {
      const arm =
        device % 2 === 0 ? { digest } : { digest: older, version: "1.0.0", arm: "baseline" as const };
      const events = [
        exposedOf(device, arm),
        { kind: "loaded", play: playOf(device), milliseconds: 120 },
        ...(device % 5 === 0
          ? [
              { kind: "failed", play: playOf(device), cause: "decode" },
              { kind: "fell_back", play: playOf(device), to: "release" },
            ]
          : [{ kind: "decoded", play: playOf(device), milliseconds: 10 * device }]),
        endedOf(device, 60, device % 7),
      ];
      const batch = {
        format: "1.0",
        device: deviceOf(device),
        platform: "android",
        app: "8.4.0",
        tier: "mid",
        region: "SG",
        events,
      };
      expect(await post(JSON.stringify(batch), false)).toEqual({ kind: "taken" });
    }
    // What is refused is told, too: its reason is a label.
    await post(JSON.stringify({ format: "1.0", device: deviceOf(1) }), false);
  });

  afterAll(async () => {
    if (collect.child.exitCode === null) collect.child.kill("SIGKILL");
    await world.remove();
  });

  test("shows what promtool, Prometheus' own reader, finds nothing wrong with but that gates speak of milliseconds", async () => {
    const text = await (await fetch(`${collect.url}metrics`)).text();
    const found = parseExposition(text);
    expect([sumOf(found, FAMILIES.units), sumOf(found, FAMILIES.failed)]).toEqual([40, 8]);
    expect(sumOf(found, FAMILIES.refused, 'reason="malformed"')).toBe(1);

    const promtool = spawn("promtool", ["check", "metrics"], { stdio: ["pipe", "pipe", "pipe"] });
    let said = "";
    promtool.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    promtool.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
    promtool.stdin.end(text);
    const [code] = await once(promtool, "close");
    expect(said.trim()).toBe(`${FAMILIES.decode} use base unit "seconds" instead of "milliseconds"`);
    // 3 is for remarks; 1 would be a text that cannot be read.
    expect(code).toBe(3);
  });

  test("ends well when it is interrupted", async () => {
    const closed = once(collect.child, "close");
    collect.child.kill("SIGINT");
    expect(await closed).toEqual([0, null]);
  });
});
