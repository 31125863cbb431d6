import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GiftwrapClient, httpFetch, type Loaded, toViewer } from "../../src/client/client.ts";
import { editScalar } from "../../src/source/edit.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import type { Store } from "../../src/store/store.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { giftwrap } from "../support/cli.ts";
import { REGIONS, releaseText } from "../support/world.ts";
import { giftFiles } from "./giftOf.ts";
import { type Lie, type LyingEdge, startLyingEdge } from "./lyingEdge.ts";

/*
 * The whole way with nothing made easier: the compiled program in a real git repository, real media, real encoding, three
 * edges over HTTP, and the client that apps embed.
 */

const run = promisify(execFile);
const RELEASE = "releases/star/1.1.0.yaml";
let root: string;
let store: Store;
const edges: LyingEdge[] = [];

const git = async (...args: string[]) => (await run("git", args, { cwd: root })).stdout.trim();

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

async function commit(message: string): Promise<string> {
  await git("add", "--all");
  await git("commit", "--quiet", "-m", message);
  return git("rev-parse", "HEAD");
}

/** Runs a command that must do what it is for. */
async function must(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await giftwrap(root, ...args);
  expect({ args, code, stderr: code === 0 ? "" : stderr, stdout: code === 0 ? "" : stdout }).toMatchObject({
    code: 0,
  });
  return stdout;
}

async function openStage(stage: string): Promise<string> {
  await write({
    [RELEASE]: editScalar(await readFile(join(root, RELEASE), "utf8"), ["rollout", stage, "open"], true),
  });
  const opened = await commit(`Open star 1.1.0 at ${stage}`);
  await must("publish");
  return opened;
}

async function clientAt(
  edge: LyingEdge | undefined,
  cohorts: readonly string[] = [],
): Promise<GiftwrapClient> {
  if (!edge) throw new Error("there are three edges");
  const viewer = toViewer({
    platform: "web",
    appVersion: "1.0.0",
    tier: "mid",
    region: "SG",
    unitId: "7",
    cohorts,
  });
  return GiftwrapClient.open({
    viewer,
    root: await readFile(join(root, "releases/environments/production.root.json")),
    crypto: nodeCrypto,
    fetch: httpFetch({ baseUrl: edge.url, sendEtag: true, timeoutMilliseconds: 2_000 }),
  });
}

function versionOf({ link }: Loaded): string {
  return link.kind === "release" ? link.version : link.kind;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "giftwrap-journey-"));
  store = fileStore(join(root, ".giftwrap/store/production"));
  for (const _ of REGIONS) edges.push(await startLyingEdge(store));
  await git("init", "--quiet", "--initial-branch=main");
  await git("config", "user.name", "Test");
  await git("config", "user.email", "test@giftwrap.invalid");
  await git("config", "commit.gpgsign", "false");
  const policy = await readFile(new URL("../../releases/policy.yaml", import.meta.url), "utf8");
  await write({
    ".gitignore": ".giftwrap/\n",
    "releases/policy.yaml": policy,
    "releases/environments/production.yaml": `rollout: as-written\nstore: { folder: .giftwrap/store/production }\npollSeconds: 30\nedges:\n${REGIONS.map((region, at) => `  ${region}: [${edges[at]?.url}]`).join("\n")}\n`,
    ...(await giftFiles("star", 200)),
    "releases/star/1.0.0.yaml": releaseText({
      gift: "star",
      version: "1.0.0",
      regional: true,
      full: true,
      app: ">=8.1.0",
    }),
  });
  await must("keys", "init");
  await must("build");
  await commit("Release star 1.0.0");
  await must("validate");
  await must("publish");
});

afterAll(async () => {
  await Promise.all(edges.map((edge) => edge.close()));
  await rm(root, { recursive: true, force: true });
});

describe("a gift's whole way", () => {
  test("goes from a YAML file to verified bytes, through canary to everyone, and a revert takes it back at three edges", async () => {
    const clients = await Promise.all(edges.map((edge) => clientAt(edge)));
    const staff = await clientAt(edges[0], ["staff"]);
    const seen = async () => {
      const loaded = await Promise.all(
        [...clients, staff].map(async (client) => {
          await client.refresh();
          return client.play("star");
        }),
      );
      return loaded.map(versionOf);
    };
    expect(await seen()).toEqual(["1.0.0", "1.0.0", "1.0.0", "1.0.0"]);
    const oldBytes = (await staff.play("star")).files[0]?.content;

    await write({
      ...(await giftFiles("star", 20)),
      [RELEASE]: releaseText({ gift: "star", version: "1.1.0", canary: false, app: ">=8.1.0" }),
    });
    await must("build", "star@1.1.0");
    await commit("Add star 1.1.0");
    const canary = await openStage("canary");
    expect(await seen()).toEqual(["1.0.0", "1.0.0", "1.0.0", "1.1.0"]);
    await openStage("regional");
    await openStage("full");
    expect(await seen()).toEqual(["1.1.0", "1.1.0", "1.1.0", "1.1.0"]);
    expect((await staff.play("star")).files[0]?.content).not.toEqual(oldBytes);

    const objects = await store.list("objects/");
    await git("revert", "--no-edit", canary);
    const said = await must("publish");
    expect(said.indexOf("stop in production: stop/star/1.1.0")).toBe(0);
    expect(said).toContain("stop confirmed at 3 edges");
    expect(said.indexOf("stop confirmed")).toBeLessThan(said.indexOf("published"));
    expect(await seen()).toEqual(["1.0.0", "1.0.0", "1.0.0", "1.0.0"]);
    expect((await staff.play("star")).files[0]?.content).toEqual(oldBytes);
    expect(await store.list("objects/")).toEqual(objects);
    expect(await must("publish")).toContain("nothing to do");
    expect(await must("status")).toContain("up to date");
    expect(
      JSON.parse(await must("resolve", "star", "--platform", "web", "--app", "1.0.0", "--json")),
    ).toMatchObject({ reason: "full" });
  });

  const isObject = (key: string) => key.startsWith("objects/");
  for (const lie of ["500", "cut", "swapped", "hangs up"] satisfies Lie[]) {
    test(`an edge that answers objects with "${lie}" gives the player nothing, and the chain goes on`, async () => {
      const client = await clientAt(edges[1]);
      await client.refresh();
      edges[1]?.lie(lie, isObject);
      const given: Loaded[] = [];
      const { link, failed } = await client.play("star", (loaded) => {
        given.push(loaded);
      });
      edges[1]?.lie(null);
      expect(link).toEqual({ kind: "default" });
      expect(given.map((it) => it.files)).toEqual([[]]);
      expect(failed.map((it) => it.link.kind)).toEqual(["release", "still"]);
      expect(versionOf(await client.play("star"))).toBe("1.0.0");
    });

    test(`an edge that answers the poll with "${lie}" changes nothing`, async () => {
      const client = await clientAt(edges[1]);
      await client.refresh();
      const before = client.state;
      edges[1]?.lie(lie, (key) => key === TIMESTAMP_KEY);
      await expect(client.refresh()).rejects.toMatchObject({ name: "ClientError" });
      edges[1]?.lie(null);
      expect(client.state).toBe(before);
      expect(versionOf(await client.play("star"))).toBe("1.0.0");
    });
  }

  test("an edge that is stuck on an old copy cannot take a viewer back", async () => {
    const old = await store.get(TIMESTAMP_KEY);
    await write({ "releases/overrides/star.yaml": "gifts: [star]\nlimit: none\nreason: a test\n" });
    await commit("Hold star back");
    await must("publish");
    const client = await clientAt(edges[2]);
    await client.refresh();
    expect(versionOf(await client.play("star"))).toBe("default");
    edges[2]?.lie({ stale: old?.bytes ?? new Uint8Array() }, (key) => key === TIMESTAMP_KEY);
    const { revision } = client.state;
    expect(await client.refresh()).toBe(false);
    expect([client.state.revision, versionOf(await client.play("star"))]).toEqual([revision, "default"]);
    edges[2]?.lie(null);
  });
});
