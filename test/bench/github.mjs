import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { command as cardCommand } from "../../dist/commands/card.js";
import { cardToMarkdown } from "../../dist/github/card/cardMarkdown.js";
import { toPullRequestCard } from "../../dist/github/card/pullRequestCard.js";
import { giftPath, POLICY_PATH, releasePath } from "../../dist/model/paths.js";
import { keyFolder } from "../../dist/trust/keyring.js";
import { startEdge } from "../../dist/store/edgeServer.js";
import { createCatalogue } from "./catalogue.mjs";
import { importTyped } from "./importTyped.mjs";
import { giftId } from "./largeRepository.mjs";
import { against, timed, toRow } from "./measure.mjs";
import { timeOfStart } from "./stop.mjs";

const run = promisify(execFile);
const ROOT = new URL("../..", import.meta.url).pathname;
const LATENCY_MILLISECONDS = 80;
const LOGIN = "giftwrap[bot]";
const APPROVALS = `approvals:
  canary: [{ team: managers }]
  regional: [{ team: managers }]
  full: [{ team: managers }]
`;

/**
 * What a pull request waits for, with a GitHub that answers after 80 ms: its own check, its card, a sweep over all that are open, and the
 * stop that a revert is.
 * @param {{ gifts: number, pulls: number }} size
 * @returns {AsyncGenerator<import("./measure.mjs").Figure>}
 */
export async function* measureGitHub({ gifts, pulls }) {
  yield await measureRendering();
  const home = await createOrganisation(gifts);
  try {
    yield await measureCheck(home);
    yield await measureCard(home);
    yield await measureSweep(home, pulls);
    yield await measureRevert(home);
  } finally {
    await home.remove();
  }
}

/** A large repository that is published, on GitHub as well as in a folder, with the program that workflows run in it. */
async function createOrganisation(gifts) {
  const { startGitHub } = await importTyped("test/github/double/startGitHub.ts");
  const catalogue = await createCatalogue(gifts);
  const { root, git } = catalogue;
  const edges = [];
  for (const region of ["SG", "ID"]) edges.push({ region, ...(await startEdge(catalogue.store(), 0)) });
  await catalogue.setStore(`{ folder: ${catalogue.storeFolder} }`, edges);
  const policy = await readFile(join(root, POLICY_PATH), "utf8");
  await writeFile(join(root, POLICY_PATH), `${policy}${APPROVALS}`);
  await run(process.execPath, ["src/main/bundle.mjs", "--out", join(root, ".github/giftwrap")], {
    cwd: ROOT,
  });
  await catalogue.commit("Approvals, edges and the program");
  await catalogue.publish();

  const github = await startGitHub({ latencyMilliseconds: LATENCY_MILLISECONDS });
  github.addUser("lin", { permission: "write" });
  github.addUser("mia", { permission: "write" });
  github.addTeam("managers", ["mia"]);
  const write = ["contents", "pull_requests", "issues", "checks", "statuses"];
  const token = github.token({
    login: LOGIN,
    kind: "app",
    permissions: { ...Object.fromEntries(write.map((it) => [it, "write"])), members: "read" },
  });
  await git("remote", "add", "origin", github.gitUrlWith(token));
  await git("push", "--quiet", "--set-upstream", "origin", "main");

  const variables = {
    GITHUB_TOKEN: token,
    GITHUB_REPOSITORY: "acme/gifts",
    GITHUB_API_URL: github.apiUrl,
    GITHUB_SERVER_URL: github.webUrl,
    GIFTWRAP_LOGIN: LOGIN,
  };
  const quiet = { line: () => {}, progress: () => {}, summary: () => {}, output: () => {}, now: Date.now };
  return {
    ...catalogue,
    github,
    edges,
    /** Opens the canary of a gift's newest release to one more cohort; the pull request's number. */
    propose: async (at, cohort) => {
      const { path, text } = await newestRelease(root, git, at);
      const branch = `open-${at}-${cohort}`;
      const opened = text.replace("    cohorts:\n", `    cohorts:\n      - ${cohort}\n`);
      await github.pushFiles(branch, { [path]: opened }, { as: "lin" });
      return github.openPull({ as: "lin", head: branch, title: `Let ${cohort} see ${giftId(at)}` });
    },
    /** Runs `giftwrap card`, and tells how long it took and what it asked GitHub. */
    card: async (options) => {
      const from = github.requests.length;
      const started = performance.now();
      const args = {
        words: [],
        text: (name) => (typeof options[name] === "string" ? options[name] : undefined),
        texts: () => [],
        flag: (name) => options[name] === true,
      };
      const exit = await cardCommand.run(args, { ...quiet, root, variables });
      const milliseconds = performance.now() - started;
      if (exit === 3 || github.violations.length > 0)
        throw new Error(`giftwrap card ended with ${exit}: ${github.violations.join("; ")}`);
      const asked = github.requests.slice(from);
      const reads = asked.filter((it) => it.method === "GET").length;
      return { milliseconds, calls: asked.length, reads, writes: asked.length - reads };
    },
    remove: async () => {
      await github.stop();
      for (const { close } of edges) await close();
      await catalogue.remove();
    },
  };
}

async function newestRelease(root, git, at) {
  const files = (await git("ls-files", `releases/${giftId(at)}/*.yaml`)).split("\n");
  const path = files.at(-1);
  return { path, text: await readFile(join(root, path), "utf8") };
}

/** Rendering alone, each time in a process where nothing is warm, and again where it is. */
async function measureRendering() {
  const { GREEN, FACTS } = await importTyped("test/github/cardFacts.ts");
  const rows = [];
  for (const [what, facts] of [
    ["one new release", GREEN],
    ["300 gifts", firstOf(FACTS["very-many"], 300)],
  ]) {
    const card = () => cardToMarkdown(toPullRequestCard(facts));
    const cold = [];
    for (let at = 0; at < 5; at++) cold.push(await timeOfFirst(facts));
    const warm = Array.from({ length: 20 }, () => timed(card));
    rows.push(toRow(`${what}, the first card of a process`, "ms", cold));
    rows.push(
      toRow(`${what}, a later one`, "ms", warm),
      toRow(`${what}, its length`, "B", [Buffer.byteLength(card())]),
    );
  }
  return { title: "card: rendered", about: "from facts to Markdown, nothing asked of anybody", rows };
}

async function timeOfFirst(facts) {
  const url = (path) => JSON.stringify(new URL(`../../dist/github/card/${path}`, import.meta.url).href);
  const code = `
    import { text } from "node:stream/consumers";
    import { cardToMarkdown } from ${url("cardMarkdown.js")};
    import { toPullRequestCard } from ${url("pullRequestCard.js")};
    const facts = JSON.parse(await text(process.stdin));
    const started = performance.now();
    cardToMarkdown(toPullRequestCard(facts));
    console.log(performance.now() - started);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(facts));
  return Number(Buffer.concat(await child.stdout.toArray()).toString());
}

function firstOf(facts, many) {
  const lists = ["gifts", "findings", "viewers", "costs", "compat"];
  return { ...facts, ...Object.fromEntries(lists.map((it) => [it, facts[it].slice(0, many)])) };
}

const FRAMES = 24;
/** Each encodes for seconds. */
const CHECKS = 2;
const LONG_SIDE = 512;
/** As the policy of the repository says. */
const TIERS = [256, 384, 512];

/** `giftwrap check`, as the job pr-check runs it, of a pull request that brings a gift of its own: validated, encoded, planned and told. */
async function measureCheck({ root, folder, github, git }) {
  const id = "firework";
  const newest = await newestRelease(root, git, 0);
  const [, version = ""] = /^version: (.*)$/m.exec(newest.text) ?? [];
  const frames = await drawFrames();
  const files = {
    [giftPath(id)]: `id: ${id}\nname: Firework\nowner: "@acme/gift-art"\nanimation: source/frames\nfps: 24\n`,
    ...Object.fromEntries(
      frames.map((bytes, at) => [giftPath(id, `source/frames/${String(at).padStart(3, "0")}.png`), bytes]),
    ),
    [releasePath(id, "1.0.0")]: newest.text
      .replace(/^gift: .*$/m, `gift: ${id}`)
      .replace(`version: ${version}`, "version: 1.0.0")
      .replace(/(regional|full):\n {4}open: true/g, "$1:\n    open: false"),
  };
  await github.pushFiles("new-gift", files, { as: "lin" });
  const clone = join(folder, "new-gift");
  await run("git", ["clone", "--quiet", "--branch", "new-gift", github.folder, clone]);

  const [starts, checks, encodings] = [[], [], []];
  for (let at = 0; at < CHECKS; at++) {
    await git("-C", clone, "clean", "-xdfq");
    starts.push(await timeOfStart());
    checks.push(await timeOfCheck(clone));
    encodings.push(await timeOfEncoding(frames));
  }
  const start = toRow("node -e 0", "ms", starts);
  const encoding = toRow("sharp alone: the same frames to three animations", "ms", encodings);
  return {
    title: `pr-check: one new gift of ${FRAMES} frames, ${LONG_SIDE} x ${LONG_SIDE}, beside what is there`,
    about:
      "giftwrap check from start to end: validated, built for three tiers, planned and told; asked for is a minute",
    rows: [start, encoding, against(toRow("giftwrap check", "ms", checks), encoding)],
  };
}

async function timeOfCheck(cwd) {
  const started = performance.now();
  const child = spawn(process.execPath, [join(ROOT, "dist/main/cli.js"), "check", "--base", "origin/main"], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
  const [code] = await once(child, "close");
  // It is no error of a new release that main's code has not made its lock yet.
  if (code === null || code > 1 || !said.includes("firework@1.0.0: "))
    throw new Error(`giftwrap check ended with ${code}:\n${said}`);
  return performance.now() - started;
}

async function drawFrames() {
  const frames = [];
  for (let at = 0; at < FRAMES; at++) {
    const angle = (2 * Math.PI * at) / FRAMES;
    const circles = Array.from({ length: 60 }, (_, spark) => {
      const turn = angle + (spark * Math.PI) / 30;
      const distance = 40 + ((spark * 37 + at * 9) % 200);
      const [x, y] = [256 + distance * Math.cos(turn), 256 + distance * Math.sin(turn)];
      return `<circle cx="${x}" cy="${y}" r="${4 + (spark % 9)}" fill="hsl(${spark * 6},80%,60%)" fill-opacity="0.8"/>`;
    });
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="512" height="512">${circles.join("")}</svg>`;
    frames.push(await sharp(Buffer.from(svg)).png().toBuffer());
  }
  return frames;
}

async function timeOfEncoding(frames) {
  const started = performance.now();
  for (const side of TIERS) {
    const resized = [];
    for (const bytes of frames)
      resized.push(
        await sharp(bytes)
          .ensureAlpha()
          .resize(side, side, { kernel: "lanczos3" })
          .png({ compressionLevel: 0 })
          .toBuffer(),
      );
    await sharp(resized, { join: { animated: true } })
      .webp({ quality: 70, effort: 4, loop: 1 })
      .toBuffer();
  }
  return performance.now() - started;
}

/** One card: the first, the same again, and one more when somebody has approved. */
async function measureCard({ propose, card, github }) {
  const [first, again, changed] = [[], [], []];
  for (let at = 1; at <= 5; at++) {
    const number = await propose(at, "alpha");
    first.push(await card({ pull: String(number) }));
    again.push(await card({ pull: String(number) }));
    github.review(number, { as: "mia", state: "approved" });
    changed.push(await card({ pull: String(number) }));
  }
  return {
    title: "card: one pull request, kept up to date",
    about: `giftwrap card in a warm process, GitHub's and git's answers after ${LATENCY_MILLISECONDS} ms; asked for are at most 12 calls, and none that writes where nothing changed`,
    rows: [
      ...toRows("the first", first),
      ...toRows("nothing changed", again),
      ...toRows("approved meanwhile", changed),
    ],
  };
}

function toRows(what, runs) {
  const row = (name, unit, pick) => toRow(`${what}, ${name}`, unit, runs.map(pick));
  return [
    row("reads", "calls", (it) => it.reads),
    row("writes", "calls", (it) => it.writes),
    row("time", "ms", (it) => it.milliseconds),
  ];
}

/** All open pull requests at once, as the schedule does it: new ones, then the same, then the same after main has moved. */
async function measureSweep({ propose, card, github, git }, pulls) {
  for (let at = 10; at < 10 + pulls; at++) await propose(at, "beta-two");
  const open = [...github.state.issues.values()].filter((it) => it.pull).length;
  const first = await card({ all: true });
  const again = await card({ all: true });
  await github.pushFiles(
    "main",
    {
      "gifts/rose-00000/gift.yaml": `${await git("show", "main:gifts/rose-00000/gift.yaml")}\n# Looked at\n`,
    },
    { as: "lin" },
  );
  await git("pull", "--quiet", "--ff-only");
  const moved = await card({ all: true });
  return {
    title: `card --all: ${open} open pull requests`,
    about: `answers after ${LATENCY_MILLISECONDS} ms; GitHub's own token may make 1,000 calls an hour`,
    rows: [
      ...toRows(`${pulls} of them new`, [first]),
      ...toRows("nothing changed", [again]),
      ...toRows("main moved", [moved]),
    ],
  };
}

/** The job of a revert: a clone with nothing installed, and the committed program in it, until the edges have confirmed the stop. */
async function measureRevert({ root, folder, commit, git, edges, saveStore, restoreStore }) {
  const { path } = await newestRelease(root, git, 0);
  const text = await readFile(join(root, path), "utf8");
  await saveStore();
  await writeFile(join(root, path), text.replace("  canary:\n    open: true", "  canary:\n    open: false"));
  await commit("Take it back");
  await git("push", "--quiet", "origin", "main");
  const read = (name) => readFile(join(keyFolder(root, "production"), `${name}.pem`), "utf8");
  const variables = {
    GIFTWRAP_RELEASE_KEY: await read("release"),
    GIFTWRAP_TIMESTAMP_KEY: await read("timestamp"),
  };

  const [starts, clones, fetches, stops] = [[], [], [], []];
  for (let at = 0; at < 5; at++) {
    const clone = join(folder, `job-${at}`);
    await restoreStore();
    starts.push(await timeOfStart());
    const url = await git("remote", "get-url", "origin");
    clones.push(await timeOf(() => run("git", ["clone", "--quiet", url, clone])));
    fetches.push(await timeOf(() => run("git", ["fetch", "--quiet"], { cwd: clone })));
    stops.push(await timeOfConfirmed(clone, variables, edges.length));
  }
  const start = toRow("node -e 0", "ms", starts);
  const fetch = toRow("git fetch, nothing new", "ms", fetches);
  return {
    title: "stop: a revert's job, with nothing installed",
    about:
      "publish --stops-only by the committed program in a fresh clone, two loopback edges; asked for are 3 s",
    rows: [
      start,
      toRow("git clone, all of history", "ms", clones),
      fetch,
      against(
        toRow(
          "from the program's start until both edges have confirmed",
          "ms",
          stops.map((it) => it.confirmed),
        ),
        fetch,
      ),
      toRow(
        "until it ends",
        "ms",
        stops.map((it) => it.ended),
      ),
    ],
  };
}

async function timeOf(act) {
  const started = performance.now();
  await act();
  return performance.now() - started;
}

async function timeOfConfirmed(cwd, variables, many) {
  const started = performance.now();
  const child = spawn(process.execPath, [".github/giftwrap/ops.mjs", "publish", "--stops-only"], {
    cwd,
    env: { ...process.env, ...variables },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  let confirmed;
  child.stdout.on("data", (chunk) => {
    said += chunk;
    if (said.includes(`stop confirmed at ${many} edges`)) confirmed ??= performance.now() - started;
  });
  const [code] = await once(child, "close");
  if (code !== 0 || confirmed === undefined) throw new Error(`the stop ended with ${code}:\n${said}`);
  return { confirmed, ended: performance.now() - started };
}
