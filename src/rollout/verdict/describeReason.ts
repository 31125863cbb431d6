import type { AnalysisPlan, MetricName } from "../gate/analysisPlan.ts";
import type { DataProblem } from "../gate/counts.ts";
import type { MetricVerdict, Rate, Reason, Verdict } from "../gate/verdict.ts";
import {
  toCount,
  toCountOf,
  toDuration,
  toPercent,
  toPercents,
  toPoints,
  toTimes,
  toUtc,
} from "./amounts.ts";
import {
  decide,
  gateCommand,
  type NextStep,
  promote,
  rollbackCommand,
  takeBack,
  waitFor,
  waiver,
} from "./nextStep.ts";
import { metricWords, scopeWords } from "./words.ts";

export interface ReasonStory {
  /** Whole sentences, with the numbers. */
  readonly sentence: string;
  readonly next: NextStep;
}

/** The sentence of one reason, and what it asks of whom. */
export function describeReason(reason: Reason, verdict: Verdict, plan: AnalysisPlan): ReasonStory {
  const release = `${verdict.gift} ${verdict.version}`;
  switch (reason.kind) {
    case "worse": {
      const { metric, scope } = reason;
      const numbers = describeNumbers(metric, verdict, plan, scope);
      return {
        sentence: `${numbers ?? "How many it is by now is not known."} ${describeWorse(reason, verdict, plan)}`,
        next: verdict.kind === "fail" ? takeBack(verdict) : decide(verdict),
      };
    }
    case "worse_within_margin": {
      const numbers = describeNumbers(reason.metric, verdict, plan);
      return {
        sentence: `${numbers === null ? "" : `${numbers} `}It is worse than today, but surely within what is allowed.`,
        next: {
          who: "reviewer",
          what: `decide with the product manager: ${waiver(verdict)}, or take it back`,
          command: rollbackCommand(verdict),
        },
      };
    }
    case "latched":
      return {
        sentence: `These very files failed at this stage already, at ${toUtc(reason.seconds)}, and what came later does not undo that.`,
        next: {
          who: "on-call",
          what: `take it back if it is still open. What is mended goes out as a new version, for ${verdict.version} will not pass any more`,
          command: rollbackCommand(verdict),
        },
      };
    case "cohort_failures":
      return {
        sentence: `${toCountOf(reason.failures, "play")} in the test group failed to load, crashed or got wrong bytes; ${describeAllowed(reason.allowed)}.`,
        next: verdict.kind === "fail" ? takeBack(verdict) : decide(verdict),
      };
    case "data":
      return describeProblem(reason.problem, verdict, plan);
    case "sample_ratio": {
      const [found, expected] = toPercents([reason.found, reason.expected]);
      return {
        sentence: `In ${reason.region} ${found} of the devices are counted with the new release, where ${expected} should be. That is not chance, so new and live cannot be compared fairly.`,
        next: {
          who: "telemetry owner",
          what: "find out whose reports get lost or are counted twice, and whether all apps split viewers alike",
        },
      };
    }
    case "version_skew": {
      const [trial, baseline] = toPercents([reason.trial, reason.baseline]);
      return {
        sentence: `${reason.app} has ${trial} of the new plays but ${baseline} of the live ones, so the apps would be compared, not the releases.`,
        next: {
          who: "telemetry owner",
          what: `find out why: some apps may not get ${release}, or not report. New and live must be counted over the same apps`,
        },
      };
    }
    case "soak":
      return {
        sentence: `It has been out for ${toDuration(reason.seconds)}; it has to be out for at least ${toDuration(reason.minimumSeconds)}.`,
        next: waitFor(verdict),
      };
    case "units": {
      const where = reason.scope === undefined ? "" : ` on ${scopeWords(reason.scope)}`;
      return {
        sentence: `There are ${toCountOf(reason.units, "new play")}${where} so far; at least ${toCount(reason.minimum)} are needed.`,
        next: waitFor(verdict),
      };
    }
    case "not_proven": {
      const { metric } = reason;
      const found = verdict.metrics.find((it) => it.name === metric);
      const isOver = found !== undefined && found.trial.units > 0 && rateOf(found.trial) > found.limit;
      const hope = isOver
        ? "So far that is more than allowed, but with so few plays it could be chance."
        : "There are too few plays so far to be sure.";
      const { did } = wordsOf(metric, verdict, plan);
      const numbers = describeNumbers(metric, verdict, plan);
      return {
        sentence: numbers === null ? `How many new plays ${did} is not known yet.` : `${numbers} ${hope}`,
        next: waitFor(verdict),
      };
    }
    case "timeout":
      return {
        sentence: `After ${toDuration(reason.seconds)} the numbers still do not say whether it is good enough.`,
        next: {
          who: "product manager",
          what: `decide: ${waiver(verdict)}, or take it back`,
          command: rollbackCommand(verdict),
        },
      };
    case "shared_incident": {
      const { metric } = reason;
      const live = verdict.metrics.find((it) => it.name === metric)?.baseline;
      const { did } = wordsOf(metric, verdict, plan);
      const now =
        live && live.units > 0
          ? ` (${toPercent(rateOf(live))} of ${toCountOf(live.units, "live play")} by now)`
          : "";
      return {
        sentence: `What is live got worse at the same time: more of its plays ${did}, too${now}. So something else is likely the cause, and nothing is taken back by itself.`,
        next: {
          who: "on-call",
          // No command: what is asked for is to look, not to type.
          what: `look for what hits both, such as the network, the CDN or an app release. Take ${release} back only if it is the cause`,
        },
      };
    }
    case "metrics_unavailable":
      return {
        sentence: `The numbers could not be read: ${endSentence(reason.message)}`,
        next: {
          who: "telemetry owner",
          what: `${reason.fix.replace(/[.]$/, "")}; then judge again`,
          command: gateCommand(verdict),
        },
      };
    case "on_hold":
      return {
        sentence: `A person put it on hold: ${endSentence(reason.why)}`,
        next: {
          who: "product manager",
          what: "ask who put it on hold; once the reason is gone, a person (never a program) lifts the hold",
          command: `npx giftwrap hold ${verdict.gift}@${verdict.version} --lift`,
        },
      };
    case "waived": {
      const although = hasFailed(verdict) ? "it failed" : "it is not proven";
      return {
        sentence: `${reason.owner} lets it through until ${reason.ends}, although ${although}: ${endSentence(reason.why)}`,
        next: {
          who: "reviewer",
          what: "merge the promotion only if you agree with this exception",
        },
      };
    }
    case "proven":
      return {
        sentence: `${describeFirst(verdict, plan)}Everything that decides is proven to stay within its limit.`,
        next: promote(verdict),
      };
    case "cohort_clean": {
      const bad = countCohortFailures(verdict);
      const found =
        bad === 0
          ? "and none failed to load, crashed or got wrong bytes"
          : `and ${toCount(bad)} failed to load, crashed or got wrong bytes, where ${describeAllowed(plan.allowedFailures)}`;
      return {
        sentence: `The test group has played it on ${toCountOf(reason.units, "device")}, ${found}.`,
        next: promote(verdict),
      };
    }
  }
}

/** Whether a failure stands among the reasons, even where it is let through. */
export function hasFailed({ reasons }: Verdict): boolean {
  return reasons.some(({ kind }) => kind === "worse" || kind === "cohort_failures" || kind === "latched");
}

/** Evidence stays although the numbers came down again since: then the reader is told so. */
function describeWorse(reason: WorseReason, verdict: Verdict, plan: AnalysisPlan): string {
  if (isPast(reason, verdict, plan))
    return "Earlier it was worse than chance explains, and what came later does not undo this.";
  const found = verdict.metrics.find((it) => it.name === reason.metric);
  const rates = found && ratesOf(found, plan, reason.scope);
  return rates && rateOf(rates.trial) <= rates.limit
    ? "Chance does not explain this: it is surely worse than today, and not proven to stay within what is allowed."
    : "Chance does not explain this.";
}

type WorseReason = Extract<Reason, { kind: "worse" }>;

/** Whether the release is no worse than what is live by now, as far as its numbers tell. */
export function isPast({ metric, scope }: WorseReason, verdict: Verdict, plan: AnalysisPlan): boolean {
  const found = verdict.metrics.find((it) => it.name === metric);
  const rates = found && ratesOf(found, plan, scope);
  if (!rates || !(rateOf(rates.trial) <= rateOf(rates.baseline))) return false;
  return scope !== undefined || describeMix(found).length === 0;
}

function describeProblem(problem: DataProblem, verdict: Verdict, plan: AnalysisPlan): ReasonStory {
  const release = `${verdict.gift} ${verdict.version}`;
  const mend = (sentence: string, what: string): ReasonStory => ({
    sentence,
    next: { who: "telemetry owner", what },
  });
  switch (problem.kind) {
    case "no_data":
      return mend(
        `No play of ${release} has been reported.`,
        "check that apps send their reports, that the collector runs, and that the metric server asks it",
      );
    case "no_baseline":
      return {
        sentence: "No play of what is live was reported beside it, so there is nothing to compare with.",
        next: {
          who: "product manager",
          what: `keep some viewers on the older release: lower a percentage, or set a holdback, in releases/${verdict.gift}/${verdict.version}.yaml`,
        },
      };
    case "stale":
      if (!(problem.newestSeconds > 0))
        return mend(
          `There are no numbers of ${release}.`,
          "check that the collector runs, and that the metric server asks it",
        );
      return mend(
        `The newest numbers are from ${toUtc(problem.newestSeconds)}; they may be at most ${toDuration(plan.staleAfterSeconds)} old.`,
        "find out why no new numbers arrive: the collector, and whether the metric server reaches it",
      );
    case "coverage":
      return mend(
        `Numbers are there for ${toCount(problem.covered)} of ${toCountOf(problem.expected, "moment")}; at least ${toPercent(plan.minimumCoverage)} are needed.`,
        "find out why reports are missing at times; once it is mended, the gaps close as time goes on",
      );
    case "reset_storm":
      return mend(
        `Counters began anew ${toCountOf(problem.resets, "time")} in ${describeHours(problem.hours)}, so plays are missing from them.`,
        "find out why the collector restarts so often",
      );
    case "invalid_counters":
      return mend(
        `A counter cannot be right: ${problem.series}: ${endSentence(problem.why)}`,
        "find out who writes this counter, and mend it",
      );
    case "unknown_labels":
      return mend(
        `A counter is about a region or a kind of device that the plan does not know: ${endSentence(problem.series)}`,
        "mend its labels, or have the region added to the policy",
      );
  }
}

/** "0.52 % of 12,400 new plays failed to load; today it is 0.50 %; up to 1.0 % is allowed." Null without numbers. */
export function describeNumbers(
  metric: MetricName,
  verdict: Verdict,
  plan: AnalysisPlan,
  scope?: string,
): string | null {
  const { did } = wordsOf(metric, verdict, plan);
  const where = scope === undefined ? "" : ` on ${scopeWords(scope)}`;
  const found = verdict.metrics.find((it) => it.name === metric);
  const rates = found && ratesOf(found, plan, scope);
  if (!found || !rates || rates.trial.units <= 0) return null;
  const { trial, baseline, limit } = rates;
  if (verdict.method === "cohort") {
    const [now, most] = toPercents([rateOf(trial), limit]);
    return `${now} of ${toCountOf(trial.units, "play")} in the test group ${did}; no release may have more than ${most}.`;
  }
  if (baseline.units <= 0) {
    return `${toCount(trial.bad)} of ${toCountOf(trial.units, "new play")}${where} ${did}; there is nothing live to compare with.`;
  }
  const [now, before, most] = toPercents([rateOf(trial), rateOf(baseline), limit]);
  const times = toTimes(rateOf(trial), rateOf(baseline));
  const more = times === null ? "" : `, so ${times} as many now`;
  return [
    `${now} of ${toCountOf(trial.units, "new play")}${where} ${did}; today it is ${before}${more}; up to ${most} is allowed.`,
    ...(scope === undefined ? describeMix(found) : []),
  ].join(" ");
}

/** Totals may say the opposite of what every region says (Simpson's paradox): then the reader must not trust them. */
function describeMix({ trial, baseline, difference }: MetricVerdict): string[] {
  if (!difference) return [];
  const together = rateOf(trial) - rateOf(baseline);
  const apart = difference.estimate;
  const isSure = difference.lower > 0 || difference.upper < 0;
  if (!isSure || Math.sign(together) === Math.sign(apart)) return [];
  return [
    `These totals mislead, for the new plays come from other regions and devices than the live ones: like compared with like, the difference is ${toPoints(apart)}.`,
  ];
}

function ratesOf(found: MetricVerdict, plan: AnalysisPlan, scope?: string) {
  if (scope === undefined) return found;
  const stratum = found.strata.find((it) => `${it.region}/${it.tier}` === scope);
  if (!stratum) return undefined;
  const margin = plan.metrics.find((it) => it.name === found.name)?.margin;
  const limit = margin ? margin.ratio * rateOf(stratum.baseline) + margin.absolute : found.limit;
  return { trial: stratum.trial, baseline: stratum.baseline, limit: Math.min(1, limit) };
}

/** The share of units with something wrong, 0 to 1; NaN where there are no units. */
export function rateOf({ units, bad }: Rate): number {
  return units > 0 ? bad / units : Number.NaN;
}

export function wordsOf(metric: MetricName, verdict: Verdict, plan: AnalysisPlan) {
  const over =
    verdict.metrics.find((it) => it.name === metric)?.over ??
    plan.metrics.find((it) => it.name === metric)?.over;
  return metricWords(metric, over);
}

/** What counts as a failure where nobody is comparable. */
export function isCohortFailure(metric: MetricName): boolean {
  return metric === "failed" || metric === "crashed" || metric === "mismatched";
}

export function countCohortFailures({ metrics }: Verdict): number {
  return metrics.filter((it) => isCohortFailure(it.name)).reduce((sum, { trial }) => sum + trial.bad, 0);
}

function describeFirst(verdict: Verdict, plan: AnalysisPlan): string {
  const first = verdict.metrics.find((it) => it.decides);
  const numbers = first ? describeNumbers(first.name, verdict, plan) : null;
  return numbers === null ? "" : `${numbers} `;
}

function describeAllowed(allowed: number): string {
  if (allowed === 0) return "none is allowed";
  if (!Number.isFinite(allowed)) return "there is nothing to compare that with";
  return `up to ${toCount(allowed)} ${allowed === 1 ? "is" : "are"} allowed`;
}

function describeHours(hours: number): string {
  return hours === 1 ? "an hour" : toDuration(hours * 3_600);
}

function endSentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
