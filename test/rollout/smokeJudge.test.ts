import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeSmoke, medianOf } from "../../src/rollout/smoke/judgeSmoke.ts";
import { MEASURE_FACTS, MEASURES, type Measure, type Sample } from "../../src/rollout/smoke/measures.ts";
import { smokePlan } from "../../src/rollout/smoke/smokePlan.ts";
import type { ScenarioRun, SmokeRun } from "../../src/rollout/smoke/smokeRun.ts";

const PLAN = smokePlan(undefined);

const measure = fc.constantFrom(...MEASURES);
const value = fc.double({ min: 0, max: 1e10, noNaN: true });
const samples = (it: Measure, length: number) =>
  fc.array(
    value.map((number): Sample => ({ [it]: number })),
    { minLength: length, maxLength: length },
  );

function runOf(run: Partial<ScenarioRun>, whole: Partial<SmokeRun> = {}): SmokeRun {
  return {
    gift: "rose",
    version: "1.1.0",
    method: "chromium",
    reference: "rose@1.0.0",
    excesses: [],
    gaps: [],
    runs: [
      {
        tier: "low",
        scenario: "single",
        subject: [],
        reference: [],
        faults: [],
        referenceFaults: 0,
        ...run,
      },
    ],
    ...whole,
  };
}

const of = (name: Measure, ...values: number[]): Sample[] => values.map((it) => ({ [name]: it }));

describe("a smoke test's verdict", () => {
  test("passes whatever measured exactly as its reference did", () => {
    fc.assert(
      fc.property(
        measure.chain((it) => samples(it, 3)),
        (same) => {
          expect(judgeSmoke(runOf({ subject: same, reference: same }), PLAN).kind).toBe("pass");
        },
      ),
    );
  });

  test("never passes without data", () => {
    expect(judgeSmoke(runOf({}, { runs: [] }), PLAN)).toMatchObject({
      kind: "hold",
      gaps: ["nothing was measured"],
    });
    fc.assert(
      fc.property(
        measure.chain((it) => samples(it, 3)),
        (some) => {
          expect(judgeSmoke(runOf({ subject: some }), PLAN).kind).toBe("hold");
          expect(judgeSmoke(runOf({ reference: some }), PLAN).kind).toBe("hold");
        },
      ),
    );
  });

  test("fails what is far above its reference in every round, in any measure", () => {
    fc.assert(
      fc.property(
        measure.chain((it) => fc.tuple(fc.constant(it), samples(it, 3))),
        ([name, reference]) => {
          const most = Math.max(...reference.map((it) => it[name] ?? 0));
          const subject = of(name, ...[3, 4, 5].map((it) => it * most + 2 * MEASURE_FACTS[name].slack));
          const { kind, comparisons } = judgeSmoke(runOf({ subject, reference }), PLAN);
          expect(kind).toBe("fail");
          expect(comparisons[0]?.verdict).toBe("failed");
        },
      ),
    );
  });

  test("does not depend on how fast the machine is, beyond what measurements differ by", () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 100, noNaN: true }), (speed) => {
        const reference = of("decodeP50", 100 * speed, 110 * speed, 120 * speed);
        const heavy = of("decodeP50", 200 * speed, 210 * speed, 220 * speed);
        const light = of("decodeP50", 130 * speed, 140 * speed, 150 * speed);
        expect(judgeSmoke(runOf({ subject: heavy, reference }), PLAN).kind).toBe("fail");
        expect(judgeSmoke(runOf({ subject: light, reference }), PLAN).kind).toBe("pass");
      }),
    );
  });

  test("lets nothing that got heavier go from fail to pass", () => {
    const order = { pass: 0, hold: 1, fail: 2 };
    fc.assert(
      fc.property(
        measure.chain((it) => fc.tuple(fc.constant(it), samples(it, 3), samples(it, 3), value)),
        ([name, subject, reference, more]) => {
          const heavier = subject.map((it) => ({ [name]: (it[name] ?? 0) + more }));
          const before = judgeSmoke(runOf({ subject, reference }), PLAN).kind;
          const after = judgeSmoke(runOf({ subject: heavier, reference }), PLAN).kind;
          expect(order[after]).toBeGreaterThanOrEqual(order[before]);
        },
      ),
    );
  });

  test("is not sure while the reference was above it now and then", () => {
    const subject = of("memory", 300e6, 310e6, 320e6);
    const reference = of("memory", 100e6, 110e6, 330e6);
    expect(judgeSmoke(runOf({ subject, reference }), PLAN)).toMatchObject({
      kind: "hold",
      comparisons: [{ verdict: "unsure" }],
    });
  });

  test("forgives what repeated measurements of the same gift differ by", () => {
    const subject = of("memory", 60e6, 61e6, 62e6);
    const reference = of("memory", 5e6, 6e6, 7e6);
    expect(judgeSmoke(runOf({ subject, reference }), PLAN).kind).toBe("pass");
  });

  test("fails a play that showed something else, however light it was", () => {
    const light = of("memory", 1, 1, 1);
    const faults = ["rose@1.1.0/still was shown instead", "rose@1.1.0/still was shown instead"];
    expect(judgeSmoke(runOf({ subject: light, reference: light, faults }), PLAN)).toMatchObject({
      kind: "fail",
      faults: ["low, single: rose@1.1.0/still was shown instead (2 times)"],
    });
  });

  test("blames no gift for a lost answer that its reference did not survive either", () => {
    const some = of("load", 1, 1, 1);
    const run = { scenario: "slow", subject: some, reference: some, faults: ["a"] } as const;
    expect(judgeSmoke(runOf({ ...run, referenceFaults: 1 }), PLAN).kind).toBe("pass");
    expect(judgeSmoke(runOf({ ...run, referenceFaults: 0 }), PLAN).kind).toBe("fail");
  });

  test("holds when it was not the reference that played", () => {
    const some = of("start", 1, 1, 1);
    expect(judgeSmoke(runOf({ subject: some, reference: some, referenceFaults: 1 }), PLAN)).toMatchObject({
      kind: "hold",
      gaps: ["low, single: rose@1.0.0, the reference, did not play itself"],
    });
  });

  test("keeps the policy's own budgets, whatever the reference takes", () => {
    const some = of("memory", 400e6, 400e6, 400e6);
    const plan = smokePlan({ budgets: { low: { memoryBytes: 300_000_000 } } });
    expect(judgeSmoke(runOf({ subject: some, reference: some }), plan)).toMatchObject({
      kind: "fail",
      faults: ["low, single: memory is 400.00 MB, and the policy's budget is 300.00 MB"],
    });
    const excesses = ["on low devices rose@1.1.0 takes too much"];
    expect(judgeSmoke(runOf({ subject: some, reference: some }, { excesses }), PLAN).kind).toBe("fail");
  });
});

test("a median is the middle one, or between the middle two", () => {
  expect([[], [3], [1, 9], [9, 1, 2]].map(medianOf)).toEqual([null, 3, 5, 2]);
});

test("a plan has a default for everything that the policy leaves out, and asks in one order", () => {
  expect(smokePlan({ scenarios: ["kill", "single"], rounds: 5 })).toMatchObject({
    scenarios: ["single", "kill"],
    rounds: 5,
    mostRounds: 15,
    times: 1.5,
    combo: { gifts: 20, seconds: 3 },
    burst: 12,
  });
  expect(smokePlan(undefined, { scenarios: ["burst"], rounds: 4 })).toMatchObject({
    scenarios: ["burst"],
    rounds: 4,
  });
});
