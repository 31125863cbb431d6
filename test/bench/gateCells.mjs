import {
  gateOver,
  mannWhitneyFailsAt,
  NEVER,
  planOf,
  pooled,
  thresholdFailsAt,
  zTestFailsAt,
} from "./gateRules.mjs";
import { clusteredDevice, drawArms, drawBinomial, normalShare, randomOf } from "./gateStreams.mjs";

const LOOKS = 200;
const SPLIT = { looks: LOOKS, trialUnits: 250, baselineUnits: 4_750 };
const EQUAL = { looks: LOOKS, trialUnits: 250, baselineUnits: 250 };
const always = (rate) => () => rate;
/** 0.2 to 1.5 % and back in a day of 288 looks, for both arms. */
const daily = (look) => 0.0085 - 0.0065 * Math.cos((look / 288) * 2 * Math.PI);
/** What the policy has unless it says otherwise: a regression that is real but smaller fails nothing. */
const FLOOR = { ratio: 1.1, absolute: 0 };

const AT_ZERO = planOf();
const AT_FLOOR = planOf({ floor: FLOOR });

/** By both floors at 5 %, 1 % and 1/500, and the other rules, all on the same stream. */
function failuresOf(arms, plans = [AT_ZERO, AT_FLOOR]) {
  const [zero, floor] = plans.map((plan) => gateOver(plan, arms));
  const all = pooled(arms);
  return [
    zero.failsAt(0.05),
    zero.failsAt(0.01),
    zero.failsAt(1 / 500),
    floor.failsAt(0.05),
    floor.failsAt(0.01),
    floor.failsAt(1 / 500),
    thresholdFailsAt(all),
    zTestFailsAt(all),
    mannWhitneyFailsAt(all),
  ];
}
export const FAILURES = [
  "zero05",
  "zero01",
  "zero500",
  "floor05",
  "floor01",
  "floor500",
  "threshold",
  "zTest",
  "mannWhitney",
];

function failureCell(stream, plans) {
  return { columns: FAILURES, run: (next) => failuresOf([drawArms(next, stream)], plans) };
}

/** Share of decodes over 200 ms where p95 is 200 ms, lognormal with a deviation of 0.55, and everything takes 1.3 times as long. */
const SIGMA = 0.55;
const Z95 = 1.6448536;
const beyond = (ms) => 1 - normalShare(Math.log(ms / 200) / SIGMA + Z95);
const SCALED_SLOW = beyond(200 / 1.3);
/** Where a few take three times as long, so many that p95 is 260 ms, too. */
const FEW = (0.05 - beyond(260)) / (beyond(260 / 3) - beyond(260));
const TAIL_SLOW = (1 - FEW) * 0.05 + FEW * beyond(200 / 3);
const SLOW_PLANS = [
  planOf({ priorRate: 0.05, margin: { ratio: 1, absolute: 0.025 } }),
  planOf({ priorRate: 0.05, margin: { ratio: 1, absolute: 0.025 }, floor: FLOOR }),
];

const PROMOTIONS = ["kind", "floorKind", "threshold", "zTest", "mannWhitney"];
const KINDS = { pass: 1, fail: 2, hold: 0 };
/** 25 units at each of 40 looks, at least 500 before it may pass. */
function promotionCell(rate) {
  const stream = {
    looks: 40,
    trialUnits: 25,
    baselineUnits: 475,
    trial: always(rate),
    baseline: always(0.005),
  };
  const [zero, floor] = [planOf({ looks: 40 }), planOf({ looks: 40, floor: FLOOR })];
  const kindOf = (plan, arms) => {
    const over = gateOver(plan, [arms]);
    const [fails, passes] = [over.failsAt(0.01), over.passesAt(500)];
    return passes < fails ? KINDS.pass : fails < NEVER ? KINDS.fail : KINDS.hold;
  };
  return {
    columns: PROMOTIONS,
    run: (next) => {
      const arms = drawArms(next, stream);
      return [
        kindOf(zero, arms),
        kindOf(floor, arms),
        ...[thresholdFailsAt, zTestFailsAt, mannWhitneyFailsAt].map((rule) =>
          rule(arms) === NEVER ? KINDS.pass : KINDS.fail,
        ),
      ];
    },
  };
}

const TWO = [
  { region: "SG", weight: 0.5 },
  { region: "BR", weight: 0.5 },
];
/** Two regions, one with a bad network. Failures of the gate at 5 %, its passes at 500 units, and a pooled z-test. */
function simpsonCell(streams) {
  const plan = planOf({ strata: TWO });
  return {
    columns: ["fails", "passes", "zTest"],
    run: (next) => {
      const arms = streams.map((it) => drawArms(next, { looks: LOOKS, ...it }));
      const over = gateOver(plan, arms);
      return [over.failsAt(0.05), over.passesAt(500), zTestFailsAt(pooled(arms))];
    },
  };
}

/** 50 devices of the trial at each look, with 250 plays, and no difference: counted as devices and as plays. */
function clusterCell() {
  const device = clusteredDevice(0.005);
  const asDevices = planOf({ priorRate: device.anyBad });
  return {
    columns: ["devices05", "devices01", "plays05", "zTestOnPlays"],
    run: (next) => {
      const drawArm = (devices) => {
        const badDevices = [];
        const badPlays = [];
        for (let look = 0; look < LOOKS; look++) {
          const bad = drawBinomial(next, devices, device.anyBad);
          let plays = 0;
          for (let at = 0; at < bad; at++) plays += device.drawBad(next);
          badDevices.push(bad);
          badPlays.push(Math.min(plays, devices * device.plays));
        }
        return { badDevices, badPlays };
      };
      const [trial, baseline] = [drawArm(50), drawArm(950)];
      const fill = (value) => Array.from({ length: LOOKS }, () => value);
      const devices = {
        trialUnits: fill(50),
        trialBad: trial.badDevices,
        baselineUnits: fill(950),
        baselineBad: baseline.badDevices,
      };
      const plays = {
        trialUnits: fill(50 * device.plays),
        trialBad: trial.badPlays,
        baselineUnits: fill(950 * device.plays),
        baselineBad: baseline.badPlays,
      };
      const over = gateOver(asDevices, [devices]);
      return [
        over.failsAt(0.05),
        over.failsAt(0.01),
        gateOver(AT_ZERO, [plays]).failsAt(0.05),
        zTestFailsAt(plays),
      ];
    },
  };
}

const half = always(0.005);
const threefold = always(0.015);
/** How many runs of each, and what one run of it gives. */
export const CELLS = {
  null: { runs: 20_000, ...failureCell({ ...SPLIT, trial: half, baseline: half }) },
  nullEqual: { runs: 20_000, ...failureCell({ ...EQUAL, trial: half, baseline: half }) },
  nullDaily: { runs: 20_000, ...failureCell({ ...SPLIT, trial: daily, baseline: daily }) },
  threefold: { runs: 4_000, ...failureCell({ ...SPLIT, trial: threefold, baseline: half }) },
  threefoldEqual: { runs: 4_000, ...failureCell({ ...EQUAL, trial: threefold, baseline: half }) },
  late: {
    runs: 4_000,
    ...failureCell({ ...SPLIT, trial: (look) => (look < 100 ? 0.005 : 0.015), baseline: half }),
  },
  slowNull: {
    runs: 20_000,
    ...failureCell({ ...SPLIT, trial: always(0.05), baseline: always(0.05) }, SLOW_PLANS),
  },
  slowScaled: {
    runs: 4_000,
    ...failureCell({ ...SPLIT, trial: always(SCALED_SLOW), baseline: always(0.05) }, SLOW_PLANS),
  },
  slowTail: {
    runs: 4_000,
    ...failureCell({ ...SPLIT, trial: always(TAIL_SLOW), baseline: always(0.05) }, SLOW_PLANS),
  },
  healthyThousand: { runs: 4_000, ...promotionCell(0.005) },
  threefoldThousand: { runs: 20_000, ...promotionCell(0.015) },
  healthyPass: {
    runs: 4_000,
    columns: ["passes"],
    run: (next) => [
      gateOver(AT_ZERO, [drawArms(next, { ...SPLIT, trial: half, baseline: half })]).passesAt(500),
    ],
  },
  atMargin: {
    runs: 4_000,
    columns: ["passes"],
    run: (next) => [
      gateOver(AT_ZERO, [drawArms(next, { ...SPLIT, trial: always(0.01), baseline: half })]).passesAt(500),
    ],
  },
  simpsonSkewed: {
    runs: 4_000,
    ...simpsonCell([
      { trialUnits: 50, baselineUnits: 3_800, trial: always(0.003), baseline: always(0.003) },
      { trialUnits: 200, baselineUnits: 950, trial: always(0.02), baseline: always(0.02) },
    ]),
  },
  simpsonMasked: {
    runs: 4_000,
    ...simpsonCell([
      { trialUnits: 225, baselineUnits: 950, trial: always(0.006), baseline: always(0.003) },
      { trialUnits: 25, baselineUnits: 3_800, trial: always(0.04), baseline: always(0.02) },
    ]),
  },
  clustered: { runs: 20_000, ...clusterCell() },
};

/**
 * Runs `from` to `to` of a cell, by column; a run is the same whoever makes it.
 * @param {string} name
 */
export function runCell(name, from, to) {
  const { columns, run } = CELLS[name];
  const seed = Object.keys(CELLS).indexOf(name) + 1;
  const results = columns.map(() => new Float64Array(to - from));
  for (let at = from; at < to; at++)
    run(randomOf(seed, at)).forEach((value, column) => (results[column][at - from] = value));
  return results;
}
