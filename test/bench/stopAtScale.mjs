import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { keyFolder } from "../../dist/trust/keyring.js";
import { releasePath } from "../../dist/model/paths.js";
import { startEdge } from "../../dist/store/edgeServer.js";
import { createCatalogue } from "./catalogue.mjs";
import { giftId } from "./largeRepository.mjs";
import { against, toRow } from "./measure.mjs";
import { timeOfStart, timeOfStop } from "./stop.mjs";
import { importSupport, isHere } from "./support.mjs";

const run = promisify(execFile);
const RUNS = 3;
const REGIONS = ["SG", "ID", "BR"];

/**
 * A stop with a large repository, from a fresh clone that has nothing but what is in git and its keys: from the start of the
 * process to three edges that serve it.
 * @param {number} gifts
 * @returns {Promise<import("./measure.mjs").Figure>}
 */
export async function measureStopAtScale(gifts) {
  const isVarnish = isHere("varnishd");
  const catalogue = await createCatalogue(gifts);
  const origin = await startEdge(catalogue.store(), 0);
  try {
    await catalogue.setStore(
      `{ folder: ${catalogue.storeFolder} }${isVarnish ? "\npurge: { method: PURGE }" : ""}`,
    );
    await catalogue.commit("Purge the edges");
    await catalogue.publish();
    await catalogue.saveStore();
    await closeGift(catalogue);
    const variables = await variablesOf(catalogue.root);
    const clone = join(catalogue.folder, "clone");
    await run("git", ["clone", "--quiet", `file://${catalogue.root}`, clone]);

    const written = (await catalogue.publish(clone, variables)).said.find(({ line }) =>
      line.startsWith("stop in"),
    );
    const starts = [];
    const stops = [];
    for (let at = 0; at < RUNS; at++) {
      await catalogue.restoreStore();
      await rm(join(clone, ".giftwrap"), { recursive: true, force: true });
      starts.push(await timeOfStart());
      const edges = await startEdges(origin.url, isVarnish);
      try {
        stops.push(await timeOfStop({ root: clone, edges, variables }));
      } finally {
        for (const { close } of edges) await close();
      }
    }
    const start = toRow("node -e 0", "ms", starts);
    const row = (what, pick) => against(toRow(what, "ms", stops.map(pick)), start);
    return {
      title: `stop: ${gifts} gifts and ${3 * gifts} releases in git, a fresh clone without local state`,
      about: `one release at full is closed; three ${isVarnish ? "Varnish edges before a loopback origin" : "loopback edges, for varnishd is not installed here"}; Node's start included`,
      rows: [
        toRow("writes until the stop is out", "keys", [written?.writes ?? Number.NaN]),
        start,
        row("every edge serves the stop", ({ edges }) => Math.max(...edges)),
        row("the command says that all have confirmed", ({ confirmed }) => confirmed),
        row("the command ends: catalogs are out as well", ({ ended }) => ended),
      ],
    };
  } finally {
    await origin.close();
    await catalogue.remove();
  }
}

async function closeGift({ root, commit }) {
  const path = join(root, releasePath(giftId(0), "1.2.0"));
  await writeFile(
    path,
    (await readFile(path, "utf8")).replace("  canary:\n    open: true", "  canary:\n    open: false"),
  );
  await commit("Take one release back");
}

/** The keys as a job has them. */
async function variablesOf(root) {
  const read = (name) => readFile(join(keyFolder(root, "production"), `${name}.pem`), "utf8");
  return { GIFTWRAP_RELEASE_KEY: await read("release"), GIFTWRAP_TIMESTAMP_KEY: await read("timestamp") };
}

async function startEdges(originUrl, isVarnish) {
  if (!isVarnish) return REGIONS.map((region) => ({ region, url: originUrl, close: async () => {} }));
  const { startVarnish } = await importSupport("varnish");
  const edges = [];
  for (const region of REGIONS) {
    const { url, stop } = await startVarnish(originUrl);
    edges.push({ region, url, close: stop });
  }
  return edges;
}
