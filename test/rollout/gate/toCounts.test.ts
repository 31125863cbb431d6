import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FAMILIES } from "../../../src/metrics/families.ts";
import type { Series } from "../../../src/metrics/source.ts";
import type { TrialSamples } from "../../../src/metrics/trialSamples.ts";
import type { AnalysisPlan, MetricName } from "../../../src/rollout/gate/analysisPlan.ts";
import type { TrialCounts } from "../../../src/rollout/gate/counts.ts";
import { toCounts } from "../../../src/rollout/gate/toCounts.ts";
import {
  BUILD,
  collectorSeries,
  dueAt,
  GRID,
  type Happening,
  PLAN,
  START,
  STRATA,
  withMetrics,
} from "../../support/trialSeries.ts";
import { runsOf } from "../../support/runs.ts";

const SG_LOW = { region: "SG", tier: "low" } as const;
const steadily = (instants: number, more: Partial<Happening> = {}): Happening[] =>
  Array.from({ length: instants - 1 }, (_, at) => at + 1).flatMap((at) => [
    { at, arm: "trial", ...SG_LOW, units: 10, failed: 1, ...more },
    { at, arm: "baseline", ...SG_LOW, units: 100, failed: 2, ...more },
  ]);

const at = (last: number, series: readonly Series[]): TrialSamples => ({
  asOfSeconds: dueAt(last),
  series,
  newest: [dueAt(last) - 15],
});
const columnsOf = (counts: TrialCounts, metric: MetricName = "failed", stratum = 0) =>
  counts.metrics.get(metric)?.[stratum];
const instantsOf = (counts: TrialCounts) => counts.instants.map((it) => (it - START) / GRID);
const kindsOf = (counts: TrialCounts) => counts.problems.map(({ kind }) => kind);
const sum = (numbers: readonly number[] = []) => numbers.reduce((a, b) => a + b, 0);

const mapSamples = (
  series: readonly Series[],
  which: (series: Series) => boolean,
  change: (value: number, instant: number) => number | null,
): Series[] =>
  series.map((it) =>
    which(it)
      ? {
          ...it,
          samples: it.samples.flatMap(([seconds, value]) => {
            const changed = change(value, (seconds - START) / GRID);
            return changed === null ? [] : [[seconds, changed] as const];
          }),
        }
      : it,
  );
const isFamily = (name: string, arm?: string) => (it: Series) =>
  it.name === name && (arm === undefined || it.labels["arm"] === arm);

describe("counts of a release on trial", () => {
  test("are what happened in each block, by arm and stratum", () => {
    const series = collectorSeries(
      [
        { at: 1, arm: "trial", ...SG_LOW, units: 10, failed: 1, decodes: [5, 3, 1, 0] },
        { at: 1, arm: "baseline", ...SG_LOW, units: 100, failed: 2, decodes: [90, 5, 3, 0] },
        { at: 1, arm: "live", ...SG_LOW, units: 1000, failed: 900 },
        { at: 2, arm: "trial", region: "ID", tier: "high", units: 7, failed: 7 },
        { at: 2, arm: "cohort", ...SG_LOW, units: 50, failed: 50 },
        { at: 3, arm: "trial", ...SG_LOW, units: 20, decodes: [0, 0, 0, 20] },
        { at: 3, arm: "trial", ...SG_LOW, build: "ffffffffffff", units: 5, failed: 5 },
      ],
      { instants: 4 },
    );
    const counts = toCounts(PLAN, at(3, series));
    expect(counts.problems).toEqual([]);
    expect(instantsOf(counts)).toEqual([1, 2, 3]);
    expect(columnsOf(counts)).toEqual({
      trialUnits: [10, 0, 20],
      trialBad: [1, 0, 0],
      baselineUnits: [100, 0, 0],
      baselineBad: [2, 0, 0],
    });
    expect(columnsOf(counts, "failed", 3)?.trialBad).toEqual([0, 7, 0]);
    expect(columnsOf(counts, "slow")).toEqual({
      trialUnits: [9, 0, 20],
      trialBad: [1, 0, 20],
      baselineUnits: [98, 0, 0],
      baselineBad: [3, 0, 0],
    });
    expect(counts.decode).toEqual({
      bounds: [100, 200, 400],
      trial: [5, 3, 1, 20],
      baseline: [90, 5, 3, 0],
    });
  });

  test("take devices of the plan's share alone, and apps by platform and version", () => {
    const series = collectorSeries(
      [
        { at: 1, arm: "trial", ...SG_LOW, units: 1, devices: 5 },
        { at: 1, arm: "baseline", ...SG_LOW, units: 1, devices: 95, platform: "android" },
        { at: 1, arm: "trial", ...SG_LOW, units: 1, devices: 40, share: 10_000 },
        { at: 2, arm: "trial", ...SG_LOW, units: 1, devices: 1, share: 50_001 },
      ],
      { instants: 3 },
    );
    const counts = toCounts(PLAN, at(2, series));
    expect(counts.devices.map(({ region, tier }) => `${region}/${tier}`)).toEqual(
      STRATA.map(({ region, tier }) => `${region}/${tier}`),
    );
    expect(counts.devices[0]).toMatchObject({ sharePerMillion: 50_000, trial: [5, 1], baseline: [95, 0] });
    expect([...counts.apps.trial]).toEqual([["ios 8.3", 46]]);
    expect([...counts.apps.baseline]).toEqual([["android 8.3", 95]]);
  });

  test("where nobody is comparable are of all who have the release: the cohort, and everyone of a first release", () => {
    const happenings: Happening[] = [
      { at: 1, arm: "cohort", ...SG_LOW, units: 10, failed: 1 },
      { at: 1, arm: "trial", ...SG_LOW, units: 10, failed: 1 },
      { at: 1, arm: "baseline", ...SG_LOW, units: 100, failed: 2 },
    ];
    const plan: AnalysisPlan = { ...PLAN, method: "cohort", shares: {} };
    const counts = toCounts(plan, at(1, collectorSeries(happenings, { instants: 2 })));
    expect(counts.problems).toEqual([]);
    expect(columnsOf(counts)).toEqual({
      trialUnits: [20],
      trialBad: [2],
      baselineUnits: [0],
      baselineBad: [0],
    });
    expect(counts.devices).toEqual([]);
  });

  test("begin with the stage: what a counter had before is not counted", () => {
    const series = collectorSeries(
      [{ at: 0, arm: "trial", ...SG_LOW, units: 1000, failed: 500 }, ...steadily(4)],
      { instants: 4 },
    );
    expect(columnsOf(toCounts(PLAN, at(3, series)))?.trialUnits).toEqual([10, 10, 10]);
  });

  test("wait for an instant until it is older than late samples are", () => {
    const series = collectorSeries(steadily(6), { instants: 6 });
    const early = { ...at(5, series), asOfSeconds: dueAt(5) - 1 };
    expect(instantsOf(toCounts(PLAN, early))).toEqual([1, 2, 3, 4]);
    expect(instantsOf(toCounts(PLAN, { ...early, asOfSeconds: dueAt(5) }))).toEqual([1, 2, 3, 4, 5]);
    expect(toCounts(PLAN, { ...early, asOfSeconds: START - 1000 }).instants).toEqual([]);
  });
});

describe("gaps, restarts and beginnings", () => {
  test("a gap of up to three steps is one longer block, and nothing is lost", () => {
    const series = collectorSeries(steadily(9), { instants: 9, unseen: [3, 4] });
    const counts = toCounts(PLAN, at(8, series));
    expect(counts.problems).toEqual([]);
    expect(instantsOf(counts)).toEqual([1, 2, 5, 6, 7, 8]);
    expect(columnsOf(counts)?.trialUnits).toEqual([10, 10, 30, 10, 10, 10]);
  });

  test("a longer gap is left out and counts as missing", () => {
    const series = collectorSeries(steadily(12), { instants: 12, unseen: [3, 4, 5] });
    const counts = toCounts(PLAN, at(11, series));
    expect(instantsOf(counts)).toEqual([1, 2, 7, 8, 9, 10, 11]);
    expect(columnsOf(counts)?.trialUnits).toEqual([10, 10, 10, 10, 10, 10, 10]);
    expect(counts.problems).toEqual([{ kind: "coverage", covered: 7, expected: 11 }]);
  });

  test("one of two collectors may be away for three steps; for longer, coverage says what is lost", () => {
    const both = (unseen: readonly number[]) => [
      ...collectorSeries(steadily(12), { instants: 12, instance: "a" }),
      ...collectorSeries(steadily(12), { instants: 12, instance: "b", unseen }),
    ];
    const short = toCounts(PLAN, at(11, both([3, 4])));
    expect(short.problems).toEqual([]);
    expect(columnsOf(short)?.trialUnits).toEqual([20, 20, 10, 10, 40, 20, 20, 20, 20, 20, 20]);
    const long = toCounts(PLAN, at(11, both([3, 4, 5])));
    expect(columnsOf(long)?.trialUnits).toEqual([20, 20, 10, 10, 10, 10, 20, 20, 20, 20, 20]);
    expect(long.problems).toEqual([{ kind: "coverage", covered: 7, expected: 11 }]);
  });

  test("a counter that falls began anew", () => {
    const before: Happening = { at: 0, arm: "trial", ...SG_LOW, units: 1000, failed: 500 };
    const series = collectorSeries([before, ...steadily(8)], {
      instants: 8,
      restarts: [4],
      tellsStart: false,
    });
    const counts = toCounts(PLAN, at(7, series));
    expect(columnsOf(counts)).toMatchObject({ trialUnits: Array(7).fill(10), trialBad: Array(7).fill(1) });
    expect(counts.problems).toEqual([]);
  });

  test("a restart that does not show as a fall is known by the start time", () => {
    const series = collectorSeries(
      [
        { at: 1, arm: "trial", ...SG_LOW, units: 10, failed: 1 },
        { at: 1, arm: "baseline", ...SG_LOW, units: 10, failed: 1 },
        { at: 2, arm: "trial", ...SG_LOW, units: 30, failed: 5 },
      ],
      { instants: 3, restarts: [2] },
    );
    expect(columnsOf(toCounts(PLAN, at(2, series)))).toMatchObject({
      trialUnits: [10, 30],
      trialBad: [1, 5],
    });
  });

  test("where the start time is not told, the fall of one counter says it of all of its collector", () => {
    const series = collectorSeries(
      [
        { at: 0, arm: "trial", ...SG_LOW, units: 0 },
        { at: 1, arm: "trial", ...SG_LOW, units: 10, failed: 1 },
        { at: 1, arm: "baseline", ...SG_LOW, units: 10 },
        { at: 2, arm: "trial", ...SG_LOW, units: 8, failed: 3 },
        { at: 2, arm: "baseline", ...SG_LOW, units: 8 },
      ],
      { instants: 3, restarts: [2], tellsStart: false },
    );
    expect(columnsOf(toCounts(PLAN, at(2, series)))).toMatchObject({ trialUnits: [10, 8], trialBad: [1, 3] });
  });

  test("a series that appears later began at 0, for its collector was there before", () => {
    const series = collectorSeries(
      [
        { at: 1, arm: "baseline", ...SG_LOW, units: 100 },
        { at: 3, arm: "trial", ...SG_LOW, units: 10 },
      ],
      { instants: 4 },
    );
    expect(columnsOf(toCounts(PLAN, at(3, series)))?.trialUnits).toEqual([0, 0, 10]);
    const untold = collectorSeries(
      [
        { at: 1, arm: "baseline", ...SG_LOW, units: 100 },
        { at: 3, arm: "trial", ...SG_LOW, units: 10 },
      ],
      { instants: 4, tellsStart: false },
    );
    const counts = toCounts(PLAN, at(3, untold));
    expect(instantsOf(counts)).toEqual([2, 3]);
    expect(columnsOf(counts)?.trialUnits).toEqual([0, 10]);
  });

  test("a collector that began within the stage began at 0; one that was only found now, at nobody knows what", () => {
    const old = collectorSeries(steadily(9), { instants: 9, instance: "a" });
    const added = (begins: number, unseen: readonly number[] = []) =>
      collectorSeries(
        steadily(9).filter((it) => it.at > begins),
        { instants: 9, instance: "b", begins, unseen },
      );
    const began = toCounts(PLAN, at(8, [...old, ...added(4.5)]));
    expect(columnsOf(began)?.trialUnits).toEqual([10, 10, 10, 10, 20, 20, 20, 20]);
    expect(began.problems).toEqual([]);
    const found = toCounts(PLAN, at(8, [...old, ...added(-3, [0, 1, 2, 3, 4])]));
    expect(columnsOf(found)?.trialUnits).toEqual([10, 10, 10, 10, 10, 20, 20, 20]);
    expect(found.problems).toEqual([{ kind: "coverage", covered: 3, expected: 8 }]);
  });

  test("an instant that a collector answered by half ends no block, and the next whole one has it all", () => {
    const whole = collectorSeries(steadily(8), { instants: 8 });
    const isTrialFailed = isFamily(FAMILIES.failed, "trial");
    const half = toCounts(
      PLAN,
      at(
        7,
        mapSamples(whole, isTrialFailed, (v, n) => (n === 3 ? null : v)),
      ),
    );
    expect(half.problems).toEqual([]);
    expect(instantsOf(half)).toEqual([1, 2, 4, 5, 6, 7]);
    expect(columnsOf(half)).toMatchObject({
      trialUnits: [10, 10, 20, 10, 10, 10],
      trialBad: [1, 1, 2, 1, 1, 1],
    });

    const gone = toCounts(
      PLAN,
      at(
        7,
        mapSamples(whole, isTrialFailed, (v, n) => (n >= 3 ? null : v)),
      ),
    );
    expect(instantsOf(gone)).toEqual([1, 2]);
    expect(kindsOf(gone)).toEqual(["coverage", "invalid_counters"]);
    expect(gone.problems[1]).toMatchObject({ why: "it is not there any more, though its collector goes on" });
  });
});

describe("numbers that cannot be relied on", () => {
  const whole = collectorSeries(steadily(30), { instants: 30 });

  test.each([
    ["is not a number", Number.NaN, "it is not a number at"],
    ["is infinite", Number.POSITIVE_INFINITY, "it is infinite at"],
    ["is negative", -3, "it is -3, below zero at"],
    ["is no whole number", 12.5, "it is 12.5, not a whole number at"],
    ["is too large to be exact", 2 ** 60, "too large to be exact at"],
  ])("a counter that %s leaves out the blocks that it ends and begins, and is named", (_, value, why) => {
    const broken = mapSamples(whole, isFamily(FAMILIES.failed, "trial"), (it, n) => (n === 10 ? value : it));
    const counts = toCounts({ ...PLAN, minimumCoverage: 0.9 }, at(29, broken));
    expect(instantsOf(counts)).toEqual(
      Array.from({ length: 29 }, (__, n) => n + 1).filter((n) => n !== 10 && n !== 11),
    );
    expect(counts.problems).toHaveLength(1);
    expect(counts.problems[0]).toMatchObject({
      kind: "invalid_counters",
      series: expect.stringMatching(
        /^giftwrap_units_failed_total\{arm="trial",build="0123456789ab",gift="rose",/,
      ),
      why: expect.stringContaining(why),
    });
  });

  test("more bad units than units in a block are left out and named", () => {
    const broken = mapSamples(whole, isFamily(FAMILIES.failed, "trial"), (it, n) => (n >= 5 ? it + 10 : it));
    const counts = toCounts(PLAN, at(29, broken));
    expect(instantsOf(counts)).not.toContain(5);
    expect(counts.problems).toEqual([
      {
        kind: "invalid_counters",
        series: "failed of the trial in SG/low",
        why: "11 of 10 units in one block",
      },
    ]);
  });

  test("a bound that no histogram has is said, with those that it has", () => {
    const plan: AnalysisPlan = {
      ...PLAN,
      metrics: PLAN.metrics.map((it) => (it.name === "slow" ? { ...it, over: 250 } : it)),
    };
    const counts = toCounts(plan, at(29, whole));
    expect(counts.problems).toMatchObject([
      { kind: "invalid_counters", why: 'no bucket for "slow" over 250; it has 100, 200, 400, Infinity' },
    ]);
    expect(sum(columnsOf(counts, "slow")?.trialUnits)).toBe(0);
    expect(sum(columnsOf(counts)?.trialUnits)).toBe(290);
  });

  test("buckets that are not cumulative are no histogram, and are named", () => {
    const broken = mapSamples(
      whole,
      (it) => it.labels["le"] === "400" && it.labels["arm"] === "trial",
      (it, n) => (n >= 5 ? it + 3 : it),
    );
    const counts = toCounts(PLAN, at(29, broken));
    expect(counts.decode).toBeNull();
    expect(counts.problems).toEqual([
      {
        kind: "invalid_counters",
        series: "giftwrap_units_decode_milliseconds_bucket",
        why: "there are fewer units up to Infinity ms than up to 400 ms",
      },
    ]);
  });

  test("units without the counter of those that failed are no proof that none did", () => {
    const counts = toCounts(
      PLAN,
      at(
        29,
        whole.filter((it) => it.name !== FAMILIES.crashed),
      ),
    );
    expect(counts.problems).toMatchObject([
      {
        kind: "invalid_counters",
        why: expect.stringContaining("there is no giftwrap_units_crashed_total beside it"),
      },
    ]);
    expect(
      toCounts(
        withMetrics("failed"),
        at(
          29,
          whole.filter((it) => it.name !== FAMILIES.crashed),
        ),
      ).problems,
    ).toEqual([]);
  });

  test("units in a stratum that the plan does not have are named, once they are there", () => {
    const strange = (units: number) =>
      collectorSeries([...steadily(30), { at: 3, arm: "trial", region: "BR", tier: "low", units }], {
        instants: 30,
      });
    expect(toCounts(PLAN, at(29, strange(0))).problems).toEqual([]);
    expect(toCounts(PLAN, at(29, strange(1))).problems).toMatchObject([
      { kind: "unknown_labels", series: expect.stringContaining('region="BR"') },
    ]);
    const live = collectorSeries(
      [...steadily(30), { at: 3, arm: "live", region: "BR", tier: "low", units: 5 }],
      { instants: 30 },
    );
    expect(toCounts(PLAN, at(29, live)).problems).toEqual([]);
  });

  test("more than four restarts in an hour are a storm, until a day has gone by", () => {
    const storm = (restarts: readonly number[], instants = 40) =>
      toCounts(PLAN, at(instants - 1, collectorSeries(steadily(instants), { instants, restarts })));
    expect(storm([3, 5, 7, 9]).problems).toEqual([]);
    expect(storm([3, 5, 7, 9, 11]).problems).toEqual([{ kind: "reset_storm", resets: 5, hours: 1 }]);
    expect(storm([3, 8, 13, 18, 23, 28, 33]).problems).toEqual([]);
    expect(storm([3, 5, 7, 9, 11], 320).problems).toEqual([]);
  });

  test("old data are stale, judged by real samples and not by instants", () => {
    const samples = at(29, whole);
    const stale = (newest: readonly number[]) => toCounts(PLAN, { ...samples, newest }).problems;
    expect(stale([samples.asOfSeconds - 900])).toEqual([]);
    expect(stale([samples.asOfSeconds - 901, samples.asOfSeconds - 5000])).toEqual([
      { kind: "stale", newestSeconds: samples.asOfSeconds - 901 },
    ]);
    const ended = mapSamples(
      whole,
      () => true,
      (it, n) => (n < 20 ? it : null),
    );
    expect(
      toCounts({ ...PLAN, minimumCoverage: 0 }, { ...samples, series: ended, newest: [] }).problems,
    ).toEqual([{ kind: "stale", newestSeconds: START + 19 * GRID }]);
  });

  test("no series, no trial and no baseline are told apart from nothing happening", () => {
    const only = (...arms: string[]) =>
      whole.filter((it) => it.labels["arm"] === undefined || arms.includes(it.labels["arm"]));
    expect(kindsOf(toCounts(PLAN, at(29, [])))).toEqual(["no_data", "coverage"]);
    expect(kindsOf(toCounts(PLAN, at(29, only("baseline"))))).toEqual(["no_data"]);
    expect(kindsOf(toCounts(PLAN, at(29, only("trial"))))).toEqual(["no_baseline"]);
    const quiet = collectorSeries(
      [
        { at: 1, arm: "trial", ...SG_LOW, units: 1 },
        { at: 1, arm: "baseline", ...SG_LOW, units: 1 },
      ],
      { instants: 30 },
    );
    expect(kindsOf(toCounts(PLAN, at(29, quiet)))).toEqual([]);
    expect(toCounts(PLAN, at(29, [])).decode).toBeNull();
  });
});

const INSTANTS = 14;
const happening = fc.record({
  at: fc.integer({ min: 1, max: INSTANTS - 1 }),
  arm: fc.constantFrom("trial", "baseline"),
  stratum: fc.constantFrom(...STRATA),
  platform: fc.constantFrom("ios", "android"),
  units: fc.integer({ min: 0, max: 50 }),
  failedShare: fc.integer({ min: 0, max: 4 }),
  decodes: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 }),
  devices: fc.integer({ min: 0, max: 9 }),
  collector: fc.integer({ min: 0, max: 2 }),
});
const story = fc.array(happening, { maxLength: 40 }).map((all) =>
  all.map(({ stratum: { region, tier }, failedShare, units, collector, ...rest }) => ({
    collector,
    happening: {
      ...rest,
      region,
      tier,
      units,
      failed: Math.floor((units * failedShare) / 4),
    } satisfies Happening,
  })),
);
type Told = { readonly collector: number; readonly happening: Happening };
const plain = (counts: TrialCounts) => ({
  ...counts,
  metrics: [...counts.metrics],
  apps: { trial: Object.fromEntries(counts.apps.trial), baseline: Object.fromEntries(counts.apps.baseline) },
});
const toldByOne = (told: readonly Told[]) =>
  collectorSeries(
    told.map((it) => it.happening),
    { instants: INSTANTS },
  );

describe("the same things counted otherwise give the same counts:", () => {
  test("by one collector or by three that begin anew whenever they like, in any order, told twice", () => {
    fc.assert(
      fc.property(
        story,
        fc.array(fc.uniqueArray(fc.integer({ min: 1, max: INSTANTS - 1 }), { maxLength: 3 }), {
          minLength: 3,
          maxLength: 3,
        }),
        fc.infiniteStream(fc.integer({ min: 0, max: 1000 })),
        (told, restarts, chances) => {
          const one = toCounts(PLAN, at(INSTANTS - 1, toldByOne(told)));
          const three = [0, 1, 2].flatMap((collector) =>
            collectorSeries(
              told.filter((it) => it.collector === collector).map((it) => it.happening),
              { instants: INSTANTS, instance: `c${collector}`, restarts: restarts[collector] ?? [] },
            ),
          );
          const chance = () => chances.next().value ?? 0;
          const shuffle = <T>(items: readonly T[]): T[] =>
            items
              .map((it) => ({ it, by: chance() }))
              .sort((a, b) => a.by - b.by)
              .map(({ it }) => it);
          const twice = three.flatMap((it) => {
            const samples = shuffle([...it.samples, ...it.samples.slice(0, chance() % 4)]);
            const cut = chance() % (samples.length + 1);
            return chance() % 2
              ? [{ ...it, samples }]
              : [
                  { ...it, samples: samples.slice(cut) },
                  { ...it, samples: samples.slice(0, cut) },
                ];
          });
          expect(plain(toCounts(PLAN, at(INSTANTS - 1, shuffle(twice))))).toEqual(plain(one));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("as they were told", () => {
    fc.assert(
      fc.property(story, (told) => {
        const counts = toCounts(PLAN, at(INSTANTS - 1, toldByOne(told)));
        expect(counts.instants).toHaveLength(INSTANTS - 1);
        STRATA.forEach(({ region, tier }, stratum) => {
          for (const arm of ["trial", "baseline"] as const) {
            const own = told
              .map((it) => it.happening)
              .filter((it) => it.arm === arm && it.region === region && it.tier === tier);
            const byBlock = (of: (it: Happening) => number) =>
              counts.instants.map((_, block) => sum(own.filter((it) => it.at === block + 1).map(of)));
            expect(columnsOf(counts, "failed", stratum)?.[`${arm}Units`]).toEqual(byBlock((it) => it.units));
            expect(columnsOf(counts, "failed", stratum)?.[`${arm}Bad`]).toEqual(
              byBlock((it) => it.failed ?? 0),
            );
            expect(columnsOf(counts, "slow", stratum)?.[`${arm}Bad`]).toEqual(
              byBlock((it) => sum(it.decodes?.slice(2))),
            );
          }
        });
      }),
      { numRuns: 40 },
    );
  });
});

/** A story with holes, falls and what no counter can be. */
const damaged = fc
  .tuple(story, fc.uniqueArray(fc.integer({ min: 1, max: INSTANTS - 1 }), { maxLength: 3 }), fc.boolean())
  .chain(([told, restarts, tellsStart]) => {
    const series = [0, 1].flatMap((collector) =>
      collectorSeries(
        told.filter((it) => it.collector % 2 === collector).map((it) => it.happening),
        { instants: INSTANTS, instance: `c${collector}`, restarts: collector ? restarts : [], tellsStart },
      ),
    );
    const damage = fc.record({
      series: fc.nat(),
      instant: fc.integer({ min: 0, max: INSTANTS - 1 }),
      until: fc.integer({ min: 0, max: 5 }),
      value: fc.constantFrom(null, null, null, Number.NaN, -1, 0.5, 0, 1, 7, 1e6, Number.POSITIVE_INFINITY),
      whole: fc.boolean(),
    });
    return fc.array(damage, { maxLength: 8 }).map((damages) =>
      damages.reduce<Series[]>((all, { series: which, instant, until, value, whole }) => {
        const hit = all[which % Math.max(1, all.length)];
        return mapSamples(
          all,
          (it) => it === hit || (whole && it.labels["instance"] === hit?.labels["instance"]),
          (it, n) => (n >= instant && n <= instant + until ? value : it),
        );
      }, series),
    );
  });

const garbage = fc.array(
  fc
    .record({
      name: fc.constantFrom(
        ...Object.values(FAMILIES),
        `${FAMILIES.decode}_bucket`,
        `${FAMILIES.dropped}_bucket`,
        "up",
      ),
      labels: fc.dictionary(
        fc.constantFrom(
          "gift",
          "trial",
          "arm",
          "build",
          "play",
          "region",
          "tier",
          "le",
          "share",
          "instance",
          "__proto__",
        ),
        fc.constantFrom(
          "rose",
          PLAN.version,
          "trial",
          "baseline",
          BUILD,
          "first",
          "SG",
          "low",
          "200",
          "+Inf",
          "50000",
          "",
          "x",
        ),
      ),
      likely: fc.boolean(),
      samples: fc.array(
        fc.tuple(
          fc.oneof(
            fc.integer({ min: -2, max: 20 }).map((n) => START + n * GRID),
            fc.double(),
          ),
          fc.oneof(fc.nat(100), fc.double()),
        ),
        { maxLength: 15 },
      ),
    })
    .map(
      ({ name, labels, likely, samples }): Series => ({
        name,
        labels: likely
          ? {
              gift: "rose",
              trial: PLAN.version,
              arm: "trial",
              build: BUILD,
              play: "first",
              region: "SG",
              tier: "low",
              ...labels,
            }
          : labels,
        samples,
      }),
    ),
  { maxLength: 20 },
);

describe("whatever the numbers are,", () => {
  const everything = fc.oneof(damaged, garbage);

  test("nothing throws, nothing negative or fractional is counted, and never more bad units than units", () => {
    fc.assert(
      fc.property(
        everything,
        fc.oneof(fc.integer({ min: -1, max: 20 }).map(dueAt), fc.integer({ min: 0, max: 2 * START })),
        (series, asOfSeconds) => {
          // A grid of another age would be long; its length is the plan's matter.
          if (asOfSeconds > dueAt(100)) return;
          const counts = toCounts(PLAN, { asOfSeconds, series, newest: [asOfSeconds] });
          for (const strata of counts.metrics.values())
            for (const columns of strata)
              for (const arm of ["trial", "baseline"] as const)
                columns[`${arm}Units`].forEach((units, block) => {
                  const bad = columns[`${arm}Bad`][block] ?? Number.NaN;
                  expect(Number.isInteger(units) && Number.isInteger(bad) && bad >= 0 && bad <= units).toBe(
                    true,
                  );
                });
          for (const { trial, baseline } of counts.devices)
            expect([...trial, ...baseline].every((it) => it >= 0)).toBe(true);
        },
      ),
      runsOf(250, 60),
    );
  });

  test("what was counted is never changed by what comes later", () => {
    fc.assert(
      fc.property(everything, fc.integer({ min: 0, max: INSTANTS - 1 }), (series, early) => {
        const later = toCounts(PLAN, at(INSTANTS - 1, series));
        const known = series.flatMap((it) => {
          const samples = it.samples.filter(([seconds]) => seconds <= dueAt(early));
          return samples.length > 0 ? [{ ...it, samples }] : [];
        });
        const then = toCounts(PLAN, at(early, known));
        const blocks = then.instants.length;
        expect(later.instants.slice(0, blocks)).toEqual(then.instants);
        expect(later.instants[blocks] ?? Number.POSITIVE_INFINITY).toBeGreaterThan(START + early * GRID);
        for (const metric of ["failed", "crashed"] as const)
          expect(
            later.metrics
              .get(metric)
              ?.map((it) =>
                [it.trialUnits, it.trialBad, it.baselineUnits, it.baselineBad].map((column) =>
                  column.slice(0, blocks),
                ),
              ),
          ).toEqual(
            then.metrics
              .get(metric)
              ?.map((it) => [it.trialUnits, it.trialBad, it.baselineUnits, it.baselineBad]),
          );
      }),
      runsOf(200, 60),
    );
  });

  test("holes are never silent: without a problem every unit was counted", () => {
    const hole = fc.record({
      series: fc.nat(),
      instant: fc.integer({ min: 0, max: INSTANTS - 2 }),
      steps: fc.integer({ min: 1, max: 5 }),
      whole: fc.boolean(),
    });
    const runs = runsOf(150, 75);
    let complete = 0;
    fc.assert(
      fc.property(story, fc.array(hole, { maxLength: 3 }), (told, holes) => {
        const series = [0, 1].flatMap((collector) =>
          collectorSeries(
            told.filter((it) => it.collector % 2 === collector).map((it) => it.happening),
            { instants: INSTANTS, instance: `c${collector}` },
          ),
        );
        const holed = holes.reduce<Series[]>((all, { series: which, instant, steps, whole }) => {
          const hit = all[which % all.length];
          return mapSamples(
            all,
            (it) => it === hit || (whole && it.labels["instance"] === hit?.labels["instance"]),
            // The last instant is whole: what is missing there is not known yet.
            (it, n) => (n >= instant && n < instant + steps && n < INSTANTS - 1 ? null : it),
          );
        }, series);
        const counts = toCounts({ ...PLAN, minimumCoverage: 1 }, at(INSTANTS - 1, holed));
        if (counts.problems.length > 0) return;
        complete++;
        const counted = (counts.metrics.get("failed") ?? []).flatMap((it) => [
          ...it.trialUnits,
          ...it.baselineUnits,
        ]);
        expect(sum(counted)).toBe(sum(told.map((it) => it.happening.units)));
      }),
      runs,
    );
    expect(complete).toBeGreaterThan(runs.numRuns / 15);
  });
});
