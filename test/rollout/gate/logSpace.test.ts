import { describe, expect, test } from "vitest";
import { lgamma, logAdd, logBeta, logSumExp, xlogy } from "../../../src/rollout/gate/logSpace.ts";

describe("logarithms of the gate", () => {
  test("of the gamma function are those of factorials and of the half", () => {
    let log = 0;
    for (let n = 1; n < 170; n++) {
      expect(lgamma(n)).toBeCloseTo(log, 10);
      log += Math.log(n);
    }
    expect(lgamma(0.5)).toBeCloseTo(0.5 * Math.log(Math.PI), 12);
    expect(lgamma(1e-9)).toBeCloseTo(-Math.log(1e-9), 8);
  });

  test("of the beta function keep to B(a, b) = (a - 1)! (b - 1)! / (a + b - 1)!, also where its parts are huge", () => {
    expect(logBeta(2, 3)).toBeCloseTo(Math.log(1 / 12), 12);
    // B(a, b + 1) / B(a, b) = b / (a + b)
    expect(logBeta(5e5, 1e6 + 1) - logBeta(5e5, 1e6)).toBeCloseTo(Math.log(1e6 / 1.5e6), 6);
  });

  test("of sums neither overflow nor lose what is small", () => {
    expect(logSumExp([1_000, 1_000])).toBeCloseTo(1_000 + Math.LN2, 12);
    expect(logSumExp([])).toBe(Number.NEGATIVE_INFINITY);
    expect(logAdd(Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
    expect(logAdd(-5_000, Number.NEGATIVE_INFINITY)).toBe(-5_000);
    expect(logAdd(0, Math.log(1e-12))).toBeCloseTo(1e-12, 15);
  });

  test("of nothing times anything are 0", () => {
    expect(xlogy(0, 0)).toBe(0);
    expect(xlogy(2, Math.E)).toBeCloseTo(2, 12);
  });
});
