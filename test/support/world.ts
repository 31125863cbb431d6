import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { writeLock } from "../../src/bundle/build.ts";
import { buildCache } from "../../src/bundle/objectCache.ts";
import { GiftwrapClient, type Fetch, type Viewer } from "../../src/client/client.ts";
import { type Publisher, type PublishResult, publish } from "../../src/commands/publish.ts";
import { initKeys } from "../../src/commands/keysInit.ts";
import type { Io } from "../../src/commands/command.ts";
import { openEnvironment, readSignerOf, trustedRootOf } from "../../src/commands/environment.ts";
import { lockPath, releasePath } from "../../src/model/paths.ts";
import type { LockFile } from "../../src/model/schemas.ts";
import { revisionTree } from "../../src/source/tree.ts";
import type { Store } from "../../src/store/store.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import type { Edge } from "../../src/publish/edges.ts";

const run = promisify(execFile);

export const REGIONS = ["SG", "ID", "BR"] as const;

/** How a test writes a release; what is left out is the plainest that is valid. */
export interface ReleaseSpec {
  readonly gift: string;
  readonly version: string;
  readonly canary?: boolean;
  readonly regional?: boolean;
  readonly full?: boolean;
  readonly percent?: number;
  readonly regions?: Readonly<Record<string, number>>;
  readonly eligible?: string;
  readonly holdback?: number;
  readonly app?: string;
  readonly tiers?: string;
  readonly requires?: Readonly<Record<string, string>>;
  readonly fallback?: readonly string[];
}

/** A real git repository with gifts whose bytes are a few letters: everything but the drawing is real. */
export interface World {
  readonly root: string;
  git(...args: string[]): Promise<string>;
  write(files: Readonly<Record<string, string | Uint8Array | null>>): Promise<void>;
  /** Writes gift, release, lock and objects. The bytes follow from gift and version, or from `bytes`. */
  release(spec: ReleaseSpec, bytes?: string): Promise<void>;
  commit(message: string): Promise<string>;
  publisher(changes?: Partial<Publisher>): Promise<Publisher>;
  publish(changes?: Partial<Publisher>): Promise<PublishResult & { said: readonly string[] }>;
  store(): Promise<Store>;
  /** Remembers what is published; the function that it gives puts that back, as often as wanted. */
  saveStore(): Promise<() => Promise<void>>;
  viewer(viewer: Viewer, fetch?: Fetch): Promise<GiftwrapClient>;
  remove(): Promise<void>;
}

export async function createWorld(edges: readonly Edge[] = []): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), "giftwrap-test-"));
  const world = worldAt(root, edges);
  await world.git("init", "--quiet", "--initial-branch=main");
  for (const [key, value] of [
    ["user.name", "Test"],
    ["user.email", "test@giftwrap.invalid"],
    ["commit.gpgsign", "false"],
  ]) {
    await world.git("config", key ?? "", value ?? "");
  }
  await world.write({
    ".gitignore": ".giftwrap/\n",
    "releases/policy.yaml": POLICY,
    "releases/environments/production.yaml":
      "rollout: as-written\nstore: { folder: .giftwrap/store/production }\npollSeconds: 30\nedges: {}\n",
  });
  await initKeys(quietIo(root), "production");
  return world;
}

/** The same repository, keys, builds and store in another folder. */
export async function copyWorld(world: World): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), "giftwrap-test-"));
  await cp(world.root, root, { recursive: true });
  return worldAt(root);
}

/** A repository that is there already. */
export function worldAt(root: string, edges: readonly Edge[] = []): World {
  const io = quietIo(root);
  const write = async (files: Readonly<Record<string, string | Uint8Array | null>>) => {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      if (text === null) await rm(join(root, path));
      else await writeFile(join(root, path), text);
    }
  };
  const git = async (...args: string[]) => (await run("git", args, { cwd: root })).stdout.trim();
  const cache = buildCache(root);

  const publisher = async (changes: Partial<Publisher> = {}): Promise<Publisher> => {
    const commit = changes.commit ?? (await git("rev-parse", "HEAD"));
    const environment = await openEnvironment(io, revisionTree(root, commit), "production", edges);
    return {
      root,
      commit,
      environment,
      trustedRoot: trustedRootOf(environment),
      signers: {
        release: await readSignerOf(io, environment, "release"),
        timestamp: await readSignerOf(io, environment, "timestamp"),
      },
      source: cache.object,
      edgeDeadlineMilliseconds: 2_000,
      replaceHistory: undefined,
      io,
      ...changes,
    };
  };
  // Where the store is and whom to trust stays the same, and git takes its time to say so.
  let first: Promise<Publisher> | undefined;
  const opened = () => (first ??= publisher());
  const store = async () => (await opened()).environment.store;
  return {
    root,
    git,
    write,
    release: async (spec, bytes = `${spec.gift} ${spec.version}`) => {
      await write({
        [`gifts/${spec.gift}/gift.yaml`]: `id: ${spec.gift}\nname: ${spec.gift}\nowner: "@acme/art"\nanimation: source/art.json\nstill: source/still.png\n`,
        [`gifts/${spec.gift}/source/art.json`]: bytes,
        [releasePath(spec.gift, spec.version)]: releaseText(spec),
        [lockPath(spec.gift, spec.version)]: writeLock(
          await lockOf(spec, bytes, (content, type) => cache.keepObject(Buffer.from(content), type)),
        ),
      });
    },
    commit: async (message) => {
      await git("add", "--all");
      await git("commit", "--quiet", "--allow-empty", "-m", message);
      return git("rev-parse", "HEAD");
    },
    publisher,
    publish: async (changes) => {
      const said: string[] = [];
      const result = await publish(await publisher(changes), (line) => said.push(line));
      return { ...result, said };
    },
    store,
    saveStore: async () => {
      const folder = join(root, ".giftwrap", "store");
      const saved = join(root, ".giftwrap", "saved");
      await mkdir(folder, { recursive: true });
      await cp(folder, saved, { recursive: true });
      return async () => {
        await rm(folder, { recursive: true });
        await cp(saved, folder, { recursive: true });
      };
    },
    viewer: async (viewer, fetch) => {
      const { trustedRoot, environment } = await opened();
      return GiftwrapClient.open({
        viewer,
        root: trustedRoot,
        crypto: nodeCrypto,
        fetch: fetch ?? storeFetch(environment.store),
      });
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Reads a store as an edge would give it, without HTTP. */
export function storeFetch(store: Store): Fetch {
  return async (key) => {
    const stored = await store.get(key);
    return stored ? { kind: "body", bytes: stored.bytes } : { kind: "missing" };
  };
}

export function quietIo(root: string): Io {
  return {
    root,
    variables: {},
    line: () => {},
    progress: () => {},
    summary: () => {},
    output: () => {},
    annotate: () => {},
    now: Date.now,
    untilInterrupted: async () => {},
  };
}

/** Each stage a block of its own, so that any revert applies. */
export function releaseText(spec: ReleaseSpec): string {
  const {
    canary = true,
    regional = false,
    full = false,
    percent,
    regions = { SG: 10 },
    eligible,
    holdback,
    app = "*",
    tiers = "[low, mid, high]",
  } = spec;
  const lines = [
    `gift: ${spec.gift}`,
    `version: ${spec.version}`,
    "title: A test",
    "",
    "compat:",
    `  app: { android: "${app}", web: "*" }`,
    `  tiers: ${tiers}`,
    "",
    ...(spec.requires
      ? ["requires:", ...Object.entries(spec.requires).map(([gift, range]) => `  ${gift}: "${range}"`), ""]
      : []),
    ...(spec.fallback?.length ? ["fallback:", ...spec.fallback.map((gift) => `  - gift: ${gift}`), ""] : []),
    "rollout:",
    "  canary:",
    `    open: ${canary}`,
    "    cohorts:",
    "      - staff",
    ...(percent === undefined ? [] : [`    percent: ${percent}`]),
    "",
    "  regional:",
    `    open: ${regional}`,
    "    regions:",
    ...Object.entries(regions).map(([region, share]) => `      ${region}: ${share}`),
    ...(eligible === undefined ? [] : [`    eligible: ${eligible}`]),
    "",
    "  full:",
    `    open: ${full}`,
    ...(holdback === undefined ? [] : ["", "  holdback:", `    percent: ${holdback}`]),
    "",
  ];
  return lines.join("\n");
}

/** One animation for all tiers and one still, both of a few letters. */
export async function lockOf(
  { gift, version }: Pick<ReleaseSpec, "gift" | "version">,
  bytes: string,
  keep: (content: string, mediaType: string) => Promise<string>,
): Promise<LockFile> {
  const still = `still of ${bytes}`;
  const animation = await keep(bytes, "application/vnd.lottie+json");
  const variant = {
    width: 100,
    height: 100,
    frames: 10,
    fps: 10,
    decodedBytes: 40_000,
    files: [
      {
        role: "animation" as const,
        mediaType: "application/vnd.lottie+json",
        digest: animation,
        bytes: bytes.length,
      },
      {
        role: "still" as const,
        mediaType: "image/webp",
        digest: await keep(still, "image/webp"),
        bytes: still.length,
      },
    ],
  };
  return {
    gift,
    version,
    sources: [{ path: "source/art.json", digest: animation, bytes: bytes.length }],
    builder: { recipe: "test" },
    player: { name: "lottie", version: "5.7.0" },
    slots: [],
    tiers: { low: variant, mid: variant, high: variant },
  };
}

export const POLICY = `platforms:
  android:
    apps: ">=8.0.0"
    players:
      - { name: lottie, apps: "*", formats: "*" }
  web:
    apps: "*"
    players:
      - { name: lottie, apps: "*", formats: "*" }

tiers:
  low: { frames: { longSide: 64, fps: 10, quality: 50 }, budget: { downloadBytes: 100000, decodedBytes: 1000000 } }
  mid: { frames: { longSide: 64, fps: 10, quality: 50 }, budget: { downloadBytes: 100000, decodedBytes: 1000000 } }
  high: { frames: { longSide: 64, fps: 10, quality: 50 }, budget: { downloadBytes: 100000, decodedBytes: 1000000 } }
`;
