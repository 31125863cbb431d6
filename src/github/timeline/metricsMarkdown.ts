import { createHash } from "node:crypto";
import { escapeCell } from "../../report/github.ts";
import type { Verdict } from "../../rollout/gate/verdict.ts";
import { toUtc } from "../../rollout/verdict/amounts.ts";
import type { VerdictStory } from "../../rollout/verdict/story.ts";
import { verdictToMarkdown } from "../../rollout/verdict/verdictMarkdown.ts";
import { afterWords } from "./words.ts";

/** The first line of the comment that shows a trial's numbers. */
export const METRICS_MARKER = "giftwrap:metrics";
const MAX_LENGTH = 58_000;

export interface TrialToTell {
  readonly verdict: Verdict;
  readonly story: VerdictStory;
  readonly environment: string;
  readonly language: "en" | "zh";
}

/** The comment: the verdict's story, and until when the numbers go. Its second line says by a digest which numbers they are. */
export function metricsToMarkdown({ verdict, story, environment, language }: TrialToTell): string {
  const words = afterWords(language);
  const release = `${escapeCell(verdict.gift)} ${escapeCell(verdict.version)}`;
  return [
    `<!-- ${METRICS_MARKER} -->\n${isProven(verdict) ? ENDED : toNumbersStamp(verdict)}`,
    ...(isProven(verdict) ? [`${words.ended("proven", release)}\n`] : []),
    verdictToMarkdown(story, { maxLength: MAX_LENGTH }),
    `<sub>${words.metricsFooter(toUtc(verdict.asOfSeconds), escapeCell(environment))}</sub>\n`,
  ].join("\n");
}

/** Whether the comment says it all: the same numbers, or it was proven before. */
export function isToldAlready(body: string, verdict: Verdict): boolean {
  const [, second = ""] = body.split(/\r?\n/, 2);
  return second === ENDED || second === toNumbersStamp(verdict);
}

/** At full with everything within its limits: nothing is left to prove. */
export function isProven({ kind, stage }: Verdict): boolean {
  return kind === "pass" && stage === "full";
}

const ENDED = "<!-- ended -->";

/** The comment of a trial that is over: what became of it, above the numbers as they were last. Once; then it is as it was. */
export function withEnd(
  body: string,
  { gift, version, end }: { readonly gift: string; readonly version: string; readonly end: TrialEnd },
  language: "en" | "zh",
): string {
  const [first = "", second = "", ...rest] = body.split(/\r?\n/);
  if (second === ENDED) return body;
  const word = afterWords(language).ended(end, `${escapeCell(gift)} ${escapeCell(version)}`);
  return [first, ENDED, word, "", ...rest].join("\n");
}

/** What became of a trial: everybody has the release, a later one follows, or it reaches fewer. */
export type TrialEnd = "proven" | "went_on" | "taken_back";

/** What was counted and what it means, without the time that passes. */
function toNumbersStamp({ kind, stage, units, metrics, reasons }: Verdict): string {
  const numbers = {
    kind,
    stage,
    units,
    reasons: reasons.map((it) => [it.kind, "metric" in it ? it.metric : ""]),
    metrics: metrics.map(({ name, kind, trial, baseline }) => [name, kind, trial, baseline]),
  };
  const digest = createHash("sha256").update(JSON.stringify(numbers)).digest("hex");
  return `<!-- numbers ${digest.slice(0, 24)} -->`;
}
