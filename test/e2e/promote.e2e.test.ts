import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { command as holdCommand } from "../../src/commands/hold.ts";
import { command as promoteCommand } from "../../src/commands/promote.ts";
import { command as rollbackCommand } from "../../src/commands/rollback.ts";
import { releasePath } from "../../src/model/paths.ts";
import { runCommand } from "../support/cli.ts";
import { editFile, goodWorld } from "../support/goodWorld.ts";
import { quietIo, type World } from "../support/world.ts";

const worlds: World[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.remove()));
});

const FILE = releasePath("kite", "1.1.0");

/** kite 1.1.0 in its canary, above a 1.0.0 that everyone has; with a comment and odd spacing that must stay. */
async function newWorld({ regional = false } = {}): Promise<World> {
  const world = await goodWorld(
    { file: FILE, from: "SG: 5", to: "SG:   5 # as agreed with the region" },
    { file: FILE, from: "regional:\n    open: true", to: `regional:\n    open: ${regional}` },
  );
  worlds.push(world);
  return world;
}

const promote = (world: World, ...args: string[]) => runCommand(promoteCommand, quietIo(world.root), ...args);
const hold = (world: World, ...args: string[]) => runCommand(holdCommand, quietIo(world.root), ...args);
const textOf = (world: World) => readFile(join(world.root, FILE), "utf8");

describe("giftwrap promote", () => {
  test("opens one stage by one value, keeps comments and spacing, and shows the plan and what is asked next", async () => {
    const world = await newWorld();
    const ended = await promote(world, "kite@1.1.0", "--to", "regional");
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    await expect(ended.stdout).toMatchFileSnapshot("golden/promote.txt");
    expect(await world.git("diff", "--numstat")).toBe(`1\t1\t${FILE}`);
    expect(await textOf(world)).toContain("SG:   5 # as agreed with the region");
  });

  test("raises a percentage, and lowers a holdback, as a promotion of its own", async () => {
    const world = await newWorld({ regional: true });
    const raised = await promote(world, "kite@1.1.0", "--percent", "SG=20", "--commit");
    expect([raised.code, raised.stderr]).toEqual([0, ""]);
    expect(await world.git("log", "-1", "--format=%s")).toBe("Promote kite 1.1.0: SG from 5 % to 20 %");
    expect(await textOf(world)).toContain("SG:   20 # as agreed");
    const ended = await promote(world, "kite@1.1.0", "--holdback", "0", "--commit");
    expect([ended.code, await world.git("log", "-1", "--format=%s")]).toEqual([
      0,
      "Promote kite 1.1.0: holdback from 2 % to 0 %",
    ]);
    expect(await world.git("status", "--porcelain")).toBe("");
  });

  test("a revert of it applies cleanly after later ones", async () => {
    const world = await newWorld();
    await promote(world, "kite@1.1.0", "--to", "regional", "--commit");
    const opened = await world.git("rev-parse", "HEAD");
    await promote(world, "kite@1.1.0", "--percent", "SG=20", "--commit");
    await promote(world, "kite@1.1.0", "--to", "full", "--commit");
    await world.git("revert", "--no-edit", opened);
    expect(await textOf(world)).toMatch(/regional:\n {4}open: false/);
  });

  test("leaves the file as it was when the rules refuse, and says what they say", async () => {
    const world = await newWorld();
    const before = await textOf(world);
    await editFile(world, { file: "releases/policy.yaml", from: "2027-02-05T", to: "2020-02-05T" });
    await world.commit("Freeze");
    const ended = await promote(world, "kite@1.1.0", "--to", "regional", "--commit");
    expect(ended.code).toBe(1);
    expect(ended.stdout).toContain("[FREEZE_WINDOW]");
    expect(ended.stdout).toContain('kite@1.1.0 stays as it is: the rules refuse "regional opened"');
    expect(await textOf(world)).toBe(before);
    expect(await world.git("status", "--porcelain")).toBe("");
  });

  test("refuses in words what would reach nobody more, or is not there", async () => {
    const world = await newWorld({ regional: true });
    const refusals: readonly (readonly [readonly string[], string])[] = [
      [["kite@1.1.0", "--to", "regional"], "regional is open already"],
      [["kite@1.1.0", "--percent", "SG=2"], "would reach fewer viewers"],
      [["kite@1.1.0", "--percent", "BR=2"], "has no percentage for BR; it has SG, ID"],
      [["kite@1.1.0", "--percent", "canary=2"], "has no percentage in its canary"],
      [["kite@1.1.0", "--percent", "SG=101"], "write a number from 0 to 100"],
      [["kite@1.1.0", "--percent", "Singapore"], "write it as SG=20"],
      [["kite@1.1.0", "--to", "everyone"], "write canary, regional, full"],
      [["kite@1.1.0", "--to", "full", "--holdback", "0"], "one step at a time"],
      [["kite@1.1.0"], "one step at a time"],
      [["kite@9.9.9", "--to", "full"], "there is no releases/kite/9.9.9.yaml"],
      [["kite", "--to", "full"], "name one release"],
    ];
    const before = await textOf(world);
    for (const [args, words] of refusals) {
      const { code, stderr } = await promote(world, ...args);
      expect([args, code, stderr]).toEqual([args, 2, expect.stringContaining(words)]);
    }
    expect(await textOf(world)).toBe(before);
  });
});

describe("giftwrap hold", () => {
  test("keeps a release from any promotion until a person lifts it, and never from a rollback", async () => {
    const world = await newWorld({ regional: true });
    const before = await textOf(world);
    const held = await hold(world, "kite@1.1.0", "--reason", 'Wait for "Mali" drivers', "--commit");
    expect([held.code, held.stderr]).toEqual([0, ""]);
    expect(await world.git("log", "-1", "--format=%s")).toBe('Hold kite 1.1.0: Wait for "Mali" drivers');
    const refused = await promote(world, "kite@1.1.0", "--to", "full");
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining("[ON_HOLD]")]);

    const lifted = await hold(world, "kite@1.1.0", "--lift", "--commit");
    expect([lifted.code, await textOf(world)]).toEqual([0, before]);
    expect((await promote(world, "kite@1.1.0", "--to", "full")).code).toBe(0);
    await world.git("checkout", "--quiet", ".");

    await hold(world, "kite@1.1.0", "--reason", "Again", "--commit");
    const back = await runCommand(
      rollbackCommand,
      quietIo(world.root),
      "kite@1.1.0",
      "--commit",
      "--reason=Crashes",
    );
    expect([back.code, back.stderr]).toEqual([0, ""]);
  });

  test("stands where no promotion and no revert touches a line beside it", async () => {
    const world = await newWorld();
    await promote(world, "kite@1.1.0", "--to", "regional", "--commit");
    const opened = await world.git("rev-parse", "HEAD");
    await hold(world, "kite@1.1.0", "--reason", "Wait", "--commit");
    await world.git("revert", "--no-edit", opened);
    expect(await textOf(world)).toMatch(/\nhold:\n {2}reason: "Wait"\n\nrollout:\n/);
  });

  test("refuses in words a second hold, and lifting what is not there", async () => {
    const world = await newWorld();
    expect((await hold(world, "kite@1.1.0", "--lift")).stderr).toContain("kite@1.1.0 is not on hold");
    expect((await hold(world, "kite@1.1.0")).stderr).toContain("say --reason TEXT, or --lift");
    await hold(world, "kite@1.1.0", "--reason", "Wait", "--commit");
    const again = await hold(world, "kite@1.1.0", "--reason", "More");
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("on hold already: Wait")]);
  });
});
