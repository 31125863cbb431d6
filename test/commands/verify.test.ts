import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as verify from "../../src/commands/verify.ts";
import type { Publisher } from "../../src/commands/publish.ts";
import { walkEdge, walkStore } from "../../src/commands/walkEnvironment.ts";
import { readEarlierDigests } from "../../src/publish/earlier.ts";
import type { Walked } from "../../src/publish/walkPublished.ts";
import { revisionTree } from "../../src/source/tree.ts";
import { makeEvidence, writeEvidence } from "../../src/trust/evidence.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { isPrivate, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { flipped, harm } from "../support/damage.ts";
import { downEdge, onlyFor, right, serves, startTestEdge, type TestEdge } from "../support/edges.ts";
import { runCommand } from "../support/runCommand.ts";
import { createWorld, type World } from "../support/world.ts";
import { runsOf } from "../support/runs.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let world: World;
let edge: TestEdge;
/** Keys that nobody is led to any more: the metadata and catalogs before the live ones. */
let left: readonly string[];
let keys: readonly string[];

beforeAll(async () => {
  world = await createWorld();
  for (const gift of ["anchor", "balloon", "comet", "dove"])
    await world.release({ gift, version: "1.0.0", regional: true, full: true });
  await world.commit("Release");
  await world.publish();
  const store = await world.store();
  left = (await store.list("")).filter((key) => /^(targets\/catalog|metadata\/1\.[st])/.test(key));
  await world.release({ gift: "anchor", version: "1.1.0" });
  await world.commit("Release another");
  const { signers } = await world.publisher();
  await world.publish();
  const record = makeEvidence({
    kind: "matrix",
    environment: "production",
    gift: "anchor",
    version: "1.1.0",
    lock: digestOf("a lock"),
    recorded: Date.now(),
    result: "passed",
    facts: {},
    tool: "a test",
  });
  await writeEvidence(store, signers.timestamp, record);
  keys = await store.list("");
  edge = await startTestEdge("SG", () => store);
});

afterAll(async () => {
  await edge.close();
  await world.remove();
});

const run = (...words: string[]) => runCommand(verify, world.root, words);

/** As the command does it, without asking git anew each time. */
async function walk(): Promise<Walked> {
  const { environment, commit } = await opened();
  return walkStore({ root: world.root, now: Date.now }, environment, revisionTree(world.root, commit));
}

let first: Promise<Publisher> | undefined;
const opened = () => (first ??= world.publisher());

describe("giftwrap verify", () => {
  test("reads every file that is reachable, finds nothing wrong and says how much that was", async () => {
    const { exit, text } = await run();
    expect(exit).toBe(0);
    expect(keys.some((key) => key.includes("/delta/"))).toBe(true);
    // All but the snapshot and the targets before these.
    expect(text).toMatch(
      new RegExp(
        `^production: revision 2, ${keys.length - 2} files \\([\\d.]+ kB\\): every hash and signature is right$`,
      ),
    );
  });

  test("finds each file that is gone, by its key, whatever it is", async () => {
    const isLeaf = (key: string) => /^(objects|locks|log|targets\/delta)\//.test(key);
    const undo = await Promise.all(keys.filter(isLeaf).map((key) => harm(world, key, "delete")));
    const { problems } = await walk();
    expect(problems.map((it) => it.kind)).toEqual(problems.map(() => "missing"));
    // Without the log nobody knows which deltas there were, nor whether an older revision ever had a record.
    expect(problems.map((it) => it.key)).toEqual(
      keys.filter((key) => isLeaf(key) && !key.includes("/delta/") && key !== "log/1.json"),
    );
    await Promise.all(undo.map((it) => it()));

    for (const key of keys.filter((it) => !isLeaf(it) || it.includes("/delta/"))) {
      const putBack = await harm(world, key, "delete");
      const { problems } = await walk();
      // What nobody is led to is no loss, and evidence that is not there is what nobody has recorded yet.
      if (left.includes(key) || key.startsWith("evidence/")) expect(problems).toEqual([]);
      else expect(problems).toContainEqual(expect.objectContaining({ kind: "missing", key }));
      await putBack();
    }
  });

  test("finds any byte that is flipped, in any file that something vouches for", async () => {
    const vouched = keys.filter((key) => !left.includes(key) && !/^log|delta/.test(key));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...vouched), fc.nat(100_000), async (key, at) => {
        const putBack = await harm(world, key, "flip", at);
        expect((await walk()).problems).toContainEqual(expect.objectContaining({ key }));
        await putBack();
      }),
      runsOf(25, 6),
    );
  });

  test("a record or a delta that is none any more is found", async () => {
    const delta = keys.find((key) => key.includes("/delta/")) ?? expect.fail("there is a delta");
    for (const key of [delta, "log/1.json", "log/2.json"]) {
      const putBack = await harm(world, key, "flip");
      expect((await walk()).problems).toEqual([expect.objectContaining({ kind: "damaged", key })]);
      await putBack();
    }
  });

  test("finds any byte that an edge flips in anything that apps are led to, and says which edge it was", async () => {
    const store = await world.store();
    const { environment } = await opened();
    const read = keys.filter((key) => !isPrivate(key) && !left.includes(key) && !key.includes("/delta/"));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...read), fc.nat(100_000), async (key, at) => {
        const bytes = flipped((await store.get(key))?.bytes ?? new Uint8Array(), at);
        edge.behave(onlyFor((asked) => asked === key, serves(bytes)));
        const readEarlier = (revision: number) => readEarlierDigests(store, revision);
        const { problems } = await walkEdge({ now: Date.now }, environment, edge.edge, readEarlier);
        expect(problems).toContainEqual(expect.objectContaining({ key }));
      }),
      runsOf(25, 6),
    );
    const still = keys.find((key) => key.endsWith(".webp")) ?? expect.fail("there is a still");
    edge.behave(onlyFor((asked) => asked === still, serves(Buffer.from("other"))));
    const wrong = await run("--edge", `SG=${edge.edge.url}`);
    expect(wrong.exit).toBe(3);
    const [throughStore, throughEdge, problem] = wrong.text.split("\n");
    expect(throughStore).toContain("every hash and signature is right");
    expect(throughEdge).toContain(`production, SG ${edge.edge.url}: revision 2, 1 problem among`);
    expect(problem).toMatch(/^ {2}objects\/.*\.webp has other bytes than its name says \(of \w+@1\.0\.0\)$/);
    edge.behave(right);
    expect((await run("--edge", `SG=${edge.edge.url}`)).exit).toBe(0);
  });

  test("an edge that does not answer is not taken for one that serves nothing", async () => {
    const { url } = await downEdge("SG");
    const { ways } = JSON.parse((await run("--json", "--edge", `SG=${url}`)).text);
    expect(ways[0].problems).toEqual([]);
    const kinds = ways[1].problems.map((it: { kind: string }) => it.kind);
    expect(kinds).toContain("unread");
    expect(kinds).not.toContain("missing");
  });

  test("a record that names another lock than git has is for people to look into", async () => {
    const store = await world.store();
    const key = "locks/anchor/1.1.0";
    const present = (await store.get(key)) ?? expect.fail("it is on record");
    const other = await store.replace(key, Buffer.from("b".repeat(64)), present.tag);
    const { exit, text } = await run();
    expect(exit).toBe(3);
    expect(text).toContain(`${key} names another lock than git has\n    fix: find out who changed what`);
    await store.replace(key, present.bytes, other);
  });

  test("what expires soon is a problem in words, with the command that renews it", async () => {
    const at = (now: number) => runCommand(verify, world.root, [], { now: () => now });
    expect((await at(Date.now() + 23 * HOUR)).exit).toBe(0);
    const soon = await at(Date.now() + 25 * HOUR);
    expect(soon.exit).toBe(3);
    expect(soon.text).toMatch(
      /metadata\/timestamp\.json expires in 23 h .*\n {4}fix: run npx giftwrap refresh --env production/,
    );
    const late = await at(Date.now() + 340 * DAY);
    expect(late.text).toMatch(/metadata\/timestamp\.json expired 338 days ago/);
    expect(late.text).toMatch(
      /metadata\/2\.snapshot\.json expires in 25 days .*\n {4}fix: run npx giftwrap reconcile/,
    );
  });

  test("without a timestamp nothing can be trusted, and without anything nothing is published yet", async () => {
    const putBack = await harm(world, TIMESTAMP_KEY, "delete");
    const lost = await run();
    expect(lost.exit).toBe(3);
    expect(lost.text).toContain("metadata/timestamp.json is not there");
    expect(lost.text).toContain("nothing can be trusted without it");
    await putBack();
    const fresh = await createWorld();
    try {
      await fresh.commit("Begin");
      expect(await runCommand(verify, fresh.root)).toEqual({
        exit: 0,
        text: "production: nothing is published yet",
      });
    } finally {
      await fresh.remove();
    }
  });
});
