import type { AnalysisPlan, MetricName, MetricPlan } from "./analysisPlan.ts";
import { clampRate, logLikelihoodRatio } from "./blockProcess.ts";
import { type CheckedCounts, sumOf } from "./checkCounts.ts";
import type { ArmCounts } from "./counts.ts";
import { isEnoughToFail, plannedLooks, thresholdsOf } from "./evidence.ts";
import type { Awaited, Judged } from "./judge.ts";
import { StartMixture } from "./startMixture.ts";
import type { MetricVerdict, Reason } from "./verdict.ts";

/** What a cohort may not have, or only so often as the plan allows. */
const PLAIN: readonly MetricName[] = ["failed", "crashed", "mismatched"];
/**
 * Without anyone to compare with, a release fails only when it is plainly broken: nobody's network or devices break one in five plays, nor
 * ten times what is expected.
 */
const CATASTROPHE = { rate: 0.2, timesPrior: 10 } as const;
const WORSE_FACTORS = [1.3, 1.8, 2.5, 4] as const;

/**
 * A stage whose viewers are named, so that nobody is comparable with them: it passes with enough units and hardly a failure, holds
 * with more, and fails on a catastrophe: a one-sample binomial e-process of "no more than the ceiling", block by block.
 */
export function judgeCohort(plan: AnalysisPlan, checked: CheckedCounts): Judged {
  const looks = plannedLooks(plan);
  const logThreshold = thresholdsOf(plan).worse;
  const all = plan.metrics.map((metric) => {
    const { units, bad } = together(checked.metrics.get(metric.name) ?? []);
    const ceiling = Math.min(1, Math.max(CATASTROPHE.rate, CATASTROPHE.timesPrior * metric.priorRate));
    const isPlain = PLAIN.includes(metric.name);
    const evidence = isPlain ? follow(units, bad, ceiling, looks, logThreshold) : { logE: 0, failed: false };
    return { metric, isPlain, ceiling, units: sumOf(units), bad: sumOf(bad), ...evidence };
  });
  const badOf = (name: MetricName) => all.find(({ metric }) => metric.name === name)?.bad ?? 0;
  // A unit with wrong bytes has failed as well; one without an end has not.
  const failures = Math.max(badOf("failed") + badOf("crashed"), badOf("mismatched"));
  const plain = all.filter(({ metric, isPlain }) => isPlain && metric.decides);
  const units = Math.max(0, ...plain.map((it) => it.units));
  const minimum = Math.max(0, ...plain.map(({ metric }) => metric.minimumUnits));
  return {
    metrics: all.map((it) => toVerdict(it.metric, it, logThreshold, plan)),
    failures: plain.flatMap(({ metric, failed }): Reason[] =>
      failed ? [{ kind: "worse", metric: metric.name }] : [],
    ),
    held:
      failures > plan.allowedFailures
        ? [{ kind: "cohort_failures", failures, allowed: plan.allowedFailures }]
        : [],
    awaited: units < minimum || units === 0 ? [awaitUnits(plan, checked, units, minimum)] : [],
    passes: { kind: "cohort_clean", units },
  };
}

function awaitUnits(plan: AnalysisPlan, checked: CheckedCounts, units: number, minimum: number): Awaited {
  const elapsed = (checked.instants.at(-1) ?? plan.startSeconds) - plan.startSeconds;
  const expected = plan.startSeconds + (elapsed * minimum) / units;
  return {
    reason: { kind: "units", units, minimum },
    expectedSeconds: Number.isFinite(expected) ? Math.ceil(expected) : null,
  };
}

function together(arms: readonly ArmCounts[]): { units: readonly number[]; bad: readonly number[] } {
  const add = (of: (arm: ArmCounts) => readonly number[]) =>
    Array.from({ length: arms[0] ? of(arms[0]).length : 0 }, (_, block) =>
      sumOf(arms.map((arm) => of(arm)[block] ?? 0)),
    );
  return { units: add(({ trialUnits }) => trialUnits), bad: add(({ trialBad }) => trialBad) };
}

function follow(
  units: readonly number[],
  bad: readonly number[],
  ceiling: number,
  looks: number,
  logThreshold: number,
): { logE: number; failed: boolean } {
  const rates = WORSE_FACTORS.map((factor) => ceiling * factor).filter((rate) => rate < 1);
  rates.push((1 + ceiling) / 2);
  const mixture = new StartMixture(rates.length, looks);
  const logs = new Float64Array(rates.length);
  let greatest = 0;
  let badUnits = 0;
  let badBlocks = 0;
  let failed = false;
  units.forEach((n, block) => {
    const y = bad[block]!;
    rates.forEach((rate, at) => {
      logs[at] = ceiling < 1 ? logLikelihoodRatio(n, y, clampRate(rate), ceiling) : 0;
    });
    mixture.add(logs);
    greatest = Math.max(greatest, mixture.logValue());
    badUnits += y;
    if (y > 0) badBlocks++;
    failed ||= greatest >= logThreshold && isEnoughToFail(badUnits, badBlocks);
  });
  return { logE: greatest, failed };
}

function toVerdict(
  metric: MetricPlan,
  {
    units,
    bad,
    ceiling,
    logE,
    failed,
  }: { units: number; bad: number; ceiling: number; logE: number; failed: boolean },
  logThreshold: number,
  plan: AnalysisPlan,
): MetricVerdict {
  const isClean = units >= metric.minimumUnits && units > 0 && bad <= plan.allowedFailures;
  return {
    name: metric.name,
    ...(metric.over === undefined ? {} : { over: metric.over }),
    decides: metric.decides,
    kind: failed ? "fail" : isClean ? "pass" : "hold",
    trial: { units, bad },
    baseline: { units: 0, bad: 0 },
    limit: ceiling,
    difference: null,
    worse: { logE, logThreshold },
    notWorse: { logE: 0, logThreshold: thresholdsOf(plan).notWorse },
    strata: [],
  };
}
