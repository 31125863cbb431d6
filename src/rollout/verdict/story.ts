import type { AnalysisPlan } from "../gate/analysisPlan.ts";
import type {
  Evidence,
  MetricVerdict,
  Quantile,
  Reason,
  StratumVerdict,
  Verdict,
  VerdictKind,
} from "../gate/verdict.ts";
import {
  toCount,
  toCountOf,
  toDuration,
  toMilliseconds,
  toOdds,
  toPercent,
  toPercents,
  toSigned,
  toUtc,
} from "./amounts.ts";
import {
  countCohortFailures,
  describeReason,
  hasFailed,
  isCohortFailure,
  isPast,
  type ReasonStory,
  rateOf,
  wordsOf,
} from "./describeReason.ts";
import { type NextStep, rollbackCommand, waitFor } from "./nextStep.ts";
import { metricWords, placeWords, STAGE_WORDS, scopeWords } from "./words.ts";

/** `decide`: the numbers do not, so a person does. `look`: something else is wrong, and comes first. */
export type Recommendation = "promote" | "wait" | "decide" | "look" | "take_back";

/** A verdict in words, in the order in which people need them; every text about it is made from this. */
export interface VerdictStory {
  readonly gift: string;
  readonly version: string;
  readonly kind: VerdictKind;
  readonly recommendation: Recommendation;
  /** What to do and why, in one line: "Promote rose 1.1.0: it stays within every limit". */
  readonly headline: string;
  readonly why: string;
  readonly next: NextStep;
  /** New against live against the limit, a row for each metric. */
  readonly rows: readonly StoryRow[];
  /** How much was seen, and when. */
  readonly basis: string;
  /** All reasons, the one that decided first. */
  readonly reasons: readonly ReasonStory[];
  readonly places: readonly PlaceStory[];
  /** For those who want to know how sure this is, a row for each metric that has something to compare. */
  readonly evidence: readonly EvidenceRow[];
  readonly decode: readonly string[];
  readonly notes: readonly string[];
}

export interface StoryRow {
  /** Goes on after "plays that". */
  readonly what: string;
  readonly new: string;
  readonly live: string;
  readonly limit: string;
  readonly verdict: string;
}

/** One metric by region and tier. */
export interface PlaceStory {
  readonly what: string;
  readonly rows: readonly PlaceRow[];
}

export interface PlaceRow {
  readonly region: string;
  readonly tier: string;
  readonly new: string;
  readonly live: string;
  readonly verdict: string;
}

export interface EvidenceRow {
  readonly what: string;
  /** New minus live, in points of per cent, and between what it very likely lies. */
  readonly difference: string;
  readonly range: string;
  /** "1 : 240, needed 1 : 500": how seldom chance alone would show this. */
  readonly worse: string;
  readonly within: string;
}

type WorseReason = Extract<Reason, { kind: "worse" }>;

const NONE = "–";

/** The model of every text about a verdict. */
export function describeVerdict(verdict: Verdict, plan: AnalysisPlan): VerdictStory {
  const { gift, version, kind, reasons } = verdict;
  const told = reasons.map((reason) => describeReason(reason, verdict, plan));
  const recommendation = recommend(verdict);
  return {
    gift,
    version,
    kind,
    recommendation,
    headline: `${beginHeadline(recommendation, `${gift} ${version}`)}: ${summarise(verdict, plan)}`,
    why: told[0]?.sentence ?? "No reason was given.",
    next: nextOf(verdict, told[0], recommendation),
    rows: hasPlays(verdict) ? verdict.metrics.map((it) => toRow(it, verdict, plan)) : [],
    basis: describeBasis(verdict),
    reasons: told,
    places: verdict.metrics.flatMap(toPlaces),
    evidence: verdict.metrics.flatMap(describeEvidence),
    decode: describeDecode(verdict),
    notes: describeNotes(verdict, plan),
  };
}

function recommend({ kind, reasons }: Verdict): Recommendation {
  const first = reasons[0]?.kind;
  if (kind === "pass") return "promote";
  if (first === "shared_incident") return "look";
  if (first === "worse_within_margin" || first === "timeout") return "decide";
  if (kind === "fail") return "take_back";
  return first === "worse" || first === "cohort_failures" ? "decide" : "wait";
}

function beginHeadline(recommendation: Recommendation, release: string): string {
  switch (recommendation) {
    case "promote":
      return `Promote ${release}`;
    case "wait":
      return `Do not promote ${release} yet`;
    case "decide":
      return `Decide about ${release}`;
    case "look":
      return `Leave ${release} as it is and look for another cause`;
    case "take_back":
      return `Take back ${release}`;
  }
}

/** What the first reason comes to, in a few words. */
function summarise(verdict: Verdict, plan: AnalysisPlan): string {
  const [first] = verdict.reasons;
  if (!first) return { pass: "it passed", hold: "it is not decided yet", fail: "it failed" }[verdict.kind];
  const did = "metric" in first ? wordsOf(first.metric, verdict, plan).did : "";
  switch (first.kind) {
    case "worse":
      if (verdict.method === "cohort") return `too many plays ${did} in the test group`;
      return `more plays ${did} ${isPast(first, verdict, plan) ? "earlier" : summarisePlaces(first, verdict)}`;
    case "worse_within_margin":
      return `a few more plays ${did}, within what is allowed`;
    case "latched":
      return "it failed before";
    case "cohort_failures":
      return "it failed in the test group";
    case "data":
      return summariseProblem(first);
    case "sample_ratio":
    case "version_skew":
      return "new and live cannot be compared fairly";
    case "soak":
      return "it is too early to say";
    case "units":
      return "too few plays so far";
    case "not_proven":
      return "too few plays so far to be sure";
    case "timeout":
      return "the numbers do not say enough";
    case "shared_incident":
      return "what is live got worse, too";
    case "metrics_unavailable":
      return "the numbers cannot be read";
    case "on_hold":
      return "a person put it on hold";
    case "waived":
      return `${hasFailed(verdict) ? "it failed" : "it is not proven"}, but is let through as an exception`;
    case "proven":
      return "it stays within every limit";
    case "cohort_clean":
      return countCohortFailures(verdict) === 0
        ? "the test group met no problem"
        : "the test group met no more problems than allowed";
  }
}

function summarisePlaces({ metric, scope }: WorseReason, verdict: Verdict): string {
  if (scope === undefined) return "than today";
  const more = verdict.reasons.filter((it) => it.kind === "worse" && it.metric === metric).length - 1;
  return `on ${scopeWords(scope)}${more > 0 ? ` and in ${toCountOf(more, "other place")}` : ""}`;
}

function summariseProblem({ problem }: Extract<Reason, { kind: "data" }>): string {
  switch (problem.kind) {
    case "no_data":
      return "there are no numbers";
    case "no_baseline":
      return "there is nothing to compare it with";
    case "stale":
      return "the numbers are too old";
    case "coverage":
      return "too many numbers are missing";
    case "reset_storm":
    case "invalid_counters":
    case "unknown_labels":
      return "the numbers cannot be trusted";
  }
}

/** What a first reason asks for must never be more than the verdict allows. */
function nextOf(verdict: Verdict, first: ReasonStory | undefined, recommendation: Recommendation): NextStep {
  const reason = verdict.reasons[0]?.kind;
  const isFitting = {
    promote: reason === "proven" || reason === "cohort_clean" || reason === "waived",
    take_back: reason === "worse" || reason === "cohort_failures" || reason === "latched",
    wait: reason !== "proven" && reason !== "cohort_clean" && reason !== "waived",
    decide: true,
    look: true,
  }[recommendation];
  if (first && isFitting) return first.next;
  const { gift, version } = verdict;
  if (recommendation === "take_back")
    return { who: "on-call", what: "take it back now", command: rollbackCommand(verdict) };
  if (recommendation === "promote")
    return { who: "reviewer", what: `look at the reasons, then merge the promotion of ${gift} ${version}` };
  return waitFor(verdict);
}

function hasPlays({ units, metrics }: Verdict): boolean {
  return (
    units.trial > 0 || units.baseline > 0 || metrics.some((it) => it.trial.units + it.baseline.units > 0)
  );
}

function toRow(metric: MetricVerdict, verdict: Verdict, plan: AnalysisPlan): StoryRow {
  const { trial, baseline, limit, decides } = metric;
  const what = metricWords(metric.name, metric.over).title;
  const said = decides
    ? verdictWords(metric, verdict, plan)
    : `${verdictWords(metric, verdict, plan)} (only shown)`;
  if (verdict.method === "cohort") {
    const isLimited = isCohortFailure(metric.name) && Number.isFinite(plan.allowedFailures);
    const most = isLimited ? `${toCount(plan.allowedFailures)} in all` : NONE;
    return {
      what,
      new: `${toCount(trial.bad)} of ${toCount(trial.units)}`,
      live: NONE,
      limit: most,
      verdict: said,
    };
  }
  const [now = NONE, before = NONE, most = NONE] = toPercents([rateOf(trial), rateOf(baseline), limit]);
  return {
    what,
    new: trial.units > 0 ? now : "no plays",
    live: baseline.units > 0 ? before : "no plays",
    limit: Number.isFinite(limit) && baseline.units > 0 ? `up to ${most}` : NONE,
    verdict: said,
  };
}

function verdictWords(metric: MetricVerdict, verdict: Verdict, plan: AnalysisPlan): string {
  const { name, kind, trial } = metric;
  const { method, reasons } = verdict;
  const [first] = reasons;
  if (first?.kind === "shared_incident" && first.metric === name) return "worse, and live too";
  if (reasons.some((it) => it.kind === "worse_within_margin" && it.metric === name))
    return "worse, but within";
  const worse = reasons.flatMap((it) => (it.kind === "worse" && it.metric === name ? [it] : []));
  const isTooMany = method === "cohort" && isCohortFailure(name) && trial.bad > plan.allowedFailures;
  if (isTooMany || (method === "cohort" && kind === "fail")) return "too many";
  if (worse.length > 0 || kind === "fail") return describePlaces(metric, worse, verdict, plan);
  if (trial.units > 0 && isDistrusted(first)) return "does not count";
  if (kind === "pass") return "fine";
  return trial.units > 0 ? "not sure yet" : "not known";
}

function describePlaces(
  { strata }: MetricVerdict,
  worse: readonly WorseReason[],
  verdict: Verdict,
  plan: AnalysisPlan,
): string {
  if (worse.length > 0 && worse.every((it) => isPast(it, verdict, plan))) return "was worse";
  const failed = strata.filter((it) => it.kind === "fail");
  const [one] = failed;
  if (worse.some((it) => it.scope === undefined) || !one) return "worse";
  return failed.length === 1
    ? `worse: ${placeWords(one.region, one.tier)}`
    : `worse in ${failed.length} places`;
}

/** Whether the numbers themselves are in doubt, however good they look. */
function isDistrusted(first: Reason | undefined): boolean {
  return first?.kind === "data" || first?.kind === "sample_ratio" || first?.kind === "version_skew";
}

function toPlaces({ name, over, strata }: MetricVerdict): PlaceStory[] {
  // Where nothing was played anywhere, a table of places says nothing.
  if (strata.every(({ trial, baseline }) => trial.units === 0 && baseline.units === 0)) return [];
  const first = (it: StratumVerdict) => ["fail", "few_units", "ok"].indexOf(it.kind);
  const rows = strata.toSorted((a, b) => first(a) - first(b)).map(toPlaceRow);
  return [{ what: metricWords(name, over).title, rows }];
}

function toPlaceRow({ region, tier, trial, baseline, kind }: StratumVerdict): PlaceRow {
  const [now = "", before = ""] = toPercents([rateOf(trial), rateOf(baseline)]);
  const write = (share: string, units: number) => (units > 0 ? `${share} of ${toCount(units)}` : "no plays");
  const words = { fail: "worse", few_units: "too few plays", ok: "no sign of worse" };
  return {
    region,
    tier,
    new: write(now, trial.units),
    live: write(before, baseline.units),
    verdict: words[kind],
  };
}

function describeBasis(verdict: Verdict): string {
  const { units, startSeconds, asOfSeconds, stage, method } = verdict;
  const out =
    asOfSeconds > startSeconds ? `, ${toDuration(asOfSeconds - startSeconds)} after this stage opened` : "";
  const when = `up to ${toUtc(asOfSeconds)}${out} (${STAGE_WORDS[stage]})`;
  if (!hasPlays(verdict)) return `No play was counted ${when}.`;
  const who = method === "cohort" ? "in the test group" : `beside ${toCount(units.baseline)} of what is live`;
  return `${toCountOf(units.trial, "new play")} ${who}, ${when}. Only the first play on a device counts.`;
}

function describeEvidence({
  name,
  over,
  difference,
  worse,
  notWorse,
  decides,
}: MetricVerdict): EvidenceRow[] {
  if (!difference) return [];
  const { title } = metricWords(name, over);
  return [
    {
      what: decides ? title : `${title} (only shown)`,
      difference: toSigned(difference.estimate),
      range: describeRange(difference.lower, difference.upper),
      worse: describeOdds(worse),
      within: describeOdds(notWorse),
    },
  ];
}

function describeOdds({ logE, logThreshold }: Evidence): string {
  return `${toOdds(logE)}, needed ${toOdds(logThreshold)}`;
}

function describeRange(lower: number, upper: number): string {
  const [low, high] = [Number.isFinite(lower), Number.isFinite(upper)];
  if (low && high) return `${toSigned(lower)} to ${toSigned(upper)}`;
  if (low) return `above ${toSigned(lower)}`;
  return high ? `below ${toSigned(upper)}` : "not known yet";
}

function describeDecode({ decode }: Verdict): string[] {
  if (!decode) return [];
  return decode.trial.map((quantile) => {
    const live = decode.baseline.find((it) => it.p === quantile.p);
    const beside = live ? `; live: ${describeQuantile(live)}` : "";
    return `${toPercent(quantile.p)} of new plays decode within ${describeQuantile(quantile)}${beside}`;
  });
}

function describeQuantile({ lower, upper }: Quantile): string {
  if (upper === Number.POSITIVE_INFINITY)
    return lower > 0 ? `more than ${toMilliseconds(lower)}` : "a time not known yet";
  return lower > 0 && lower < upper
    ? `${toMilliseconds(lower)} to ${toMilliseconds(upper)}`
    : `at most ${toMilliseconds(upper)}`;
}

function describeNotes({ startSeconds, build }: Verdict, plan: AnalysisPlan): string[] {
  return [
    `This stage opened at ${toUtc(startSeconds)}${plan.commit === "" ? "" : ` with commit ${plan.commit.slice(0, 10)}`}; the files are build ${build}`,
    ...(plan.waivedStrata.length > 0
      ? [`May have few plays, as the policy says: ${plan.waivedStrata.map(scopeWords).join("; ")}`]
      : []),
  ];
}
