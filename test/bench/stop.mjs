import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { TIMESTAMP_KEY } from "../../dist/wire/keys.js";
import { against, toRow } from "./measure.mjs";
import { CLI, createRepository } from "./repository.mjs";

const RUNS = 7;
const POLL_MILLISECONDS = 1;

/**
 * From the start of a `giftwrap publish` process, which finds a revert, to the stop at three loopback edges, as somebody who
 * polls them sees it.
 * @param {number} gifts how many the repository holds
 * @returns {Promise<import("./measure.mjs").Figure>}
 */
export async function measureStop(gifts) {
  const repository = await createRepository();
  try {
    for (let at = 0; at < gifts; at++) await repository.release(`gift-${at}`, "1.0.0", true);
    await repository.commit("Release all gifts");
    await repository.release("gift-0", "1.1.0", true);
    await repository.commit("Release gift-0 1.1.0 to everyone");
    await repository.publish();
    await repository.saveStore();
    await repository.git("revert", "--no-edit", "HEAD");

    const starts = [];
    const stops = [];
    for (let run = 0; run < RUNS; run++) {
      starts.push(await timeOfStart());
      stops.push(await timeOfStop(repository));
      await repository.restoreStore();
    }
    const start = toRow("node -e 0", "ms", starts);
    const row = (what, pick) => against(toRow(what, "ms", stops.map(pick)), start);
    return {
      title: `stop: from the start of giftwrap publish to the edges, ${gifts} gift${gifts === 1 ? "" : "s"} in git`,
      about: "a revert of a release at full, committed before; Node's start included",
      rows: [
        start,
        ...repository.edges.map(({ region }, at) =>
          row(`${region} serves the stop`, ({ edges }) => edges[at]),
        ),
        row("every edge serves the stop", ({ edges }) => Math.max(...edges)),
        row("the command says that all have confirmed", ({ confirmed }) => confirmed),
        row("the command ends: catalogs are out as well", ({ ended }) => ended),
      ],
    };
  } finally {
    await repository.remove();
  }
}

export async function timeOfStart() {
  const started = performance.now();
  await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "close");
  return performance.now() - started;
}

/** @param {{ root: string, edges: readonly { region: string, url: string }[], variables?: NodeJS.ProcessEnv }} repository */
export async function timeOfStop({ root, edges, variables }) {
  const named = variables ? edges.flatMap(({ region, url }) => ["--edge", `${region}=${url}`]) : [];
  const started = performance.now();
  const elapsed = () => performance.now() - started;
  const child = spawn(process.execPath, [CLI, "publish", ...named], {
    cwd: root,
    env: { ...process.env, ...variables },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  let confirmed;
  child.stdout.on("data", (chunk) => {
    said += chunk;
    if (confirmed === undefined && /stop confirmed at 3 edges/.test(said)) confirmed = elapsed();
  });
  const closed = once(child, "close").then(([code]) => {
    if (code !== 0 || confirmed === undefined)
      throw new Error(`giftwrap publish ended with ${code}:\n${said}`);
    return elapsed();
  });
  const seen = await Promise.race([
    Promise.all(edges.map(({ url }) => untilStopped(url).then(elapsed))),
    closed.then(() => sleep(1_000)),
  ]);
  if (!seen) throw new Error(`the stop was never served:\n${said}`);
  const ended = await closed;
  return { edges: seen, confirmed, ended };
}

/** @param {string} url */
async function untilStopped(url) {
  const agent = new Agent({ keepAlive: true });
  let etag;
  for (;;) {
    const { status, headers, body } = await ask(url + TIMESTAMP_KEY, agent, etag);
    if (status === 200) {
      etag = headers.etag;
      if (JSON.parse(body).signed.giftwrap.overrides.some((it) => it.origin === "stop")) break;
    }
    await sleep(POLL_MILLISECONDS);
  }
  agent.destroy();
}

/**
 * @param {string} url
 * @param {Agent} agent
 * @param {string | undefined} etag
 */
async function ask(url, agent, etag) {
  const headers = etag === undefined ? {} : { "if-none-match": etag };
  const [response] = await once(get(url, { agent, headers }), "response");
  const chunks = await response.toArray();
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() };
}
