import fc from "fast-check";
import type { MetricName } from "../../src/rollout/gate/analysisPlan.ts";
import type { DataProblem } from "../../src/rollout/gate/counts.ts";
import type {
  DifferenceOverTime,
  Evidence,
  Interval,
  MetricVerdict,
  Quantile,
  Rate,
  Reason,
  StratumVerdict,
  Verdict,
} from "../../src/rollout/gate/verdict.ts";
import { REASONS } from "./verdicts.ts";

const METRICS: readonly MetricName[] = ["failed", "crashed", "fellBack", "mismatched", "slow", "dropped"];
/** What a text may hold only when a number went wrong. */
export const SLIPS = /NaN|Infinity|undefined|null|\[object/i;

const name = fc.oneof(
  fc.constantFrom(
    "rose",
    "SG",
    "low",
    "a|b",
    "</details>",
    "`x`",
    "a\nb",
    "\u001b[31m",
    "@acme/all",
    "#1",
    "<b>",
    '"',
    "&",
    "\ud800",
  ),
  fc.string({ maxLength: 60, unit: "binary" }).filter((it) => !SLIPS.test(it)),
);
/** Every number that a type allows, sensible ones more often. */
const number = fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.double({ min: -1, max: 1 }), fc.double());
const metricName = fc.constantFrom(...METRICS);

const rate: fc.Arbitrary<Rate> = fc.oneof(
  fc.record({ units: number, bad: number }),
  fc
    .integer({ min: 0, max: 100_000 })
    .chain((units) => fc.integer({ min: 0, max: units }).map((bad) => ({ units, bad }))),
);
const evidence: fc.Arbitrary<Evidence> = fc.record({ logE: number, logThreshold: number });
const interval: fc.Arbitrary<Interval> = fc.record({ estimate: number, lower: number, upper: number });
const quantile: fc.Arbitrary<Quantile> = fc.record({ p: number, lower: number, upper: number });

const problem: fc.Arbitrary<DataProblem> = fc.oneof(
  fc.constant<DataProblem>({ kind: "no_data" }),
  fc.constant<DataProblem>({ kind: "no_baseline" }),
  fc.record({ kind: fc.constant("stale" as const), newestSeconds: number }),
  fc.record({ kind: fc.constant("coverage" as const), covered: number, expected: number }),
  fc.record({ kind: fc.constant("reset_storm" as const), resets: number, hours: number }),
  fc.record({ kind: fc.constant("invalid_counters" as const), series: name, why: name }),
  fc.record({ kind: fc.constant("unknown_labels" as const), series: name }),
);

const reason: fc.Arbitrary<Reason> = fc.oneof(
  fc.constantFrom(...REASONS),
  fc.record({ kind: fc.constant("worse" as const), metric: metricName }),
  fc.record({ kind: fc.constant("worse" as const), metric: metricName, scope: name }),
  fc.record({ kind: fc.constant("worse_within_margin" as const), metric: metricName }),
  fc.record({ kind: fc.constant("latched" as const), seconds: number }),
  fc.record({ kind: fc.constant("cohort_failures" as const), failures: number, allowed: number }),
  fc.record({ kind: fc.constant("data" as const), problem }),
  fc.record({ kind: fc.constant("sample_ratio" as const), region: name, expected: number, found: number }),
  fc.record({ kind: fc.constant("version_skew" as const), app: name, trial: number, baseline: number }),
  fc.record({ kind: fc.constant("soak" as const), seconds: number, minimumSeconds: number }),
  fc.record({ kind: fc.constant("units" as const), units: number, minimum: number, scope: name }),
  fc.record({ kind: fc.constant("not_proven" as const), metric: metricName }),
  fc.record({ kind: fc.constant("timeout" as const), seconds: number }),
  fc.record({ kind: fc.constant("shared_incident" as const), metric: metricName }),
  fc.record({ kind: fc.constant("metrics_unavailable" as const), message: name, fix: name }),
  fc.record({ kind: fc.constant("on_hold" as const), why: name }),
  fc.record({ kind: fc.constant("waived" as const), owner: name, ends: name, why: name }),
  fc.record({ kind: fc.constant("cohort_clean" as const), units: number }),
);

const stratum: fc.Arbitrary<StratumVerdict> = fc.record({
  region: name,
  tier: name,
  trial: rate,
  baseline: rate,
  worse: evidence,
  kind: fc.constantFrom("fail" as const, "few_units" as const, "ok" as const),
});

const metric: fc.Arbitrary<MetricVerdict> = fc.record(
  {
    name: metricName,
    over: number,
    decides: fc.boolean(),
    kind: fc.constantFrom("pass" as const, "hold" as const, "fail" as const),
    trial: rate,
    baseline: rate,
    limit: number,
    difference: fc.option(interval),
    worse: evidence,
    notWorse: evidence,
    strata: fc.array(stratum, { maxLength: 4 }),
  },
  {
    requiredKeys: [
      "name",
      "decides",
      "kind",
      "trial",
      "baseline",
      "limit",
      "difference",
      "worse",
      "notWorse",
      "strata",
    ],
  },
);

const numbers = fc.array(number, { maxLength: 24 });

/** Whatever the types allow, sensible or not. */
export const anyVerdict: fc.Arbitrary<Verdict> = fc.record({
  kind: fc.constantFrom("pass" as const, "hold" as const, "fail" as const),
  gift: name,
  version: name,
  build: name,
  stage: fc.constantFrom("canary" as const, "regional" as const, "full" as const),
  method: fc.constantFrom("compare" as const, "cohort" as const),
  startSeconds: number,
  asOfSeconds: number,
  reasons: fc.array(reason, { maxLength: 4 }),
  units: fc.record({ trial: number, baseline: number }),
  metrics: fc.array(metric, { maxLength: 5 }),
  expectedSeconds: fc.option(number),
  decode: fc.option(
    fc.record({
      histogram: fc.record({ bounds: numbers, trial: numbers, baseline: numbers }),
      trial: fc.array(quantile, { maxLength: 4 }),
      baseline: fc.array(quantile, { maxLength: 4 }),
    }),
  ),
});

export const anyDifference: fc.Arbitrary<DifferenceOverTime> = fc.record({
  metric: metricName,
  points: fc.array(fc.record({ seconds: number, estimate: number, lower: number, upper: number }), {
    maxLength: 20,
  }),
});
