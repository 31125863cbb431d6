import { rememberStarts } from "../../metrics/rememberStarts.ts";
import type { MetricSource } from "../../metrics/source.ts";
import { environmentPath, POLICY_PATH, releasePath } from "../../model/paths.ts";
import { toWireOverride } from "../../model/entry.ts";
import { type Project, releaseKey } from "../../model/project.ts";
import { InvalidRange } from "../../model/range.ts";
import { trustRoot } from "../../publish/live.ts";
import { GiftError } from "../../report/error.ts";
import type { AnalysisPlan } from "../../rollout/gate/analysisPlan.ts";
import type { TrialCounts } from "../../rollout/gate/counts.ts";
import { holdBack } from "../../rollout/gate/holdBack.ts";
import type { GateMemory } from "../../rollout/gate/judge.ts";
import type { Reason, Verdict } from "../../rollout/gate/verdict.ts";
import { planAnalysis } from "../../rollout/planAnalysis.ts";
import type { WatchedTrial } from "../../rollout/planWatch.ts";
import { type PinnedTrial, type ReleaseName, readPinned } from "../../rollout/readPinned.ts";
import { describeVerdict, type VerdictStory } from "../../rollout/verdict/story.ts";
import { checkGate, type GateFact } from "../../rules/checkGate.ts";
import { readEvidence } from "../../trust/evidence.ts";
import { nodeCrypto } from "../../trust/nodeCrypto.ts";
import { speaksOf } from "../../wire/override.ts";
import { parseVersion } from "../../wire/version.ts";
import type { Environment } from "../environment.ts";
import { judgeNumbers, type NumbersSaid, type Question, type Unavailable } from "./judgeNumbers.ts";
import type { JudgeThreads } from "./judgeThreads.ts";

/** Releases judged at a time; each asks the metric server for a few things at once. */
const RELEASES_AT_ONCE = 4;
/** So many are judged sooner than threads begin. */
const FEW = 50;
/** Has heard of nothing. */
const NO_SOURCE: MetricSource = { name: "nothing", read: async () => [], newest: async () => [] };

/** What is judged, by which numbers, and when. */
export interface Bench {
  readonly root: string;
  /** The commit whose releases, plans and waivers count. */
  readonly commit: string;
  /** Of that commit: its policy at least, and the releases that are judged. */
  readonly project: Project;
  readonly environment: Environment;
  /** Null where the environment names no metrics. */
  readonly source: MetricSource | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A release with its verdict, and all that was looked at. */
export interface JudgedTrial extends WatchedTrial {
  readonly plan: AnalysisPlan;
  /** For its pictures; null where it is not to be shown, for of a thousand releases they are much. */
  readonly counts: TrialCounts | null;
  readonly story: VerdictStory;
  /** SHA-256 of the lock's bytes. */
  readonly lockDigest: string;
  /** It failed before with these bytes in this stage, and that is on record. */
  readonly isRecorded: boolean;
}

/** Why nothing can be said of a release; it does not pass. */
export interface NotJudged {
  readonly why: string;
  readonly next: string;
}

export interface JudgeTrialsOptions {
  /** Whether the verdict is to be shown; where it is only acted upon, far less is read and worked out. */
  readonly isShown?: boolean;
  /** Opens threads that read of the same source, for when there are many releases. */
  readonly openThreads?: (() => JudgeThreads) | undefined;
}

/** The verdicts by `gift@version`. Numbers that cannot be had are a reason to hold, never an error. */
export async function judgeTrials(
  bench: Bench,
  names: readonly ReleaseName[],
  { isShown = true, openThreads }: JudgeTrialsOptions = {},
): Promise<ReadonlyMap<string, JudgedTrial | NotJudged>> {
  const pinned = await readPinned(bench.root, bench.commit, names);
  const asOfSeconds = Math.floor(bench.now / 1000);
  const readMemory = await openMemory(bench.environment);
  const judged = new Map<string, JudgedTrial | NotJudged>();
  const planned: Planned[] = [];
  for (const name of names) {
    const trial = pinned.get(releaseKey(name.gift, name.version));
    const plan = trial ? planAnalysis(trial) : null;
    if (trial && plan) planned.push({ ...trial, plan });
    else judged.set(releaseKey(name.gift, name.version), explainNoPlan(bench, name, trial));
  }
  const queue = planned.sort((a, b) => a.plan.startSeconds - b.plan.startSeconds).values();
  const threads = planned.length > FEW && openThreads ? openThreads() : null;
  const source = rememberStarts(bench.source ?? NO_SOURCE);
  const ask = threads ? threads.judge : (question: Question) => judgeNumbers(source, question);
  const work = async () => {
    for (const trial of queue) {
      const { gift, version, stage } = trial.plan;
      const memory = await readMemory(trial.lockDigest, stage);
      judged.set(
        releaseKey(gift, version),
        toJudged(bench, { ...trial, memory }, await ask({ plan: trial.plan, memory, asOfSeconds, isShown })),
      );
    }
  };
  try {
    await Promise.all(Array.from({ length: RELEASES_AT_ONCE * (threads?.size ?? 1) }, work));
  } finally {
    await threads?.close();
  }
  const keys = names.map((it) => releaseKey(it.gift, it.version));
  return new Map(
    keys.flatMap((key) => {
      const it = judged.get(key);
      return it ? [[key, it]] : [];
    }),
  );
}

interface Planned extends PinnedTrial {
  readonly plan: AnalysisPlan;
}

interface TrialToJudge extends Planned {
  readonly memory: GateMemory;
}

/** What follows from the numbers and all else that is known of a release. */
function toJudged(
  bench: Bench,
  { plan, memory, text, release, lockDigest, wasClosed }: TrialToJudge,
  { verdict: proven, counts, ...said }: NumbersSaid,
): JudgedTrial {
  const unavailable = bench.source ? said.unavailable : toNoSource(bench.environment);
  const judged = holdBack(proven, [
    ...(unavailable === null ? [] : [{ kind: "metrics_unavailable" as const, ...unavailable }]),
    ...(release.hold ? [{ kind: "on_hold" as const, why: release.hold.reason }] : []),
    ...overridesOf(bench, plan).map((why) => ({ kind: "on_hold" as const, why })),
  ]);
  const waiver = findWaiver(bench, judged, plan);
  const verdict: Verdict = waiver
    ? { ...judged, reasons: [waiver, ...judged.reasons], kind: "pass" }
    : judged;
  const story = describeVerdict(verdict, plan);
  return {
    plan,
    counts,
    verdict,
    story,
    why: story.why,
    next: story.next.what,
    incident: verdict.reasons.flatMap((it) => (it.kind === "shared_incident" ? it.metric : [])),
    isWaived: waiver !== null,
    release,
    text,
    opening: plan.commit,
    wasClosed,
    lockDigest,
    isRecorded: memory.failedSeconds !== undefined,
  };
}

/** What git's overrides say of the release now: who is held back by one plays something else, so nothing is proven meanwhile. */
function overridesOf({ project, now }: Bench, { gift, version }: AnalysisPlan): readonly string[] {
  const own = parseVersion(version) ?? [0, 0, 0];
  return [...project.overrides].flatMap(([name, { value }]) => {
    try {
      const override = toWireOverride(name, value, now);
      return override && speaksOf(override, gift, own)
        ? [`the override ${name} speaks of it (${value.reason})`]
        : [];
    } catch (error) {
      if (!(error instanceof InvalidRange)) throw error;
      return [`nobody knows whether the override ${name} speaks of it: it cannot be read`];
    }
  });
}

function toNoSource({ name }: Environment): Unavailable {
  const file = environmentPath(name);
  const fix = `run npx giftwrap collect where apps reach it, let a Prometheus server scrape it, and name that server below metrics: in ${file}`;
  return { message: `${file} names no metrics`, fix };
}

function explainNoPlan(
  { project }: Bench,
  { gift, version }: ReleaseName,
  trial: PinnedTrial | undefined,
): NotJudged {
  const name = releaseKey(gift, version);
  if (!project.policy)
    return {
      why: `${POLICY_PATH} is not there, or cannot be read`,
      next: "run npx giftwrap validate, and mend what it says of that file",
    };
  if (!project.policy.value.gate)
    return {
      why: `${POLICY_PATH} has no gate, so nothing can be proven`,
      next: `write gate: in ${POLICY_PATH}`,
    };
  return trial
    ? { why: `${name} is not on trial: it is closed, or everyone has it`, next: "nothing" }
    : {
        why: `${name} is not at this commit, or has no lock`,
        next: `run npx giftwrap build ${name} and commit its lock`,
      };
}

/** The policy's waiver of what the gate says, by the same rule that a pull request is checked by. */
function findWaiver(
  { project, now }: Bench,
  verdict: Verdict,
  { gift, version }: AnalysisPlan,
): Reason | null {
  if (verdict.kind === "pass") return null;
  const place = { file: releasePath(gift, version), line: 1, column: 1 };
  const facts = new Map([[releaseKey(gift, version), { kind: verdict.kind, why: "", next: "" }]]);
  const [finding] = checkGate([{ gift, version, place }], facts, project, now);
  const waiver = finding?.severity === "warning" ? finding.waiver : undefined;
  return waiver ? { kind: "waived", owner: waiver.owner, ends: waiver.ends, why: waiver.reason } : null;
}

/** What a rule needs to know of a verdict. */
export function toGateFact(judged: JudgedTrial | NotJudged): GateFact {
  return "verdict" in judged
    ? { kind: judged.verdict.kind, why: judged.why, next: judged.next }
    : { kind: "hold", ...judged };
}

/** Reads whether a build has failed before in a stage. What cannot be read or trusted is not remembered: the numbers still count. */
async function openMemory({ name, store, root }: Environment) {
  const trusted = root && (await trustRoot(root, nodeCrypto)).root;
  return async (lock: string, stage: string): Promise<GateMemory> => {
    if (!trusted) return {};
    try {
      const record = await readEvidence(store, trusted, nodeCrypto, {
        lock,
        environment: name,
        kind: "gate",
      });
      const failed = record && !("problem" in record) ? record.facts[stage] : undefined;
      return typeof failed === "string" ? { failedSeconds: Date.parse(failed) / 1000 } : {};
    } catch (error) {
      if (error instanceof GiftError) return {};
      throw error;
    }
  };
}
