import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Validation, validate } from "../../src/commands/validate.ts";
import { createWorld, quietIo, releaseText, type ReleaseSpec, type World } from "../support/world.ts";

const run = promisify(execFile);

/*
 * What a change is, and whether it may be merged, on real git histories. Each begins with rose 1.0.0 at full and 1.1.0 at
 * canary, merged long ago.
 */
describe("a change", () => {
  let world: World;
  const folders: string[] = [];

  beforeEach(async () => {
    world = await createWorld();
    await world.release({ gift: "rose", version: "0.9.0", regional: true, full: true });
    await world.commit("Begin");
    for (const stages of [{}, { regional: true }, { regional: true, full: true }]) {
      await world.release({ gift: "rose", version: "1.0.0", ...stages });
      await world.commit("Bring rose 1.0.0 further");
    }
    await world.release({ gift: "rose", version: "1.1.0" });
    await world.commit("Release rose 1.1.0");
  });
  afterEach(async () => {
    await world.remove();
    await Promise.all(folders.splice(0).map((it) => rm(it, { recursive: true })));
  });

  /** Rewrites a release as a promotion or a rollback does. */
  const set = (spec: Partial<ReleaseSpec>, reopening?: string) =>
    world.write({
      [`releases/${spec.gift ?? "rose"}/${spec.version ?? "1.1.0"}.yaml`]: withReason(
        releaseText({ gift: "rose", version: "1.1.0", ...spec }),
        reopening,
      ),
    });
  const commit = (message = "Change") => world.commit(message);
  /** The kind, and the codes of all errors that are about more than the letters that stand for a drawing. */
  const judge = async (base = "HEAD~1", root = world.root) => toVerdict(await validate(quietIo(root), base));

  test("that adds a release is a release, and enters at canary", async () => {
    await set({ regional: true, full: true });
    await commit("Close the way for the next one");
    await world.release({ gift: "rose", version: "1.2.0" });
    await commit();
    expect(await judge()).toEqual({ kind: "release", errors: [] });

    await world.release({ gift: "rose", version: "1.3.0", regional: true });
    await commit();
    expect(await judge()).toEqual({ kind: "release", errors: ["ENTERS_AT_CANARY", "TRIAL_OVERLAP"].sort() });
  });

  test("that opens the next stage is a promotion, and one stage at a time", async () => {
    await set({ regional: true });
    await commit();
    expect(await judge()).toEqual({ kind: "promotion", errors: [] });
    await set({ regional: true, full: true });
    await commit();
    expect(await judge()).toEqual({ kind: "promotion", errors: [] });
    expect(await judge("HEAD~2")).toEqual({ kind: "promotion", errors: ["STAGE_JUMP"] });
  });

  test("that is not committed yet is judged as it lies there", async () => {
    await set({ regional: true });
    expect(await judge("HEAD")).toEqual({ kind: "promotion", errors: [] });
    await world.release({ gift: "tulip", version: "1.0.0" });
    expect(await judge("HEAD")).toEqual({ kind: "release", errors: ["ONE_GIFT"] });
  });

  test("that reverts the newest promotion is a rollback", async () => {
    await set({ regional: true });
    await commit();
    await world.git("revert", "--no-edit", "HEAD");
    expect(await judge()).toEqual({ kind: "rollback", errors: [] });
  });

  test("that reverts an older promotion after a newer one is a rollback, whatever it leaves behind", async () => {
    await set({ regional: true });
    await commit();
    const promotion = await world.git("rev-parse", "HEAD");
    await set({ regional: true, full: true });
    await commit();
    await world.git("revert", "--no-edit", promotion);
    expect(await judge()).toEqual({ kind: "rollback", errors: [] });
  });

  test("that reverts the add is a rollback, and its version stays used", async () => {
    await world.git("revert", "--no-edit", "HEAD");
    expect(await judge()).toEqual({ kind: "rollback", errors: [] });

    await world.release({ gift: "rose", version: "1.1.0" }, "other bytes");
    await commit();
    expect(await judge()).toEqual({ kind: "promotion", errors: ["RETURNED", "VERSION_REUSED"] });
  });

  test("that reverts a revert is a promotion, and needs a reason and a fresh start", async () => {
    await set({ regional: true });
    await commit();
    await world.git("revert", "--no-edit", "HEAD");
    await world.git("revert", "--no-edit", "HEAD");
    expect(await judge()).toEqual({ kind: "promotion", errors: ["RETURNED"] });
  });

  test("that brings a deleted release back under its own bytes is a promotion, and needs a reason", async () => {
    await world.git("revert", "--no-edit", "HEAD");
    await world.git("revert", "--no-edit", "HEAD");
    expect(await judge()).toEqual({ kind: "promotion", errors: ["RETURNED"] });

    await set({}, "The CDN was at fault");
    await commit();
    expect(await judge("HEAD~2")).toEqual({ kind: "promotion", errors: [] });
  });

  test("that opens a rolled-back release again starts at canary, with a reason that is new", async () => {
    await set({ regional: true });
    await commit();
    await set({ canary: false, regional: false });
    await commit("Roll back");

    await set({});
    await commit("Without a reason");
    expect(await judge()).toEqual({ kind: "promotion", errors: ["RETURNED"] });
    await set({}, "A driver was at fault, and is mended");
    await commit("With a reason, at canary");
    expect(await judge("HEAD~2")).toEqual({ kind: "promotion", errors: [] });
    await set({ regional: true }, "A driver was at fault, and is mended");
    await commit("Then further");
    expect(await judge()).toEqual({ kind: "promotion", errors: [] });

    await set({ canary: false }, "A driver was at fault, and is mended");
    await commit("Roll back again");
    await set({}, "A driver was at fault, and is mended");
    await commit("The old reason does not count");
    expect(await judge()).toEqual({ kind: "promotion", errors: ["RETURNED"] });
  });

  test("that raises a percentage is a promotion, and its revert a rollback that may be raised again", async () => {
    await set({ regional: true, regions: { SG: 5 } });
    await commit();
    await set({ regional: true, regions: { SG: 20 } });
    await commit();
    expect(await judge()).toEqual({ kind: "promotion", errors: [] });
    await world.git("revert", "--no-edit", "HEAD");
    expect(await judge()).toEqual({ kind: "rollback", errors: [] });
    await set({ regional: true, regions: { SG: 10 } });
    await commit();
    expect(await judge()).toEqual({ kind: "promotion", errors: [] });
  });

  test("is told by its content, whatever its message says and however it was merged", async () => {
    await world.git("switch", "--quiet", "--create", "branch");
    await set({ regional: true });
    await commit('Revert "Release rose 1.1.0"');
    await set({ regional: true, regions: { SG: 20 } });
    await commit("Rollback");
    await world.git("switch", "--quiet", "main");
    await world.git("merge", "--quiet", "--squash", "branch");
    await commit("chore");
    expect(await judge()).toEqual({ kind: "promotion", errors: [] });
    await set({ regional: true, regions: { SG: 5 } });
    await commit("Promote rose");
    expect(await judge()).toEqual({ kind: "rollback", errors: [] });
  });

  test("is what the branch did since it left the base, not what others merged meanwhile", async () => {
    await world.git("switch", "--quiet", "--create", "branch");
    await set({ regional: true });
    await commit();
    await world.git("switch", "--quiet", "main");
    await world.release({ gift: "tulip", version: "1.0.0" });
    await commit("Another gift, by others");
    await world.git("switch", "--quiet", "branch");
    expect(await judge("main")).toEqual({ kind: "promotion", errors: [] });
  });

  test("holds one gift; a rollback may take back several", async () => {
    await world.release({ gift: "tulip", version: "1.0.0" });
    await commit();
    await set({ regional: true });
    await set({ gift: "tulip", version: "1.0.0", regional: true });
    await commit();
    expect(await judge()).toEqual({ kind: "promotion", errors: ["ONE_GIFT"] });
    await world.git("revert", "--no-edit", "HEAD");
    expect(await judge()).toEqual({ kind: "rollback", errors: [] });
  });

  test("holds a gift, or the policy, or source code", async () => {
    await set({ regional: true });
    await world.write({ "src/main.ts": "export {};\n" });
    await commit();
    expect(await judge()).toEqual({ kind: "promotion", errors: ["MIXED_CHANGE"] });

    const policy = await world.git("show", "HEAD:releases/policy.yaml");
    await world.write({ "releases/policy.yaml": `${policy}\n# Reviewed.\n` });
    await commit();
    expect(await judge()).toEqual({ kind: "policy", errors: [] });
    expect((await judge("HEAD~2")).errors).toContain("MIXED_CHANGE");
  });

  test("of an override is an override", async () => {
    await world.write({ "releases/overrides/stop.yaml": "gifts: [rose]\nlimit: none\nreason: Crashes\n" });
    await commit();
    expect(await judge()).toEqual({ kind: "override", errors: [] });
  });

  test("of a title is nothing for viewers", async () => {
    const path = "releases/rose/1.1.0.yaml";
    await world.write({ [path]: (await world.git("show", `HEAD:${path}`)).replace("A test", "Another") });
    await commit();
    expect(await judge()).toEqual({ kind: "none", errors: [] });
  });

  test("never touches merged bytes, nor the salt that picked the viewers", async () => {
    await world.release({ gift: "rose", version: "1.1.0" }, "other bytes");
    await commit();
    expect((await judge()).errors).toEqual(["LOCK_CHANGED"]);
    await world.git("reset", "--quiet", "--hard", "HEAD~1");

    const path = "releases/rose/1.1.0.yaml";
    const text = await world.git("show", `HEAD:${path}`);
    await world.write({ [path]: text.replace("rollout:\n", "rollout:\n  salt: other\n\n") });
    await commit();
    expect((await judge()).errors).toEqual(["SALT_CHANGED"]);
  });

  test("that renames a release takes one away and adds another, whose lock is not its own", async () => {
    await world.git("mv", "releases/rose/1.1.0.yaml", "releases/rose/1.2.0.yaml");
    await world.git("mv", "releases/rose/1.1.0.lock.json", "releases/rose/1.2.0.lock.json");
    await commit();
    expect(await judge()).toEqual({ kind: "release", errors: ["NAME_DIFFERS", "NAME_DIFFERS"] });
  });

  test("of 300 files is one finding about that, not three hundred", async () => {
    for (let at = 0; at < 100; at++) await world.release({ gift: `gift-${at}`, version: "1.0.0" });
    await commit();
    expect(await judge()).toEqual({ kind: "release", errors: ["ONE_GIFT"] });
  });

  test("in a shallow clone is refused in words where history decides", async () => {
    await set({ regional: true });
    await commit();
    const folder = await mkdtemp(join(tmpdir(), "giftwrap-shallow-"));
    folders.push(folder);
    await run("git", ["clone", "--quiet", "--depth", "1", `file://${world.root}`, folder]);
    await expect(judge("HEAD~1", folder)).rejects.toMatchObject({ code: "BASE_MISSING" });
    await run("git", ["fetch", "--quiet", "--depth", "2"], { cwd: folder });
    await expect(judge("HEAD~1", folder)).rejects.toMatchObject({ code: "HISTORY_SHALLOW" });
    await run("git", ["fetch", "--quiet", "--unshallow"], { cwd: folder });
    expect(await judge("HEAD~1", folder)).toEqual({ kind: "promotion", errors: [] });
  });

  test("of a base that is not there, or of another history, is refused in words", async () => {
    await expect(judge("nowhere")).rejects.toMatchObject({ code: "BASE_MISSING" });
    await world.git("switch", "--quiet", "--orphan", "other");
    await commit("Another beginning");
    await expect(judge("main")).rejects.toMatchObject({ code: "BASE_UNRELATED" });
  });
});

function withReason(text: string, reason: string | undefined): string {
  return reason === undefined
    ? text
    : text.replace("rollout:\n", `reopening: { reason: "${reason}" }\n\nrollout:\n`);
}

function toVerdict({ change, findings }: Validation) {
  const errors = findings.filter((it) => it.severity === "error" && !it.code.startsWith("SOURCE_"));
  return { kind: change, errors: errors.map((it) => it.code).sort() };
}
