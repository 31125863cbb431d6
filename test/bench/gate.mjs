// node test/bench/gate.mjs [--full]: how often the gate errs and how soon it sees, beside rules that others use; with --full in as many
// runs as the figures are stated for, else in a tenth of them.
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { toTable } from "../../dist/report/text.js";
import { toEvidence } from "../../dist/rollout/gate/evidence.js";
import { judge } from "../../dist/rollout/gate/judge.js";
import { CELLS } from "./gateCells.mjs";
import { NEVER, planOf } from "./gateRules.mjs";
import { drawArms, randomOf } from "./gateStreams.mjs";

const CHUNK = 250;
const LOOK_UNITS = 250;

/**
 * What was asked of the gate and what it does, with bounds of 95 %.
 * @typedef {{ what: string, asked: string, measured: string, bounds: string, met: boolean | null }} Claim
 */

/**
 * @param {{ full: boolean }} options
 * @returns {Promise<{ title: string, about: string, claims: Claim[] }[]>}
 */
export async function measureGate({ full }) {
  const cells = await runCells(full ? 1 : 0.1);
  return [toLevels(cells), toDetection(cells), toPromotion(cells), toConfounding(cells), measureSpeed(full)];
}

/** @param {{ title: string, about: string, claims: Claim[] }} figure */
export function claimsToText({ title, about, claims }) {
  const rows = claims.map(({ what, asked, measured, bounds, met }) => [
    what,
    asked,
    measured,
    bounds,
    met === null ? "" : met ? "met" : "NOT MET",
  ]);
  return `${title}\n${about}\n\n${toTable([["", "asked", "measured", "bounds", ""], ...rows])}\n`;
}

/** All runs of all cells, by name and column, on as many threads as there are processors. */
async function runCells(share) {
  const runsOf = (name) => Math.round(CELLS[name].runs * share);
  const chunks = Object.keys(CELLS).flatMap((name) =>
    Array.from({ length: Math.ceil(runsOf(name) / CHUNK) }, (_, at) => ({
      name,
      from: at * CHUNK,
      to: Math.min(runsOf(name), (at + 1) * CHUNK),
    })),
  );
  const results = new Map(
    Object.entries(CELLS).map(([name, { columns }]) => [
      name,
      Object.fromEntries(columns.map((column) => [column, new Float64Array(runsOf(name))])),
    ]),
  );
  let taken = 0;
  const work = async () => {
    const worker = new Worker(new URL("./gateWorker.mjs", import.meta.url));
    try {
      while (taken < chunks.length) {
        const chunk = chunks[taken++];
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
        worker.postMessage(chunk);
        const [columns] = await once(worker, "message");
        const into = Object.values(results.get(chunk.name));
        columns.forEach((values, at) => into[at].set(values, chunk.from));
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return Object.fromEntries(results);
}

function toLevels(cells) {
  const CASES = [
    ["arms 95/5", cells.null],
    ["equal arms", cells.nullEqual],
    ["shared daily cycle of 0.2 to 1.5 %", cells.nullDaily],
    ["latency, 5 % slow", cells.slowNull],
  ];
  const claims = CASES.flatMap(([what, cell]) => [
    shareClaim(`${what}: gate at 5 %, floor 0`, cell.zero05, isThere, { atMost: 0.05 }),
    shareClaim(`${what}: gate at 1 %, floor 0`, cell.zero01, isThere, { atMost: 0.01 }),
    shareClaim(`${what}: gate at 1 %, floor 1.1 x`, cell.floor01, isThere, { atMost: 0.01 }),
    shareClaim(`${what}: over 1 % of all units`, cell.threshold, isThere),
    shareClaim(`${what}: z-test at each look, 5 %`, cell.zTest, isThere),
    shareClaim(`${what}: Mann-Whitney at each look, 5 %`, cell.mannWhitney, isThere),
  ]);
  return {
    title: "gate: false alarms, of a release that is as its baseline is",
    about: `200 looks of ${LOOK_UNITS} units of the trial, 0.5 % bad unless said`,
    claims,
  };
}

function toDetection(cells) {
  const both = (what, cell, asked, from = 0) => [
    medianClaim(`${what}: gate at 5 %, floor 0`, cell.zero05, from, asked?.at05),
    medianClaim(`${what}: gate at 1/500, floor 0`, cell.zero500, from, asked?.at500),
    medianClaim(`${what}: gate at 5 %, floor 1.1 x`, cell.floor05, from, asked?.at05),
    medianClaim(`${what}: gate at 1/500, floor 1.1 x`, cell.floor500, from, asked?.at500),
    medianClaim(`${what}: over 1 % of all units`, cell.threshold, from),
    medianClaim(`${what}: z-test at each look (its level is not 5 %)`, cell.zTest, from),
    medianClaim(`${what}: Mann-Whitney at each look`, cell.mannWhitney, from),
  ];
  return {
    title: "gate: units of the trial until a regression is seen, median and 90 %",
    about: `200 looks of ${LOOK_UNITS} units of the trial, arms 95/5 unless said; bounds of the median`,
    claims: [
      ...both("0.5 -> 1.5 %", cells.threefold, { at05: 1_000, at500: 2_000 }),
      ...both("0.5 -> 1.5 %, equal arms", cells.threefoldEqual),
      ...both("0.5 -> 1.5 % after 25,000 units, from there", cells.late, undefined, 100),
      ...both("p95 200 -> 260 ms, all slower", cells.slowScaled, { at05: 500 }),
      ...both("p95 200 -> 260 ms, a few much slower", cells.slowTail),
    ],
  };
}

function toPromotion(cells) {
  const isPass = (kind) => kind === 1;
  const rules = ([what, cell], asked) => [
    shareClaim(`${what}: gate, floor 0`, cell.kind, isPass, asked),
    shareClaim(`${what}: gate, floor 1.1 x`, cell.floorKind, isPass, asked),
    shareClaim(`${what}: over 1 % of all units`, cell.threshold, isPass),
    shareClaim(`${what}: no z-test fired`, cell.zTest, isPass),
    shareClaim(`${what}: no Mann-Whitney fired`, cell.mannWhitney, isPass),
  ];
  return {
    title: "gate: promoted, margin 0.5 %",
    about: "1,000 units in 40 looks, at least 500, unless said; failing at 1 %, passing at 5 %",
    claims: [
      ...rules(["threefold, 1.5 %", cells.threefoldThousand], { atMost: 0.003 }),
      ...rules(["healthy, 0.5 %", cells.healthyThousand], { atLeast: 0.15 }),
      shareClaim("healthy, 50,000 units", cells.healthyPass.passes, isThere),
      medianClaim("healthy, units until it passes", cells.healthyPass.passes, 0),
      shareClaim("just at the margin, 50,000 units", cells.atMargin.passes, isThere, { atMost: 0.05 }),
    ],
  };
}

function toConfounding({ simpsonSkewed, simpsonMasked, clustered }) {
  const masked = simpsonMasked.fails.map((look, at) => (look < simpsonMasked.passes[at] ? 1 : 0));
  return {
    title: "gate: what is not the release's doing",
    about: `200 looks of ${LOOK_UNITS} units of the trial; gate at 5 %, floor 0`,
    claims: [
      shareClaim("trial mostly in the bad region: not failed", simpsonSkewed.fails, isNever, {
        atLeast: 0.98,
      }),
      shareClaim("the same, z-test on all together: not failed", simpsonSkewed.zTest, isNever),
      shareClaim("worse in both, hidden by the mix: failed, not passed before", masked, (it) => it === 1, {
        atLeast: 0.98,
      }),
      shareClaim("the same, z-test on all together: failed", simpsonMasked.zTest, isThere),
      medianClaim("the same, units until the gate fails it", simpsonMasked.fails, 0),
      shareClaim("clustered plays, counted as devices, at 5 %", clustered.devices05, isThere, {
        atMost: 0.05,
      }),
      shareClaim("clustered plays, counted as devices, at 1 %", clustered.devices01, isThere, {
        atMost: 0.01,
      }),
      shareClaim("clustered plays, counted as plays, at 5 %", clustered.plays05, isThere),
      shareClaim("clustered plays, z-test", clustered.zTestOnPlays, isThere),
    ],
  };
}

function measureSpeed(full) {
  const names = ["failed", "crashed", "fellBack", "mismatched", "slow"];
  const caseOf = (strata, blocks, seed) => {
    const { plan, metric } = planOf({
      floor: { ratio: 1.1, absolute: 0 },
      looks: blocks,
      strata: Array.from({ length: strata }, (_, at) => ({ region: `R${at}`, weight: 1 / strata })),
    });
    const next = randomOf(1_000, seed);
    const stream = {
      looks: blocks,
      trialUnits: 30,
      baselineUnits: 570,
      trial: () => 0.005,
      baseline: () => 0.005,
    };
    return {
      plan: { ...plan, metrics: names.map((name) => ({ ...metric, name })) },
      counts: {
        instants: Array.from({ length: blocks }, (_, at) => 300 * (at + 1)),
        metrics: new Map(
          names.map((name) => [name, Array.from({ length: strata }, () => drawArms(next, stream))]),
        ),
        devices: [],
        apps: { trial: new Map(), baseline: new Map() },
        decode: null,
        problems: [],
      },
    };
  };
  const large = Array.from({ length: 10 }, (_, at) => caseOf(9, 288, at));
  const small = Array.from({ length: 20 }, (_, at) => caseOf(3, 48, at));
  const judgeAll = (cases) => cases.map((it) => processorTime(() => judge(it.plan, it.counts)));
  const proveAll = (cases) =>
    cases.map(({ plan, counts }) =>
      processorTime(() => plan.metrics.forEach((it) => toEvidence(plan, it, counts.metrics.get(it.name)))),
    );
  const [first] = judgeAll(large.slice(0, 1));
  judgeAll(large);
  const whole = judgeAll(large);
  const proofs = proveAll(large);
  judgeAll(small);
  const watch = (cases, releases) =>
    processorTime(() => {
      for (let at = 0; at < releases; at++) {
        const { plan, counts } = cases[at % cases.length];
        judge(plan, counts);
      }
    });
  const largeReleases = full ? 1_000 : 100;
  const watchedSmall = watch(small, 1_000) / 1000;
  const watchedLarge = ((watch(large, largeReleases) / 1000) * 1_000) / largeReleases;
  return {
    title: "gate: time to judge",
    about: "processor time of one thread, counts in memory; bounds are the least and the most",
    claims: [
      timeClaim("5 metrics x 9 strata x 288 blocks", whole, 100),
      timeClaim("the same without the shown intervals", proofs, 100),
      timeClaim("the same, the first in a process", [first]),
      secondsClaim("1,000 releases of 5 metrics x 3 strata x 48 blocks", watchedSmall, 10),
      secondsClaim(
        `1,000 releases of 5 metrics x 9 strata x 288 blocks${full ? "" : " (from 100)"}`,
        watchedLarge,
        10,
      ),
    ],
  };
}

/** Milliseconds that the process computes for `act`: others on the machine count in time, not in this. */
function processorTime(act) {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const isThere = (look) => look < NEVER;
const isNever = (look) => look === NEVER;

/** A share with Wilson's bounds. */
function shareClaim(what, values, is, { atMost, atLeast } = {}) {
  const n = values.length;
  const count = values.reduce((sum, value) => sum + (is(value) ? 1 : 0), 0);
  const p = count / n;
  const z = 1.96;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const asked =
    atMost !== undefined ? `<= ${percent(atMost)}` : atLeast !== undefined ? `>= ${percent(atLeast)}` : "";
  return {
    what,
    asked,
    measured: percent(p),
    bounds: `${percent(Math.max(0, middle - half))} to ${percent(Math.min(1, middle + half))} of ${n}`,
    met: atMost !== undefined ? p <= atMost : atLeast !== undefined ? p >= atLeast : null,
  };
}

/** The median of looks, in units after the look `from`, with bounds by order statistics; runs that never saw it count as never. */
function medianClaim(what, looks, from, asked) {
  const after = looks.map((look) => (look === NEVER ? NEVER : look <= from ? Number.NaN : look - from));
  const early = after.filter(Number.isNaN).length;
  const sorted = after.filter((it) => !Number.isNaN(it)).sort();
  const n = sorted.length;
  const at = (share) => sorted[Math.max(0, Math.min(n - 1, Math.ceil(share * n) - 1))];
  const median = at(0.5);
  const spread = 0.98 / Math.sqrt(n);
  const text = (look) =>
    look === undefined ? "-" : look === NEVER ? "never" : (look * LOOK_UNITS).toLocaleString("en");
  return {
    what,
    asked: asked === undefined ? "" : `<= ${asked.toLocaleString("en")}`,
    measured: `${text(median)} / ${text(at(0.9))}`,
    bounds: `${text(at(0.5 - spread))} to ${text(at(0.5 + spread))} of ${n}${early > 0 ? `, ${early} before` : ""}`,
    met: asked === undefined ? null : median * LOOK_UNITS <= asked,
  };
}

function timeClaim(what, values, asked) {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  return {
    what,
    asked: asked === undefined ? "" : `<= ${asked} ms`,
    measured: `${median.toFixed(1)} ms`,
    bounds: `${sorted[0].toFixed(1)} to ${sorted.at(-1).toFixed(1)} ms of ${values.length}`,
    met: asked === undefined ? null : median <= asked,
  };
}

function secondsClaim(what, seconds, asked) {
  return {
    what,
    asked: `<= ${asked} s`,
    measured: `${seconds.toFixed(2)} s`,
    bounds: "",
    met: seconds <= asked,
  };
}

function percent(share) {
  return `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const figure of await measureGate({ full: process.argv.includes("--full") }))
    console.log(claimsToText(figure));
