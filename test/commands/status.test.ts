import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as status from "../../src/commands/status.ts";
import { changeOverrides } from "../../src/publish/changeOverrides.ts";
import { readLiveTimestamp, trustRoot } from "../../src/publish/live.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { harm } from "../support/damage.ts";
import { onlyFor, right, serves, startTestEdge, type TestEdge } from "../support/edges.ts";
import { failingStore } from "../support/failingStore.ts";
import { runCommand, type Said } from "../support/runCommand.ts";
import { createWorld, type World } from "../support/world.ts";

const HOUR = 3_600_000;

let world: World;
let edge: TestEdge;

beforeAll(async () => {
  world = await createWorld();
  for (const gift of ["anchor", "balloon"])
    await world.release({ gift, version: "1.0.0", regional: true, full: true });
  await world.release({ gift: "anchor", version: "1.1.0", regional: true, regions: { SG: 5, ID: 10 } });
  await world.commit("Release");
  await world.publish();
  edge = await startTestEdge("SG", () => store);
  const store = await world.store();
});

afterAll(async () => {
  await edge.close();
  await world.remove();
});

const run = (words: readonly string[] = [], now = Date.now()): Promise<Said> =>
  runCommand(status, world.root, ["--edge", `SG=${edge.edge.url}`, ...words], { now: () => now });

/** What differs from run to run, made the same. */
function plain(text: string): string {
  return `${text
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
    .replace(/\(\d+ ms\)/g, "(N ms)")
    .replace(/commit [0-9a-f]{10}/g, "commit 0123456789")
    .replace(/object [0-9a-f]{12}/g, "object 0123456789ab")}\n`;
}

async function putBreakGlass(): Promise<void> {
  const { environment, trustedRoot, signers } = await world.publisher();
  const readNow = async () =>
    (await readLiveTimestamp(environment.store, await trustRoot(trustedRoot, nodeCrypto))) ??
    expect.fail("something is published");
  await changeOverrides(environment.store, signers.timestamp, Date.now, readNow, (present) => [
    ...present,
    { id: "anchor-crash", origin: "break-glass", gifts: ["anchor"], limit: { canary: true } },
  ]);
}

describe("giftwrap status", () => {
  test("says so, and ends with 0, when git, the store and every edge agree", async () => {
    const { exit, text } = await run();
    expect(exit).toBe(0);
    await expect(plain(text)).toMatchFileSnapshot("golden/status-as-git-says.txt");
    const { inSync, differences, edges } = JSON.parse((await run(["--json"])).text);
    expect({ inSync, differences, edges }).toMatchObject({
      inSync: true,
      differences: [],
      edges: [{ region: "SG", state: "up_to_date", behind: 0 }],
    });
  });

  test("a commit that changes nothing that is published is no difference", async () => {
    await world.write({ "NOTES.md": "a note\n" });
    await world.commit("Write a note");
    const { exit, text } = await run();
    expect([exit, text]).toEqual([
      0,
      expect.stringContaining("(1 commit older than the one checked out here)"),
    ]);
  });

  test("tells everything that differs, each with what to do, and ends with 1", async () => {
    const store = await world.store();
    const before = (await store.get(TIMESTAMP_KEY))?.bytes ?? expect.fail("something is published");
    const restore = await world.saveStore();
    await putBreakGlass();
    edge.behave(onlyFor((key) => key === TIMESTAMP_KEY, serves(before)));
    const still = (await store.list("objects/")).find((key) => key.endsWith(".webp"));
    await harm(world, still ?? "", "delete");
    // A publish that dies when its generation is there and not named yet.
    await world.release({ gift: "balloon", version: "1.1.0", regional: true, full: true });
    await world.write({ "releases/balloon/1.2.0.yaml": "gift: balloon\nversion: [\n" });
    const publisher = await world.publisher();
    await world.release({ gift: "comet", version: "1.0.0", regional: true, full: true });
    await world.commit("Release more, with a slip");
    await expect(
      world.publish({ environment: { ...publisher.environment, store: noTimestamp(store) } }),
    ).rejects.toMatchObject({ code: "STORE_FAILED" });

    const { exit, text } = await run([], Date.now() + 30 * HOUR);
    expect(exit).toBe(1);
    await expect(plain(text)).toMatchFileSnapshot("golden/status-differences.txt");
    const { differences } = JSON.parse((await run(["--json"])).text);
    expect(differences.map((it: { kind: string }) => it.kind)).toEqual([
      "not_published",
      "kept",
      "missing_object",
      "unadopted",
      "edge",
    ]);
    await restore();
    edge.behave(right);
    await world.write({ "releases/balloon/1.2.0.yaml": null });
    await world.commit("Mend it");
    await world.publish();
    expect((await run()).exit).toBe(0);
  });

  test("a publish that died after its stop is told as one that was not finished", async () => {
    const restore = await world.saveStore();
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    await world.commit("Roll back");
    const { environment } = await world.publisher();
    const dying = { ...environment, store: failingStore(environment.store, 1, "after") };
    await expect(world.publish({ environment: dying })).rejects.toMatchObject({ code: "STORE_FAILED" });
    const { exit, text } = await run();
    expect(exit).toBe(1);
    expect(text).toContain(
      "  the publish of this commit was not finished\n    fix: npx giftwrap publish --env production",
    );
    await restore();
    await world.publish();
    expect((await run()).exit).toBe(0);
  });

  test("a checkout that is older than what is live is told to be fetched, not to be published", async () => {
    const tip = await world.git("rev-parse", "HEAD");
    await world.git("checkout", "--quiet", "HEAD~3");
    const { exit, text } = await run();
    await world.git("checkout", "--quiet", tip);
    expect(exit).toBe(1);
    expect(text).toContain("what is live differs, and is 3 commits newer than the one checked out here");
    expect(text).toContain("fix: fetch and check out the tip of the main branch first");
  });

  test("what cannot be trusted is an error of the world that names the environment", async () => {
    const store = await world.store();
    for (const key of await store.list("targets/catalog/")) await harm(world, key, "delete");
    await expect(run()).rejects.toMatchObject({
      code: "LIVE_BROKEN",
      message: expect.stringContaining("production: "),
      fix: expect.stringContaining("npx giftwrap reconcile"),
    });
  });
});

/** A store that takes everything but the one name that moves. */
function noTimestamp(store: Awaited<ReturnType<World["store"]>>) {
  const dying = failingStore(store, 1, "before");
  return { ...store, replace: dying.replace };
}
