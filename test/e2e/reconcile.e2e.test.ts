import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { build } from "../../src/commands/build/buildReleases.ts";
import * as reconcile from "../../src/commands/reconcile.ts";
import * as refresh from "../../src/commands/refresh.ts";
import { changeOverrides } from "../../src/publish/changeOverrides.ts";
import { readLiveTimestamp, trustRoot } from "../../src/publish/live.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import type { Override } from "../../src/wire/override.ts";
import { giftFiles } from "../journey/giftOf.ts";
import { openAudience, seenBy, seenByNewcomers } from "../support/audience.ts";
import { harm } from "../support/damage.ts";
import { startTestEdge, type TestEdge } from "../support/edges.ts";
import { failingStore } from "../support/failingStore.ts";
import { runCommand, type Said } from "../support/runCommand.ts";
import { createWorld, quietIo, releaseText, type World } from "../support/world.ts";

const DAY = 24 * 3_600_000;
const GIFTS = ["anchor", "balloon"];

const worlds: World[] = [];
const edges: TestEdge[] = [];
afterEach(async () => {
  await Promise.all(edges.splice(0).map((it) => it.close()));
  await Promise.all(worlds.splice(0).map((it) => it.remove()));
});

async function publishedWorld(): Promise<World> {
  const world = await createWorld();
  worlds.push(world);
  for (const gift of GIFTS) await world.release({ gift, version: "1.0.0", regional: true, full: true });
  await world.release({ gift: "anchor", version: "1.1.0", regional: true, full: true });
  await world.commit("Release");
  await world.publish();
  return world;
}

function run(world: World, words: readonly string[] = [], now = Date.now()): Promise<Said> {
  return runCommand(reconcile, world.root, words, { now: () => now });
}

async function readNow(world: World) {
  const { environment, trustedRoot } = await world.publisher();
  const live = await readLiveTimestamp(environment.store, await trustRoot(trustedRoot, nodeCrypto));
  return live ?? expect.fail("something is published");
}

async function keysOf(world: World, prefix: string): Promise<readonly string[]> {
  return (await world.store()).list(prefix);
}

/** Dies once the stop is out: the catalogs do not carry it. */
async function dieAfterStop(world: World): Promise<void> {
  await world.release({ gift: "anchor", version: "1.1.0", canary: false });
  await world.commit("Roll back");
  const { environment } = await world.publisher();
  const dying = { ...environment, store: failingStore(environment.store, 1, "after") };
  await expect(world.publish({ environment: dying })).rejects.toMatchObject({ code: "STORE_FAILED" });
}

describe("giftwrap reconcile", () => {
  test("has nothing to do when nothing is wrong, and writes nothing", async () => {
    const world = await publishedWorld();
    const before = await readNow(world);
    expect(await run(world)).toEqual({ exit: 0, text: "production: nothing to repair" });
    expect((await readNow(world)).tag).toBe(before.tag);
  });

  test("with --dry-run says what it would do, and does none of it", async () => {
    const world = await publishedWorld();
    const [object = ""] = await keysOf(world, "objects/");
    await harm(world, object, "delete");
    const { exit, text } = await run(world, ["--dry-run"]);
    expect([exit, text]).toEqual([1, `production: would repair: ${object}`]);
    expect(await (await world.store()).head(object)).toBeNull();
    expect((await run(world)).text).toContain(`repaired: ${object} (of`);
    expect(await (await world.store()).head(object)).not.toBeNull();
  });

  test("takes an object that is not built here from an edge that still serves it, but only the right bytes", async () => {
    const world = await publishedWorld();
    const copy = new Map<string, Uint8Array>();
    const store = await world.store();
    for (const key of await store.list("objects/"))
      copy.set(key, (await store.get(key))?.bytes ?? new Uint8Array());
    const [lost = "", damaged = ""] = copy.keys();
    copy.set(damaged, Buffer.from("what the edge has of it is damaged, too"));
    const edge = await startTestEdge("SG", () => ({
      get: async (key) => {
        const bytes = copy.get(key);
        return bytes ? { bytes, tag: "t" } : store.get(key);
      },
    }));
    edges.push(edge);
    await rm(join(world.root, ".giftwrap/cache"), { recursive: true });
    await harm(world, lost, "flip");
    await harm(world, damaged, "flip");
    const { exit, text } = await run(world, ["--edge", `SG=${edge.edge.url}`]);
    expect(exit).toBe(1);
    expect(text).toMatch(new RegExp(`repaired: ${lost} .* put back from the SG edge`));
    expect(text).toMatch(new RegExp(`left: ${damaged} .*no place has its bytes`));
    expect((await store.get(lost))?.bytes).toEqual(Buffer.from(copy.get(lost) ?? []));
  });

  test("builds an object again that is nowhere, from its locked sources, and writes nothing that git sees", async () => {
    const world = await createWorld();
    worlds.push(world);
    for (const [path, content] of Object.entries(await giftFiles("star", 10))) {
      await mkdir(dirname(join(world.root, path)), { recursive: true });
      await writeFile(join(world.root, path), content);
    }
    const release = { gift: "star", version: "1.0.0", regional: true, full: true };
    await world.write({ "releases/star/1.0.0.yaml": releaseText(release) });
    await build(quietIo(world.root), { words: [], check: false, relock: false });
    await world.commit("Release");
    await world.publish();
    const objects = await keysOf(world, "objects/");
    await rm(join(world.root, ".giftwrap/cache"), { recursive: true });
    for (const key of objects) await harm(world, key, "flip", 100);
    const { exit, text } = await run(world);
    expect(exit).toBe(0);
    expect(text).toContain("(of star@1.0.0) put back from a build of star@1.0.0");
    expect(await world.git("status", "--porcelain")).toBe("");

    // Once the sources are other ones and the lock's commit has them no more, the reason is told.
    await harm(world, objects[0] ?? "", "flip");
    await rm(join(world.root, ".giftwrap/cache"), { recursive: true });
    await rm(join(world.root, "gifts"), { recursive: true });
    await world.git("add", "--all");
    await world.git("commit", "--quiet", "--amend", "-m", "Without the sources");
    const left = await run(world);
    expect(left.exit).toBe(1);
    expect(left.text).toContain(`left: ${objects[0]} has other bytes`);
    expect(left.text).toContain("its sources are not in this clone");
  });

  test("finishes a publish that died after its stop: what a person closed stays closed", async () => {
    const world = await publishedWorld();
    const watching = await openAudience(world);
    await dieAfterStop(world);
    const { exit, text } = await run(world);
    expect(exit).toBe(0);
    expect(text).toMatch(/production: repaired: published [0-9a-f]{10} as revision 3/);
    await Promise.all(watching.map((client) => client.refresh()));
    expect(new Set(await seenBy(watching, ["anchor"]))).toEqual(new Set(["anchor 1.0.0"]));
    expect((await readNow(world)).signed.giftwrap.overrides).toEqual([]);
    expect((await run(world)).text).toBe("production: nothing to repair");
  });

  test("from an older checkout publishes nothing, and still repairs what is named by its hash", async () => {
    const world = await publishedWorld();
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    await world.commit("Roll back");
    await world.publish();
    const [object = ""] = await keysOf(world, "objects/");
    await harm(world, object, "delete");
    await world.git("checkout", "--quiet", "HEAD~1");
    const { exit, text } = await run(world);
    expect(exit).toBe(1);
    expect(text).toContain(`repaired: ${object}`);
    expect(text).toContain(
      "left: what is live differs from this commit, which is not newer than the live one",
    );
    expect(new Set(await seenByNewcomers(world, ["anchor"]))).toEqual(new Set(["anchor 1.0.0"]));
  });

  test("renews metadata that expires, and a stop that waits for its catalogs goes on for every client", async () => {
    const world = await publishedWorld();
    const watching = await openAudience(world);
    await Promise.all(watching.map((client) => client.refresh()));
    await dieAfterStop(world);
    // From an older checkout the publish cannot be finished, so the catalogs stay as they are.
    await world.git("checkout", "--quiet", "HEAD~1");
    const late = Date.now() + 350 * DAY;
    const { text } = await run(world, [], late);
    expect(text).toContain("repaired: snapshot and targets signed anew as revision 3");
    const { signed } = await readNow(world);
    expect(signed.meta["snapshot.json"].version).toBe(2);
    expect(signed.giftwrap.overrides).toMatchObject([{ id: "stop/anchor/1.1.0", untilGeneration: 3 }]);
    await Promise.all(watching.map((client) => client.refresh()));
    expect(new Set(await seenBy(watching, ["anchor"]))).toEqual(new Set(["anchor 1.0.0"]));
    expect(new Set(await seenByNewcomers(world, ["anchor"]))).toEqual(new Set(["anchor 1.0.0"]));
    await world.git("checkout", "--quiet", "main");
    expect((await run(world, [], late)).exit).toBe(0);
    expect((await readNow(world)).signed.giftwrap.overrides).toEqual([]);
  });

  test("without the release key says that it is left, and does the rest", async () => {
    const world = await publishedWorld();
    await rm(join(world.root, ".giftwrap/keys/production/release.pem"));
    const late = Date.now() + 350 * DAY;
    const { exit, text } = await run(world, [], late);
    expect(exit).toBe(1);
    expect(text).toContain("left: snapshot and targets expire: there is no release key for production");
    const later = await runCommand(refresh, world.root, [], { now: () => late });
    expect(later.exit).toBe(0);
  });

  test("shows the file with which git adopts a break-glass override, and never ends it", async () => {
    const world = await publishedWorld();
    const { environment, signers } = await world.publisher();
    const crash: Override = {
      id: "crash",
      origin: "break-glass",
      gifts: ["anchor"],
      limit: { canary: true },
    };
    await changeOverrides(
      environment.store,
      signers.timestamp,
      Date.now,
      () => readNow(world),
      (present) => [...present, crash],
    );
    for (const key of await keysOf(world, "targets/catalog/")) await harm(world, key, "delete");
    for (const key of await keysOf(world, "metadata/1.")) await harm(world, key, "delete");
    const { exit, text } = await run(world);
    expect(exit).toBe(1);
    expect(text).toContain("repaired: written anew from git as revision 3");
    expect(text).toContain("left: override crash was written with break-glass and is not in git yet");
    const file = 'gifts: [anchor]\nlimit: canary\nreason: "break-glass; say why here"';
    expect(text).toContain(`fix: commit this as releases/overrides/crash.yaml:\n${file}`);
    expect((await readNow(world)).signed.giftwrap.overrides).toEqual([crash]);
    await world.write({ "releases/overrides/crash.yaml": `${file}\n` });
    await world.commit("Adopt it");
    expect((await run(world)).exit).toBe(0);
    expect((await readNow(world)).signed.giftwrap.overrides).toEqual([{ ...crash, origin: "git" }]);
  });

  test("what is lost whole is written anew above every number that an app may have seen", async () => {
    const world = await publishedWorld();
    const watching = await openAudience(world);
    await Promise.all(watching.map((client) => client.refresh()));
    const before = await seenBy(watching, GIFTS);
    for (const key of await keysOf(world, "metadata/"))
      if (/snapshot|targets/.test(key)) await harm(world, key, "delete");
    for (const key of await keysOf(world, "log/")) await harm(world, key, "flip");
    const { exit, text } = await run(world);
    expect([exit, text]).toEqual([0, expect.stringContaining("written anew from git as revision 2")]);
    await world.release({ gift: "balloon", version: "1.1.0", regional: true, full: true });
    await world.commit("Go on");
    await world.publish();
    await Promise.all(watching.map((client) => client.refresh()));
    const after = await seenBy(watching, GIFTS);
    expect(after).not.toEqual(before);
    expect(after).toEqual(await seenByNewcomers(world, GIFTS));
  });

  test("a gift with errors in git that would be gone by it keeps everything from being written anew", async () => {
    const world = await publishedWorld();
    await world.write({ "releases/balloon/1.1.0.yaml": "gift: balloon\nversion: [\n" });
    await world.commit("Slip");
    for (const key of await keysOf(world, "targets/catalog/")) await harm(world, key, "delete");
    const first = await run(world);
    // The live commit is fine, so its catalogs are compiled from it.
    expect([first.exit, first.text]).toEqual([1, expect.stringContaining("put back from git")]);
    for (const key of await keysOf(world, "metadata/1.snap")) await harm(world, key, "delete");
    const second = await run(world);
    expect(second.exit).toBe(1);
    expect(second.text).toContain("left: metadata/1.snapshot.json is not there: its bytes are nowhere");
    expect(second.text).toContain("fix: mend balloon in git first");
    expect((await readNow(world)).signed.version).toBe(1);
  });
});
