import type { Evidence, Quantile, Rate, Verdict } from "../gate/verdict.ts";
import type { VerdictStory } from "./story.ts";

/** Goes up when a field goes away or changes its meaning; new fields may come at any time. */
export const VERDICT_FORMAT = 1;

/**
 * For programs: the recommendation first, then the numbers as they are. Rates and shares are 0 to 1, times epoch seconds. What is
 * infinite or unknown is null: a bound that nobody knows yet, or a decode time beyond the last bucket. Ends with a line break.
 */
export function verdictToJson(verdict: Verdict, story: VerdictStory): string {
  const { gift, version, build, stage, method, startSeconds, asOfSeconds, expectedSeconds, units } = verdict;
  const { kind, recommendation, headline, why, next } = story;
  const content = {
    format: VERDICT_FORMAT,
    gift,
    version,
    build,
    stage,
    method,
    verdict: kind,
    recommendation,
    headline,
    why,
    next,
    startSeconds,
    asOfSeconds,
    expectedSeconds,
    units,
    reasons: verdict.reasons.map((reason, at) => ({ ...reason, text: story.reasons[at]?.sentence ?? "" })),
    metrics: verdict.metrics.map((it) => ({
      name: it.name,
      ...(it.over !== undefined && { over: it.over }),
      decides: it.decides,
      verdict: it.kind,
      trial: toRate(it.trial),
      baseline: toRate(it.baseline),
      limit: it.limit,
      difference: it.difference,
      worse: toEvidence(it.worse),
      notWorse: toEvidence(it.notWorse),
      strata: it.strata.map(({ region, tier, kind, trial, baseline, worse }) => ({
        region,
        tier,
        verdict: kind,
        trial: toRate(trial),
        baseline: toRate(baseline),
        worse: toEvidence(worse),
      })),
    })),
    decode: verdict.decode && {
      histogram: verdict.decode.histogram,
      trial: verdict.decode.trial.map(toQuantile),
      baseline: verdict.decode.baseline.map(toQuantile),
    },
  };
  // JSON.stringify writes every number that is not finite as null.
  return `${JSON.stringify(content, null, 2)}\n`;
}

function toRate({ units, bad }: Rate) {
  return { units, bad, rate: units > 0 ? bad / units : null };
}

/** Whether it was enough is said, since an infinite value cannot be. */
function toEvidence({ logE, logThreshold }: Evidence) {
  return { logE, logThreshold, isEnough: logE >= logThreshold };
}

function toQuantile({ p, lower, upper }: Quantile) {
  return { p, lowerMilliseconds: lower, upperMilliseconds: upper };
}
