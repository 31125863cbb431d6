import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { seenByNewcomers } from "../support/audience.ts";
import { type Witness, witnessOf } from "../support/witness.ts";
import { createWorld, type World } from "../support/world.ts";

const run = promisify(execFile);

/** What is live is two commits behind, and the newest commit takes a release back. */
describe("publishing from a clone that does not have everything", () => {
  let world: World;
  let folder: string;
  let witness: Witness;
  let live: string;

  beforeEach(async () => {
    world = await createWorld();
    folder = await mkdtemp(join(tmpdir(), "giftwrap-clones-"));
    await world.release({ gift: "anchor", version: "1.0.0", regional: true, full: true });
    await world.release({ gift: "anchor", version: "1.1.0", regional: true, full: true });
    live = await world.commit("Release");
    await world.publish();
    witness = witnessOf(await world.store());
    await witness.look();
    await world.commit("Something else");
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    await world.commit("Take it back");
  });
  afterEach(async () => {
    await world.remove();
    await rm(folder, { recursive: true });
  });

  const git = async (root: string, ...args: string[]) =>
    (await run("git", args, { cwd: root })).stdout.trim();

  async function clone(...options: string[]): Promise<string> {
    const root = join(folder, "clone");
    await git(folder, "clone", "--quiet", ...options, `file://${world.root}`, root);
    return root;
  }

  async function publishFrom(root: string) {
    return world.publish({ root, commit: await git(root, "rev-parse", "HEAD") });
  }

  const seen = async () => [...new Set(await seenByNewcomers(world, ["anchor"]))];

  test("a shallow clone fetches the history up to what is live, and stops what narrowed since", async () => {
    const root = await clone("--depth", "1");
    const { exit, stops } = await publishFrom(root);
    expect([exit, stops]).toEqual([0, ["stop/anchor/1.1.0"]]);
    await witness.look();
    expect(await seen()).toEqual(["anchor 1.0.0"]);
  });

  test("a shallow clone that has the live commit, but not how it leads here, fetches what lies between", async () => {
    const root = await clone("--depth", "1");
    await git(root, "fetch", "--quiet", "--depth", "1", "origin", live);
    const { exit, stops } = await publishFrom(root);
    expect([exit, stops]).toEqual([0, ["stop/anchor/1.1.0"]]);
  });

  test("a shallow clone that cannot be completed publishes nothing, and says what git said", async () => {
    const root = await clone("--depth", "1");
    await git(root, "remote", "set-url", "origin", `file://${folder}/nowhere`);
    await expect(publishFrom(root)).rejects.toMatchObject({
      code: "GIT_FAILED",
      message: expect.stringContaining("nowhere"),
    });
    await witness.look();
    expect(await seen()).toEqual(["anchor 1.1.0"]);
  });

  test.each([
    ["whole", []],
    ["shallow", ["--depth", "1"]],
  ])(
    "an old job in its %s clone, which never saw what is live, is told that it is old",
    async (_, options) => {
      const root = await clone(...options);
      await world.commit("Newer");
      await world.publish();
      await witness.look();
      await expect(publishFrom(root)).rejects.toMatchObject({ code: "OLDER_COMMIT" });
      await witness.look();
      expect(await seen()).toEqual(["anchor 1.0.0"]);
    },
  );

  test("a live commit that nobody has any more is refused until a person repeats it", async () => {
    await world.git("checkout", "--quiet", "--orphan", "other");
    await world.commit("Another history");
    await world.git("update-ref", "-d", "refs/heads/main");
    await world.git("reflog", "expire", "--expire=now", "--all");
    await world.git("gc", "--quiet", "--prune=now");
    const root = await clone();
    await expect(publishFrom(root)).rejects.toMatchObject({
      code: "HISTORY_UNRELATED",
      fix: expect.stringContaining(`--replace-history ${live}`),
    });
    expect(await seen()).toEqual(["anchor 1.1.0"]);
    const commit = await git(root, "rev-parse", "HEAD");
    expect((await world.publish({ root, commit, replaceHistory: live })).exit).toBe(0);
    await witness.look();
    expect(await seen()).toEqual(["anchor 1.0.0"]);
  });
});
