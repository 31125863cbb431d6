import type { AnalysisPlan, MetricName, MetricPlan } from "../../src/rollout/gate/analysisPlan.ts";
import type { DataProblem, Histogram } from "../../src/rollout/gate/counts.ts";
import type {
  DifferenceOverTime,
  Evidence,
  Interval,
  MetricVerdict,
  Rate,
  Reason,
  StratumVerdict,
  Verdict,
} from "../../src/rollout/gate/verdict.ts";

const HOUR = 3_600;
/** 2026-11-26 06:00 UTC */
export const OPENED = Date.UTC(2026, 10, 26, 6) / 1_000;

export const PLAN: AnalysisPlan = {
  gift: "rose",
  version: "1.1.0",
  build: "3f9ac2d17e0b",
  stage: "regional",
  method: "compare",
  commit: "8c1f0e2ab94d7765310f",
  startSeconds: OPENED,
  gridSeconds: 300,
  latenessSeconds: 120,
  strata: [
    { region: "ID", tier: "low", weight: 0.4 },
    { region: "ID", tier: "mid", weight: 0.3 },
    { region: "SG", tier: "mid", weight: 0.2 },
    { region: "SG", tier: "high", weight: 0.1 },
  ],
  waivedStrata: [],
  shares: { ID: 50_000, SG: 50_000 },
  alpha: { fail: 0.01, pass: 0.05 },
  metrics: [
    metricPlan("failed", { margin: { ratio: 1, absolute: 0.005 } }),
    metricPlan("crashed", { margin: { ratio: 1, absolute: 0.0005 } }),
    metricPlan("fellBack", { margin: { ratio: 1.2, absolute: 0.002 } }),
    metricPlan("slow", { margin: { ratio: 1, absolute: 0.025 }, over: 200 }),
    metricPlan("dropped", { margin: { ratio: 1, absolute: 0.01 }, over: 0.1, decides: false }),
  ],
  minimumSoakSeconds: 6 * HOUR,
  maximumSoakSeconds: 72 * HOUR,
  allowedFailures: 0,
  minimumCoverage: 0.95,
  staleAfterSeconds: 900,
  stratumShare: 0.05,
};

export const COHORT_PLAN: AnalysisPlan = {
  ...PLAN,
  stage: "canary",
  method: "cohort",
  strata: [],
  shares: {},
};

function metricPlan(name: MetricName, more: Partial<MetricPlan>): MetricPlan {
  return {
    name,
    margin: { ratio: 1, absolute: 0 },
    floor: { ratio: 1.1, absolute: 0 },
    minimumUnits: 2_000,
    priorRate: 0.005,
    decides: true,
    ...more,
  };
}

export function rate(bad: number, units: number): Rate {
  return { bad, units };
}

/** Evidence as 1 : `odds`, where 1 : `needed` decides. */
export function evidence(odds: number, needed: number): Evidence {
  return { logE: Math.log(odds), logThreshold: Math.log(needed) };
}

export function interval(estimate: number, lower: number, upper: number): Interval {
  return { estimate, lower, upper };
}

export function stratum(region: string, tier: string, more: Partial<StratumVerdict> = {}): StratumVerdict {
  return {
    region,
    tier,
    trial: rate(16, 3_100),
    baseline: rate(294, 58_900),
    worse: evidence(0.3, 2_000),
    kind: "ok",
    ...more,
  };
}

export const STRATA: readonly StratumVerdict[] = [
  stratum("ID", "low", { trial: rate(31, 4_960), baseline: rate(578, 94_240) }),
  stratum("ID", "mid", { trial: rate(18, 3_720), baseline: rate(346, 70_680) }),
  stratum("SG", "mid", { trial: rate(10, 2_480), baseline: rate(181, 47_120) }),
  stratum("SG", "high", { trial: rate(5, 1_240), baseline: rate(73, 23_560) }),
];

export function metric(name: MetricName, more: Partial<MetricVerdict> = {}): MetricVerdict {
  return {
    name,
    decides: true,
    kind: "pass",
    trial: rate(64, 12_400),
    baseline: rate(1_178, 235_600),
    limit: 0.01,
    difference: interval(0.0002, -0.0011, 0.0015),
    worse: evidence(0.4, 500),
    notWorse: evidence(31, 20),
    strata: STRATA,
    ...more,
  };
}

/** All five metrics of the plan, as healthy as the live release. */
export const HEALTHY: readonly MetricVerdict[] = [
  metric("failed"),
  metric("crashed", {
    trial: rate(4, 12_400),
    baseline: rate(71, 235_600),
    limit: 0.0008,
    difference: interval(0.00002, -0.0003, 0.0004),
    notWorse: evidence(26, 20),
    strata: [],
  }),
  metric("fellBack", {
    trial: rate(255, 12_400),
    baseline: rate(4_712, 235_600),
    limit: 0.026,
    difference: interval(0.0006, -0.0021, 0.0032),
    notWorse: evidence(48, 20),
    strata: [],
  }),
  metric("slow", {
    over: 200,
    trial: rate(570, 12_322),
    baseline: rate(10_780, 234_300),
    limit: 0.071,
    difference: interval(0.0003, -0.0042, 0.0048),
    notWorse: evidence(9_400, 20),
    strata: [],
  }),
  metric("dropped", {
    over: 0.1,
    decides: false,
    trial: rate(190, 11_900),
    baseline: rate(3_540, 228_000),
    limit: 0.0255,
    difference: interval(0.0004, -0.0024, 0.0031),
    strata: [],
  }),
];

const BOUNDS = [
  10, 25, 50, 75, 100, 125, 150, 175, 200, 225, 250, 300, 350, 400, 500, 750, 1_000, 2_000, 4_000,
];

export const HISTOGRAM: Histogram = {
  bounds: BOUNDS,
  trial: [0, 12, 160, 840, 2_020, 2_910, 2_760, 1_930, 1_120, 330, 130, 70, 22, 9, 6, 2, 1, 0, 0, 0],
  baseline: [
    0, 240, 3_300, 17_200, 40_800, 55_400, 50_600, 35_200, 20_780, 6_300, 2_600, 1_300, 360, 130, 70, 15, 4,
    1, 0, 0,
  ],
};

export const DECODE: NonNullable<Verdict["decode"]> = {
  histogram: HISTOGRAM,
  trial: [
    { p: 0.5, lower: 100, upper: 125 },
    { p: 0.95, lower: 175, upper: 225 },
    { p: 0.99, lower: 200, upper: 350 },
  ],
  baseline: [
    { p: 0.5, lower: 100, upper: 125 },
    { p: 0.95, lower: 175, upper: 200 },
    { p: 0.99, lower: 225, upper: 250 },
  ],
};

export function verdict(more: Partial<Verdict> = {}): Verdict {
  return {
    kind: "pass",
    gift: "rose",
    version: "1.1.0",
    build: "3f9ac2d17e0b",
    stage: "regional",
    method: "compare",
    startSeconds: OPENED,
    asOfSeconds: OPENED + 7 * HOUR,
    reasons: [{ kind: "proven" }],
    units: { trial: 12_400, baseline: 235_600 },
    metrics: HEALTHY,
    expectedSeconds: null,
    decode: DECODE,
    ...more,
  };
}

/** A verdict that waits for one reason, with the numbers of its first hour. */
export function early(reasons: readonly Reason[], more: Partial<Verdict> = {}): Verdict {
  return verdict({
    kind: "hold",
    asOfSeconds: OPENED + HOUR,
    reasons,
    units: { trial: 1_240, baseline: 23_560 },
    metrics: HEALTHY.map((it) => ({
      ...it,
      kind: "hold" as const,
      trial: rate(Math.round(it.trial.bad / 10), Math.round(it.trial.units / 10)),
      baseline: rate(Math.round(it.baseline.bad / 10), Math.round(it.baseline.units / 10)),
      difference: it.difference && {
        estimate: it.difference.estimate,
        lower: it.difference.lower * 6,
        upper: it.difference.upper * 6,
      },
      notWorse: evidence(1.7, 20),
      strata: it.strata.map((place) => ({
        ...place,
        trial: rate(Math.round(place.trial.bad / 10), Math.round(place.trial.units / 10)),
        baseline: rate(Math.round(place.baseline.bad / 10), Math.round(place.baseline.units / 10)),
        kind: "few_units" as const,
      })),
    })),
    decode: null,
    ...more,
  });
}

/** Nothing is known, for this reason. */
export function unknown(reason: Reason): Verdict {
  return verdict({
    kind: "hold",
    reasons: [reason],
    units: { trial: 0, baseline: 0 },
    metrics: HEALTHY.map((it) => ({
      ...it,
      kind: "hold" as const,
      trial: rate(0, 0),
      baseline: rate(0, 0),
      limit: Number.NaN,
      difference: null,
      worse: { logE: 0, logThreshold: Math.log(500) },
      notWorse: { logE: 0, logThreshold: Math.log(20) },
      strata: [],
    })),
    decode: null,
  });
}

function withoutBaseline(it: Verdict): Verdict {
  return {
    ...it,
    units: { ...it.units, baseline: 0 },
    metrics: it.metrics.map((metric) => ({
      ...metric,
      baseline: rate(0, 0),
      limit: Number.NaN,
      difference: null,
      strata: metric.strata.map((place) => ({ ...place, baseline: rate(0, 0) })),
    })),
  };
}

export function data(problem: DataProblem): Reason {
  return { kind: "data", problem };
}

function replace(name: MetricName, more: Partial<MetricVerdict>): readonly MetricVerdict[] {
  return HEALTHY.map((it) => (it.name === name ? { ...it, ...more } : it));
}

const WORSE_FAILED: Partial<MetricVerdict> = {
  kind: "fail",
  trial: rate(198, 12_400),
  difference: interval(0.011, 0.0072, 0.015),
  worse: evidence(8_200_000, 500),
  notWorse: evidence(0.001, 20),
  strata: STRATA.map((it) => ({ ...it, trial: rate(it.trial.bad * 3, it.trial.units) })),
};

const ONE_REGION: Partial<MetricVerdict> = {
  kind: "fail",
  trial: rate(126, 12_400),
  difference: interval(0.0032, -0.0002, 0.0061),
  worse: evidence(140, 500),
  notWorse: evidence(1.1, 20),
  strata: [
    stratum("ID", "low", {
      trial: rate(93, 4_960),
      baseline: rate(578, 94_240),
      worse: evidence(410_000, 2_000),
      kind: "fail",
    }),
    ...STRATA.slice(1),
  ],
};

/** The test group: 214 devices, nobody to compare them with. */
function cohort(kind: Verdict["kind"], reasons: readonly Reason[], failed: number): Verdict {
  const counted = (name: MetricName, bad: number, more: Partial<MetricVerdict> = {}) =>
    metric(name, {
      kind,
      trial: rate(bad, 214),
      baseline: rate(0, 0),
      limit: 0.2,
      difference: null,
      strata: [],
      ...more,
    });
  return verdict({
    kind,
    stage: "canary",
    method: "cohort",
    reasons,
    units: { trial: 214, baseline: 0 },
    metrics: [
      counted("failed", failed),
      counted("crashed", 0, { kind: "pass" }),
      counted("mismatched", 0, { kind: "pass" }),
      counted("fellBack", failed, { decides: false, kind: "pass" }),
    ],
    decode: null,
  });
}

/** What people meet, by name. */
export const VERDICTS: Readonly<Record<string, { readonly verdict: Verdict; readonly plan: AnalysisPlan }>> =
  {
    pass: { verdict: verdict(), plan: PLAN },
    collecting: {
      verdict: early(
        [
          { kind: "units", units: 1_240, minimum: 2_000 },
          { kind: "soak", seconds: HOUR, minimumSeconds: 6 * HOUR },
          { kind: "not_proven", metric: "failed" },
          { kind: "not_proven", metric: "slow" },
        ],
        { expectedSeconds: OPENED + 7 * HOUR },
      ),
      plan: PLAN,
    },
    "not-proven": {
      verdict: early([{ kind: "not_proven", metric: "failed" }], { expectedSeconds: OPENED + 20 * HOUR }),
      plan: PLAN,
    },
    "no-data": { verdict: unknown(data({ kind: "no_data" })), plan: PLAN },
    "no-baseline": {
      verdict: withoutBaseline(early([data({ kind: "no_baseline" })])),
      plan: PLAN,
    },
    stale: {
      verdict: early([data({ kind: "stale", newestSeconds: OPENED + HOUR })]),
      plan: PLAN,
    },
    worse: {
      verdict: verdict({
        kind: "fail",
        reasons: [{ kind: "worse", metric: "failed" }],
        metrics: replace("failed", WORSE_FAILED),
      }),
      plan: PLAN,
    },
    "worse-in-one-region": {
      verdict: verdict({
        kind: "fail",
        reasons: [{ kind: "worse", metric: "failed", scope: "ID/low" }],
        metrics: replace("failed", ONE_REGION),
      }),
      plan: PLAN,
    },
    "worse-within-margin": {
      verdict: verdict({
        kind: "hold",
        reasons: [{ kind: "worse_within_margin", metric: "failed" }],
        metrics: replace("failed", {
          kind: "hold",
          trial: rate(86, 12_400),
          difference: interval(0.0019, 0.0004, 0.0036),
          worse: evidence(640, 500),
          notWorse: evidence(24, 20),
        }),
      }),
      plan: PLAN,
    },
    "cohort-clean": { verdict: cohort("pass", [{ kind: "cohort_clean", units: 214 }], 0), plan: COHORT_PLAN },
    "cohort-failures": {
      verdict: cohort("hold", [{ kind: "cohort_failures", failures: 3, allowed: 0 }], 3),
      plan: COHORT_PLAN,
    },
    "cohort-broken": {
      verdict: cohort("fail", [{ kind: "worse", metric: "failed" }], 71),
      plan: COHORT_PLAN,
    },
    "shared-incident": {
      verdict: verdict({
        kind: "hold",
        reasons: [
          { kind: "shared_incident", metric: "failed" },
          { kind: "worse", metric: "failed" },
        ],
        metrics: replace("failed", {
          ...WORSE_FAILED,
          baseline: rate(3_060, 235_600),
          limit: 0.018,
          difference: interval(0.003, 0.0004, 0.0061),
          worse: evidence(2_100, 500),
          strata: [],
        }),
      }),
      plan: PLAN,
    },
    waived: {
      verdict: early(
        [
          {
            kind: "waived",
            owner: "@acme/gift-art",
            ends: "2026-12-31",
            why: "The anniversary gift is shown once, to few",
          },
          { kind: "units", units: 1_240, minimum: 2_000 },
        ],
        { kind: "pass" },
      ),
      plan: PLAN,
    },
    "waived-failure": {
      verdict: verdict({
        reasons: [
          {
            kind: "waived",
            owner: "@acme/gift-art",
            ends: "2026-12-31",
            why: "Low devices get another gift soon",
          },
          { kind: "worse", metric: "failed", scope: "ID/low" },
        ],
        metrics: replace("failed", ONE_REGION),
      }),
      plan: PLAN,
    },
    "came-down-again": {
      verdict: verdict({
        kind: "fail",
        reasons: [{ kind: "worse", metric: "failed" }],
        metrics: replace("failed", {
          kind: "fail",
          trial: rate(58, 12_400),
          difference: interval(-0.0003, -0.0016, 0.001),
          worse: evidence(730, 500),
        }),
      }),
      plan: PLAN,
    },
    "worse-where-few-are": {
      verdict: verdict({
        kind: "hold",
        reasons: [{ kind: "worse", metric: "failed", scope: "ID/low" }],
        metrics: replace("failed", { ...ONE_REGION, kind: "hold" }),
      }),
      plan: PLAN,
    },
    "metrics-unavailable": {
      verdict: unknown({
        kind: "metrics_unavailable",
        message: "https://metrics.example answered 503 three times",
        fix: "check that the metric server is up and can be reached from here",
      }),
      plan: PLAN,
    },
    "on-hold": {
      verdict: verdict({
        kind: "hold",
        reasons: [{ kind: "on_hold", why: "Support hears of a black screen on Mali GPUs" }],
      }),
      plan: PLAN,
    },
    latched: {
      verdict: verdict({ kind: "fail", reasons: [{ kind: "latched", seconds: OPENED + 2 * HOUR }] }),
      plan: PLAN,
    },
    "sample-ratio": {
      verdict: verdict({
        kind: "hold",
        reasons: [{ kind: "sample_ratio", region: "SG", expected: 0.05, found: 0.071 }],
      }),
      plan: PLAN,
    },
    timeout: {
      verdict: early([{ kind: "timeout", seconds: 72 * HOUR }], { asOfSeconds: OPENED + 72 * HOUR }),
      plan: PLAN,
    },
  };

/** One example of every reason there is, so that every sentence can be read. */
export const REASONS: readonly Reason[] = [
  { kind: "worse", metric: "failed" },
  { kind: "worse", metric: "slow", scope: "SG/high" },
  { kind: "worse_within_margin", metric: "fellBack" },
  { kind: "latched", seconds: OPENED + 2 * HOUR },
  { kind: "cohort_failures", failures: 1, allowed: 0 },
  { kind: "cohort_failures", failures: 4, allowed: 1 },
  data({ kind: "no_data" }),
  data({ kind: "no_baseline" }),
  data({ kind: "stale", newestSeconds: OPENED + HOUR }),
  data({ kind: "coverage", covered: 68, expected: 84 }),
  data({ kind: "reset_storm", resets: 14, hours: 2 }),
  data({
    kind: "invalid_counters",
    series: 'giftwrap_units_total{arm="trial"}',
    why: "it went from 12 to -3",
  }),
  data({ kind: "unknown_labels", series: 'giftwrap_units_total{region="ZZ"}' }),
  { kind: "sample_ratio", region: "SG", expected: 0.05, found: 0.071 },
  { kind: "version_skew", app: "android 8.3", trial: 0.41, baseline: 0.22 },
  { kind: "soak", seconds: HOUR, minimumSeconds: 6 * HOUR },
  { kind: "units", units: 1_240, minimum: 2_000 },
  { kind: "units", units: 310, minimum: 500, scope: "ID/low" },
  { kind: "not_proven", metric: "crashed" },
  { kind: "timeout", seconds: 72 * HOUR },
  { kind: "shared_incident", metric: "failed" },
  {
    kind: "metrics_unavailable",
    message: "metrics.example answered 503 three times",
    fix: "check that the metric server is up",
  },
  { kind: "on_hold", why: "Support hears of a black screen on Mali GPUs" },
  { kind: "waived", owner: "@acme/gift-art", ends: "2026-12-31", why: "It is shown once, to few" },
  { kind: "proven" },
  { kind: "cohort_clean", units: 214 },
];

/** A difference that begins unknown and narrows towards `estimate`, a point each half an hour. */
export function narrowing(
  metric: MetricName,
  estimate: number,
  width: number,
  points = 14,
): DifferenceOverTime {
  return {
    metric,
    points: Array.from({ length: points }, (_, at) => {
      const around = (width * 4) / (at + 1) ** 0.9 + width * 0.3;
      const now = estimate + (Math.sin(at * 1.7) * around) / 6;
      const isFirst = at === 0;
      return {
        seconds: OPENED + (at + 1) * 1_800,
        estimate: now,
        lower: isFirst ? Number.NEGATIVE_INFINITY : now - around,
        upper: isFirst ? Number.POSITIVE_INFINITY : now + around,
      };
    }),
  };
}
