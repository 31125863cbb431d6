import type { Tier } from "../../wire/viewer.ts";
import { requiredMeasures } from "./askedMeasures.ts";
import { type Measure, MEASURE_FACTS, MEASURES, type Sample, toAmount } from "./measures.ts";
import type { Scenario, SmokeBudget, SmokePlan } from "./smokePlan.ts";
import type { Method, ScenarioRun, SmokeRun } from "./smokeRun.ts";

/** One measure of one scenario: medians beside each other, and what the release may take. */
export interface Comparison {
  readonly tier: Tier;
  readonly scenario: Scenario;
  readonly measure: Measure;
  /** Medians; null where nothing was measured. */
  readonly subject: number | null;
  readonly reference: number | null;
  readonly limit: number | null;
  /** Every measurement of the release, as it came. */
  readonly samples: readonly number[];
  /** `unsure`: over the limit, but not so surely that chance could not have done it. `unknown`: not measured in every round. */
  readonly verdict: "passed" | "failed" | "unsure" | "unknown";
}

export interface SmokeVerdict {
  readonly kind: "pass" | "fail" | "hold";
  readonly comparisons: readonly Comparison[];
  /** What went wrong whatever was measured, in words. */
  readonly faults: readonly string[];
  /** Why it cannot pass although nothing is wrong, in words. */
  readonly gaps: readonly string[];
}

/**
 * Of pairs of one measurement each, how many must have the release above the reference before it is taken to be heavier: all of the
 * nine pairs of three rounds (by chance 1 in 20), 23 of the 25 of five.
 */
const SURE = 0.9;

/**
 * Fails a release that shows something else than itself, that costs more than the policy's budgets, or whose median lies above its
 * reference's by more than the policy's factor and what repeated measurements differ by, with hardly any measurement of the reference
 * above one of its own. Machines differ, so nothing else is absolute. What is over a limit and not sure, and what was not measured
 * of both in every round of the plan, holds: no data never passes.
 */
export function judgeSmoke(run: SmokeRun, plan: SmokePlan): SmokeVerdict {
  const comparisons = run.runs.flatMap((it) => compare(it, run.method, plan));
  const faults = [
    ...run.excesses,
    ...run.runs.flatMap(countedFaults),
    ...run.runs.flatMap((it) => overBudget(it, plan.budgets[it.tier] ?? {})),
  ];
  const gaps = [
    ...run.gaps,
    ...(run.runs.length === 0 && run.gaps.length === 0 ? ["nothing was measured"] : []),
    ...run.runs.filter(isWithoutReference).map((it) => withoutReference(it, run.reference)),
    ...run.runs.filter(isWithoutPlay).map(({ tier, scenario }) => `${tier}, ${scenario}: it never played`),
    ...comparisons
      .filter((it) => it.verdict === "unknown")
      .map((it) => `${nameOf(it)} was not measured in every round`),
  ];
  const isFailed = faults.length > 0 || comparisons.some((it) => it.verdict === "failed");
  const isOpen = gaps.length > 0 || comparisons.some((it) => it.verdict === "unsure");
  return { kind: isFailed ? "fail" : isOpen ? "hold" : "pass", comparisons, faults, gaps };
}

/** "low, burst: memory" */
export function nameOf({
  tier,
  scenario,
  measure,
}: Pick<Comparison, "tier" | "scenario" | "measure">): string {
  return `${tier}, ${scenario}: ${MEASURE_FACTS[measure].what}`;
}

/** Whether more rounds could decide a scenario. */
export function isUndecided(run: ScenarioRun, method: Method, plan: SmokePlan): boolean {
  return compare(run, method, plan).some((it) => it.verdict === "unsure");
}

function compare(run: ScenarioRun, method: Method, plan: SmokePlan): readonly Comparison[] {
  const { tier, scenario } = run;
  const required = requiredMeasures(method, scenario);
  return MEASURES.flatMap((measure): Comparison[] => {
    const subject = valuesOf(run.subject, measure);
    const reference = valuesOf(run.reference, measure);
    if (subject.length === 0 && reference.length === 0 && !required.includes(measure)) return [];
    const isWhole = Math.min(subject.length, reference.length) >= plan.rounds;
    const [theirs, own] = [medianOf(reference), medianOf(subject)];
    const limit = theirs === null ? null : limitFor(measure, theirs, plan);
    const verdict =
      !isWhole || own === null || limit === null
        ? "unknown"
        : own <= limit
          ? "passed"
          : isSurelyAbove(subject, reference)
            ? "failed"
            : "unsure";
    return [{ tier, scenario, measure, subject: own, reference: theirs, limit, samples: subject, verdict }];
  });
}

/** Whichever is more: the factor, or what repeated measurements differ by. */
function limitFor(measure: Measure, reference: number, { times, memoryTimes }: SmokePlan): number {
  const { unit, slack } = MEASURE_FACTS[measure];
  return Math.max(reference * (unit === "bytes" ? memoryTimes : times), reference + slack);
}

/** The share of pairs with the release above is the Mann-Whitney statistic, so no shape of the noise is assumed. */
function isSurelyAbove(subject: readonly number[], reference: readonly number[]): boolean {
  const above = subject.reduce((sum, own) => sum + reference.filter((it) => own > it).length, 0);
  return above >= SURE * subject.length * reference.length;
}

/** On a network that loses answers, what befalls the reference as well is the client's way and not the gift's fault. */
function countedFaults({ scenario, tier, faults, referenceFaults }: ScenarioRun): readonly string[] {
  const counted = scenario === "slow" && faults.length <= referenceFaults ? [] : faults;
  return [...new Set(counted)].map((it) => {
    const times = counted.filter((other) => other === it).length;
    return `${tier}, ${scenario}: ${it}${times > 1 ? ` (${times} times)` : ""}`;
  });
}

/** What plays instead of the reference is no measure of anything; a network that loses answers may do so now and then. */
function isWithoutReference({ scenario, reference, referenceFaults }: ScenarioRun): boolean {
  return scenario === "slow" ? 2 * referenceFaults > reference.length : referenceFaults > 0;
}

/** Nothing was tried, or on the network that loses answers, where faults are forgiven, nothing went well. */
function isWithoutPlay({ scenario, subject, faults }: ScenarioRun): boolean {
  return subject.length === 0 || (scenario === "slow" && faults.length >= subject.length);
}

function withoutReference({ tier, scenario }: ScenarioRun, reference: string): string {
  return `${tier}, ${scenario}: ${reference}, the reference, did not play itself`;
}

const BUDGETED: readonly (readonly [Measure, keyof SmokeBudget])[] = [
  ["load", "loadMilliseconds"],
  ["start", "startMilliseconds"],
  ["memory", "memoryBytes"],
];

function overBudget({ tier, scenario, subject }: ScenarioRun, budget: SmokeBudget): readonly string[] {
  return BUDGETED.flatMap(([measure, name]) => {
    const most = budget[name];
    const median = medianOf(valuesOf(subject, measure));
    if (most === undefined || median === null || median <= most) return [];
    return [
      `${nameOf({ tier, scenario, measure })} is ${toAmount(measure, median)}, and the policy's budget is ${toAmount(measure, most)}`,
    ];
  });
}

function valuesOf(samples: readonly Sample[], measure: Measure): readonly number[] {
  return samples.flatMap((it) => it[measure] ?? []).filter(Number.isFinite);
}

/** Null of nothing. */
export function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
