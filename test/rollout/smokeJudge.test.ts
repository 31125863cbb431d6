import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { requiredMeasures } from "../../src/rollout/smoke/askedMeasures.ts";
import { judgeSmoke, medianOf } from "../../src/rollout/smoke/judgeSmoke.ts";
import { MEASURE_FACTS, MEASURES, type Measure, type Sample } from "../../src/rollout/smoke/measures.ts";
import { SCENARIOS, type Scenario, smokePlan } from "../../src/rollout/smoke/smokePlan.ts";
import type { ScenarioRun, SmokeRun } from "../../src/rollout/smoke/smokeRun.ts";

const PLAN = smokePlan(undefined);

const measure = fc.constantFrom(...MEASURES);
const value = fc.double({ min: 0, max: 1e10, noNaN: true });
const samples = (it: Measure, length: number) =>
  fc.array(
    value.map((number): Sample => ({ [it]: number })),
    { minLength: length, maxLength: length },
  );

/** One that must tell this measure, or else one that may. */
function scenarioOf(name: string | undefined): Scenario {
  return (
    SCENARIOS.find((it) => requiredMeasures("chromium", it).some((measure) => measure === name)) ?? "single"
  );
}

/** With whatever else its scenario must tell, the same for everyone. */
function whole(scenario: Scenario, measured: readonly Sample[]): readonly Sample[] {
  const rest = Object.fromEntries(requiredMeasures("chromium", scenario).map((it) => [it, 1]));
  return measured.map((it) => ({ ...rest, ...it }));
}

function runOf(
  { subject = [], reference = [], ...run }: Partial<ScenarioRun>,
  all: Partial<SmokeRun> = {},
): SmokeRun {
  const scenario = run.scenario ?? scenarioOf(Object.keys({ ...subject[0], ...reference[0] })[0]);
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
        faults: [],
        referenceFaults: 0,
        ...run,
        scenario,
        subject: whole(scenario, subject),
        reference: whole(scenario, reference),
      },
    ],
    ...all,
  };
}

/** As it was measured, with nothing added. */
function bareRun(run: Partial<ScenarioRun>, all: Partial<SmokeRun> = {}): SmokeRun {
  const empty = {
    tier: "low",
    scenario: "single",
    subject: [],
    reference: [],
    faults: [],
    referenceFaults: 0,
  } as const;
  return runOf({}, { runs: [{ ...empty, ...run }], ...all });
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
          expect(comparisons.find((it) => it.measure === name)?.verdict).toBe("failed");
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
      comparisons: expect.arrayContaining([
        expect.objectContaining({ measure: "memory", verdict: "unsure" }),
      ]),
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

  test("holds while a measure that its scenario must tell is missing, on whichever side, in whichever round", () => {
    const scenarios = SCENARIOS.filter((it) => requiredMeasures("chromium", it).length > 0);
    const holes = fc.constantFrom(...scenarios).chain((scenario) =>
      fc.record({
        scenario: fc.constant(scenario),
        missing: fc.constantFrom(...requiredMeasures("chromium", scenario)),
        sides: fc.subarray(["subject", "reference"] as const, { minLength: 1 }),
        rounds: fc.subarray([0, 1, 2], { minLength: 1 }),
      }),
    );
    fc.assert(
      fc.property(holes, ({ scenario, missing, sides, rounds }) => {
        const full = whole(scenario, [{}, {}, {}]);
        const { [missing]: _, ...less } = full[0] ?? {};
        const holed = full.map((it, at) => (rounds.includes(at) ? less : it));
        const run = bareRun({
          scenario,
          subject: sides.includes("subject") ? holed : full,
          reference: sides.includes("reference") ? holed : full,
        });
        const { kind, gaps } = judgeSmoke(run, PLAN);
        expect(kind).toBe("hold");
        expect(gaps).toEqual([
          `low, ${scenario}: ${MEASURE_FACTS[missing].what} was not measured in every round`,
        ]);
      }),
    );
  });

  test("takes no value that is not a number for a measurement", () => {
    const strange = of("load", 1, Number.NaN, Number.NEGATIVE_INFINITY);
    const run = { scenario: "slow", reference: of("load", 1, 1, 1) } as const;
    expect(judgeSmoke(runOf({ ...run, subject: strange }), PLAN).kind).toBe("hold");
  });

  test("needs nothing but decoding where there is no browser, and that in every round", () => {
    const some = of("decodeP50", 4, 4, 4);
    const method = "sharp" as const;
    expect(judgeSmoke(bareRun({ subject: some, reference: some }, { method }), PLAN).kind).toBe("pass");
    expect(judgeSmoke(bareRun({ subject: some, reference: some }), PLAN).kind).toBe("hold");
    expect(judgeSmoke(bareRun({ subject: some.slice(1), reference: some }, { method }), PLAN).kind).toBe(
      "hold",
    );
  });

  test("asks of a stop that it was tried, and measures nothing", () => {
    expect(judgeSmoke(bareRun({ scenario: "kill", subject: [{}] }), PLAN).kind).toBe("pass");
    expect(judgeSmoke(bareRun({ scenario: "kill" }), PLAN)).toMatchObject({
      kind: "hold",
      gaps: ["low, kill: it never played"],
    });
  });

  test("blames no gift for a lost answer that its reference did not survive either", () => {
    const some = of("load", 1, 1, 1);
    const run = { scenario: "slow", subject: some, reference: some, faults: ["a"] } as const;
    expect(judgeSmoke(runOf({ ...run, referenceFaults: 1 }), PLAN).kind).toBe("pass");
    expect(judgeSmoke(runOf({ ...run, referenceFaults: 0 }), PLAN).kind).toBe("fail");
  });

  test("is not decided by a network on which the reference failed in most rounds, or the release in all", () => {
    const some = of("load", 1, 1, 1);
    const run = { scenario: "slow", subject: some, reference: some } as const;
    expect(judgeSmoke(runOf({ ...run, referenceFaults: 2 }), PLAN).kind).toBe("hold");
    const faults = ["a", "a", "a"];
    expect(judgeSmoke(runOf({ ...run, faults, referenceFaults: 3 }), PLAN)).toMatchObject({
      kind: "hold",
      gaps: ["low, slow: rose@1.0.0, the reference, did not play itself", "low, slow: it never played"],
    });
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
