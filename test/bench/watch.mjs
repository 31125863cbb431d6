import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, createServer, request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DECODE_BOUNDS, DROPPED_BOUNDS, FAMILIES } from "../../dist/metrics/families.js";
import { environmentPath, lockPath, POLICY_PATH, releasePath } from "../../dist/model/paths.js";
import { parseVersion } from "../../dist/wire/version.js";
import { filesOfGift, giftId, largeRepositoryFiles } from "./largeRepository.mjs";
import { against, toRow } from "./measure.mjs";

const run = promisify(execFile);
const CLI = fileURLToPath(new URL("../../dist/main/cli.js", import.meta.url));
const RUNS = 3;
const REGIONS = ["BR", "ID", "SG"];
const TIERS = ["mid", "high"];
const SHARE = 50_000;
const STEP_SECONDS = 300;
/** Requests that `giftwrap watch` has under way: of four releases, four each. */
const AT_ONCE = 16;
/** One release in so many fails three times as often. */
const BAD_EVERY = 100;

/**
 * So many releases on trial, each in a slice of three regions and two tiers since `instants` steps of five minutes ago, in a git
 * repository of its own; a server that answers as Prometheus does; and `giftwrap watch --dry-run` as a process. A bare client then
 * asks the same of the same server and throws the answers away: that is the server's own time.
 * @param {number} releases
 * @param {number} instants
 * @param {number} [runs]
 * @returns {Promise<import("./measure.mjs").Figure>}
 */
export async function measureWatch(releases, instants, runs = RUNS) {
  const root = await mkdtemp(join(tmpdir(), "giftwrap-watch-"));
  const now = STEP_SECONDS * Math.floor(Date.now() / 1000 / STEP_SECONDS);
  const startSeconds = now - STEP_SECONDS * instants;
  const server = await startMetrics(startSeconds, instants);
  try {
    await writeRepository(root, { releases, startSeconds, metrics: server.url, know: server.know });
    const at = new Date(1000 * (now + 150)).toISOString();
    const watch = () => timeWatch(root, at);
    const asked = server.record();
    const first = await watch();
    server.record();
    const bytes = server.sent();
    const series = server.series() / releases;
    const kinds = countKinds(first.releases);
    const [whole, bare, beyond, processor] = [[], [], [], []];
    for (let at = 0; at < runs; at++) {
      const own = await askAll(server.url, asked);
      const { milliseconds, processorSeconds } = await watch();
      processor.push(processorSeconds);
      bare.push(own / 1000);
      whole.push(milliseconds / 1000);
      beyond.push((milliseconds - own) / 1000);
    }
    const server_ = toRow("a bare client: the server's own time", "s", bare);
    return {
      title: `watch: ${releases} releases on trial, ${instants} instants of five minutes each`,
      about: `${REGIONS.length} regions x ${TIERS.length} tiers, one platform, one collector: ${Math.round(series)} series a release, ${asked.length} requests and ${Math.round(bytes / 1e6)} MB of answers in all; ${kinds}`,
      rows: [
        against(toRow("giftwrap watch --dry-run, Node's start included", "s", whole), server_),
        server_,
        toRow("the watch beyond the server's own time", "s", beyond),
        toRow("what its process and its git compute", "s", processor),
      ],
    };
  } finally {
    await server.close();
    await rm(root, { recursive: true, force: true });
  }
}

/** The command in a process of its own; `times` of the shell says what it computed, whoever else is on the machine. */
async function timeWatch(root, at) {
  const from = performance.now();
  const { stdout, stderr } = await run(
    "sh",
    [
      "-c",
      '"$@"; code=$?; times >&2; exit $code',
      "sh",
      process.execPath,
      CLI,
      "watch",
      "--dry-run",
      "--json",
      "--at",
      at,
    ],
    { cwd: root, maxBuffer: 1 << 30, env: { ...process.env, GITHUB_ACTIONS: "" } },
  ).catch((error) => (error.code === 1 ? error : Promise.reject(error)));
  const milliseconds = performance.now() - from;
  const spent = stderr.trim().split("\n").at(-1) ?? "";
  const processorSeconds = [...spent.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (all, [, minutes, seconds]) => all + 60 * minutes + Number(seconds),
    0,
  );
  return { milliseconds, processorSeconds, ...JSON.parse(stdout) };
}

function countKinds(releases) {
  const kinds = new Map();
  for (const { kind } of releases) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return [...kinds].map(([kind, count]) => `${count} ${kind}`).join(", ");
}

/** Milliseconds until every answer's last byte is here; nothing is read of them. */
async function askAll(url, asked) {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const queue = [...asked];
  const from = performance.now();
  const work = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const sent = request(new URL(next.path, url), {
        method: "POST",
        agent,
        headers: { "content-type": "application/x-www-form-urlencoded" },
      });
      sent.end(next.body);
      const [response] = await once(sent, "response");
      response.resume();
      await once(response, "end");
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  agent.destroy();
  return performance.now() - from;
}

async function writeRepository(root, { releases, startSeconds, metrics, know }) {
  const base = new Map([...largeRepositoryFiles(0)].map(([path, content]) => [path, String(content)]));
  const files = new Map([
    [POLICY_PATH, `${base.get(POLICY_PATH) ?? ""}${GATE}`],
    [
      environmentPath("production"),
      `${base.get(environmentPath("production")) ?? ""}metrics:\n  prometheus:\n    url: ${metrics}\n`,
    ],
  ]);
  const opened = new Map();
  for (let at = 0; at < releases; at++) {
    const id = giftId(at);
    const own = new Map(filesOfGift(at));
    const versions = [...own.keys()]
      .filter((path) => path.endsWith(".lock.json"))
      .map((path) => path.split("/").at(-1).replace(".lock.json", ""));
    const version = versions.findLast((it) => parseVersion(it) !== null);
    const path = releasePath(id, version);
    const lock = own.get(lockPath(id, version));
    for (const [name, content] of own) files.set(name, content);
    files.set(path, onTrial(id, version, lock, false));
    opened.set(path, onTrial(id, version, lock, true));
    const build = createHash("sha256").update(lock).digest("hex").slice(0, 12);
    know({ gift: id, trial: version, build, older: versions[0], isBad: at % BAD_EVERY === BAD_EVERY - 1 });
  }
  const git = (args, seconds) =>
    run("git", args, {
      cwd: root,
      env: { ...process.env, GIT_AUTHOR_DATE: `${seconds} +0000`, GIT_COMMITTER_DATE: `${seconds} +0000` },
    });
  await git(["init", "--quiet", "--initial-branch=main"], 0);
  for (const [name, value] of [
    ["user.name", "Bench"],
    ["user.email", "bench@giftwrap.invalid"],
    ["commit.gpgsign", "false"],
  ])
    await git(["config", name, value], 0);
  for (const [some, seconds] of [
    [files, startSeconds - 86_400],
    [opened, startSeconds],
  ]) {
    for (const [path, content] of some) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
    await git(["add", "--all"], seconds);
    await git(["commit", "--quiet", "--message", "Gifts"], seconds);
  }
}

function onTrial(gift, version, lock, isRegional) {
  return `gift: ${gift}
version: ${version}
title: On trial

compat:
  app: { android: ">=8.0.0", ios: ">=8.0.0", web: "*" }
  tiers: [${Object.keys(JSON.parse(lock).tiers).join(", ")}]

rollout:
  canary:
    open: true
    cohorts:
      - staff

  regional:
    open: ${isRegional}
    regions: { ${REGIONS.map((it) => `${it}: ${SHARE / 10_000}`).join(", ")} }
    eligible: { tiers: [${TIERS.join(", ")}] }

  full:
    open: false
`;
}

const GATE = `
gate:
  traffic:
    regions: { BR: 30, ID: 50, SG: 20 }
    tiers: { low: 30, mid: 50, high: 20 }
  stages:
    canary: { soakHours: 4, units: 20 }
    regional: { soakHours: 24, units: 2000, longestDays: 7 }
    full: { soakHours: 72, units: 2000, longestDays: 14 }
  metrics:
    failed: { margin: { points: 0.5 }, usualPercent: 0.5 }
    crashed: { margin: { points: 0.2 }, usualPercent: 0.1 }
    fellBack: { margin: { times: 1.2, points: 0.5 }, usualPercent: 1 }
    mismatched: { margin: { points: 0.2 }, usualPercent: 0.05 }
    slow: { overMilliseconds: 200, margin: { points: 2.5 }, usualPercent: 5 }
    dropped: { overPercent: 10, margin: { points: 2.5 }, usualPercent: 5, decides: false }
  onFail: propose
  onPass: report
`;

/** Answers range queries for one release by label, and the newest sample; everything grows evenly. */
async function startMetrics(startSeconds, instants) {
  const byGift = new Map();
  const answers = new Map();
  const [counters, sent] = [{ bytes: 0, series: 0 }, []];
  let recorded = null;
  const server = createServer((incoming, response) => {
    const chunks = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      recorded?.push({ path: incoming.url, body });
      const query = new URLSearchParams(body).get("query") ?? "";
      const text = incoming.url.endsWith("/query_range") ? rangeOf(query) : newestOf();
      counters.bytes += text.length;
      response.writeHead(200, { "content-type": "application/json", "content-length": text.length });
      response.end(text, "latin1");
    });
  });
  const rangeOf = (query) => {
    const { gift, trial, build, older, isBad } = byGift.get(/gift="([^"]*)"/.exec(query)?.[1]) ?? {};
    const names = namesOf(query);
    const le = expressionOf(query, "le");
    const key = JSON.stringify([names, le.source, isBad === true]);
    if (!answers.has(key)) answers.set(key, template(names, le, isBad === true, startSeconds, instants));
    const { text, series } = answers.get(key);
    counters.series += series;
    return text.replaceAll(/@(\w+)@/g, (_, it) => ({ gift, trial, build, older })[it]);
  };
  const newestOf = () => {
    const value = [startSeconds + STEP_SECONDS * instants, String(startSeconds + STEP_SECONDS * instants)];
    return JSON.stringify({
      status: "success",
      data: { resultType: "vector", result: [{ metric: {}, value }] },
    });
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    know: (it) => byGift.set(it.gift, it),
    record: () => (recorded = recorded ? null : sent),
    sent: () => counters.bytes,
    series: () => counters.series,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The names that a selector asks for. */
function namesOf(query) {
  return query.startsWith("{")
    ? (/__name__=~"([^"]*)"/.exec(query)?.[1] ?? "").split("|")
    : [query.split("{")[0]];
}

/** What a label must match as a whole; anything where the selector does not say. */
function expressionOf(query, label) {
  const text = new RegExp(`[{,]${label}=~"([^"]*)"`).exec(query)?.[1] ?? ".*";
  return new RegExp(`^(?:${text.replaceAll("\\\\", "\\")})$`);
}

/** The answer for some families, with places for what differs from gift to gift. */
function template(names, le, isBad, startSeconds, instants) {
  const result = [];
  const add = (name, labels, valueAt) => {
    if (!le.test(labels.le ?? "")) return;
    const values = Array.from({ length: instants + 1 }, (_, at) => [
      startSeconds + STEP_SECONDS * at,
      String(valueAt(at)),
    ]);
    result.push({
      metric: { __name__: name, instance: "collector-0:9464", job: "giftwrap", ...labels },
      values,
    });
  };
  for (const name of names) {
    const of = (labels, valueAt) => add(name, labels, valueAt);
    if (name === FAMILIES.started) of({}, () => startSeconds - 86_400);
    else
      for (const arm of ["trial", "baseline"])
        for (const region of REGIONS)
          for (const tier of TIERS) addOf(name, arm, region, tier, isBad && arm === "trial" ? 3 : 1, of);
  }
  return {
    text: JSON.stringify({ status: "success", data: { resultType: "matrix", result } }),
    series: result.length,
  };
}

/** Units of one arm in one region and tier, in a step. */
const UNITS = { trial: 10, baseline: 190 };
const RATES = {
  [FAMILIES.failed]: 0.005,
  [FAMILIES.crashed]: 0.001,
  [FAMILIES.fellBack]: 0.005,
  [FAMILIES.mismatched]: 0,
};

function addOf(name, arm, region, tier, times, add) {
  const units = (at) => UNITS[arm] * at;
  const own = { gift: "@gift@", trial: "@trial@", arm, region, tier };
  const labels = {
    ...own,
    version: arm === "trial" ? "@trial@" : "@older@",
    build: arm === "trial" ? "@build@" : "0123456789ab",
    platform: "android",
    play: "first",
  };
  if (name === FAMILIES.units) return add(labels, units);
  if (name in RATES) return add(labels, (at) => Math.floor(units(at) * RATES[name] * times));
  if (name === FAMILIES.devices) return add({ ...own, share: String(SHARE) }, units);
  if (name === FAMILIES.apps) {
    if (region === REGIONS[0] && tier === TIERS[0])
      add({ gift: "@gift@", trial: "@trial@", arm, platform: "android", app: "8.4" }, (at) => 6 * units(at));
    return undefined;
  }
  const isDecode = name.startsWith(FAMILIES.decode);
  const bounds = isDecode ? DECODE_BOUNDS : DROPPED_BOUNDS;
  // Log-normal would be truer; here a share of all within each bound is enough.
  for (const bound of bounds)
    add({ ...labels, le: String(bound) }, (at) =>
      Math.floor((units(at) * bound) / (bound + (isDecode ? 10 : 0.005))),
    );
  return add({ ...labels, le: "+Inf" }, units);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { figureToText } = await import("./measure.mjs");
  const [releases = "1000", instants = "288", runs = "1"] = process.argv.slice(2);
  console.log(figureToText(await measureWatch(Number(releases), Number(instants), Number(runs))));
}
