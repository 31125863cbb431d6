import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generateKeyPem } from "../../src/trust/keys.ts";
import { seenByNewcomers } from "../support/audience.ts";
import { giftwrap } from "../support/cli.ts";
import { type Witness, witnessOf } from "../support/witness.ts";
import { createWorld, type World } from "../support/world.ts";

/** The next commit narrows and widens: its first write would be a stop, signed by the timestamp key. */
describe("giftwrap publish", () => {
  let world: World;
  let witness: Witness;
  let keys: string;

  beforeAll(async () => {
    world = await createWorld();
    keys = join(world.root, ".giftwrap", "keys", "production");
    await world.release({ gift: "anchor", version: "1.0.0", regional: true, full: true });
    await world.release({ gift: "anchor", version: "1.1.0", regional: true, full: true });
    await world.commit("Release");
    await world.publish();
    witness = witnessOf(await world.store());
    await witness.look();
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    await world.release({ gift: "balloon", version: "1.0.0", regional: true, full: true });
    await world.commit("Take one back, add another");
  });
  afterAll(() => world.remove());

  test.each([
    ["release", "missing"],
    ["timestamp", "missing"],
    ["release", "wrong"],
    ["timestamp", "wrong"],
  ])("writes nothing when the %s key is %s", async (name, what) => {
    const path = join(keys, `${name}.pem`);
    const pem = await readFile(path, "utf8");
    const before = await (await world.store()).list("");
    await rename(path, `${path}.away`);
    if (what === "wrong") await writeFile(path, generateKeyPem());
    const { code, stderr } = await giftwrap(world.root, "publish");
    await rename(`${path}.away`, path);
    expect([code, stderr]).toEqual([
      3,
      expect.stringContaining(what === "wrong" ? "KEY_WRONG" : "KEY_MISSING"),
    ]);
    expect(stderr).toContain(`${name} key`);
    for (const line of pem.split("\n").slice(1, -2)) expect(stderr).not.toContain(line);
    expect(await (await world.store()).list("")).toEqual(before);
    await witness.look();
    expect(new Set(await seenByNewcomers(world, ["anchor"]))).toEqual(new Set(["anchor 1.1.0"]));
  });

  test("completes what was refused once both keys are there", async () => {
    expect((await giftwrap(world.root, "publish")).code).toBe(0);
    await witness.look();
    expect(new Set(await seenByNewcomers(world, ["anchor"]))).toEqual(new Set(["anchor 1.0.0"]));
  });
});
