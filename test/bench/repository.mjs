import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { writeLock } from "../../dist/bundle/build.js";
import { buildCache } from "../../dist/bundle/objectCache.js";
import { initKeys } from "../../dist/commands/keysInit.js";
import { ENVIRONMENT, environmentText, releaseText } from "../../dist/commands/demo/repository.js";
import { giftPath, lockPath, POLICY_PATH, releasePath, rootPath } from "../../dist/model/paths.js";
import { startEdge } from "../../dist/store/edgeServer.js";
import { fileStore } from "../../dist/store/fileStore.js";

const run = promisify(execFile);
const CLI = new URL("../../dist/main/cli.js", import.meta.url).pathname;
const REGIONS = ["SG", "ID", "BR"];
const ANY_LOTTIE = '{ apps: "*", players: [{ name: lottie, apps: "*", formats: "*" }] }';
const TIER =
  "{ frames: { longSide: 64, fps: 10, quality: 50 }, budget: { downloadBytes: 100000, decodedBytes: 1000000 } }";
const POLICY = `platforms:\n  android: ${ANY_LOTTIE}\n  web: ${ANY_LOTTIE}\ntiers:\n  low: ${TIER}\n  mid: ${TIER}\n  high: ${TIER}\n`;

/**
 * A repository of its own in a temporary folder, with a store and three loopback edges before it that its environment names.
 * All is real but the drawing: a gift's bytes are a few letters.
 */
export async function createRepository() {
  const root = await mkdtemp(join(tmpdir(), "giftwrap-bench-"));
  const storeFolder = join(root, ".giftwrap", "store", ENVIRONMENT);
  const savedFolder = join(root, ".giftwrap", "saved");
  const edges = [];
  for (const region of REGIONS) edges.push({ region, ...(await startEdge(fileStore(storeFolder), 0)) });
  const cache = buildCache(root);

  const write = async (path, content) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  };
  const git = async (...args) => (await run("git", args, { cwd: root })).stdout.trim();
  await git("init", "--quiet", "--initial-branch=main");
  await git("config", "user.name", "Bench");
  await git("config", "user.email", "bench@giftwrap.invalid");
  await git("config", "commit.gpgsign", "false");
  await write(".gitignore", ".giftwrap/\n");
  await write(POLICY_PATH, POLICY);
  await write(`releases/environments/${ENVIRONMENT}.yaml`, environmentText(edges));
  await initKeys({ root, now: Date.now }, ENVIRONMENT);

  return {
    root,
    edges,
    trustedRootPath: join(root, rootPath(ENVIRONMENT)),
    git,
    /** Writes gift, release, lock and objects. */
    release: async (gift, version, isOpen) => {
      await write(
        giftPath(gift),
        `id: ${gift}\nname: ${gift}\nowner: "@acme/art"\nanimation: source/art.json\n`,
      );
      await write(giftPath(gift, "source/art.json"), `${gift} ${version}`);
      await write(releasePath(gift, version), releaseText(PROJECT, gift, version, isOpen, REGIONS));
      await write(lockPath(gift, version), writeLock(await lockOf(gift, version, cache)));
    },
    commit: async (message) => {
      await git("add", "--all");
      await git("commit", "--quiet", "-m", message);
    },
    /** Runs the program to its end. */
    publish: () => run(process.execPath, [CLI, "publish"], { cwd: root }),
    /** Remembers what is published. */
    saveStore: () => cp(storeFolder, savedFolder, { recursive: true }),
    restoreStore: async () => {
      await rm(storeFolder, { recursive: true });
      await cp(savedFolder, storeFolder, { recursive: true });
    },
    remove: async () => {
      await Promise.all(edges.map((edge) => edge.close()));
      await rm(root, { recursive: true, force: true });
    },
  };
}

export { CLI };

/** As much of a project as a release's text is made from. */
const PROJECT = { releases: new Map(), policy: { value: { platforms: { android: {}, web: {} } } } };

async function lockOf(gift, version, cache) {
  const keep = async (role, mediaType, text) => ({
    role,
    mediaType,
    digest: await cache.keepObject(Buffer.from(text), mediaType),
    bytes: text.length,
  });
  const animation = await keep("animation", "application/vnd.lottie+json", `${gift} ${version}`);
  const still = await keep("still", "image/webp", `still of ${gift} ${version}`);
  const { digest, bytes } = animation;
  const variant = {
    width: 100,
    height: 100,
    frames: 10,
    fps: 10,
    decodedBytes: 40_000,
    files: [animation, still],
  };
  return {
    gift,
    version,
    sources: [{ path: "source/art.json", digest, bytes }],
    builder: { recipe: "bench" },
    player: { name: "lottie", version: "5.7.0" },
    slots: [],
    tiers: { low: variant, mid: variant, high: variant },
  };
}
