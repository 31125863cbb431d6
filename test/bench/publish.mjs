import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Updater } from "../../dist/client/update/updater.js";
import { nodeCrypto } from "../../dist/trust/nodeCrypto.js";
import { createCatalogue } from "./catalogue.mjs";
import { byKind } from "./countingStore.mjs";
import { against, toRow } from "./measure.mjs";
import { isHere } from "./support.mjs";

const run = promisify(execFile);
const RUNS = 3;

/**
 * What publishing costs at one size, on a store in a folder: the first time, with nothing to do, one new gift, one changed one.
 * @param {number} gifts
 * @returns {Promise<import("./measure.mjs").Figure>}
 */
export async function measurePublish(gifts) {
  const catalogue = await createCatalogue(gifts);
  try {
    const first = await catalogue.publish();
    const nothing = await catalogue.publish();
    if (nothing.counts.written.length > 0) throw new Error("nothing was to be written");
    const again = await times(RUNS, async () => (await catalogue.publishProcess()).milliseconds);
    const copied = await timesOfRclone(catalogue);

    await catalogue.addGift();
    const added = await catalogue.publish();
    const client = await openClient(catalogue);
    await client.refresh();
    await catalogue.changeGift("alpha");
    const changed = await catalogue.publish();
    client.asked.length = 0;
    await client.refresh();
    const whole = client.asked.filter(({ key }) => key.startsWith("targets/catalog/"));
    if (whole.length > 0) throw new Error("a delta was meant to be enough");

    const one = (what, unit, value) => toRow(what, unit, [value]);
    const kinds = (what, written) =>
      byKind(written).flatMap(({ kind, keys, bytes }) => [
        one(`${what}, ${kind} written`, "keys", keys),
        one(`${what}, ${kind} written`, "B", bytes),
      ]);
    const sync = copied && toRow("rclone sync of the same tree to a folder, nothing to do", "ms", copied);
    const process = toRow("nothing to do, giftwrap publish from start to end", "ms", again);
    return {
      title: `publish: ${gifts} gifts, ${3 * gifts} releases, a store in a folder`,
      about: `the gifts share a few small objects; requests are calls of the store${copied ? "" : "; rclone is not installed here"}`,
      rows: [
        one("first publish, in one process", "ms", first.milliseconds),
        one("first publish", "requests", first.counts.requests()),
        one("first publish", "B written", bytesOf(first.counts.written)),
        one("nothing to do", "requests", nothing.counts.requests()),
        one("nothing to do", "B read", nothing.counts.bytesRead),
        sync ? against(process, sync) : process,
        ...(sync ? [sync] : []),
        one("one new gift, in one process", "ms", added.milliseconds),
        one("one new gift", "requests", added.counts.requests()),
        ...kinds("one new gift", added.counts.written),
        one("one changed gift, in one process", "ms", changed.milliseconds),
        one("one changed gift", "requests", changed.counts.requests()),
        one("one changed gift, written", "B", bytesOf(changed.counts.written)),
        ...client.asked.map(({ key, bytes }) =>
          one(`one changed gift, a client's ${nameOf(key)}`, "B", bytes),
        ),
        one("one changed gift, all bodies for a client", "B", bytesOf(client.asked)),
      ],
    };
  } finally {
    await catalogue.remove();
  }
}

async function times(count, measure) {
  const measured = [];
  for (let at = 0; at < count; at++) measured.push(await measure());
  return measured;
}

/** Null where it is not installed. */
async function timesOfRclone({ storeFolder, folder }) {
  if (!isHere("rclone")) return null;
  const copy = join(folder, "copy");
  const sync = async () => {
    const started = performance.now();
    await run("rclone", ["--config", "", "sync", storeFolder, copy]);
    return performance.now() - started;
  };
  await sync();
  const measured = await times(RUNS, sync);
  await rm(copy, { recursive: true });
  return measured;
}

/** A client of the middle tier that reads the store itself, and notes the bodies that it gets. */
async function openClient({ store, trustedRootPath }) {
  const asked = [];
  const updater = await Updater.open({
    tier: "mid",
    root: await readFile(trustedRootPath),
    crypto: nodeCrypto,
    fetch: async (key) => {
      const stored = await store().get(key);
      if (stored) asked.push({ key, bytes: stored.bytes.length });
      return stored ? { kind: "body", bytes: stored.bytes } : { kind: "missing" };
    },
  });
  return { asked, refresh: () => updater.refresh() };
}

function bytesOf(written) {
  return written.reduce((sum, { bytes }) => sum + bytes, 0);
}

function nameOf(key) {
  if (key.startsWith("targets/delta/")) return "delta";
  return key.replace(/^metadata\/(?:\d+\.)?|\.json$/g, "");
}
