import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BlockProcess,
  logLikelihoodRatio,
  projectOntoLine,
  type Side,
} from "../../../src/rollout/gate/blockProcess.ts";
import { logRatioOf, projectOntoHalfSpace } from "../../../src/rollout/gate/halfSpace.ts";
import { StartMixture } from "../../../src/rollout/gate/startMixture.ts";
import { NotWorseProcess, WorseProcess } from "../../../src/rollout/gate/stratified.ts";

const MOST = 1 + 1e-9;

/** Chances of 0 to n bad units of n. */
function binomial(n: number, p: number): readonly number[] {
  const chances = [1];
  for (let unit = 0; unit < n; unit++) {
    chances.push(0);
    for (let bad = unit + 1; bad >= 0; bad--)
      chances[bad] = (chances[bad] ?? 0) * (1 - p) + (bad > 0 ? (chances[bad - 1] ?? 0) * p : 0);
  }
  return chances;
}

/** The expectation of the block's e-value where these are the true rates. */
function expectationOf(na: number, nb: number, [a, b]: Point, [x, y]: Point, [pa, pb]: Point): number {
  let sum = 0;
  binomial(na, pa).forEach((left, ya) => {
    binomial(nb, pb).forEach((right, yb) => {
      sum += left * right * Math.exp(logLikelihoodRatio(na, ya, a, x) + logLikelihoodRatio(nb, yb, b, y));
    });
  });
  return sum;
}
type Point = readonly [a: number, b: number];

const RATES = [0.001, 0.02, 0.1, 0.3, 0.6, 0.9];
const MARGINS: readonly Point[] = [
  [1, 0],
  [1, 0.005],
  [1, 0.1],
  [1.2, 0.001],
  [2, 0],
  [0.8, 0.05],
];

describe("the e-value of a block", () => {
  test.each(["worse", "not_worse"] as const)(
    "that proves %s is at most 1 in expectation wherever the null is true, by enumeration",
    (side: Side) => {
      let cases = 0;
      let greatest = 0;
      for (const [ratio, absolute] of MARGINS)
        for (const [na, nb] of [
          [1, 1],
          [3, 1],
          [1, 4],
          [6, 2],
          [5, 5],
        ] as const)
          for (const a of RATES)
            for (const b of RATES) {
              const limit = ratio * a + absolute;
              if (side === "worse" ? b <= limit : b >= limit) continue;
              const x = projectOntoLine(na, a, nb, b, ratio, absolute, Number.NaN);
              if (!(x > 0 && x < 1 && ratio * x + absolute < 1 && ratio * x + absolute > 0)) continue;
              // The edge of the null, and points well inside of it.
              for (const pa of [...RATES, x])
                for (const inside of [0, 0.03, 0.3]) {
                  const edge = ratio * pa + absolute;
                  const pb = side === "worse" ? edge - inside : edge + inside;
                  if (pb < 0 || pb > 1) continue;
                  cases++;
                  const nearest: Point = [x, ratio * x + absolute];
                  greatest = Math.max(greatest, expectationOf(na, nb, [a, b], nearest, [pa, pb]));
                }
            }
      expect(cases).toBeGreaterThan(3_000);
      expect(greatest).toBeLessThanOrEqual(MOST);
      // It reaches 1 at the nearest point: nothing is given away.
      expect(greatest).toBeGreaterThan(1 - 1e-9);
    },
  );

  test("finds its nearest point by search where it knows it in closed form, and to the last digits", () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1e6 })),
        fc.tuple(
          fc.double({ min: 1e-9, max: 0.9, noNaN: true }),
          fc.double({ min: 1e-9, max: 0.9, noNaN: true }),
        ),
        ([na, nb], [a, b]) => {
          fc.pre(Math.abs(a - b) > 1e-3 * Math.max(a, b));
          const exact = projectOntoLine(na, a, nb, b, 1, 0, Number.NaN);
          const found = projectOntoLine(na, a, nb, b, 1, 1e-300, Number.NaN);
          expect(Math.abs(found - exact) / exact).toBeLessThan(1e-11);
        },
      ),
    );
  });

  test("of strata together is at most 1 in expectation under the whole half-space, by enumeration", () => {
    const units = Float64Array.of(2, 1, 3, 2);
    const next = [0.02, 0.2, 0.5];
    const weights = [0.7, 0.3];
    let cases = 0;
    let greatest = 0;
    const nearest = new Float64Array(4);
    for (const [ratio, absolute] of [
      [1, 0.05],
      [1.2, 0.01],
    ] as const) {
      const coefficients = Float64Array.of(0.7, 0.3, -0.7 * ratio, -0.3 * ratio);
      for (const b1 of next)
        for (const b2 of next)
          for (const a1 of next)
            for (const a2 of next) {
              const rates = Float64Array.of(b1, b2, a1, a2);
              if (projectOntoHalfSpace(units, rates, coefficients, absolute, nearest, Number.NaN) === 0)
                continue;
              const truths = [[...nearest]];
              // Other points of the edge and beyond: the baseline as it is, the trial so much worse.
              for (const extra of [0, 0.1]) {
                const pb = [a1, a2].map((a) => ratio * a + absolute + extra);
                if (pb.every((p) => p <= 1)) truths.push([...pb, a1, a2]);
              }
              const skewed = ratio * (weights[0]! * a1 + weights[1]! * a2) + absolute;
              if (skewed / weights[0]! <= 1) truths.push([skewed / weights[0]!, 0, a1, a2]);
              for (const truth of truths) {
                cases++;
                greatest = Math.max(greatest, expectationOverAll(units, rates, nearest, truth));
              }
            }
    }
    expect(cases).toBeGreaterThan(200);
    expect(greatest).toBeLessThanOrEqual(MOST);
    expect(greatest).toBeGreaterThan(1 - 1e-9);
  });

  test("says nothing where the null cannot be left: the alternative is in it, or a stratum that could make up for all is silent", () => {
    const nearest = new Float64Array(4);
    const coefficients = Float64Array.of(0.5, 0.5, -0.5, -0.5);
    const equal = Float64Array.of(0.1, 0.1, 0.1, 0.1);
    const project = (units: Float64Array, target: number) =>
      projectOntoHalfSpace(units, equal, coefficients, target, nearest, Number.NaN);
    expect(project(Float64Array.of(9, 9, 9, 9), 0)).toBe(0);
    expect(project(Float64Array.of(9, 9, 9, 9), 0.05)).toBeGreaterThan(0);
    expect(project(Float64Array.of(9, 0, 9, 9), 0.05)).toBe(0);
  });
});

function expectationOverAll(
  units: Float64Array,
  rates: Float64Array,
  nearest: Float64Array,
  truth: readonly number[],
): number {
  const chances = [...units].map((n, at) => binomial(n, truth[at]!));
  let sum = 0;
  const bad = new Float64Array(units.length);
  const walk = (at: number, chance: number): void => {
    if (at === units.length) {
      sum += chance * Math.exp(logRatioOf(units, bad, rates, nearest));
      return;
    }
    chances[at]!.forEach((it, y) => {
      bad[at] = y;
      walk(at + 1, chance * it);
    });
  };
  walk(0, 1);
  return sum;
}

describe("an e-process", () => {
  test("spends all of its weight over the planned looks and no more: blocks that say nothing leave it at 1", () => {
    const mixture = new StartMixture(3, 10);
    for (let look = 0; look < 25; look++) {
      mixture.add(new Float64Array(3));
      expect(mixture.logValue()).toBeCloseTo(0, 12);
    }
  });

  test("begins later, too: what sets in at its end is seen as if nothing had been before", () => {
    const mixture = new StartMixture(1, 100);
    for (let look = 0; look < 50; look++) mixture.add(Float64Array.of(-50));
    for (let look = 0; look < 10; look++) mixture.add(Float64Array.of(2));
    expect(mixture.logValue()).toBeGreaterThan(20 + Math.log(0.3 / 100) - 0.01);
  });

  test("stays an expectation of at most 1 over several blocks, by enumeration of all that may happen", () => {
    const look = (outcome: readonly number[]) => {
      const worse = new WorseProcess({ ratio: 1, absolute: 0.05 }, 0.1, 1, 3);
      const notWorse = new NotWorseProcess({ ratio: 1, absolute: 0.05 }, 0.1, Float64Array.of(1), 3);
      let [logWorse, logNotWorse] = [0, 0];
      for (let block = 0; block < 3; block++) {
        const [ya, yb] = [outcome[2 * block]!, outcome[2 * block + 1]!];
        worse.take(0, 2, ya, 1, yb);
        logWorse = worse.look();
        logNotWorse = notWorse.take(Float64Array.of(1, 2), Float64Array.of(yb, ya), 1);
      }
      return [Math.exp(logWorse), Math.exp(logNotWorse)] as const;
    };
    // Exactly at the margin both nulls are true.
    const [baseline, trial] = [binomial(2, 0.1), binomial(1, 0.15)];
    const expected = [0, 0];
    for (let code = 0; code < 6 ** 3; code++) {
      const outcome = [0, 1, 2].flatMap((block) => {
        const digit = Math.floor(code / 6 ** block) % 6;
        return [digit % 3, Math.floor(digit / 3)];
      });
      const chance = outcome.reduce((sum, y, at) => sum * (at % 2 === 0 ? baseline[y]! : trial[y]!), 1);
      look(outcome).forEach((e, at) => (expected[at]! += chance * e));
    }
    expect(expected[0]).toBeLessThanOrEqual(MOST);
    expect(expected[1]).toBeLessThanOrEqual(MOST);
    expect(expected[0]).toBeGreaterThan(0.5);
  });

  test("takes its alternatives from earlier blocks only: a later block changes nothing before it", () => {
    const block = fc.tuple(fc.nat(200), fc.nat(200), fc.nat(40), fc.nat(40));
    fc.assert(
      fc.property(fc.array(block, { minLength: 2, maxLength: 8 }), block, (blocks, other) => {
        const pathOf = (all: typeof blocks) => {
          const process = new WorseProcess({ ratio: 1.1, absolute: 0.001 }, 0.01, 1, 20);
          return all.map(([ga, ya, gb, yb]) => {
            process.take(0, ga + ya, ya, gb + yb, yb);
            return process.look();
          });
        };
        const changed = pathOf([...blocks.slice(0, -1), other]);
        expect(changed.slice(0, -1)).toEqual(pathOf(blocks).slice(0, -1));
      }),
    );
  });

  test("does not hang on what its own block brings: the same alternatives meet whatever happened in it", () => {
    // With the alternatives fixed, the logarithm of the e-value is linear in each arm's bad units.
    const logsOf = (yb: number) => {
      const process = new BlockProcess("worse", { ratio: 1, absolute: 0.01 }, 0.02);
      process.take(1_000, 20, 100, 2);
      process.take(1_000, 20, 100, yb);
      return process.logs.slice();
    };
    const [none, one, two] = [0, 1, 2].map(logsOf);
    none!.forEach((log, at) => expect(one![at]! - log).toBeCloseTo(two![at]! - one![at]!, 9));
  });

  test("is not moved by blocks in which one arm is silent", () => {
    const process = new BlockProcess("worse", { ratio: 1, absolute: 0 }, 0.01);
    expect(process.take(100, 50, 0, 0)).toBe(false);
    expect(process.take(0, 0, 100, 50)).toBe(false);
    expect(process.take(100, 1, 100, 50)).toBe(true);
  });
});
