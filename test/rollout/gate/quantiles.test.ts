import { describe, expect, test } from "vitest";
import { quantileBounds, shareBounds } from "../../../src/rollout/gate/quantiles.ts";
import { randomOf } from "./trial.ts";

describe("bounds of a quantile", () => {
  test("of 1,000 units at p95 and 5 % are the shares that Howard and Ramdas' mixture gives", () => {
    const { lower, upper } = shareBounds(0.95, 1_000, 0.05);
    expect(lower).toBeCloseTo(0.9254, 4);
    expect(upper).toBeCloseTo(0.9717, 4);
  });

  test("are edges of buckets, and infinity beyond the last", () => {
    const bounds = [100, 200, 300];
    expect(quantileBounds(0.5, bounds, [400, 200, 400, 0], 0.025)).toEqual({
      p: 0.5,
      lower: 100,
      upper: 200,
    });
    expect(quantileBounds(0.5, bounds, [0, 0, 0, 1_000], 0.025)).toEqual({
      p: 0.5,
      lower: 300,
      upper: Number.POSITIVE_INFINITY,
    });
  });

  test("say nothing before there are units, and all at last", () => {
    expect(quantileBounds(0.95, [100], [0, 0], 0.025)).toEqual({
      p: 0.95,
      lower: 0,
      upper: Number.POSITIVE_INFINITY,
    });
    const { lower, upper } = shareBounds(0.95, 1e9, 0.025);
    expect(upper - lower).toBeLessThan(1e-3);
    expect(lower).toBeLessThan(0.95);
    expect(upper).toBeGreaterThan(0.95);
  });

  test("hold at every look in at least the share that they promise", () => {
    const next = randomOf(7);
    let missed = 0;
    const runs = 200;
    for (let run = 0; run < runs; run++) {
      let below = 0;
      let isMissed = false;
      for (let n = 1; n <= 2_000; n++) {
        if (next() < 0.9) below++;
        if (n % 50 !== 0) continue;
        const { lower, upper } = shareBounds(0.9, n, 0.05);
        isMissed ||= below / n < lower || below / n > upper;
      }
      if (isMissed) missed++;
    }
    // Both bounds at 5 % each: of 200 at most 20 are expected; 40 is more than four deviations away.
    expect(missed).toBeLessThan(40);
  });
});
