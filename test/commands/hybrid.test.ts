import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GiftwrapClient, type Loaded } from "../../src/client/client.ts";
import { ClientError } from "../../src/client/error.ts";
import { fileCache, fileStore, readBundled } from "../../src/client/node/node.ts";
import type { Fetch, ReadBundled } from "../../src/client/ports.ts";
import * as exportApp from "../../src/commands/exportApp.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { runCommand } from "../support/runCommand.ts";
import { createWorld, releaseText, storeFetch, type World } from "../support/world.ts";
import { isDigest } from "../../src/wire/digest.ts";
import { viewerOf } from "../wire/catalogOf.ts";

const DAY = 86_400_000;

let world: World;
let root: Uint8Array;
let shipped: ReadBundled;
/** What the network was asked for, in order. */
let asked: string[];
let isOnline: boolean;

beforeAll(async () => {
  world = await createWorld();
  for (const gift of ["anchor", "balloon"])
    await world.release({ gift, version: "1.0.0", regional: true, full: true });
  await world.commit("Release");
  await world.publish();
  await runCommand(exportApp, world.root, ["--out", "app"]);
  shipped = readBundled(join(world.root, "app"));
  root = await readFile(join(world.root, "app", "root.json"));
});

afterAll(() => world.remove());

/** An app that starts: with what it ships, and with what an earlier start kept in `home` where there is one. */
async function start(options: { home?: string; bundled?: ReadBundled; now?: () => number } = {}) {
  const { home, bundled = shipped, now } = options;
  asked = [];
  const network = storeFetch(await world.store());
  const fetch: Fetch = (key, wanted) => {
    if (!isOnline) return Promise.reject(new ClientError("network", "there is no network"));
    asked.push(key);
    return network(key, wanted);
  };
  return GiftwrapClient.open({
    viewer: viewerOf(),
    root,
    fetch,
    crypto: nodeCrypto,
    bundled,
    ...(home !== undefined && {
      store: fileStore(join(world.root, home, "state")),
      cache: fileCache(join(world.root, home, "objects"), { maxBytes: 1_000_000 }),
    }),
    ...(now && { now }),
  });
}

const keptObjects = async (home: string) =>
  (await readdir(join(world.root, home, "objects"))).filter(isDigest);

function shows({ link, files }: Loaded): string {
  if (link.kind === "default") return "default";
  return `${link.gift} ${link.version} ${link.kind}: ${new TextDecoder().decode(files[0]?.content)}`;
}

const playsOf = async (client: GiftwrapClient, ...gifts: string[]) =>
  Promise.all(gifts.map(async (gift) => shows(await client.play(gift))));

describe("an app that ships gifts inside", () => {
  test("plays them on its first start without any network, also long after it was built", async () => {
    isOnline = false;
    for (const days of [0, 400]) {
      const client = await start({ now: () => Date.now() + days * DAY });
      expect(await playsOf(client, "anchor", "balloon")).toEqual([
        "anchor 1.0.0 release: anchor 1.0.0",
        "balloon 1.0.0 release: balloon 1.0.0",
      ]);
      await expect(client.refresh()).rejects.toMatchObject({ code: "network" });
      expect(client.state.revision).toBe(1);
    }
  });

  test("plays nothing of it that was changed after it was signed", async () => {
    isOnline = false;
    const damage =
      (changed: RegExp): ReadBundled =>
      async (name) => {
        const bytes = await shipped(name);
        return bytes && changed.test(name) ? bytes.map((it, at) => (at === 20 ? it ^ 1 : it)) : bytes;
      };
    for (const changed of [/^timestamp/, /^snapshot/, /^targets/, /^catalog/]) {
      const client = await start({ bundled: damage(changed) });
      expect([changed, await playsOf(client, "anchor")]).toEqual([changed, ["default"]]);
    }
    const short = async (name: string) => (name.startsWith("objects/") ? new Uint8Array(3) : shipped(name));
    expect(await playsOf(await start({ bundled: short }), "anchor")).toEqual(["default"]);
  });

  test("takes up what the network has that is newer, keeps it for the next start, and fetches only what is new", async () => {
    isOnline = true;
    await world.release({ gift: "anchor", version: "1.1.0", regional: true, full: true });
    await world.write({ "releases/balloon/1.0.0.yaml": releaseText({ gift: "balloon", version: "1.0.0" }) });
    await world.commit("A newer anchor, and the balloon for staff only");
    await world.publish();

    const client = await start({ home: "phone" });
    expect(await client.refresh()).toBe(true);
    expect(await playsOf(client, "anchor", "balloon")).toEqual([
      "anchor 1.1.0 release: anchor 1.1.0",
      "default",
    ]);
    expect(asked.filter((key) => key.startsWith("objects/"))).toHaveLength(1);

    // No play waits for the disk, so an app that is closed at once has to fetch again.
    await expect.poll(() => keptObjects("phone")).toHaveLength(1);
    isOnline = false;
    const again = await start({ home: "phone" });
    expect(again.state.revision).toBe(client.state.revision);
    expect(await playsOf(again, "anchor", "balloon")).toEqual([
      "anchor 1.1.0 release: anchor 1.1.0",
      "default",
    ]);
  });

  test("never goes back to what it ships when what it has kept is newer, nor stays behind when an update ships more", async () => {
    isOnline = true;
    const before = await start({ home: "tablet" });
    await before.refresh();
    isOnline = false;
    const older = await start({ home: "tablet" });
    expect(older.state.revision).toBe(before.state.revision);

    await world.release({ gift: "comet", version: "1.0.0", regional: true, full: true });
    await world.commit("A comet");
    await world.publish();
    await runCommand(exportApp, world.root, ["--out", "update"]);
    const updated = await start({ home: "tablet", bundled: readBundled(join(world.root, "update")) });
    expect(updated.state.revision).toBeGreaterThan(before.state.revision);
    expect(await playsOf(updated, "comet", "balloon")).toEqual([
      "comet 1.0.0 release: comet 1.0.0",
      "default",
    ]);
  });
});
