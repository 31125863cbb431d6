import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Updater } from "tuf-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GiftwrapClient } from "../../src/client/client.ts";
import { rootPath } from "../../src/model/paths.ts";
import { writeTimestamp } from "../../src/publish/apply.ts";
import { readLiveTimestamp, trustRoot } from "../../src/publish/live.ts";
import { toLogRecord, writeLog } from "../../src/publish/record.ts";
import type { Store } from "../../src/store/store.ts";
import { keyFolder } from "../../src/trust/keyring.ts";
import { type Signer, signerFromPem } from "../../src/trust/keys.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { makeSnapshot, makeTargets, makeTimestamp, signMetadata, toFileMeta } from "../../src/trust/sign.ts";
import { catalogTarget, metadataKey, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import type { Envelope, Root } from "../../src/wire/metadata.ts";
import type { Override } from "../../src/wire/override.ts";
import { memoryStore, type MemoryStore, offline } from "../client/repositoryOf.ts";
import { AUDIENCE, seenBy } from "../support/audience.ts";
import { startTestEdge, type TestEdge } from "../support/edges.ts";
import { CLI } from "../support/cli.ts";
import { createWorld, storeFetch, type World } from "../support/world.ts";

const run = promisify(execFile);
const PAGE = await readFile(new URL("../../.github/RUNBOOK.md", import.meta.url), "utf8");
const GIFTS = ["anchor", "balloon"];
/** Anchor 1.1.0 is held back by on-call, and nobody may lose that. */
const HOLD: Override = {
  id: "anchor-crash",
  origin: "break-glass",
  gifts: ["anchor"],
  versions: [[[1, 1, 0], null]],
  limit: {},
};
const SEEN = ["anchor 1.0.0", "balloon 1.0.0"];

let world: World;
let store: Store;
let edge: TestEdge;
/** What the root of the first day vouched for: the app's own, which no update ever changes. */
let firstRoot: Uint8Array;
/** An app that was used before, by viewer. */
let stored: readonly MemoryStore[];
let tufHome: string;
let shim: string;

beforeEach(async () => {
  shim = await mkdtemp(join(tmpdir(), "giftwrap-npx-"));
  await writeFile(join(shim, "npx"), `#!/bin/sh\nshift\nexec "${process.execPath}" "${CLI}" "$@"\n`);
  await chmod(join(shim, "npx"), 0o755);
  world = await createWorld();
});
afterEach(async () => {
  await edge.close();
  await world.remove();
  for (const folder of [shim, tufHome]) await rm(folder, { recursive: true, force: true });
});

/** A published world with an override, and clients of every kind that have seen it. */
async function startWith(threshold: "1" | "2"): Promise<void> {
  if (threshold === "2") {
    await rm(join(world.root, rootPath("production")));
    await rm(keyFolder(world.root, "production"), { recursive: true });
    await shell(world.root, "npx giftwrap keys init --env production --root-keys 3 --threshold 2");
  }
  for (const [gift, version] of [
    ["anchor", "1.0.0"],
    ["anchor", "1.1.0"],
    ["balloon", "1.0.0"],
  ] as const)
    await world.release({ gift, version, regional: true, full: true });
  await world.commit("Release");
  store = await world.store();
  await world.publish();
  await hold();
  firstRoot = await readFile(join(world.root, rootPath("production")));
  edge = await startTestEdge("SG", () => store);
  stored = await Promise.all(
    AUDIENCE.map(async (_, at) => {
      const home = memoryStore();
      await (await openApp(at, home)).refresh();
      return home;
    }),
  );
  tufHome = await mkdtemp(join(tmpdir(), "giftwrap-tuf-"));
  await mkdir(join(tufHome, "metadata"));
  await mkdir(join(tufHome, "targets"));
  await writeFile(join(tufHome, "metadata", "root.json"), firstRoot);
  await tufClient().refresh();
}

describe("with one root key", () => {
  beforeEach(() => startWith("1"));

  test("the timestamp key is rotated, and every app goes on without a new version", async () => {
    const before = await numberedFiles();
    const old = await keyOf("timestamp.pem");
    await shell(world.root, ...blocksOf("Rotate the timestamp key"));
    await expectAllWell(before, { root: 2 });
    await expectNothingBy(old);
  });

  test("the release key is rotated in the same way", async () => {
    const before = await numberedFiles();
    const blocks = blocksOf("Rotate the timestamp key").map((it) => it.replaceAll("timestamp", "release"));
    await shell(world.root, ...blocks);
    await expectAllWell(before, { root: 2 });
  });

  test("leaked keys are replaced, and what was signed with them by others is forgotten, however high its numbers", async () => {
    const before = await numberedFiles();
    const [release, timestamp] = [await keyOf("release.pem"), await keyOf("timestamp.pem")];
    await attack(release, timestamp);
    const poisoned = await openApp(0, copyOf(stored[0] ?? expect.fail("an app that was used")));
    await poisoned.refresh();
    expect(poisoned.state.revision).toBe(Number.MAX_SAFE_INTEGER);
    expect(await seenBy([poisoned], GIFTS)).toEqual(["default", "default"]);

    const blocks = blocksOf("A release key leaked");
    await shell(world.root, ...blocks);
    await expectAllWell(before, { root: 2 });
    await poisoned.refresh();
    expect(await seenBy([poisoned], GIFTS)).toEqual(SEEN);
    await expectNothingBy(timestamp);
  });

  test("the root is renewed before it ends, with the same keys", async () => {
    const before = await numberedFiles();
    await shell(world.root, ...blocksOf("The root is about to expire"));
    await expectAllWell(before, { root: 2 });
  });

  test("with GitHub down one command takes the newest release of a gift from its viewers, and goes no further back", async () => {
    await world.release({ gift: "balloon", version: "1.1.0", regional: true, full: true });
    await world.commit("Release");
    await world.publish();
    const [save = "", override = ""] = blocksOf("GitHub is down");
    // It ends with 1: on-call's hold is not in git yet.
    await shell(world.root, `set +e\n${save}true`);
    await rm(join(world.root, ".git"), { recursive: true });
    expect(JSON.parse(await readFile(join(world.root, "live.json"), "utf8"))).toBeTypeOf("object");
    const said = await shell(world.root, `export GIFT=balloon REASON=Crashes INCIDENT=INC-1\n${override}`);
    expect(said).toMatch(/to take it away again: npx giftwrap override --lift /);
    expect(await seenBy(await openAll(), ["balloon"])).toEqual(AUDIENCE.map(() => "balloon 1.0.0"));
  });

  test("what is live and cannot be read is replaced from git, with the overrides of the log", async () => {
    const before = await numberedFiles();
    const live = await store.get(TIMESTAMP_KEY);
    await store.replace(TIMESTAMP_KEY, new TextEncoder().encode("damaged"), live?.tag ?? null);
    await expect(shell(world.root, "npx giftwrap publish")).rejects.toMatchObject({
      stderr: expect.stringMatching(/cannot be trusted.*--replace-live/s),
    });
    await shell(world.root, ...blocksOf("What is live cannot be read"));
    await expectAllWell(before, { root: 1 });
  });
});

describe("with two of three root keys", () => {
  let stick: string;
  let laptops: Record<string, string>;

  beforeEach(async () => {
    await startWith("2");
    stick = await mkdtemp(join(tmpdir(), "giftwrap-stick-"));
    laptops = {
      "the new holder's machine, offline": join(stick, "new"),
      "a holder's machine, offline": join(stick, "one"),
      "another holder's machine, offline": join(stick, "two"),
    };
    for (const folder of Object.values(laptops)) await mkdir(folder);
    const keys = keyFolder(world.root, "production");
    for (const [file, holder] of [
      ["root-1.pem", "one"],
      ["root-2.pem", "two"],
    ] as const)
      await copyFile(join(keys, file), join(stick, holder, file));
  });
  afterEach(() => rm(stick, { recursive: true, force: true }));

  test("a holder is replaced by another, each signing on a machine that has nothing but the draft and a key", async () => {
    const before = await numberedFiles();
    const leaving = (await keyOf("root-3.pem")).keyId;
    for (const number of [1, 2, 3]) await rm(join(keyFolder(world.root, "production"), `root-${number}.pem`));
    for (const block of blocksOf("A root key holder left")) {
      const where = /^# (.+)\n/.exec(block)?.[1];
      const folder = where === undefined ? world.root : (laptops[where] ?? expect.fail(`who is ${where}?`));
      await shell(folder, `export STICK='${stick}' LEAVING=${leaving.slice(0, 8)}\n${block}`);
    }
    await expectAllWell(before, { root: 2 });
    const { signed, signatures } = await gitRoot();
    expect(signed.roles.root).toMatchObject({ threshold: 2, keyids: expect.not.arrayContaining([leaving]) });
    expect(signatures).toHaveLength(3);
  });

  test("one signature makes no root: nothing changes but the draft, and a publish goes on as before", async () => {
    const trusted = await readFile(join(world.root, rootPath("production")), "utf8");
    const keys = keyFolder(world.root, "production");
    await rm(join(keys, "root-2.pem"));
    await rm(join(keys, "root-3.pem"));
    const said = await shell(
      world.root,
      "npx giftwrap keys rotate --env production --role timestamp\nnpx giftwrap keys sign --env production",
    );
    expect(said).toContain("1 of 2 by the keys of root 1");
    expect(await readFile(join(world.root, rootPath("production")), "utf8")).toBe(trusted);
    await shell(world.root, "git add releases\ngit commit -q -m Draft\nnpx giftwrap publish");
    const status = await shell(world.root, "npx giftwrap keys status --json");
    expect(JSON.parse(status)).toMatchObject({ root: 1, draft: { version: 2 } });
    expect(await seenBy(await openAll(), GIFTS)).toEqual(AUDIENCE.flatMap(() => SEEN));
  });

  test("a draft that somebody changed takes in no signatures of the other", async () => {
    await rm(join(keyFolder(world.root, "production"), "root-3.pem"));
    await rm(join(keyFolder(world.root, "production"), "root-2.pem"));
    await shell(world.root, "npx giftwrap keys rotate --env production --role release");
    const draft = join(world.root, "releases/environments/production.root.next.json");
    await copyFile(draft, join(stick, "copy.json"));
    await writeFile(draft, (await readFile(draft, "utf8")).replace('"version": 2', '"version": 3'));
    await expect(
      shell(world.root, `npx giftwrap keys sign --env production '${join(stick, "copy.json")}'`),
    ).rejects.toMatchObject({ stderr: expect.stringContaining("[DRAFT_DIFFERS]") });
  });
});

/** The shell blocks under a heading of the runbook, in order. */
function blocksOf(heading: string): string[] {
  const section = PAGE.split(/^## /m).find((it) => it.startsWith(`${heading}\n`));
  const blocks = [...(section ?? "").matchAll(/^```sh\n(.*?)^```/gms)].flatMap((it) => it[1] ?? []);
  return blocks.length > 0 ? blocks : expect.fail(`the runbook has no commands under ${heading}`);
}

/** Runs the blocks in a folder as they stand, where `npx giftwrap` is this checkout's program. */
async function shell(folder: string, ...blocks: readonly string[]): Promise<string> {
  const variables = { ...process.env, PATH: `${shim}:${process.env["PATH"] ?? ""}` };
  const { stdout } = await run("sh", ["-e", "-c", blocks.join("\n")], { cwd: folder, env: variables });
  return stdout;
}

/** On-call's override, with its record in the log. */
async function hold(): Promise<void> {
  const { environment, trustedRoot, signers } = await world.publisher();
  const live = await readLiveTimestamp(environment.store, await trustRoot(trustedRoot, nodeCrypto));
  if (!live) return expect.fail("something is published");
  const { pollSeconds, commit, overrides } = live.signed.giftwrap;
  const content = {
    snapshot: live.signed.meta["snapshot.json"],
    pollSeconds,
    commit,
    overrides: [...overrides, HOLD],
  };
  const at = Date.now();
  const now = await writeTimestamp(environment.store, live, content, signers.timestamp, at);
  if (!now) return expect.fail("nobody else writes");
  const record = toLogRecord({ now, before: live, kind: "break-glass", by: "on-call", at, edges: [] });
  await writeLog(environment.store, record);
}

/** Empty catalogs under the highest numbers there are, no override, and a commit that git does not know. */
async function attack(release: Signer, timestamp: Signer): Promise<void> {
  const now = Date.now();
  const version = Number.MAX_SAFE_INTEGER;
  const targets: Record<string, { length: number; hashes: { sha256: string } }> = {};
  for (const tier of ["low", "mid", "high"] as const) {
    const text = new TextEncoder().encode(`${JSON.stringify({ format: "1.0", tier })}\n`);
    const { hashes, length = 0 } = toFileMeta(1, text);
    const sha256 = hashes?.["sha256"] ?? "";
    targets[catalogTarget(tier)] = { length, hashes: { sha256 } };
    await store.putIfAbsent(`targets/catalog/${sha256}.${tier}.jsonl`, text);
  }
  const signedTargets = await signMetadata(makeTargets(version, targets, now), [release]);
  await store.putIfAbsent(metadataKey("targets", version), signedTargets);
  const snapshot = await signMetadata(makeSnapshot(version, toFileMeta(version, signedTargets), now), [
    release,
  ]);
  await store.putIfAbsent(metadataKey("snapshot", version), snapshot);
  const content = {
    version,
    snapshot: toFileMeta(version, snapshot),
    pollSeconds: 300,
    commit: "f".repeat(40),
    overrides: [],
  };
  const live = await store.get(TIMESTAMP_KEY);
  const bytes = await signMetadata(makeTimestamp(content, now), [timestamp]);
  expect(await store.replace(TIMESTAMP_KEY, bytes, live?.tag ?? null)).not.toBeNull();
}

/** Every kind of app plays the right thing, the override stands, and no name has other bytes than it had. */
async function expectAllWell(before: ReadonlyMap<string, string>, { root }: { root: number }): Promise<void> {
  const expected = AUDIENCE.flatMap(() => SEEN);
  // Apps that were used before and have no network now.
  const withoutNetwork = await Promise.all(
    stored.map((home, at) => openApp(at, copyOf(home), (key) => !key.startsWith("objects/"))),
  );
  expect(await seenBy(withoutNetwork, GIFTS)).toEqual(expected);
  // The same with network again, and newcomers whose app ships the first root.
  const used = await Promise.all(stored.map((home, at) => openApp(at, home)));
  const newcomers = await Promise.all(AUDIENCE.map((_, at) => openApp(at, memoryStore())));
  for (const clients of [used, newcomers]) {
    for (const client of clients) await client.refresh();
    expect(await seenBy(clients, GIFTS)).toEqual(expected);
    for (const client of clients) expect(client.state.overrides.map((it) => it.id)).toEqual([HOLD.id]);
  }
  // An independent client, with what it had stored.
  const tuf = tufClient();
  await tuf.refresh();
  expect(await tuf.getTargetInfo(catalogTarget("mid"))).toBeDefined();
  const tufRoot: Envelope<Root> = JSON.parse(await readFile(join(tufHome, "metadata", "root.json"), "utf8"));
  expect(tufRoot.signed.version).toBe(root);
  expect((await gitRoot()).signed.version).toBe(root);
  const after = await numberedFiles();
  expect([...before].filter(([key, text]) => after.get(key) !== text)).toEqual([]);
  // Again is harmless, and there is nothing left to do.
  expect(await shell(world.root, "npx giftwrap publish\nnpx giftwrap keys status")).toMatch(
    /nothing to do in production.*nothing is to be done/s,
  );
}

/** A timestamp by a key that went is refused, whatever it says. */
async function expectNothingBy(signer: Signer): Promise<void> {
  const client = await openApp(0, memoryStore());
  await client.refresh();
  const live = await store.get(TIMESTAMP_KEY);
  const { signed } = JSON.parse(new TextDecoder().decode(live?.bytes));
  const forged = await signMetadata({ ...signed, version: signed.version + 1 }, [signer]);
  await store.replace(TIMESTAMP_KEY, forged, live?.tag ?? null);
  await expect(client.refresh()).rejects.toMatchObject({ code: "signature" });
}

async function openApp(
  at: number,
  home: MemoryStore,
  isDown: (key: string) => boolean = () => false,
): Promise<GiftwrapClient> {
  return GiftwrapClient.open({
    viewer: AUDIENCE[at] ?? expect.fail("a viewer for each app"),
    root: firstRoot,
    crypto: nodeCrypto,
    fetch: offline(storeFetch(store), isDown),
    store: home,
  });
}

async function openAll(): Promise<readonly GiftwrapClient[]> {
  const clients = await Promise.all(AUDIENCE.map((_, at) => openApp(at, memoryStore())));
  for (const client of clients) await client.refresh();
  return clients;
}

function copyOf(home: MemoryStore): MemoryStore {
  const copy = memoryStore();
  for (const [name, bytes] of home.files) copy.files.set(name, bytes);
  return copy;
}

function tufClient(): Updater {
  return new Updater({
    metadataDir: join(tufHome, "metadata"),
    metadataBaseUrl: `${edge.edge.url}metadata/`,
    targetDir: join(tufHome, "targets"),
    targetBaseUrl: `${edge.edge.url}targets/`,
    config: { fetchRetries: 0, fetchTimeout: 10_000 },
  });
}

async function gitRoot(): Promise<Envelope<Root>> {
  const text = await readFile(join(world.root, rootPath("production")), "utf8");
  return JSON.parse(text);
}

async function keyOf(file: string): Promise<Signer> {
  return signerFromPem(file, await readFile(join(keyFolder(world.root, "production"), file), "utf8"));
}

/** All that is published but the one name that moves. */
async function numberedFiles(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const folder of ["metadata/", "targets/", "locks/", "log/"]) {
    for (const key of await store.list(folder)) {
      const bytes = key === TIMESTAMP_KEY ? null : (await store.get(key))?.bytes;
      if (bytes) found.set(key, new TextDecoder().decode(bytes));
    }
  }
  return found;
}
