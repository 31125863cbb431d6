import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Updater } from "tuf-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GiftwrapClient, httpFetch, type StateStore } from "../../src/client/client.ts";
import { rootPath } from "../../src/model/paths.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { Catalog } from "../../src/wire/catalog.ts";
import { catalogTarget, metadataKey, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import type { Envelope, Timestamp } from "../../src/wire/metadata.ts";
import { overridesFor } from "../../src/wire/override.ts";
import { resolve } from "../../src/wire/resolve.ts";
import { TIERS, type Tier } from "../../src/wire/viewer.ts";
import { AUDIENCE, openAudience } from "../support/audience.ts";
import { onlyFor, right, serves, startTestEdge, type TestEdge } from "../support/edges.ts";
import { failingStore } from "../support/failingStore.ts";
import { createWorld, type World } from "../support/world.ts";

const GIFTS = ["anchor", "balloon"];

describe("what is published, read by tuf-js, a client of The Update Framework that others wrote,", () => {
  let world: World;
  let edge: TestEdge;
  let folder: string;
  let clients = 0;

  beforeEach(async () => {
    world = await createWorld();
    const store = fileStore(join(world.root, ".giftwrap", "store", "production"));
    edge = await startTestEdge("SG", () => store);
    folder = await mkdtemp(join(tmpdir(), "giftwrap-tuf-"));
    await world.release({ gift: "anchor", version: "1.0.0", regional: true, full: true });
    await world.release({ gift: "anchor", version: "1.1.0" });
    await world.release({ gift: "balloon", version: "1.0.0", regional: true, full: true });
    await world.commit("Release");
    await world.publish();
  });
  afterEach(async () => {
    await edge.close();
    await rm(folder, { recursive: true, force: true });
    await world.remove();
  });

  test("is verified from the trusted root to the very catalogs that our own client takes", async () => {
    const { updater } = await newTufClient();
    await updater.refresh();
    for (const tier of TIERS) {
      const verified = await downloadCatalog(updater, tier);
      expect(verified).toBe(await ownCatalog(tier));
      expect(verified.split("\n")[0]).toContain(`"tier":"${tier}"`);
    }
    expect(await updater.getTargetInfo("catalog/other.jsonl")).toBeUndefined();
  });

  test("is verified by the same client after a promotion and after a rollback", async () => {
    const { updater } = await newTufClient();
    await updater.refresh();
    const first = await downloadCatalog(updater, "mid");

    await world.release({ gift: "anchor", version: "1.1.0", regional: true, full: true });
    await world.commit("Promote");
    await world.publish();
    const promoted = await refreshed();
    expect(promoted).not.toBe(first);
    expect(promoted).toBe(await ownCatalog("mid"));

    await world.git("revert", "--no-edit", "HEAD");
    await world.publish();
    const reverted = await refreshed();
    expect(reverted).toBe(first);
    expect(reverted).toBe(await ownCatalog("mid"));
  });

  test("keeps its override under the signature, so that any such client can resolve as ours does", async () => {
    await stop();
    const { updater, metadata } = await newTufClient();
    await updater.refresh();
    const text = await readFile(join(metadata, "timestamp.json"), "utf8");
    const { signed }: Envelope<Timestamp> = JSON.parse(text);
    expect(signed.giftwrap.overrides.map((it) => it.id)).toEqual(["stop/anchor/1.1.0"]);
    const overrides = overridesFor(signed.meta["snapshot.json"].version, signed.giftwrap.overrides);
    const ours = await openAudience(world);
    for (const [at, client] of ours.entries()) {
      await client.refresh();
      const viewer = AUDIENCE[at] ?? expect.fail("a client for each viewer");
      const catalog = new Catalog(await downloadCatalog(updater, viewer.tier));
      for (const gift of GIFTS)
        expect(resolve(catalog, overrides, viewer, gift)).toEqual(client.resolve(gift));
    }
  });

  test("is refused with any one letter of the override changed, and taken as it is", async () => {
    await stop();
    const text = await readFile(storePath(TIMESTAMP_KEY), "utf8");
    const start = text.indexOf('"overrides":') + '"overrides":'.length;
    const end = text.indexOf("]", text.indexOf('"id":"stop/anchor/1.1.0"')) + 1;
    const letters = [...text.slice(start, end).matchAll(/[A-Za-z0-9]/g)].map((it) => start + it.index);
    expect(letters.length).toBeGreaterThan(20);

    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...letters), fc.constantFrom("x", "Y", "7"), async (at, letter) => {
        fc.pre(text[at] !== letter);
        const changed = text.slice(0, at) + letter + text.slice(at + 1);
        edge.behave(onlyFor((key) => key === TIMESTAMP_KEY, serves(new TextEncoder().encode(changed))));
        const { updater } = await newTufClient();
        await expect(updater.refresh()).rejects.toThrow();
        await expect(ownCatalog("mid")).rejects.toMatchObject({ name: "ClientError" });
      }),
      { numRuns: 15, examples: [[text.indexOf("anchor", start), "x"]] },
    );

    edge.behave(right);
    await (await newTufClient()).updater.refresh();
  });

  test("is refused for its signature alone when the change is still good JSON", async () => {
    await stop();
    const changed = (await readFile(storePath(TIMESTAMP_KEY), "utf8")).replace('["anchor"]', '["anchos"]');
    edge.behave(onlyFor((key) => key === TIMESTAMP_KEY, serves(new TextEncoder().encode(changed))));
    const { updater } = await newTufClient();
    await expect(updater.refresh()).rejects.toThrow("timestamp was signed by 0/1 keys");
    await expect(ownCatalog("mid")).rejects.toMatchObject({ code: "signature" });
  });

  test("is refused with another root, and with a catalog that is not the signed one", async () => {
    const other = await createWorld();
    try {
      const root = await readFile(join(other.root, rootPath("production")));
      await expect((await newTufClient(root)).updater.refresh()).rejects.toThrow(/signed by 0\/1 keys/);
    } finally {
      await other.remove();
    }
    const { updater } = await newTufClient();
    await updater.refresh();
    const swapped = (await downloadCatalog(updater, "mid")).replace("anchor", "anchos");
    edge.behave(onlyFor((key) => key.endsWith(".mid.jsonl"), serves(new TextEncoder().encode(swapped))));
    await expect(downloadCatalog(updater, "mid")).rejects.toThrow();
  });

  test("keeps its root where such clients look for the next one, and its first one there too", async () => {
    expect(await readFile(storePath(metadataKey("root", 1)))).toEqual(
      await readFile(join(world.root, rootPath("production"))),
    );
    await (await newTufClient()).updater.refresh();
    expect(edge.asked.slice(0, 2)).toEqual([metadataKey("root", 2), TIMESTAMP_KEY]);
  });

  /** Takes anchor 1.1.0 back and dies before the catalogs, so that the stop stands in the timestamp alone. */
  async function stop(): Promise<void> {
    await world.release({ gift: "anchor", version: "1.1.0", canary: false });
    await world.commit("Take it back");
    const { environment } = await world.publisher();
    const dying = { ...environment, store: failingStore(environment.store, 1, "after") };
    await expect(world.publish({ environment: dying })).rejects.toMatchObject({ code: "STORE_FAILED" });
  }

  function tufClient(home: string): Updater {
    return new Updater({
      metadataDir: join(home, "metadata"),
      metadataBaseUrl: `${edge.edge.url}metadata/`,
      targetDir: join(home, "targets"),
      targetBaseUrl: `${edge.edge.url}targets/`,
      config: { fetchRetries: 0, fetchTimeout: 10_000 },
    });
  }

  /** A device that has nothing but the root that came with its app. */
  async function newTufClient(root?: Uint8Array): Promise<{ updater: Updater; metadata: string }> {
    const home = join(folder, String(clients++));
    const metadata = join(home, "metadata");
    await mkdir(metadata, { recursive: true });
    await mkdir(join(home, "targets"));
    await writeFile(
      join(metadata, "root.json"),
      root ?? (await readFile(join(world.root, rootPath("production")))),
    );
    return { updater: tufClient(home), metadata };
  }

  /** The first client, started again with what it has stored. */
  async function refreshed(): Promise<string> {
    const updater = tufClient(join(folder, String(clients - 1)));
    await updater.refresh();
    return downloadCatalog(updater, "mid");
  }

  async function downloadCatalog(updater: Updater, tier: Tier): Promise<string> {
    const info = await updater.getTargetInfo(catalogTarget(tier));
    if (!info) return expect.fail(`there is no catalog for ${tier}`);
    return readFile(await updater.downloadTarget(info), "utf8");
  }

  /** What our own client has verified, over HTTP as well. */
  async function ownCatalog(tier: Tier): Promise<string> {
    const stored = new Map<string, Uint8Array>();
    const store: StateStore = {
      read: async (name) => stored.get(name) ?? null,
      write: async (name, bytes) => {
        stored.set(name, bytes);
      },
    };
    const viewer = AUDIENCE.find((it) => it.tier === tier) ?? expect.fail(`nobody has ${tier}`);
    const client = await GiftwrapClient.open({
      viewer,
      root: await readFile(join(world.root, rootPath("production"))),
      crypto: nodeCrypto,
      fetch: httpFetch({ baseUrl: edge.edge.url }),
      store,
    });
    await client.refresh();
    return new TextDecoder().decode(stored.get("catalog"));
  }

  function storePath(key: string): string {
    return join(world.root, ".giftwrap", "store", "production", key);
  }
});
