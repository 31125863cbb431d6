import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Updater } from "tuf-js";
import { afterEach, describe, expect, test } from "vitest";
import { ClientError } from "../../src/client/error.ts";
import { OWN_SHAPES, TrustedMetadata } from "../../src/client/update/trusted.ts";
import * as keysRotate from "../../src/commands/keysRotate.ts";
import * as keysStatus from "../../src/commands/keysStatus.ts";
import * as override from "../../src/commands/override.ts";
import * as refresh from "../../src/commands/refresh.ts";
import { rootPath } from "../../src/model/paths.ts";
import { keyFolder } from "../../src/trust/keyring.ts";
import { signerFromPem } from "../../src/trust/keys.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { addSignatures, isComplete, tallySignatures, writeRoot } from "../../src/trust/rootFile.ts";
import { nextRoot } from "../../src/trust/rotate.ts";
import { makeRoot } from "../../src/trust/sign.ts";
import { catalogTarget, metadataKey, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { newSigner } from "../client/repositoryOf.ts";
import { openAudience, seenByNewcomers } from "../support/audience.ts";
import { startTestEdge } from "../support/edges.ts";
import { runCommand } from "../support/runCommand.ts";
import { createWorld, type World } from "../support/world.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const DAY = 24 * 3_600_000;
const GIFTS = ["anchor", "balloon"];

const worlds: World[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.remove()));
});

/** Anchor in two versions and a balloon, all at full. */
async function publishedWorld(): Promise<World> {
  const world = await createWorld();
  worlds.push(world);
  for (const [gift, version] of [
    ["anchor", "1.0.0"],
    ["anchor", "1.1.0"],
    ["balloon", "1.0.0"],
  ] as const)
    await world.release({ gift, version, regional: true, full: true });
  await world.commit("Release");
  await world.publish();
  return world;
}

const rotate = (world: World, ...words: string[]) => runCommand(keysRotate, world.root, words);

async function distinct(seen: Promise<readonly string[]>): Promise<readonly string[]> {
  return [...new Set(await seen)].sort();
}

test("a draft has its signatures exactly when a client that trusts the root before it takes it", async () => {
  const signers = Array.from({ length: 5 }, newSigner);
  const [release, timestamp] = [newSigner(), newSigner()];
  const holders = fc.subarray(signers, { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(
      holders,
      fc.nat(),
      fc.option(fc.constantFrom(...signers), { nil: undefined }),
      fc.nat(),
      holders,
      async (before, threshold, added, nextThreshold, signing) => {
        const keys = { root: before, release, timestamp };
        const root = makeRoot(keys, NOW, 1 + (threshold % before.length));
        const isNew = added !== undefined && !before.includes(added);
        const remaining = before.length - 1 + (isNew ? 1 : 0);
        const rootKeys = {
          ...(isNew && { add: added.publicKey }),
          ...(remaining > 0 && { remove: before[0]?.keyId ?? "" }),
          threshold: 1 + (nextThreshold % Math.max(1, remaining)),
        };
        const next = nextRoot(root, { root: rootKeys, leaked: false }, NOW);
        const draft = await addSignatures({ signatures: [], signed: next }, signing);
        const trusted = await TrustedMetadata.from(
          new TextEncoder().encode(writeRoot(await addSignatures({ signatures: [], signed: root }, before))),
          nodeCrypto,
          OWN_SHAPES,
        );
        const taken = await trusted.updateRoot(new TextEncoder().encode(writeRoot(draft))).then(
          () => true,
          (error: unknown) => {
            if (error instanceof ClientError && error.code === "signature") return false;
            throw error;
          },
        );
        expect(isComplete(await tallySignatures(draft, root))).toBe(taken);
      },
    ),
    { numRuns: 60 },
  );
});

test("ECDSA keys of a key service, given as public halves, are taken by our client and by tuf-js", async () => {
  const world = await publishedWorld();
  const first = await readFile(join(world.root, rootPath("production")));
  const keys = keyFolder(world.root, "production");
  for (const role of ["root", "release", "timestamp"]) {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    await writeFile(
      join(keys, `${role}-ecdsa.pem`),
      privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    );
    const half = join(world.root, ".giftwrap", `${role}.pub.pem`);
    await writeFile(half, publicKey.export({ type: "spki", format: "pem" }).toString());
    const { text: said } = await rotate(world, "--role", role, "--public-key", half);
    expect(said).toContain("production.root.json is root");
  }
  await world.commit("Use a key service");
  await world.publish();
  expect(await distinct(seenByNewcomers(world, GIFTS))).toEqual(["anchor 1.1.0", "balloon 1.0.0"]);

  const store = await world.store();
  const edge = await startTestEdge("SG", () => store);
  const home = await mkdtemp(join(tmpdir(), "giftwrap-tuf-"));
  try {
    for (const folder of ["metadata", "targets"]) await mkdir(join(home, folder));
    await writeFile(join(home, "metadata", "root.json"), first);
    const tuf = new Updater({
      metadataDir: join(home, "metadata"),
      metadataBaseUrl: `${edge.edge.url}metadata/`,
      targetDir: join(home, "targets"),
      targetBaseUrl: `${edge.edge.url}targets/`,
      config: { fetchRetries: 0, fetchTimeout: 10_000 },
    });
    await tuf.refresh();
    expect(await tuf.getTargetInfo(catalogTarget("mid"))).toBeDefined();
  } finally {
    await edge.close();
    await rm(home, { recursive: true, force: true });
  }
});

describe("a root that is in git and not published yet", () => {
  test("is published by whoever throws the switch, so that every app takes the override", async () => {
    const world = await publishedWorld();
    await openAudience(world);
    await rotate(world, "--role", "timestamp");
    await runCommand(override, world.root, ["anchor@>=1.1.0", "--limit", "none", "--reason", "Crash"]);
    expect(await distinct(seenByNewcomers(world, GIFTS))).toEqual(["anchor 1.0.0", "balloon 1.0.0"]);
  });

  test("is not overtaken by a refresh, whose signature no app would take", async () => {
    const world = await publishedWorld();
    const before = await (await world.store()).get(TIMESTAMP_KEY);
    await rotate(world, "--role", "timestamp");
    await world.commit("Rotate");
    await expect(runCommand(refresh, world.root, ["--force"])).rejects.toMatchObject({
      code: "ROOT_UNPUBLISHED",
    });
    expect(await (await world.store()).get(TIMESTAMP_KEY)).toEqual(before);
  });

  test("is not published over something else in its place, which no app could pass", async () => {
    const world = await publishedWorld();
    await (await world.store()).putIfAbsent(metadataKey("root", 2), new TextEncoder().encode("{}"));
    await rotate(world, "--role", "timestamp");
    await world.commit("Rotate");
    await expect(world.publish()).rejects.toMatchObject({
      code: "ROOT_TAKEN",
      message: expect.stringContaining("metadata/2.root.json"),
    });
  });
});

describe("keys status", () => {
  test("ends with 0 when all is well, and with 1 while a root waits to be published or ends soon", async () => {
    const world = await publishedWorld();
    const status = (now = Date.now()) => runCommand(keysStatus, world.root, [], { now: () => now });
    expect(await status()).toMatchObject({ exit: 0, text: expect.stringContaining("nothing is to be done") });
    await rotate(world, "--renew");
    expect(await status()).toMatchObject({
      exit: 1,
      text: expect.stringContaining("not published yet: root 2 is not in the store"),
    });
    await world.commit("Renew");
    await world.publish();
    expect((await status()).exit).toBe(0);
    const late = await status(Date.now() + (730 - 59) * DAY);
    expect(late.exit).toBe(1);
    expect(late.text).toMatch(/root .*in 59 days {2}<- act/);
    expect(late.text).toContain("next: npx giftwrap keys rotate --env production --renew");
  });

  test("ends with 3 when what is live cannot be read", async () => {
    const world = await publishedWorld();
    const store = await world.store();
    const live = await store.get(TIMESTAMP_KEY);
    await store.replace(TIMESTAMP_KEY, new TextEncoder().encode("{}"), live?.tag ?? null);
    expect(await runCommand(keysStatus, world.root, [])).toMatchObject({
      exit: 3,
      text: expect.stringContaining("what is live could not be read"),
    });
  });

  test("names keys by file, variable and id, and never shows what is in them", async () => {
    const world = await publishedWorld();
    const pem = await readFile(join(keyFolder(world.root, "production"), "release.pem"), "utf8");
    const variables = { GIFTWRAP_RELEASE_KEY: pem, GIFTWRAP_TIMESTAMP_KEY: "no key" };
    for (const words of [[], ["--json"]]) {
      const { text: said } = await runCommand(keysStatus, world.root, words, { variables });
      expect(said).toContain("GIFTWRAP_RELEASE_KEY");
      expect(said).toContain(signerFromPem("release", pem).keyId.slice(0, 8));
      expect(said).toContain("the timestamp key is no private key in PEM form");
      expect(said).not.toContain(pem.split("\n")[1]);
    }
  });
});

describe("keys rotate", () => {
  test.each([
    [[], /--role, or --renew/],
    [["--role", "snapshot"], /write root, release, timestamp/],
    [["--role", "release", "--renew"], /--renew keeps all keys/],
    [["--role", "release", "--replace", "ab"], /add --role root/],
    [["--role", "root", "--replace", "zz"], /name the one root key/],
    [["--role", "root", "--add", "--threshold", "3"], /from 1 to 2/],
    [["--role", "release", "--role", "timestamp", "--public-key", "x"], /one --role/],
  ])("%j is refused in words, and makes no key", async (words, message) => {
    const world = await createWorld();
    worlds.push(world);
    await expect(rotate(world, ...words)).rejects.toMatchObject({
      name: "UsageError",
      message: expect.stringMatching(message),
    });
    expect(await runCommand(keysStatus, world.root, [])).toMatchObject({
      text: expect.not.stringMatching(/-[0-9a-f]{8}\.pem/),
    });
  });

  test("takes no private key where the public half is asked for, and does not repeat it", async () => {
    const world = await createWorld();
    worlds.push(world);
    const file = join(keyFolder(world.root, "production"), "release.pem");
    const refused = rotate(world, "--role", "release", "--public-key", file);
    await expect(refused).rejects.toMatchObject({ code: "KEY_UNREADABLE" });
    const secret = (await readFile(file, "utf8")).split("\n")[1] ?? "";
    expect(await refused.catch((error: unknown) => JSON.stringify(error))).not.toContain(secret);
  });
});
