import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { FAMILIES } from "../../dist/metrics/families.js";
import { lockPath } from "../../dist/model/paths.js";
import { toRow } from "./measure.mjs";
import { CLI, createRepository } from "./repository.mjs";

const GIFTS = ["rose", "lily", "crown", "rocket", "castle"];
const EVENTS_PER_BATCH = 20;

/**
 * `giftwrap collect` in a process of its own, and the apps that tell it of their plays in another: at 250 requests a second,
 * as fast as it goes, and at twice of what it is told to take. What was answered with 202 must be in the counters, exactly.
 * @returns {Promise<import("./measure.mjs").Figure>}
 */
export async function measureCollect() {
  const repository = await createRepository();
  try {
    for (const gift of GIFTS) await repository.release(gift, "1.1.0", true);
    await repository.commit("Release all gifts");
    const releases = await Promise.all(
      GIFTS.map(async (gift) => {
        const lock = JSON.parse(await readFile(join(repository.root, lockPath(gift, "1.1.0")), "utf8"));
        const animation = lock.tiers.mid.files.find((it) => it.role === "animation");
        return { gift, version: "1.1.0", digest: animation.digest };
      }),
    );
    const load = { releases, connections: 32 };
    const steady = await against(repository.root, 1_000, { ...load, seconds: 20, perSecond: 250 });
    const fast = await against(repository.root, 1_000_000, { ...load, seconds: 10, perSecond: null });
    const over = await against(repository.root, 250, { ...load, seconds: 10, perSecond: 500 });
    if (steady.refused > 0) throw new Error("nothing was meant to be refused below the cap");
    if (over.refused === 0 || over.retries.join() !== "5")
      throw new Error("above the cap a 429 was expected");
    const row = (what, unit, value) => toRow(what, unit, [value]);
    const rows = (name, { requests, seconds, taken, refused, p50, p99, rss, scrape }) => [
      row(name, "", requests),
      row("  requests a second", "/s", requests / seconds),
      row("  taken (202)", "/s", taken / seconds),
      row("  events of these, all in the counters", "/s", (EVENTS_PER_BATCH * taken) / seconds),
      row("  told to come again (429)", "/s", refused / seconds),
      row("  answered within, half", "ms", p50),
      row("  answered within, 99 of 100", "ms", p99),
      row("  memory of the collector", "MB", rss),
      row("  a scrape", "ms", scrape),
    ];
    return {
      title: "collect: batches of 20 events, each from a device of its own",
      about:
        "server and generator in a process each, on one machine; each play is a unit, and every one is found again in the scrape",
      rows: [
        ...rows("requests at 250 a second, cap 1,000", steady),
        ...rows("requests over 32 connections as fast as answers come, no cap", fast),
        ...rows("requests at 500 a second, cap 250", over),
      ],
    };
  } finally {
    await repository.remove();
  }
}

/** Starts the collector and the generator, and compares what one sent with what the other counted. */
async function against(root, rate, load) {
  const collector = spawn(process.execPath, [CLI, "collect", "--port", "0", "--rate", String(rate)], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const url = await urlOf(collector);
    const generator = fork(new URL("collectLoad.mjs", import.meta.url));
    generator.send({ ...load, url });
    const [found] = await once(generator, "message");
    const before = performance.now();
    const text = await (await fetch(`${url}metrics`)).text();
    const scrape = performance.now() - before;
    const count = (status) => new Map(found.statuses).get(status) ?? 0;
    const [taken, refused] = [count(202), count(429)];
    if (taken + refused !== found.requests)
      throw new Error(`other answers: ${JSON.stringify(found.statuses)}`);
    for (const [family, expected] of [
      [FAMILIES.events, EVENTS_PER_BATCH * taken],
      [FAMILIES.units, GIFTS.length * taken],
      [FAMILIES.devices, GIFTS.length * taken],
      [`${FAMILIES.decode}_count`, GIFTS.length * taken],
      [FAMILIES.refused, refused],
    ]) {
      const counted = sumOf(text, family);
      if (counted !== expected) throw new Error(`${family}: ${counted} counted, ${expected} sent`);
    }
    const status = await readFile(`/proc/${collector.pid}/status`, "utf8").catch(() => "");
    const rss = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1_024;
    return { ...found, taken, refused, rss, scrape };
  } finally {
    collector.kill("SIGINT");
    await once(collector, "close");
  }
}

async function urlOf(collector) {
  for await (const line of createInterface({ input: collector.stdout })) {
    const url = /^metrics (\S+)metrics$/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error("the collector did not say where it listens");
}

function sumOf(text, family) {
  let sum = 0;
  for (const line of text.split("\n"))
    if (line.startsWith(`${family}{`)) sum += Number(line.slice(line.lastIndexOf(" ") + 1));
  return sum;
}
