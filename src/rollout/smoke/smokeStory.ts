import type { Tier } from "../../wire/viewer.ts";
import { type Comparison, nameOf, type SmokeVerdict } from "./judgeSmoke.ts";
import { MEASURE_FACTS, toAmount } from "./measures.ts";
import type { Scenario } from "./smokePlan.ts";
import type { SmokeRun } from "./smokeRun.ts";

/** A verdict in words: the terminal, Markdown and JSON only write it. */
export interface SmokeStory {
  readonly release: string;
  readonly result: "passed" | "failed" | "held";
  /** What it comes to, in a sentence. */
  readonly headline: string;
  /** The worst first. */
  readonly why: readonly string[];
  /** What to do, as an instruction. */
  readonly next: string;
  /** How it was measured, and what that is worth. */
  readonly basis: string;
  readonly rows: readonly SmokeRow[];
}

export interface SmokeRow {
  readonly tier: Tier;
  readonly scenario: Scenario;
  readonly what: string;
  readonly new: string;
  readonly reference: string;
  readonly limit: string;
  readonly verdict: "passed" | "FAILED" | "unsure" | "not measured";
}

const WORDS: Readonly<Record<Comparison["verdict"], SmokeRow["verdict"]>> = {
  passed: "passed",
  failed: "FAILED",
  unsure: "unsure",
  unknown: "not measured",
};

export function tellSmoke(run: SmokeRun, verdict: SmokeVerdict): SmokeStory {
  const release = `${run.gift}@${run.version}`;
  const failed = verdict.comparisons.filter((it) => it.verdict === "failed").sort(byExcess);
  const unsure = verdict.comparisons.filter((it) => it.verdict === "unsure").sort(byExcess);
  const heavier = (it: Comparison) => describeExcess(it, run.reference);
  const why = {
    pass: ["Nothing of it is heavier than its limit, and every play showed it."],
    fail: [...verdict.faults, ...failed.map(heavier)],
    hold: [...verdict.gaps, ...unsure.map((it) => `${heavier(it)}, but not in every round`)],
  }[verdict.kind];
  return {
    release,
    ...HEADLINES[verdict.kind](release),
    why,
    next: nextStep(run, verdict, failed.length > 0),
    basis: describeBasis(run),
    rows: verdict.comparisons.map(toRow),
  };
}

const HEADLINES: Readonly<
  Record<SmokeVerdict["kind"], (release: string) => Pick<SmokeStory, "result" | "headline">>
> = {
  pass: (release) => ({ result: "passed", headline: `${release} passed the smoke test` }),
  fail: (release) => ({ result: "failed", headline: `${release} failed the smoke test: do not release it` }),
  hold: (release) => ({
    result: "held",
    headline: `${release} is not proven yet: the smoke test could not decide`,
  }),
};

function nextStep({ reference, method }: SmokeRun, { kind, gaps }: SmokeVerdict, isHeavy: boolean): string {
  if (kind === "pass") return "it may go to its next stage";
  if (kind === "fail")
    return isHeavy
      ? `make it lighter (fewer pixels, frames or details) in a new version; if it is meant to be heavier than ${reference}, name another reference below "smoke" in releases/policy.yaml`
      : "mend what went wrong in a new version, then run the smoke test again";
  if (method === "sharp")
    return "run it where Chromium is installed, or name the program with the variable CHROMIUM";
  return gaps.length > 0
    ? "mend what kept it from being measured, then run the smoke test again"
    : "run it again with more --rounds, on a machine with nothing else to do";
}

function describeBasis({ method, reference }: SmokeRun): string {
  return method === "chromium"
    ? `Played in Chromium by the client and the player that apps embed, in turns with ${reference}; medians beside each other.`
    : `There was no browser: only decoding was measured, in turns with ${reference}. This is weaker: nothing was played, and neither memory, network nor a stop was tried.`;
}

/** "mid, burst: memory is 812 MB, 2.3 times that of rose@1.0.0; its limit is 540 MB" */
function describeExcess(it: Comparison, reference: string): string {
  const { measure, subject, limit } = it;
  if (subject === null || limit === null) return nameOf(it);
  const times =
    it.reference !== null && it.reference > 0
      ? `, ${(subject / it.reference).toFixed(1)} times that of ${reference}`
      : "";
  return `${nameOf(it)} is ${toAmount(measure, subject)}${times}; its limit is ${toAmount(measure, limit)}`;
}

function byExcess(a: Comparison, b: Comparison): number {
  return excessOf(b) - excessOf(a);
}

function excessOf({ subject, limit }: Comparison): number {
  return subject === null || limit === null || limit <= 0 ? 0 : subject / limit;
}

function toRow({ tier, scenario, measure, subject, reference, limit, verdict }: Comparison): SmokeRow {
  const written = (value: number | null) => (value === null ? "-" : toAmount(measure, value));
  return {
    tier,
    scenario,
    what: MEASURE_FACTS[measure].what,
    new: written(subject),
    reference: written(reference),
    limit: written(limit),
    verdict: WORDS[verdict],
  };
}
