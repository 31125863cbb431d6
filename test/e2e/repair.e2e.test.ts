import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ClientError } from "../../src/client/client.ts";
import * as reconcile from "../../src/commands/reconcile.ts";
import * as verify from "../../src/commands/verify.ts";
import type { Store } from "../../src/store/store.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { openAudience, seenBy, seenByNewcomers } from "../support/audience.ts";
import { type Harm, harm } from "../support/damage.ts";
import { runCommand } from "../support/runCommand.ts";
import { createWorld, type World } from "../support/world.ts";

const GIFTS = ["anchor", "balloon", "comet"];

let world: World;
let restore: () => Promise<void>;
let keys: readonly string[];
let seen: readonly string[];

beforeAll(async () => {
  world = await createWorld();
  for (const gift of GIFTS) await world.release({ gift, version: "1.0.0", regional: true, full: true });
  await world.commit("Release");
  await world.publish();
  await world.release({ gift: "anchor", version: "1.1.0", regional: true, regions: { SG: 50 } });
  await world.release({ gift: "balloon", version: "1.1.0", regional: true, full: true });
  await world.commit("Release more");
  await world.publish();
  await world.write({
    "releases/overrides/balloon.yaml": "gifts: [balloon]\nversions: 1.1.0\nlimit: canary\nreason: Crashes\n",
  });
  await world.commit("Hold one back");
  await world.publish();
  keys = (await (await world.store()).list("")).filter((key) => key !== TIMESTAMP_KEY);
  seen = await seenByNewcomers(world, GIFTS);
  restore = await world.saveStore();
});

afterAll(() => world.remove());

/** Some keys, each hit once: which ones is known only once something is published. */
const damage: fc.Arbitrary<readonly { at: number; what: Harm; byte: number }[]> = fc.uniqueArray(
  fc.record({ at: fc.nat(10_000), what: fc.constantFrom<Harm>("delete", "flip"), byte: fc.nat(100_000) }),
  { minLength: 1, maxLength: 6, selector: (it) => it.at },
);

async function harmAll(harms: readonly { at: number; what: Harm; byte: number }[]): Promise<void> {
  const chosen = new Map(harms.map((it) => [keys[it.at % keys.length] ?? "", it]));
  for (const [key, { what, byte }] of chosen) await harm(world, key, what, byte);
}

async function contentOf(store: Store): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for (const key of await store.list("")) content[key] = (await store.get(key))?.tag ?? "";
  return content;
}

async function problemsNow(): Promise<readonly string[]> {
  const { ways } = JSON.parse((await runCommand(verify, world.root, ["--json"])).text);
  return ways[0].problems.map((it: { key: string }) => it.key).sort();
}

function expectClientError(error: unknown): void {
  expect(error).toBeInstanceOf(ClientError);
}

describe("the laws of repair, with real git and a real folder", () => {
  test("after any damage that leaves the timestamp, git and the keys, reconcile brings all back or lists just what is left", async () => {
    await fc.assert(
      fc.asyncProperty(damage, async (harms) => {
        await restore();
        const watching = await openAudience(world);
        await Promise.all(watching.map((client) => client.refresh()));
        await harmAll(harms);
        const before = await contentOf(await world.store());
        const first = await runCommand(reconcile, world.root, ["--json"]);
        const { repaired, left } = JSON.parse(first.text);
        const problems = await problemsNow();
        expect(left.map((it: { what: string }) => it.what.split(" ")[0]).sort()).toEqual(problems);
        expect(first.exit).toBe(problems.length > 0 ? 1 : 0);
        // Only a record that people must look into is ever left, and what cannot be written anew as long as it says so.
        const isRecord = (key: string) => /^(locks|log)\//.test(key);
        if (!problems.some((key) => key.startsWith("locks/"))) expect(problems.every(isRecord)).toBe(true);

        // It takes nothing away, and shows nobody anything else than before: neither those who watched nor newcomers, unless
        // what leads these to the catalogs is among what is left.
        const after = await contentOf(await world.store());
        expect(Object.keys(after)).toEqual(expect.arrayContaining(Object.keys(before)));
        await Promise.all(watching.map((client) => client.refresh().catch(expectClientError)));
        expect(await seenBy(watching, GIFTS)).toEqual(seen);
        if (problems.every(isRecord)) expect(await seenByNewcomers(world, GIFTS)).toEqual(seen);

        const second = JSON.parse((await runCommand(reconcile, world.root, ["--json"])).text);
        expect(second).toMatchObject({ repaired: [], left });
        expect(await contentOf(await world.store())).toEqual(after);
        expect(repaired.length + left.length).toBeGreaterThanOrEqual(problems.length);
      }),
      { numRuns: 8, endOnFailure: true },
    );
    // Each run is some ten commands; machines that do much else at the same time take their time.
  }, 400_000);

  test("objects that apps still play from are brought back, also while nothing in the store can name them", async () => {
    await restore();
    const watching = await openAudience(world);
    await Promise.all(watching.map((client) => client.refresh()));
    const objects = keys.filter((key) => key.startsWith("objects/"));
    // The newest targets are lost, and a record that only people may judge keeps them from being written anew.
    for (const key of keys.filter((it) => it.endsWith(".targets.json"))) await harm(world, key, "delete");
    await harm(world, "locks/balloon/1.0.0", "flip", 3);
    for (const key of objects) await harm(world, key, "flip", 9);

    const { repaired, left } = JSON.parse((await runCommand(reconcile, world.root, ["--json"])).text);
    expect(repaired.map((it: string) => it.split(" ")[0]).sort()).toEqual(objects);
    expect(left.map((it: { what: string }) => it.what.split(" ")[0])).toContain("locks/balloon/1.0.0");
    expect(await seenBy(watching, GIFTS)).toEqual(seen);
  });

  test("without a timestamp that can be trusted nothing is touched, and that is said in words", async () => {
    for (const what of ["delete", "flip"] as const) {
      await restore();
      await harm(world, TIMESTAMP_KEY, what, 200);
      await harm(world, keys.find((key) => key.startsWith("objects/")) ?? "", "delete");
      const before = await contentOf(await world.store());
      const { exit, text } = await runCommand(reconcile, world.root);
      expect(exit).toBe(1);
      expect(text).toContain(
        "without a timestamp nothing in the store can be trusted, so nothing was repaired",
      );
      expect(text).toContain("put it back from an edge");
      expect(await contentOf(await world.store())).toEqual(before);
    }
    await restore();
    await harm(world, TIMESTAMP_KEY, "delete");
    await expect(world.publish()).rejects.toMatchObject({ code: "TIMESTAMP_LOST" });
    await restore();
  });
});
