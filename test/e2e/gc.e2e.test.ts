import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Arguments } from "../../src/commands/command.ts";
import { command as gc } from "../../src/commands/gc.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { COLLECTION_KEY, objectKey } from "../../src/wire/keys.ts";
import { seenByNewcomers } from "../support/audience.ts";
import { createWorld, quietIo, type World } from "../support/world.ts";

const run = promisify(execFile);
const HOUR = 3_600_000;
const LATER = 400 * 24 * HOUR;
const FILES = ["releases/rose/1.1.0.yaml", "releases/rose/1.1.0.lock.json"];
const FORGOTTEN = objectKey(digestOf("rose 1.1.0"), "application/vnd.lottie+json");

describe("giftwrap gc", () => {
  let world: World;
  let restore: () => Promise<void>;

  /** The command after so many milliseconds, with nothing of the process but the clock changed. */
  const collect = async (
    after: number,
    options: Readonly<Record<string, string>> = {},
    root = world.root,
  ) => {
    const lines: string[] = [];
    const args: Arguments = {
      words: [],
      text: (name) => options[name],
      texts: () => [],
      flag: () => false,
    };
    const io = { ...quietIo(root), now: () => Date.now() + after, line: (text: string) => lines.push(text) };
    await gc.run(args, io);
    return lines.join("\n");
  };
  const planFile = () => join(world.root, ".giftwrap", "gc-production.json");
  const has = async (key: string) => (await (await world.store()).head(key)) !== null;

  beforeAll(async () => {
    world = await createWorld();
    await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
    await world.release({ gift: "rose", version: "1.1.0" });
    await world.commit("Release");
    await world.publish();
    await world.write(Object.fromEntries(FILES.map((path) => [path, null])));
    await world.commit("Withdraw");
    await world.publish();
    await world.release({ gift: "lily", version: "1.0.0", regional: true, full: true });
    await world.commit("Go on");
    await world.publish();
    restore = await world.saveStore();
  });
  afterAll(() => world.remove());

  test("takes nothing away by itself, and keeps what locks, catalogs and rollbacks need", async () => {
    expect(await collect(0)).toContain("nothing in production would go");
    // The catalogs are old then, but a lock in the history of half a year names the bytes.
    const month = await collect(60 * 24 * HOUR);
    expect(month).toContain("a catalog of no recent revision");
    expect(month).not.toContain("objects/");
    const year = await collect(LATER);
    expect(year).toContain(`would go: ${FORGOTTEN} (10 B; no lock and no catalog names it)`);
    expect(year).toContain("2 keys would go (29 B): no lock and no catalog names it");
    expect(year).toContain("nothing was taken away. After an hour, and within a week");
    expect(await has(FORGOTTEN)).toBe(true);
    const plan = JSON.parse(await readFile(planFile(), "utf8"));
    expect(plan).toMatchObject({ format: 1, environment: "production", revision: 4, retentionDays: 180 });
    expect(plan.keys).toContainEqual({ key: FORGOTTEN, why: "no lock and no catalog names it" });
  });

  test("takes away what its plan names, and viewers see no difference", async () => {
    await collect(LATER);
    const before = await seenByNewcomers(world, ["rose", "lily"]);
    const said = await collect(LATER + 2 * HOUR, { apply: planFile() });
    expect(said).toMatch(/^\d+ keys taken away from production/m);
    expect(await has(FORGOTTEN)).toBe(false);
    const kept = await (await world.store()).list("");
    expect(kept.filter((key) => key.startsWith("locks/rose/"))).toHaveLength(2);
    expect(kept.filter((key) => key.startsWith("log/"))).toHaveLength(4);
    expect(await seenByNewcomers(world, ["rose", "lily"])).toEqual(before);
    expect(await collect(LATER + 2 * HOUR, { apply: planFile() })).toContain("because it was gone already");
    expect(await collect(LATER)).toContain("nothing in production would go");
    await restore();
  });

  test("leaves alone what came back into use after the plan was made", async () => {
    await collect(LATER);
    await world.git("revert", "--no-edit", "HEAD~1");
    const said = await collect(LATER + 2 * HOUR, { apply: planFile() });
    expect(said).toContain(`stays: ${FORGOTTEN}, because a lock in git names it`);
    expect(await has(FORGOTTEN)).toBe(true);
    await world.git("reset", "--quiet", "--hard", "HEAD~1");
    await world.git("branch", "--force", "waiting", "HEAD@{1}");
    expect(await collect(LATER)).not.toContain(FORGOTTEN);
    await world.git("branch", "--quiet", "-D", "waiting");
    await restore();
  });

  test("puts back what a collection that died had set aside, when it is named again", async () => {
    await collect(LATER);
    const store = await world.store();
    const trash = fileStore(join(world.root, ".giftwrap", "trash", "production"));
    const lily = objectKey(digestOf("lily 1.0.0"), "application/vnd.lottie+json");
    await trash.putIfAbsent(lily, Buffer.from("lily 1.0.0"));
    await store.delete(lily);
    const said = await collect(LATER + 2 * HOUR, { apply: planFile() });
    expect(said).toContain(`put back: ${lily}`);
    expect(await trash.list("")).toEqual([]);
    await restore();
  });

  test("refuses a plan that is too young, too old, of another environment, or no plan", async () => {
    await collect(LATER);
    const apply = (after: number, options = {}) => collect(LATER + after, { apply: planFile(), ...options });
    await expect(apply(HOUR / 2)).rejects.toMatchObject({ code: "PLAN_TOO_YOUNG" });
    await expect(apply(8 * 24 * HOUR)).rejects.toMatchObject({ code: "PLAN_TOO_OLD" });
    await expect(apply(2 * HOUR, { apply: "releases/policy.yaml" })).rejects.toMatchObject({
      code: "PLAN_UNREADABLE",
    });
    await expect(apply(2 * HOUR, { "retention-days": "1" })).rejects.toThrow("belongs to the plan");
    const environment = join(world.root, "releases/environments/production.yaml");
    const root = join(world.root, "releases/environments/production.root.json");
    await world.write({
      "releases/environments/staging.yaml": await readFile(environment, "utf8"),
      "releases/environments/staging.root.json": await readFile(root, "utf8"),
    });
    await expect(apply(2 * HOUR, { env: "staging" })).rejects.toMatchObject({ code: "PLAN_ELSEWHERE" });
    await world.write({
      "releases/environments/staging.yaml": null,
      "releases/environments/staging.root.json": null,
    });
    expect(await has(FORGOTTEN)).toBe(true);
  });

  test("refuses when another collection is under way, until that must be dead", async () => {
    await collect(LATER);
    const store = await world.store();
    const at = new Date(Date.now() + LATER + 2 * HOUR).toISOString();
    await store.replace(COLLECTION_KEY, Buffer.from(JSON.stringify({ at, keys: [FORGOTTEN] })), null);
    await expect(collect(LATER + 2 * HOUR, { apply: planFile() })).rejects.toMatchObject({
      code: "COLLECTION_UNDER_WAY",
    });
    expect(await has(FORGOTTEN)).toBe(true);
    await collect(LATER + 3 * HOUR, { apply: planFile() });
    expect(await has(FORGOTTEN)).toBe(false);
    await restore();
  });

  test("refuses a clone that leaves history out, a remote that is gone, and a live commit that is not on main", async () => {
    const folder = await mkdtemp(join(tmpdir(), "giftwrap-gc-"));
    try {
      const clone = async (name: string, ...options: string[]) => {
        await run("git", ["clone", "--quiet", ...options, `file://${world.root}`, join(folder, name)]);
        const file = join(folder, name, "releases/environments/production.yaml");
        const text = await readFile(file, "utf8");
        await writeFile(file, text.replace(".giftwrap/store", join(world.root, ".giftwrap/store")));
        return join(folder, name);
      };
      const whole = await clone("whole");
      expect(await collect(LATER, {}, whole)).toContain(`would go: ${FORGOTTEN}`);
      await expect(collect(LATER, {}, await clone("shallow", "--depth", "1"))).rejects.toMatchObject({
        code: "SHALLOW_CLONE",
      });
      await run("git", ["remote", "set-url", "origin", join(folder, "gone")], { cwd: whole });
      await expect(collect(LATER, {}, whole)).rejects.toMatchObject({ code: "MAIN_UNKNOWN" });
      await expect(collect(LATER, { branch: "trunk" })).rejects.toThrow("there is no branch trunk here");
      await world.git("branch", "--force", "behind", "HEAD~1");
      await expect(collect(LATER, { branch: "behind" })).rejects.toMatchObject({ code: "LIVE_NOT_ON_MAIN" });
      await world.git("branch", "--quiet", "-D", "behind");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
