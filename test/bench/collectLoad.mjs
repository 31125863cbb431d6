// The generator of `collect.mjs`, in a process of its own: apps that play five gifts each and tell of it in one batch of twenty
// events. Says at its end what it sent, what was answered and how long that took.
import { randomBytes } from "node:crypto";
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * @typedef {{ url: string, seconds: number, perSecond: number | null, connections: number,
 *   releases: { gift: string, version: string, digest: string }[] }} Load a null rate is as fast as answers come
 */

process.once("message", (/** @type {Load} */ load) => void answer(load));

/** @param {Load} load */
async function answer(load) {
  const found = await run(load);
  process.send?.(found, () => process.disconnect());
}

/** @param {Load} load */
async function run({ url, seconds, perSecond, connections, releases }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const statuses = new Map();
  const milliseconds = [];
  const retries = new Set();
  const started = performance.now();
  const end = started + 1_000 * seconds;
  const send = async () => {
    const body = toBatch(releases);
    const before = performance.now();
    const { status, retryAfter } = await post(url, agent, body);
    milliseconds.push(performance.now() - before);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (retryAfter) retries.add(retryAfter);
  };
  if (perSecond === null)
    await Promise.all(
      Array.from({ length: connections }, async () => {
        while (performance.now() < end) await send();
      }),
    );
  else {
    const underWay = [];
    const requests = seconds * perSecond;
    while (underWay.length < requests) {
      // What is late is caught up with: the rate is kept, whatever the machine does meanwhile.
      const due = Math.min(requests, ((performance.now() - started) / 1_000) * perSecond);
      while (underWay.length < due) underWay.push(send());
      await sleep(2);
    }
    await Promise.all(underWay);
  }
  const took = (performance.now() - started) / 1_000;
  agent.destroy();
  const requests = milliseconds.length;
  milliseconds.sort((a, b) => a - b);
  const quantile = (q) => milliseconds[Math.min(requests - 1, Math.floor(q * requests))];
  return {
    requests,
    seconds: took,
    statuses: [...statuses],
    retries: [...retries],
    p50: quantile(0.5),
    p99: quantile(0.99),
  };
}

/** One device's first plays of five releases, each with its four events. */
function toBatch(releases) {
  const hex = randomBytes(16 + 8 * releases.length).toString("hex");
  const events = releases.flatMap(({ gift, version, digest }, at) => {
    const play = hex.slice(32 + 16 * at, 48 + 16 * at);
    const trial = { arm: "trial", trial: version, sharePerMillion: 50_000, first: true };
    return [
      { kind: "exposed", play, gift, version, digest, ...trial },
      { kind: "loaded", play, milliseconds: 120 },
      { kind: "decoded", play, milliseconds: 40 + ((at * 37) % 200) },
      { kind: "ended", play, frames: 60, dropped: at % 3 },
    ];
  });
  const regions = ["SG", "ID", "BR"];
  return JSON.stringify({
    format: "1.0",
    device: hex.slice(0, 32),
    platform: "android",
    app: "8.4.0",
    tier: "mid",
    region: regions[Number.parseInt(hex[0], 16) % 3],
    events,
  });
}

function post(url, agent, body) {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "text/plain", "content-length": Buffer.byteLength(body) };
    const sent = request(`${url}v1/beacons`, { agent, method: "POST", headers }, (response) => {
      response.resume();
      const retryAfter = response.headers["retry-after"];
      response.on("end", () => resolve({ status: response.statusCode, retryAfter }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
