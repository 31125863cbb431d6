import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { writeLock } from "../../dist/bundle/build.js";
import { buildCache } from "../../dist/bundle/objectCache.js";
import { initKeys } from "../../dist/commands/keysInit.js";
import { prepare, publish } from "../../dist/commands/publish.js";
import { environmentPath, releasePath, rootPath } from "../../dist/model/paths.js";
import { fileStore } from "../../dist/store/fileStore.js";
import { digestOf } from "../../dist/trust/nodeCrypto.js";
import { countingStore } from "./countingStore.mjs";
import { filesOfGift, giftId, writeLargeRepository } from "./largeRepository.mjs";

const run = promisify(execFile);
const CLI = new URL("../../dist/main/cli.js", import.meta.url).pathname;
const NAME = "production";

/**
 * A large repository in a temporary folder, with keys and with what its builds have made: gifts that share a few small objects.
 * Nothing is published yet.
 * @param {number} gifts
 */
export async function createCatalogue(gifts) {
  const folder = await mkdtemp(join(tmpdir(), "giftwrap-bench-"));
  const root = join(folder, "repository");
  const storeFolder = join(folder, "store");
  const shared = new Map();
  await writeLargeRepository(root, gifts, shared);
  const cache = buildCache(root);
  for (const { content, mediaType } of shared.values())
    await cache.keepObject(Buffer.from(content), mediaType);

  const git = async (...args) => (await run("git", args, { cwd: root })).stdout.trim();
  const write = async (path, content) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  };
  const commit = async (message) => {
    await git("add", "--all");
    await git("commit", "--quiet", "-m", message);
  };
  const setStore = async (store, edges = []) =>
    write(
      environmentPath(NAME),
      `rollout: as-written\nstore: ${store}\npollSeconds: 60\nedges:${
        edges.length === 0 ? " {}" : edges.map(({ region, url }) => `\n  ${region}:\n    - ${url}`).join("")
      }\n`,
    );
  await setStore(`{ folder: ${storeFolder} }`);
  await initKeys({ root, variables: {}, now: Date.now }, NAME);
  await commit("Keys, and where to publish");

  return {
    root,
    folder,
    storeFolder,
    trustedRootPath: join(root, rootPath(NAME)),
    git,
    commit,
    setStore,
    /** Publishes in this process, and tells what was asked of the store, and how often it was written before anything was said. */
    publish: async (at = root, variables = {}) => {
      const said = [];
      const io = { root: at, variables, line: () => {}, progress: () => {}, now: Date.now };
      const args = { words: [], text: () => undefined, texts: () => [], flag: () => false };
      const publisher = await prepare(args, io);
      const { store, counts } = countingStore(publisher.environment.store);
      const started = performance.now();
      const result = await publish(
        { ...publisher, environment: { ...publisher.environment, store } },
        (line) => said.push({ line, writes: counts.written.length }),
      );
      if (result.exit !== 0) throw new Error(`publish ended with ${result.exit}: ${JSON.stringify(said)}`);
      return { said, counts, milliseconds: performance.now() - started };
    },
    /** Runs the program to its end. */
    publishProcess: async (at = root, variables = {}) => {
      const started = performance.now();
      const { stdout } = await run(process.execPath, [CLI, "publish"], {
        cwd: at,
        env: { ...process.env, ...variables },
      });
      return { said: stdout, milliseconds: performance.now() - started };
    },
    /** Adds one more gift, with objects of its own. */
    addGift: async () => {
      for (const [path, content] of filesOfGift(gifts, shared))
        await write(
          path,
          path.endsWith(".lock.json") ? await withOwnObjects(content, cache, shared) : content,
        );
      await commit("A new gift");
    },
    /** Opens one release's canary to one more cohort. */
    changeGift: async (cohort) => {
      const path = join(root, releasePath(giftId(0), "1.2.0"));
      const text = await readFile(path, "utf8");
      await writeFile(path, text.replace("    cohorts:\n", `    cohorts:\n      - ${cohort}\n`));
      await commit(`Let ${cohort} see it`);
    },
    /** Remembers what is published. As links: a store never writes into a file that is there. */
    saveStore: () => run("cp", ["-al", storeFolder, join(folder, "saved")]),
    restoreStore: async () => {
      await remove(storeFolder);
      await run("cp", ["-al", join(folder, "saved"), storeFolder]);
    },
    store: () => fileStore(storeFolder),
    remove: () => remove(folder),
  };
}

/** Of a hundred thousand files, which takes Node ten times as long. */
function remove(folder) {
  return run("rm", ["-rf", folder]);
}

async function withOwnObjects(text, cache, shared) {
  const lock = JSON.parse(text);
  const own = async (file) => {
    const bytes = Buffer.from(`${shared.get(file.digest).content} of ${lock.gift} ${lock.version}`);
    await cache.keepObject(bytes, file.mediaType);
    return { ...file, digest: digestOf(bytes), bytes: bytes.length };
  };
  for (const variant of Object.values(lock.tiers)) variant.files = await Promise.all(variant.files.map(own));
  return writeLock(lock);
}
