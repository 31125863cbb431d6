import { describe, expect, test } from "vitest";
import { DifferenceInterval } from "../../../src/rollout/gate/interval.ts";
import { drawArms, metricOf } from "./trial.ts";

const RUNS = 60;
/** Regions as unlike as they come, 20 times as many units in the baseline. */
const REGIONS = [
  { trialUnits: 150, rate: 0.003, weight: 0.6 },
  { trialUnits: 75, rate: 0.02, weight: 0.3 },
  { trialUnits: 25, rate: 0.01, weight: 0.1 },
];

describe("bounds of the difference", () => {
  test.each([0, 0.01])(
    "hold at all looks together in more runs than they promise, for a true one of %f",
    (by) => {
      let missed = 0;
      for (let run = 0; run < RUNS; run++) {
        const arms = REGIONS.map(({ trialUnits, rate }, at) =>
          drawArms(run * 10 + at, {
            blocks: 40,
            trialUnits,
            baselineUnits: trialUnits * 20,
            trial: rate + by,
            baseline: rate,
          }),
        );
        const interval = new DifferenceInterval(
          metricOf("failed"),
          arms,
          REGIONS.map(({ weight }) => weight),
        );
        const isMissed = interval.ends().some((end) => {
          const { lower, upper } = interval.after(end)!;
          return by < lower || by > upper;
        });
        if (isMissed) missed++;
      }
      // 5 % would be 3 of 60; 10 is more than four deviations away.
      expect(missed).toBeLessThan(10);
    },
  );

  test("are around the standardised estimate, not the pooled one, and come nearer with units", () => {
    // Each region is as its baseline; the trial is mostly in the bad one, so all together look worse.
    const arms = [
      drawArms(1, { blocks: 60, trialUnits: 50, baselineUnits: 3_800, trial: 0.003, baseline: 0.003 }),
      drawArms(2, { blocks: 60, trialUnits: 200, baselineUnits: 950, trial: 0.02, baseline: 0.02 }),
    ];
    const interval = new DifferenceInterval(metricOf("failed"), arms, [0.8, 0.2]);
    const [early, late] = [interval.after(10)!, interval.after(60)!];
    expect(Math.abs(late.estimate)).toBeLessThan(0.003);
    expect(late.lower).toBeLessThan(0);
    expect(late.upper).toBeGreaterThan(0);
    expect(late.upper - late.lower).toBeLessThan((early.upper - early.lower) / 1.5);
  });

  test("are all that a difference may be before there are units, and there are none without a baseline", () => {
    const few = drawArms(1, { blocks: 1, trialUnits: 1, baselineUnits: 1, trial: 0, baseline: 0 });
    expect(new DifferenceInterval(metricOf("failed"), [few], [1]).after(1)).toEqual({
      estimate: 0,
      lower: -1,
      upper: 1,
    });
    const alone = drawArms(1, { blocks: 9, trialUnits: 99, baselineUnits: 0, trial: 0, baseline: 0 });
    expect(new DifferenceInterval(metricOf("failed"), [alone], [1]).after(9)).toBeNull();
  });
});
