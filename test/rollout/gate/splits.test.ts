import { describe, expect, test } from "vitest";
import { checkSampleRatio, logSplitE } from "../../../src/rollout/gate/sampleRatio.ts";
import { checkVersionSkew, logSkewE } from "../../../src/rollout/gate/versionSkew.ts";

function chanceOf(n: number, y: number, p: number): number {
  let chance = (1 - p) ** n;
  for (let at = 0; at < y; at++) chance *= ((n - at) / (at + 1)) * (p / (1 - p));
  return chance;
}

describe("the split of devices", () => {
  test("has an e-value whose expectation is 1 where chance splits as the release says, by enumeration", () => {
    for (const share of [0.01, 0.05, 0.5, 0.98])
      for (const n of [1, 7, 40]) {
        let expected = 0;
        for (let y = 0; y <= n; y++) expected += chanceOf(n, y, share) * Math.exp(logSplitE(y, n - y, share));
        expect(expected).toBeCloseTo(1, 9);
      }
  });

  test("is judged for each region by itself, and the regions that are wrong are named", () => {
    const of = (region: string, sharePerMillion: number, trial: number, baseline: number) => ({
      region,
      tier: "mid",
      sharePerMillion,
      trial: [trial],
      baseline: [baseline],
    });
    const found = checkSampleRatio([
      of("SG", 50_000, 500, 9_500),
      of("ID", 100_000, 500, 9_500),
      of("BR", 100_000, 0, 0),
      of("TH", 1_000_000, 9_000, 1_000),
    ]);
    expect(found).toEqual([{ region: "ID", expected: 0.1, found: 0.05 }]);
  });

  test("adds tiers of one share up, for each alone may be too few", () => {
    const tiers = ["low", "mid", "high"].map((tier) => ({
      region: "SG",
      tier,
      sharePerMillion: 50_000,
      trial: [75],
      baseline: [925],
    }));
    expect(checkSampleRatio(tiers.slice(0, 1))).toEqual([]);
    expect(checkSampleRatio(tiers)).toHaveLength(1);
  });
});

describe("the mix of app versions", () => {
  test("has an e-value of at most 1 in expectation where both arms have one mix, by enumeration", () => {
    for (const p of [0.02, 0.3, 0.5])
      for (const [ours, theirs] of [
        [1, 1],
        [4, 12],
        [10, 10],
      ] as const) {
        let expected = 0;
        for (let x = 0; x <= ours; x++)
          for (let y = 0; y <= theirs; y++)
            expected +=
              chanceOf(ours, x, p) * chanceOf(theirs, y, p) * Math.exp(logSkewE(x, ours, y, theirs));
        expect(expected).toBeLessThanOrEqual(1 + 1e-9);
      }
  });

  test("is said worst version first, and only where it is more than trifling", () => {
    const skew = checkVersionSkew({
      trial: new Map([
        ["ios 8.4", 70_000],
        ["ios 8.3", 18_000],
        ["web 1.0", 12_000],
      ]),
      baseline: new Map([
        ["ios 8.4", 60_000],
        ["ios 8.3", 30_000],
        ["web 1.0", 10_000],
      ]),
    });
    expect(skew.map(({ app }) => app)).toEqual(["ios 8.3", "ios 8.4"]);
  });

  test("is no question while one arm is empty", () => {
    expect(checkVersionSkew({ trial: new Map(), baseline: new Map([["ios 8.4", 9]]) })).toEqual([]);
  });
});
