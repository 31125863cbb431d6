import type { AnalysisPlan, MetricPlan } from "./analysisPlan.ts";
import { type CheckedCounts, checkCounts, sumOf } from "./checkCounts.ts";
import type { ArmCounts, TrialCounts } from "./counts.ts";
import { type MetricEvidence, slackOf, toEvidence, weightsOf } from "./evidence.ts";
import { DifferenceInterval } from "./interval.ts";
import { judgeCohort } from "./judgeCohort.ts";
import { quantileBounds } from "./quantiles.ts";
import { checkSampleRatio } from "./sampleRatio.ts";
import { WHOLE_UNITS } from "./superblock.ts";
import type { MetricVerdict, Rate, Reason, StratumVerdict, Verdict } from "./verdict.ts";
import { checkVersionSkew } from "./versionSkew.ts";

/** What is known of earlier judgements. */
export interface GateMemory {
  /** When this build failed in this stage before, epoch seconds. */
  readonly failedSeconds?: number;
}

/** What is wanted besides the decision. */
export interface JudgeOptions {
  /** Whether the intervals of the differences are worked out, which decide nothing and take the longest. */
  readonly isShown?: boolean;
}

/** Something that has to come before a release may pass, and when it may be there, epoch seconds. */
export interface Awaited {
  readonly reason: Reason;
  readonly expectedSeconds: number | null;
}

const QUANTILES = [0.5, 0.95, 0.99] as const;
/** For each of a quantile's two bounds. */
const QUANTILE_ALPHA = 0.025;

/**
 * The verdict on a release from the counts of its stage: the same plan and counts give the same verdict, whoever asks and however
 * often.
 * - Numbers that cannot be relied on, or arms that are not comparable: hold.
 * - Proven worse than the floor in a metric that decides: fail, and it stays so (`memory`, and within the counts); where it was proven to
 *   stay within the margin: hold, for a person.
 * - Proven not worse than the margin in every metric that decides, with enough units, strata and time: pass.
 * - Else hold, with what is awaited and when it may come; after the plan's time a person decides.
 *
 * Never throws on counts of the right shape, whatever numbers are in them.
 */
export function judge(
  plan: AnalysisPlan,
  counts: TrialCounts,
  memory: GateMemory = {},
  { isShown = true }: JudgeOptions = {},
): Verdict {
  const checked = checkCounts(plan, counts);
  const asOfSeconds = checked.instants.at(-1) ?? plan.startSeconds;
  const broken: Reason[] = checked.problems.map((problem) => ({ kind: "data", problem }));
  if (plan.method === "compare" && !broken.some(isInvalid)) {
    for (const it of checkSampleRatio(counts.devices)) broken.push({ kind: "sample_ratio", ...it });
    for (const it of checkVersionSkew(counts.apps)) broken.push({ kind: "version_skew", ...it });
  }
  const judged =
    plan.method === "cohort"
      ? judgeCohort(plan, checked)
      : judgeComparison(plan, checked, asOfSeconds, isShown);
  const latched: Reason[] =
    memory.failedSeconds === undefined ? [] : [{ kind: "latched", seconds: memory.failedSeconds }];
  const elapsed = asOfSeconds - plan.startSeconds;
  const soak: Awaited[] =
    elapsed < plan.minimumSoakSeconds
      ? [
          {
            reason: { kind: "soak", seconds: elapsed, minimumSeconds: plan.minimumSoakSeconds },
            expectedSeconds: plan.startSeconds + plan.minimumSoakSeconds,
          },
        ]
      : [];
  const timeout: Reason[] = elapsed > plan.maximumSoakSeconds ? [{ kind: "timeout", seconds: elapsed }] : [];
  const awaited = [...judged.awaited, ...soak].sort(byExpectation);
  const { kind, reasons, waits } = decide({ ...judged, latched, broken, timeout, awaited });
  const shown = judged.metrics.map(({ trial, baseline }) => ({
    trial: trial.units,
    baseline: baseline.units,
  }));
  return {
    kind,
    gift: plan.gift,
    version: plan.version,
    build: plan.build,
    stage: plan.stage,
    method: plan.method,
    startSeconds: plan.startSeconds,
    asOfSeconds,
    reasons,
    units: {
      trial: Math.max(0, ...shown.map(({ trial }) => trial)),
      baseline: Math.max(0, ...shown.map(({ baseline }) => baseline)),
    },
    metrics: judged.metrics,
    expectedSeconds: waits ? expectedOf(awaited) : null,
    decode: isShown ? toDecode(checked) : null,
  };
}

/** What one of the two methods says of the counts, before time and data are looked at. */
export interface Judged {
  readonly metrics: readonly MetricVerdict[];
  /** What fails the release. */
  readonly failures: readonly Reason[];
  /** What a person has to look at. */
  readonly held: readonly Reason[];
  readonly awaited: readonly Awaited[];
  /** Why it passes where nothing of the above is there. */
  readonly passes: Reason;
}

function decide({
  latched,
  broken,
  failures,
  held,
  timeout,
  awaited,
  passes,
}: Judged & {
  readonly latched: readonly Reason[];
  readonly broken: readonly Reason[];
  readonly timeout: readonly Reason[];
}): { kind: Verdict["kind"]; reasons: readonly Reason[]; waits: boolean } {
  const open = awaited.map(({ reason }) => reason);
  if (latched.length > 0)
    return { kind: "fail", reasons: [...latched, ...failures, ...broken], waits: false };
  // What was proven by numbers that could be relied on is not undone by none coming any more.
  const isOnlyMissing = broken.every(isMissing);
  if (failures.length > 0 && isOnlyMissing)
    return { kind: "fail", reasons: [...failures, ...broken], waits: false };
  if (broken.length > 0) return { kind: "hold", reasons: broken, waits: false };
  if (held.length > 0) return { kind: "hold", reasons: [...held, ...open], waits: false };
  if (open.length === 0) return { kind: "pass", reasons: [passes], waits: false };
  return { kind: "hold", reasons: [...timeout, ...open], waits: true };
}

/** Numbers that are not there, rather than wrong. */
function isMissing(reason: Reason): boolean {
  return reason.kind === "data" && (reason.problem.kind === "stale" || reason.problem.kind === "coverage");
}

function judgeComparison(
  plan: AnalysisPlan,
  checked: CheckedCounts,
  asOfSeconds: number,
  isShown: boolean,
): Judged {
  const weights = weightsOf(plan);
  const elapsed = asOfSeconds - plan.startSeconds;
  const all = plan.metrics.map((metric) => {
    const arms = checked.metrics.get(metric.name) ?? [];
    const evidence = toEvidence(plan, metric, arms);
    const few = fewUnits(plan, metric, arms, weights);
    const verdict = toMetricVerdict(plan, metric, arms, evidence, few, weights);
    const difference = isShown
      ? new DifferenceInterval(metric, arms, [...weights]).after(evidence.worse.length)
      : null;
    return { metric, evidence, few, verdict: { ...verdict, difference } };
  });
  const decided = all.filter(({ metric }) => metric.decides);
  const failures = decided.flatMap(({ metric, evidence }): Reason[] =>
    evidence.failedAt === null ? [] : worseIn(plan, metric, evidence),
  );
  const held = decided.flatMap(({ metric, evidence }): Reason[] =>
    evidence.isWithinMargin
      ? [{ kind: "worse_within_margin", metric: metric.name }]
      : evidence.failedAt === null && evidence.strata.some(({ isWorse }) => isWorse)
        ? worseIn(plan, metric, evidence)
        : [],
  );
  const proofs = decided.flatMap(({ metric, evidence }): Awaited[] => {
    const now = evidence.notWorse.at(-1) ?? 0;
    if (now >= evidence.thresholds.notWorse) return [];
    const expectedSeconds = whenProven(plan, checked.instants, evidence);
    return [{ reason: { kind: "not_proven", metric: metric.name }, expectedSeconds }];
  });
  // Of several metrics with too few units the one that has the longest way is said.
  const units = new Map<string, { reason: Reason & { kind: "units" }; left: number }>();
  for (const { few } of decided)
    for (const it of few) {
      const left = it.units > 0 ? it.minimum / it.units : Number.POSITIVE_INFINITY;
      if (left > (units.get(it.scope ?? "")?.left ?? 0))
        units.set(it.scope ?? "", { reason: { kind: "units", ...it }, left });
    }
  const counted = [...units.values()].map(({ reason, left }): Awaited => {
    const expected = plan.startSeconds + elapsed * left;
    return { reason, expectedSeconds: Number.isFinite(expected) ? Math.ceil(expected) : null };
  });
  return {
    metrics: all.map(({ verdict }) => verdict),
    failures,
    held,
    awaited: [...proofs, ...counted],
    passes: { kind: "proven" },
  };
}

/** Where it is worse: the strata that are so by themselves, unless that is most of them or none. */
function worseIn(plan: AnalysisPlan, metric: MetricPlan, { strata }: MetricEvidence): Reason[] {
  const worse = plan.strata.filter((_, at) => strata[at]?.isWorse);
  if (worse.length === 0 || worse.length * 2 > plan.strata.length)
    return [{ kind: "worse", metric: metric.name }];
  return worse.map((stratum) => ({ kind: "worse", metric: metric.name, scope: scopeOf(stratum) }));
}

function scopeOf({ region, tier }: { readonly region: string; readonly tier: string }): string {
  return `${region}/${tier}`;
}

interface FewUnits {
  readonly units: number;
  readonly minimum: number;
  readonly scope?: string;
}

/**
 * Units that are missing: of the trial as a whole, of each stratum that is large enough to need the minimum of its own, and of each
 * smaller one without which nothing can be proven about everyone. Waived strata need none.
 */
function fewUnits(
  plan: AnalysisPlan,
  metric: MetricPlan,
  arms: readonly ArmCounts[],
  weights: Float64Array,
): readonly FewUnits[] {
  const units = arms.map(({ trialUnits }) => sumOf(trialUnits));
  const all = sumOf(units);
  const few: FewUnits[] = all < metric.minimumUnits ? [{ units: all, minimum: metric.minimumUnits }] : [];
  plan.strata.forEach((stratum, at) => {
    if (plan.waivedStrata.includes(scopeOf(stratum))) return;
    const isLarge = stratum.weight >= plan.stratumShare;
    const minimum = isLarge ? metric.minimumUnits : weights[at]! > slackOf(metric) ? WHOLE_UNITS : 0;
    if (units[at]! < minimum) few.push({ units: units[at]!, minimum, scope: scopeOf(stratum) });
  });
  return few;
}

function toMetricVerdict(
  plan: AnalysisPlan,
  metric: MetricPlan,
  arms: readonly ArmCounts[],
  evidence: MetricEvidence,
  few: readonly FewUnits[],
  weights: Float64Array,
): Omit<MetricVerdict, "difference"> {
  const rates = arms.map((it) => ({
    trial: { units: sumOf(it.trialUnits), bad: sumOf(it.trialBad) },
    baseline: { units: sumOf(it.baselineUnits), bad: sumOf(it.baselineBad) },
  }));
  const baseline = together(rates.map((it) => it.baseline));
  const notWorse = evidence.notWorse.at(-1) ?? 0;
  const isWorse = evidence.isWithinMargin || evidence.strata.some((it) => it.isWorse);
  const passes = notWorse >= evidence.thresholds.notWorse && few.length === 0 && !isWorse;
  return {
    name: metric.name,
    ...(metric.over === undefined ? {} : { over: metric.over }),
    decides: metric.decides,
    kind: evidence.failedAt !== null ? "fail" : passes ? "pass" : "hold",
    trial: together(rates.map((it) => it.trial)),
    baseline,
    limit: limitOf(metric, rates, weights),
    worse: {
      logE: evidence.worse.reduce((greatest, logE) => Math.max(greatest, logE), 0),
      logThreshold: evidence.thresholds.worse,
    },
    notWorse: { logE: notWorse, logThreshold: evidence.thresholds.notWorse },
    strata: plan.strata.map((stratum, at): StratumVerdict => {
      const { logE, isWorse } = evidence.strata[at] ?? { logE: 0, isWorse: false };
      const isFew = few.some(({ scope }) => scope === scopeOf(stratum));
      return {
        region: stratum.region,
        tier: stratum.tier,
        ...(rates[at] ?? { trial: { units: 0, bad: 0 }, baseline: { units: 0, bad: 0 } }),
        worse: { logE, logThreshold: evidence.thresholds.stratum },
        kind: isWorse ? "fail" : isFew ? "few_units" : "ok",
      };
    }),
  };
}

function together(rates: readonly Rate[]): Rate {
  return { units: sumOf(rates.map(({ units }) => units)), bad: sumOf(rates.map(({ bad }) => bad)) };
}

/** The highest rate that the trial may have, for the same traffic as the difference is for. */
function limitOf(
  { margin, priorRate }: MetricPlan,
  rates: readonly { readonly baseline: Rate }[],
  weights: Float64Array,
): number {
  let sum = 0;
  let total = 0;
  rates.forEach(({ baseline: { units, bad } }, at) => {
    if (units === 0) return;
    sum += (weights[at]! * bad) / units;
    total += weights[at]!;
  });
  return Math.min(1, margin.ratio * (total > 0 ? sum / total : priorRate) + margin.absolute);
}

/**
 * When "not worse" is proven if evidence goes on to grow as it has since half of the time, rounded up; null while it does not grow.
 */
function whenProven(
  plan: AnalysisPlan,
  instants: readonly number[],
  { notWorse, thresholds }: MetricEvidence,
): number | null {
  const last = notWorse.length - 1;
  if (last < 0) return null;
  const middle = (last >> 1) - 1;
  const since = middle < 0 ? plan.startSeconds : instants[middle]!;
  const slope = (notWorse[last]! - (middle < 0 ? 0 : notWorse[middle]!)) / (instants[last]! - since);
  if (!(slope > 0)) return null;
  const expected = instants[last]! + (thresholds.notWorse - notWorse[last]!) / slope;
  return Number.isFinite(expected) ? Math.ceil(expected) : null;
}

/** What takes longest first; what nobody can tell before everything. */
function byExpectation(a: Awaited, b: Awaited): number {
  const [left, right] = [a, b].map(({ expectedSeconds }) => expectedSeconds ?? Number.MAX_VALUE);
  return right! - left!;
}

function expectedOf(awaited: readonly Awaited[]): number | null {
  return awaited.reduce<number | null>(
    (latest, { expectedSeconds }) =>
      latest === null || expectedSeconds === null ? null : Math.max(latest, expectedSeconds),
    Number.NEGATIVE_INFINITY,
  );
}

function isInvalid(reason: Reason): boolean {
  return reason.kind === "data" && reason.problem.kind === "invalid_counters";
}

function toDecode({ decode }: CheckedCounts): Verdict["decode"] {
  if (!decode) return null;
  const quantilesOf = (counts: readonly number[]) =>
    QUANTILES.map((p) => quantileBounds(p, decode.bounds, counts, QUANTILE_ALPHA));
  return {
    histogram: decode,
    trial: quantilesOf(decode.trial),
    baseline: quantilesOf(decode.baseline),
  };
}
