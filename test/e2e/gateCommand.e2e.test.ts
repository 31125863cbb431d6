import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { command as gateCommand } from "../../src/commands/gate.ts";
import { command as holdCommand } from "../../src/commands/hold.ts";
import { command as promoteCommand } from "../../src/commands/promote.ts";
import { command as rollbackCommand } from "../../src/commands/rollback.ts";
import { runCommand } from "../support/cli.ts";
import { gateWorld, hoursLater, KITE, simulated } from "../support/gateWorld.ts";
import { editFile } from "../support/goodWorld.ts";
import { quietIo, type World } from "../support/world.ts";

const worlds: World[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.remove()));
});

async function newWorld(...args: Parameters<typeof gateWorld>): Promise<World> {
  const world = await gateWorld(...args);
  worlds.push(world);
  return world;
}

const gate = (world: World, ...args: string[]) => runCommand(gateCommand, quietIo(world.root), ...args);
const verdictOf = async (world: World, recorded: string, hours: number, ...more: string[]) => {
  const at = await hoursLater(world, hours);
  return gate(world, "kite@1.1.0", "--recorded", recorded, "--at", at, ...more);
};

describe("giftwrap gate", () => {
  test("holds while little is known, passes what is proven to be fine, and fails what is proven to be worse", async () => {
    const world = await newWorld();
    const fine = await simulated(world, "0.5%:0.5%");
    const early = await verdictOf(world, fine, 0.6);
    expect([early.code, early.stdout]).toEqual([
      1,
      expect.stringMatching(/^Do not promote kite 1\.1\.0 yet/),
    ]);
    const late = await verdictOf(world, fine, 4.2);
    expect([late.code, late.stdout]).toEqual([0, expect.stringMatching(/^Promote kite 1\.1\.0/)]);

    const bad = await simulated(world, "0.5%:8%");
    const worse = await verdictOf(world, bad, 4.2);
    expect([worse.code, worse.stdout]).toEqual([1, expect.stringMatching(/^Take back kite 1\.1\.0/)]);
    expect(worse.stdout).toContain("npx giftwrap rollback kite --version 1.1.0");
  });

  test("is the same for everybody who asks, from the numbers themselves or from what was written of them", async () => {
    const world = await newWorld();
    const bad = await simulated(world, "0.5%:8%");
    const copy = join(".giftwrap", "copy.json");
    const first = await verdictOf(world, bad, 3, "--json", "--record", copy);
    const again = await verdictOf(world, bad, 3, "--json");
    const ofCopy = await verdictOf(world, copy, 3, "--json");
    expect(again.stdout).toBe(first.stdout);
    expect(ofCopy.stdout).toBe(first.stdout);
    expect(JSON.parse(first.stdout)).toMatchObject({ verdict: "fail", gift: "kite", version: "1.1.0" });
  });

  test("draws what it says, light and dark, and puts it into a text for the pull request", async () => {
    const world = await newWorld();
    const fine = await simulated(world, "0.5%:0.5%");
    const { stdout } = await verdictOf(world, fine, 4.2, "--markdown", "--pictures", ".giftwrap/out");
    const files = await readdir(join(world.root, ".giftwrap/out"));
    expect(files.sort()).toEqual(
      ["crashed", "failed"]
        .flatMap((name) => [`difference-${name}`])
        .concat("latency")
        .flatMap((name) => ["dark.png", "dark.svg", "light.png", "light.svg"].map((it) => `${name}.${it}`)),
    );
    for (const file of files.filter((it) => it.endsWith(".png"))) {
      const bytes = await readFile(join(world.root, ".giftwrap/out", file));
      expect(bytes.subarray(1, 4).toString()).toBe("PNG");
      expect(stdout).toContain(`.giftwrap/out/${file}`);
    }
  });

  test("without metrics, and with metrics that cannot be had, it is hold with the reason", async () => {
    const world = await newWorld();
    const none = await gate(world, "kite@1.1.0");
    expect([none.code, none.stdout]).toEqual([
      1,
      expect.stringContaining("releases/environments/production.yaml names no metrics"),
    ]);
    await editFile(world, {
      file: "releases/environments/production.yaml",
      from: "edges:",
      to: "metrics: { prometheus: { url: 'http://127.0.0.1:1/' } }\nedges:",
    });
    await world.commit("Name a server that is not there");
    const down = await gate(world, "kite@1.1.0", "--json");
    expect([down.code, JSON.parse(down.stdout)]).toEqual([1, expect.objectContaining({ verdict: "hold" })]);
    expect(down.stdout).toContain("127.0.0.1:1");
  });

  test("never passes a release that a person holds", async () => {
    const world = await newWorld();
    const fine = await simulated(world, "0.5%:0.5%");
    await runCommand(
      holdCommand,
      quietIo(world.root),
      "kite@1.1.0",
      "--reason=Wait for the launch",
      "--commit",
    );
    const held = await verdictOf(world, fine, 4.2);
    expect([held.code, held.stdout]).toEqual([1, expect.stringContaining("Wait for the launch")]);
  });

  test("refuses in words what it cannot judge", async () => {
    const world = await newWorld();
    for (const [args, words] of [
      [["kite@1.0.0"], "kite@1.0.0 is not on trial"],
      [["kite@9.9.9"], "kite@9.9.9 is not at this commit"],
      [["kite"], "name one release"],
      [["kite@1.1.0", "--base", "HEAD"], "name a release or say --base"],
      [["kite@1.1.0", "--at", "yesterday"], "write a time such as"],
    ] as const) {
      const { code, stderr } = await gate(world, ...args);
      expect([args, code, stderr]).toEqual([args, 2, expect.stringContaining(words)]);
    }
  });
});

describe("giftwrap gate --base", () => {
  const ofChange = async (world: World, recorded: string, hours: number) => {
    const at = await hoursLater(world, hours);
    return gate(world, "--base", "main", "--recorded", recorded, "--at", at);
  };
  const promote = async (world: World) => {
    const ended = await runCommand(
      promoteCommand,
      quietIo(world.root),
      "kite@1.1.0",
      "--to",
      "full",
      "--commit",
    );
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
  };

  test("lets a promotion through only on a pass, by the plan and the numbers of what is merged", async () => {
    const world = await newWorld();
    const [fine, bad] = [await simulated(world, "0.5%:0.5%"), await simulated(world, "0.5%:8%")];
    await world.git("checkout", "--quiet", "-b", "promotion");
    await promote(world);
    const passed = await ofChange(world, fine, 4.2);
    expect([passed.code, passed.stdout]).toEqual([0, expect.stringContaining("Promote kite 1.1.0")]);
    const early = await ofChange(world, fine, 0.6);
    expect([early.code, early.stdout]).toEqual([1, expect.stringContaining("[GATE_HOLD]")]);
    const failed = await ofChange(world, bad, 4.2);
    expect([failed.code, failed.stdout]).toEqual([1, expect.stringContaining("[GATE_FAIL]")]);
    expect(failed.stdout).toMatch(
      /releases\/kite\/1\.1\.0\.yaml:\d+:\d+: kite@1\.1\.0 would reach more viewers/,
    );
  });

  test("asks a raised percentage and an ended holdback, and nothing of a rollback, a new release or another file", async () => {
    const world = await newWorld();
    const step = async (...edits: Parameters<typeof editFile>[1][]) => {
      await world.git("checkout", "--quiet", "-B", "change", "main");
      for (const edit of edits) await editFile(world, edit);
      await world.commit("Change");
      return (await gate(world, "--base", "main")).code;
    };
    expect(await step({ file: KITE, from: "SG: 50", to: "SG: 60" })).toBe(1);
    expect(await step({ file: KITE, from: "percent: 2", to: "percent: 0" })).toBe(1);
    expect(await step({ file: KITE, from: "SG: 50", to: "SG: 40" })).toBe(0);
    expect(
      await step({ file: KITE, from: "regional:\n    open: true", to: "regional:\n    open: false" }),
    ).toBe(0);
    const OLD = "releases/kite/1.0.0.yaml";
    expect(await step({ file: OLD, from: 'android: ">=8.0.0"', to: 'android: ">=7.0.0"' })).toBe(0);
    expect(await step({ file: "gifts/kite/gift.yaml", from: "name: Kite", to: "name: A kite" })).toBe(0);
    const BELL = "releases/bell/1.1.0.yaml";
    expect(await step({ file: BELL, from: "canary:\n    open: false", to: "canary:\n    open: true" })).toBe(
      0,
    );
    await runCommand(rollbackCommand, quietIo(world.root), "kite", "--commit", "--reason=Crashes");
    expect((await gate(world, "--base", "main")).code).toBe(0);
  });

  test("takes an exception from the policy that is merged, until its day, and none from the change itself", async () => {
    const waiver = (ends: string) =>
      `waivers:\n  - { rule: GATE_HOLD, gift: kite, owner: "@acme/live", reason: The launch is tonight, ends: ${ends} }\n`;
    const world = await newWorld();
    await world.git("checkout", "--quiet", "-b", "promotion");
    await editFile(world, { file: "releases/policy.yaml", from: "waivers:\n", to: waiver("2099-01-01") });
    await promote(world).catch(() => {});
    await editFile(world, { file: KITE, from: "full:\n    open: false", to: "full:\n    open: true" }).catch(
      () => {},
    );
    await world.commit("Both at once");
    expect((await gate(world, "--base", "main")).code).toBe(1);

    await world.git("checkout", "--quiet", "main");
    await editFile(world, { file: "releases/policy.yaml", from: "waivers:\n", to: waiver("2099-01-01") });
    await world.commit("Waive it");
    await world.git("checkout", "--quiet", "-b", "again");
    await promote(world);
    const waived = await gate(world, "--base", "main");
    expect([waived.code, waived.stdout]).toEqual([0, expect.stringContaining("@acme/live")]);
    await world.git("checkout", "--quiet", "main");
    await editFile(world, { file: "releases/policy.yaml", from: "2099-01-01", to: "2020-01-01" });
    await world.commit("It ended");
    await world.git("checkout", "--quiet", "again");
    await world.git("rebase", "--quiet", "main");
    expect((await gate(world, "--base", "main")).code).toBe(1);
  });
});
