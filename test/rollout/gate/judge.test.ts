import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AnalysisPlan } from "../../../src/rollout/gate/analysisPlan.ts";
import type { ArmCounts, DataProblem, TrialCounts } from "../../../src/rollout/gate/counts.ts";
import { differenceOverTime } from "../../../src/rollout/gate/differenceOverTime.ts";
import { judge } from "../../../src/rollout/gate/judge.ts";
import { sharedIncident } from "../../../src/rollout/gate/sharedIncident.ts";
import { countsOf, drawArms, metricOf, planOf } from "./trial.ts";

const PLAN = planOf();
const DRAWN = { blocks: 24, trialUnits: 250, baselineUnits: 4_750, trial: 0.005, baseline: 0.005 };
const healthy = drawArms(1, DRAWN);
const threefold = drawArms(2, { ...DRAWN, trial: 0.015 });

const REGIONS = planOf({
  strata: [
    { region: "SG", tier: "mid", weight: 0.6 },
    { region: "ID", tier: "mid", weight: 0.3 },
    { region: "BR", tier: "low", weight: 0.1 },
  ],
});
const inRegions = (rates: readonly number[], blocks = 24) =>
  [150, 75, 25].map((trialUnits, at) =>
    drawArms(10 + at, { ...DRAWN, blocks, trialUnits, baselineUnits: trialUnits * 19, trial: rates[at]! }),
  );

describe("a verdict", () => {
  test("is pass when every metric that decides is proven not worse, with units and soak", () => {
    const verdict = judge(PLAN, countsOf(PLAN, [healthy]));
    expect(verdict).toMatchObject({
      kind: "pass",
      reasons: [{ kind: "proven" }],
      expectedSeconds: null,
      units: { trial: 6_000, baseline: 114_000 },
      asOfSeconds: PLAN.startSeconds + 7_200,
    });
    const [metric] = verdict.metrics;
    expect(metric).toMatchObject({ name: "failed", kind: "pass" });
    expect(metric!.notWorse.logE).toBeGreaterThan(metric!.notWorse.logThreshold);
    expect(metric!.difference!.lower).toBeLessThan(metric!.difference!.estimate);
    expect(metric!.difference!.upper).toBeGreaterThan(metric!.difference!.estimate);
    expect(metric!.difference!.upper).toBeLessThan(0.005);
  });

  test("is fail when the trial is proven worse, and stays so whatever comes after", () => {
    const plan = planOf({ maximumSoakSeconds: 7_200 });
    const better = drawArms(3, { ...DRAWN, blocks: 100, trial: 0.001 });
    const joined: ArmCounts = {
      trialUnits: [...threefold.trialUnits, ...better.trialUnits],
      trialBad: [...threefold.trialBad, ...better.trialBad],
      baselineUnits: [...threefold.baselineUnits, ...better.baselineUnits],
      baselineBad: [...threefold.baselineBad, ...better.baselineBad],
    };
    for (const arms of [threefold, joined])
      expect(judge(plan, countsOf(plan, [arms]))).toMatchObject({
        kind: "fail",
        reasons: [{ kind: "worse", metric: "failed" }],
        metrics: [{ kind: "fail" }],
        expectedSeconds: null,
      });
  });

  test("names the region and tier that fails where the others do not", () => {
    const verdict = judge(REGIONS, countsOf(REGIONS, inRegions([0.005, 0.005, 0.15])));
    expect(verdict.kind).toBe("fail");
    expect(verdict.reasons).toEqual([{ kind: "worse", metric: "failed", scope: "BR/low" }]);
    expect(verdict.metrics[0]!.strata.map(({ kind }) => kind)).toEqual(["ok", "ok", "fail"]);
  });

  test("is fail again for a build that failed in this stage before, healthy or without data", () => {
    const memory = { failedSeconds: 1_799_999_000 };
    const latched = { kind: "latched", seconds: 1_799_999_000 };
    expect(judge(PLAN, countsOf(PLAN, [healthy]), memory)).toMatchObject({
      kind: "fail",
      reasons: [latched],
    });
    const empty = judge(PLAN, countsOf(PLAN, []), memory);
    expect(empty.kind).toBe("fail");
    expect(empty.reasons[0]).toEqual(latched);
  });

  test("is no fail for a handful of bad units, nor for one bad block", () => {
    const quiet = { ...DRAWN, trialUnits: 5, trial: 0 };
    const zeros = drawArms(4, quiet);
    const four = { ...zeros, trialBad: zeros.trialBad.map((_, at) => (at < 4 ? 1 : 0)) };
    const burst = { ...zeros, trialBad: zeros.trialBad.map((_, at) => (at < 2 ? 5 : 0)) };
    for (const arms of [four, burst]) {
      const verdict = judge(PLAN, countsOf(PLAN, [arms]));
      expect(verdict.metrics[0]!.worse.logE).toBeGreaterThan(verdict.metrics[0]!.worse.logThreshold);
      expect(verdict.kind).toBe("hold");
    }
    const five = { ...zeros, trialBad: zeros.trialBad.map((_, at) => (at < 5 ? 1 : 0)) };
    expect(judge(PLAN, countsOf(PLAN, [five])).kind).toBe("fail");
  });

  test("is hold for a person where the trial is worse, and proven to stay within the margin", () => {
    const plan = planOf({
      metrics: [
        metricOf("failed", { margin: { ratio: 1, absolute: 0.02 }, floor: { ratio: 1, absolute: 0 } }),
      ],
    });
    const arms = drawArms(5, { ...DRAWN, blocks: 200, trial: 0.0075 });
    expect(judge(plan, countsOf(plan, [arms]))).toMatchObject({
      kind: "hold",
      reasons: [{ kind: "worse_within_margin", metric: "failed" }],
      expectedSeconds: null,
    });
    const late = drawArms(6, { ...DRAWN, blocks: 140, trial: (at) => (at < 100 ? 0.005 : 0.08) });
    expect(judge(plan, countsOf(plan, [late])).kind).toBe("fail");
  });

  test("is hold while nothing is proven yet, and says when it may be", () => {
    const early = drawArms(7, { ...DRAWN, blocks: 4 });
    const verdict = judge(PLAN, countsOf(PLAN, [early]));
    expect(verdict.kind).toBe("hold");
    expect(verdict.reasons).toEqual(
      expect.arrayContaining([
        { kind: "not_proven", metric: "failed" },
        { kind: "soak", seconds: 1_200, minimumSeconds: 3_600 },
      ]),
    );
    expect(verdict.expectedSeconds).toBeGreaterThanOrEqual(PLAN.startSeconds + 3_600);
    expect(verdict.expectedSeconds).toBeLessThan(PLAN.startSeconds + 43_200);
  });

  test("is hold while units are too few, of all and of each stratum that is large enough", () => {
    const plan = planOf({ ...REGIONS, metrics: [metricOf("failed", { minimumUnits: 2_000 })] });
    const arms = inRegions([0.003, 0.003, 0.003]);
    const verdict = judge(plan, countsOf(plan, arms));
    expect(verdict.kind).toBe("hold");
    expect(verdict.reasons).toEqual([
      { kind: "units", units: 600, minimum: 2_000, scope: "BR/low" },
      { kind: "units", units: 1_800, minimum: 2_000, scope: "ID/mid" },
    ]);
    expect(verdict.metrics[0]!.strata.map(({ kind }) => kind)).toEqual(["ok", "few_units", "few_units"]);
    // 600 units in two hours: 2,000 after less than seven.
    expect(verdict.expectedSeconds).toBe(PLAN.startSeconds + 24_000);

    const waived = { ...plan, waivedStrata: ["BR/low", "ID/mid"] };
    expect(judge(waived, countsOf(waived, arms))).toMatchObject({ kind: "pass" });
  });

  test("never passes everyone while a small region that is not waived sends nothing", () => {
    const plan = planOf({ ...REGIONS, stratumShare: 0.2 });
    const [first, second] = inRegions([0.001, 0.001, 0]);
    const silent = drawArms(9, { ...DRAWN, trialUnits: 0 });
    const verdict = judge(plan, countsOf(plan, [first!, second!, silent]));
    expect(verdict.kind).toBe("hold");
    expect(verdict.reasons).toContainEqual({ kind: "units", units: 0, minimum: 3, scope: "BR/low" });
  });

  test("is hold for a person when the time is over", () => {
    const metrics = [metricOf("failed", { minimumUnits: 7_000 })];
    const plan = planOf({ maximumSoakSeconds: 7_000, metrics, stratumShare: 2 });
    const verdict = judge(plan, countsOf(plan, [healthy]));
    expect(verdict.kind).toBe("hold");
    expect(verdict.reasons).toEqual([
      { kind: "timeout", seconds: 7_200 },
      { kind: "units", units: 6_000, minimum: 7_000 },
    ]);
  });

  test("is hold where one region is worse but everyone together is not yet", () => {
    // Alone it is beyond its own threshold, ln 300; for the whole, half of the mean over three has to reach ln 100.
    const [sg, id] = inRegions([0.005, 0.005, 0.005]);
    const verdicts = Array.from({ length: 40 }, (_, at) => {
      const drawn = drawArms(1, { ...DRAWN, trialUnits: 5 + at, baselineUnits: 475 });
      const br = { ...drawn, trialBad: drawn.trialBad.map((_, block) => (block % 3 === 0 ? 1 : 0)) };
      return judge(REGIONS, countsOf(REGIONS, [sg!, id!, br]));
    });
    const between = verdicts.filter(
      ({ kind, metrics }) => kind === "hold" && metrics[0]!.strata[2]!.kind === "fail",
    );
    expect(between.length).toBeGreaterThan(0);
    for (const { reasons, metrics } of between) {
      expect(reasons[0]).toEqual({ kind: "worse", metric: "failed", scope: "BR/low" });
      expect(metrics[0]!.kind).toBe("hold");
    }
  });

  test("does not decide by a metric that is only shown", () => {
    const plan = planOf({
      metrics: [metricOf("failed"), metricOf("dropped", { decides: false, over: 0.1 })],
    });
    const counts = countsOf(plan, [healthy], {
      metrics: new Map([
        ["failed", [healthy]],
        ["dropped", [threefold]],
      ]),
    });
    const verdict = judge(plan, counts);
    expect(verdict.kind).toBe("pass");
    expect(verdict.metrics[1]).toMatchObject({ name: "dropped", over: 0.1, decides: false, kind: "fail" });
  });

  test("asks for more evidence of each metric, the more of them decide", () => {
    const five = planOf({
      metrics: (["failed", "crashed", "fellBack", "mismatched", "slow"] as const).map((name) =>
        metricOf(name),
      ),
    });
    const [metric] = judge(five, countsOf(five, [healthy])).metrics;
    expect(metric!.worse.logThreshold).toBeCloseTo(Math.log(500), 12);
    expect(metric!.notWorse.logThreshold).toBeCloseTo(Math.log(20), 12);
  });

  test("shows quantiles of the decode time with their bounds", () => {
    const decode = { bounds: [100, 200, 300], trial: [0, 900, 90, 10], baseline: [0, 9_000, 900, 100] };
    const verdict = judge(PLAN, countsOf(PLAN, [healthy], { decode }));
    expect(verdict.decode!.histogram).toEqual(decode);
    expect(verdict.decode!.baseline.map(({ p, lower, upper }) => [p, lower, upper])).toEqual([
      [0.5, 100, 200],
      [0.95, 200, 300],
      [0.99, 200, Number.POSITIVE_INFINITY],
    ]);
  });
});

describe("without numbers that can be relied on a verdict", () => {
  const MISSING: readonly DataProblem[] = [
    { kind: "stale", newestSeconds: 1 },
    { kind: "coverage", covered: 1, expected: 24 },
  ];
  const PROBLEMS: readonly DataProblem[] = [
    { kind: "no_data" },
    { kind: "no_baseline" },
    { kind: "reset_storm", resets: 40, hours: 2 },
    { kind: "invalid_counters", series: "x", why: "NaN" },
    { kind: "unknown_labels", series: "y" },
  ];
  test.each(PROBLEMS)("is hold, of a healthy and of a broken release: $kind", (problem) => {
    for (const arms of [healthy, threefold]) {
      const verdict = judge(PLAN, countsOf(PLAN, [arms], { problems: [problem] }));
      expect(verdict.kind).toBe("hold");
      expect(verdict.reasons).toEqual([{ kind: "data", problem }]);
    }
  });

  test.each(MISSING)(
    "passes nothing, and what was proven worse stays so when no more numbers come: $kind",
    (problem) => {
      const reason = { kind: "data", problem };
      const fine = judge(PLAN, countsOf(PLAN, [healthy], { problems: [problem] }));
      expect([fine.kind, fine.reasons]).toEqual(["hold", [reason]]);
      const worse = judge(PLAN, countsOf(PLAN, [threefold], { problems: [problem] }));
      expect([worse.kind, worse.reasons.map((it) => it.kind)]).toEqual(["fail", ["worse", "data"]]);
      const mixed = judge(
        PLAN,
        countsOf(PLAN, [threefold], { problems: [problem, { kind: "no_baseline" }] }),
      );
      expect(mixed.kind).toBe("hold");
    },
  );

  test("is hold where there is nothing at all, no metric of the plan, or no metric in the plan", () => {
    for (const [plan, counts] of [
      [PLAN, countsOf(PLAN, [])],
      [PLAN, countsOf(PLAN, [healthy], { metrics: new Map() })],
      [planOf({ metrics: [] }), countsOf(PLAN, [healthy])],
      [planOf({ strata: [] }), countsOf(PLAN, [])],
    ] as const) {
      const verdict = judge(plan, counts);
      expect(verdict.kind).toBe("hold");
      expect(verdict.reasons).toContainEqual({ kind: "data", problem: { kind: "no_data" } });
    }
  });

  test("is hold where the baseline sends nothing", () => {
    const silent = drawArms(1, { ...DRAWN, baselineUnits: 0 });
    expect(judge(PLAN, countsOf(PLAN, [silent])).reasons).toEqual([
      { kind: "data", problem: { kind: "no_baseline" } },
    ]);
  });

  test("is hold where chance did not split devices as the release says", () => {
    const devices = (trial: number) => [
      { region: "SG", tier: "mid", sharePerMillion: 50_000, trial: [trial, trial], baseline: [9_500, 9_500] },
    ];
    expect(judge(PLAN, countsOf(PLAN, [healthy], { devices: devices(500) })).kind).toBe("pass");
    const verdict = judge(PLAN, countsOf(PLAN, [healthy], { devices: devices(800) }));
    expect(verdict.kind).toBe("hold");
    expect(verdict.reasons).toEqual([
      { kind: "sample_ratio", region: "SG", expected: 0.05, found: 1_600 / 20_600 },
    ]);
  });

  test("is no hold for a split that is a little off, however evident that is", () => {
    const devices = [
      { region: "SG", tier: "mid", sharePerMillion: 50_000, trial: [5_050_000], baseline: [94_950_000] },
    ];
    expect(judge(PLAN, countsOf(PLAN, [healthy], { devices })).kind).toBe("pass");
  });

  test("is hold where one arm has other app versions than the other", () => {
    const apps = (newest: number) => ({
      trial: new Map([
        ["android 8.4", newest],
        ["android 8.3", 1_000 - newest],
      ]),
      baseline: new Map([
        ["android 8.4", 9_500],
        ["android 8.3", 9_500],
      ]),
    });
    expect(judge(PLAN, countsOf(PLAN, [healthy], { apps: apps(510) })).kind).toBe("pass");
    const verdict = judge(PLAN, countsOf(PLAN, [healthy], { apps: apps(800) }));
    expect(verdict.kind).toBe("hold");
    expect(verdict.reasons).toContainEqual({
      kind: "version_skew",
      app: "android 8.4",
      trial: 0.8,
      baseline: 0.5,
    });
  });

  const NUMBER = fc.oneof(
    fc.nat(50),
    fc.nat(5),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, 2 ** 53 - 1, 1e300),
  );
  const COUNTS: fc.Arbitrary<TrialCounts> = fc
    .record({ blocks: fc.nat(6), strata: fc.nat(4) })
    .chain(({ blocks, strata }) => {
      const numbers = fc.array(NUMBER, { minLength: Math.max(0, blocks - 1), maxLength: blocks });
      const bins = fc.array(NUMBER, { maxLength: 3 });
      return fc.record({
        instants: fc.array(NUMBER, { minLength: blocks, maxLength: blocks }),
        metrics: fc
          .array(
            fc.record({
              trialUnits: numbers,
              trialBad: numbers,
              baselineUnits: numbers,
              baselineBad: numbers,
            }),
            { minLength: strata, maxLength: strata },
          )
          .map((arms) => new Map([["failed" as const, arms]])),
        devices: fc.array(
          fc.record({
            region: fc.constantFrom("SG", "ID"),
            tier: fc.constant("mid"),
            sharePerMillion: NUMBER,
            trial: numbers,
            baseline: numbers,
          }),
          { maxLength: 2 },
        ),
        apps: fc.record({
          trial: fc.array(fc.tuple(fc.string(), NUMBER)).map((it) => new Map(it)),
          baseline: fc.array(fc.tuple(fc.string(), NUMBER)).map((it) => new Map(it)),
        }),
        decode: fc.option(fc.record({ bounds: bins, trial: bins, baseline: bins })),
        problems: fc.constant([]),
      });
    });

  test("never throws, always has a reason, and never passes on numbers like these", () => {
    const plans: readonly AnalysisPlan[] = [PLAN, REGIONS, planOf({ method: "cohort" })];
    fc.assert(
      fc.property(fc.constantFrom(...plans), COUNTS, (plan, counts) => {
        const verdict = judge(plan, counts);
        expect(verdict.reasons.length).toBeGreaterThan(0);
        expect(verdict.kind).not.toBe("pass");
        expect(Number.isFinite(verdict.asOfSeconds)).toBe(true);
        expect(differenceOverTime(plan, counts, "failed", 3).points.length).toBeLessThanOrEqual(3);
        expect(sharedIncident(plan, counts).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 300 },
    );
  });

  test("bears counts as large as a double holds exactly", () => {
    const huge = { ...DRAWN, blocks: 0 };
    const most = Number.MAX_SAFE_INTEGER;
    const fill = (value: number) => [value, value, value];
    const arms = {
      ...drawArms(1, huge),
      trialUnits: fill(most),
      trialBad: fill(most),
      baselineUnits: fill(most),
      baselineBad: fill(0),
    };
    expect(judge(PLAN, countsOf(PLAN, [arms])).kind).toBe("fail");
  });
});

describe("a verdict on a cohort, which has nobody to be compared with,", () => {
  const plan = planOf({
    method: "cohort",
    stage: "canary",
    shares: {},
    metrics: (["failed", "crashed", "mismatched"] as const).map((name) =>
      metricOf(name, { minimumUnits: 50 }),
    ),
  });
  const of = (failed: number, units = 5) => {
    const draw = { ...DRAWN, trialUnits: units, baselineUnits: 0, baseline: 0, trial: 0 };
    const clean = drawArms(1, draw);
    const bad = { ...clean, trialBad: clean.trialBad.map((_, at) => (at % 24 < failed ? 1 : 0)) };
    return countsOf(plan, [clean], {
      metrics: new Map([
        ["failed", [bad]],
        ["crashed", [clean]],
        ["mismatched", [clean]],
      ]),
    });
  };

  test("is pass with enough units, soak and no failure", () => {
    expect(judge(plan, of(0))).toMatchObject({
      kind: "pass",
      reasons: [{ kind: "cohort_clean", units: 120 }],
      method: "cohort",
    });
  });

  test("is hold for more failures than allowed", () => {
    expect(judge(plan, of(1))).toMatchObject({
      kind: "hold",
      reasons: [{ kind: "cohort_failures", failures: 1, allowed: 0 }],
    });
    expect(judge({ ...plan, allowedFailures: 1 }, of(1)).kind).toBe("pass");
  });

  test("is hold for too few units, and says when they may be there", () => {
    const verdict = judge(plan, of(0, 1));
    expect(verdict).toMatchObject({ kind: "hold", reasons: [{ kind: "units", units: 24, minimum: 50 }] });
    expect(verdict.expectedSeconds).toBe(plan.startSeconds + 15_000);
  });

  test("is fail on a catastrophe", () => {
    expect(judge(plan, of(24, 2))).toMatchObject({
      kind: "fail",
      reasons: [{ kind: "worse", metric: "failed" }],
    });
  });

  test("is hold without data", () => {
    const problem = { kind: "no_data" } as const;
    expect(judge(plan, countsOf(plan, [], { metrics: new Map() })).reasons).toEqual([
      { kind: "data", problem },
    ]);
  });
});

describe("laws of the verdict", () => {
  test("over 60 looks few releases fail that are as their baseline is, and all that are ten times worse", () => {
    const plan = planOf({ alpha: { fail: 0.05, pass: 0.05 }, stratumShare: 2 });
    const kindOf = (seed: number, trial: number) => {
      const arms = drawArms(seed, { blocks: 60, trialUnits: 25, baselineUnits: 100, trial, baseline: 0.01 });
      return judge(plan, countsOf(plan, [arms])).kind;
    };
    const seeds = Array.from({ length: 150 }, (_, at) => at + 1_000);
    // At a true 5 % more than 18 of 150 come less than once in a thousand times.
    expect(seeds.filter((seed) => kindOf(seed, 0.01) === "fail").length).toBeLessThan(18);
    expect(seeds.slice(0, 50).filter((seed) => kindOf(seed, 0.1) !== "fail")).toEqual([]);
  });

  test("what is only acted upon is judged as what is shown, of all kinds, without intervals and quantiles", () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(
        fc.nat(1_000),
        fc.constantFrom(0.005, 0.04),
        fc.nat(60),
        fc.boolean(),
        (seed, trial, blocks, hasFailed) => {
          const draw = { blocks, trialUnits: 60, baselineUnits: 300, trial, baseline: 0.005 };
          const decode = { bounds: [100], trial: [5, 5], baseline: [50, 50] };
          const counts = countsOf(PLAN, [drawArms(seed, draw)], { decode });
          const memory = hasFailed ? { failedSeconds: PLAN.startSeconds } : {};
          const shown = judge(PLAN, counts, memory);
          kinds.add(shown.kind);
          const metrics = shown.metrics.map((it) => ({ ...it, difference: null }));
          const acted = judge(PLAN, counts, memory, { isShown: false });
          expect(acted).toEqual({ ...shown, metrics, decode: null });
        },
      ),
      { numRuns: 60, seed: 1 },
    );
    expect(kinds).toEqual(new Set(["pass", "hold", "fail"]));
  });

  test("the order of strata changes nothing", () => {
    const arms = inRegions([0.005, 0.02, 0.005]);
    const reversed = { ...REGIONS, strata: REGIONS.strata.toReversed() };
    const [one, other] = [
      judge(REGIONS, countsOf(REGIONS, arms)),
      judge(reversed, countsOf(reversed, arms.toReversed())),
    ];
    expect(other.kind).toBe(one.kind);
    expect(other.reasons).toEqual(one.reasons);
    expect(other.metrics[0]!.worse.logE).toBeCloseTo(one.metrics[0]!.worse.logE, 8);
    expect(other.metrics[0]!.notWorse.logE).toBeCloseTo(one.metrics[0]!.notWorse.logE, 8);
  });

  test("judging at every look, or only at the last, is the same: what failed once has failed at all later looks", () => {
    const arms = drawArms(30, { ...DRAWN, blocks: 40, trial: (block) => (block < 20 ? 0.02 : 0.004) });
    const until = (length: number): ArmCounts => ({
      trialUnits: arms.trialUnits.slice(0, length),
      trialBad: arms.trialBad.slice(0, length),
      baselineUnits: arms.baselineUnits.slice(0, length),
      baselineBad: arms.baselineBad.slice(0, length),
    });
    const kinds = Array.from({ length: 40 }, (_, at) => judge(PLAN, countsOf(PLAN, [until(at + 1)])).kind);
    const first = kinds.indexOf("fail");
    expect(first).toBeGreaterThan(0);
    expect(new Set(kinds.slice(first))).toEqual(new Set(["fail"]));
  });

  test("more bad units in the newest block of the trial are never less evidence that it is worse", () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.integer({ min: 0, max: 240 }), (seed, more) => {
        const arms = drawArms(seed, { ...DRAWN, blocks: 4 });
        const last = arms.trialBad.at(-1)!;
        const worse = { ...arms, trialBad: [...arms.trialBad.slice(0, -1), Math.min(250, last + more)] };
        const [before, after] = [arms, worse].map((it) => judge(PLAN, countsOf(PLAN, [it])).metrics[0]!);
        expect(after!.worse.logE).toBeGreaterThanOrEqual(before!.worse.logE - 1e-9);
        expect(after!.notWorse.logE).toBeLessThanOrEqual(before!.notWorse.logE + 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  test("the difference over time ends with what the verdict shows, and its bounds come nearer", () => {
    const counts = countsOf(PLAN, [healthy]);
    const { points } = differenceOverTime(PLAN, counts, "failed", 6);
    expect(points).toHaveLength(6);
    const { seconds, ...last } = points.at(-1)!;
    expect(seconds).toBe(PLAN.startSeconds + 7_200);
    expect(last).toEqual(judge(PLAN, counts).metrics[0]!.difference);
    const width = ({ lower, upper }: { lower: number; upper: number }) => upper - lower;
    expect(width(last)).toBeLessThan(width(points[0]!) / 2);
    expect(differenceOverTime(planOf({ method: "cohort" }), counts, "failed", 6).points).toEqual([]);
  });
});

describe("a shared incident", () => {
  test("is seen where the baseline itself becomes worse than it was in any hour", () => {
    const rate = (block: number) => (block < 60 ? 0.005 : 0.05);
    const arms = drawArms(40, { ...DRAWN, blocks: 72, trial: rate, baseline: rate });
    expect(sharedIncident(PLAN, countsOf(PLAN, [arms]))).toEqual(["failed"]);
  });

  test("is seen in one region", () => {
    const arms = inRegions([0.005, 0.005, 0.005], 72);
    const broken = drawArms(41, {
      ...DRAWN,
      blocks: 72,
      trialUnits: 25,
      baselineUnits: 475,
      baseline: (block) => (block < 60 ? 0.005 : 0.05),
    });
    expect(sharedIncident(REGIONS, countsOf(REGIONS, [arms[0]!, arms[1]!, broken]))).toEqual(["failed"]);
  });

  test("is none while only the trial is worse, nor in a daily cycle", () => {
    expect(sharedIncident(PLAN, countsOf(PLAN, [threefold]))).toEqual([]);
    const cycle = (block: number) => 0.0085 + 0.0065 * Math.sin((block / 288) * 2 * Math.PI);
    const arms = drawArms(42, { ...DRAWN, blocks: 288, trial: cycle, baseline: cycle });
    for (const length of [36, 72, 144, 216, 288]) {
      const until = { ...arms, baselineUnits: arms.baselineUnits.slice(0, length) };
      const counts = countsOf(PLAN, [
        {
          ...until,
          baselineBad: arms.baselineBad.slice(0, length),
          trialUnits: arms.trialUnits.slice(0, length),
          trialBad: arms.trialBad.slice(0, length),
        },
      ]);
      expect(sharedIncident(PLAN, counts)).toEqual([]);
    }
  });
});
