import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { minVersion, satisfies } from "semver";
import { readTrial } from "../metrics/readTrial.ts";
import type { Series } from "../metrics/source.ts";
import type { TrialSamples } from "../metrics/trialSamples.ts";
import { FAMILIES } from "../metrics/families.ts";
import { type RecordedFile, recordedSource, toRecordedText } from "../metrics/recordedFile.ts";
import { lockPath } from "../model/paths.ts";
import { type Located, type Project, releaseKey } from "../model/project.ts";
import { STAGES } from "../model/rollout.ts";
import type { PolicyFile, ReleaseFile } from "../model/schemas.ts";
import { desired } from "../publish/desired.ts";
import { UsageError } from "../report/error.ts";
import { toTable } from "../report/text.ts";
import type { AnalysisPlan } from "../rollout/gate/analysisPlan.ts";
import { gate } from "../rollout/gate/gate.ts";
import type { Verdict } from "../rollout/gate/verdict.ts";
import { planAnalysis } from "../rollout/planAnalysis.ts";
import { readPinned } from "../rollout/readPinned.ts";
import { type Rates, simulateTelemetry } from "../rollout/simulate/simulateTelemetry.ts";
import { toCount, toDuration, toPercent } from "../rollout/verdict/amounts.ts";
import { describeVerdict } from "../rollout/verdict/story.ts";
import { readProject } from "../source/readProject.ts";
import { revisionTree, type Tree, workTree } from "../source/tree.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { Catalog, writeCatalog } from "../wire/catalog.ts";
import type { Stage } from "../wire/rollout.ts";
import { TIERS } from "../wire/viewer.ts";
import { type Arguments, type Command, EXIT, type Io, JSON_OPTION, parseWholeNumber } from "./command.ts";
import { openCommitted } from "./openCommitted.ts";
import { readKnown } from "./readKnown.ts";
import { readReleaseWord } from "./releaseWord.ts";

/** Verdicts asked for along the way. */
const LOOKS = 96;

export const command: Command = {
  summary: "see how long a verdict takes with your traffic, by viewers made by chance and the real gate",
  usage: "--release GIFT@VERSION [--viewers NUMBER] [--failure BASELINE:TRIAL]",
  example: "giftwrap simulate --viewers 200000 --release rose@1.1.0 --failure 0.5%:1.5%",
  options: {
    release: { type: "string", value: "GIFT@VERSION", help: "the release to put on trial" },
    viewers: {
      type: "string",
      value: "NUMBER",
      help: "devices that play the gift for the first time in that time (default: 200000)",
    },
    hours: { type: "string", value: "NUMBER", help: "how long (default: 24)" },
    stage: {
      type: "string",
      value: "STAGE",
      help: "as if this were its stage: canary, regional or full (default: the one that is open, else regional)",
    },
    failure: {
      type: "string",
      value: "PERCENT:PERCENT",
      help: "first plays that fail, today and with the release (default: 0.5%:0.5%)",
    },
    crash: { type: "string", value: "PERCENT:PERCENT", help: "the same for crashes (default: 0.1%:0.1%)" },
    slowness: {
      type: "string",
      value: "TIMES:TIMES",
      help: "the same for the time of decoding (default: 1:1)",
    },
    outage: {
      type: "string",
      value: "HOUR:PERCENT",
      help: "from this hour on so many plays of everybody fail besides, such as 20:3%",
    },
    seed: { type: "string", value: "NUMBER", help: "another number, other viewers (default: 1)" },
    record: { type: "string", value: "FILE", help: "write the telemetry into a file, for gate --recorded" },
    env: {
      type: "string",
      value: "NAME",
      help: "the environment whose rollout counts (default: production)",
    },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const prepared = await prepare(args, io);
    const { plan, hours } = prepared;
    io.progress("viewers play, the collector counts");
    const recorded = await simulate(args, prepared);
    const file = args.text("record");
    if (file !== undefined) await writeFile(resolve(io.root, file), toRecordedText(recorded));
    io.progress("the gate looks at it");
    const looks = await judgeAlongTheWay(recorded, plan, hours);
    if (args.flag("json")) io.line(JSON.stringify({ plan, looks: looks.map(toJson) }));
    else for (const line of looksToLines(args, prepared, looks)) io.line(line);
    return EXIT.ok;
  },
};

interface Prepared {
  readonly plan: AnalysisPlan;
  readonly tree: Tree;
  readonly project: Project;
  readonly policy: PolicyFile;
  readonly hours: number;
  readonly viewers: number;
  readonly environment: Awaited<ReturnType<typeof openCommitted>>["environment"];
}

/** The release as it is on trial at HEAD, with its own plan; or in the work tree, as if a stage were open. */
async function prepare(args: Arguments, io: Io): Promise<Prepared> {
  const word = args.text("release");
  const name = readReleaseWord(word === undefined ? args.words : [word], "simulate --release rose@1.1.0");
  const hours = parseWholeNumber("hours", args.text("hours"), 24);
  const viewers = parseWholeNumber("viewers", args.text("viewers"), 200_000);
  if (hours < 1 || hours > 24 * 30) throw new UsageError(`--hours ${hours}: write 1 to 720`);
  if (viewers < 1 || viewers > 20_000_000) throw new UsageError(`--viewers ${viewers}: write 1 to 20000000`);
  const { head, environment } = await openCommitted(args, io, args.text("env") ?? "production");
  const common = { environment, hours, viewers };

  const asked = readStage(args.text("stage"));
  if (head !== null && asked === null) {
    const tree = revisionTree(io.root, head);
    const pinned = (await readPinned(io.root, head, [name])).get(releaseKey(name.gift, name.version));
    const plan = pinned && planAnalysis(pinned);
    if (pinned && plan) {
      const { project } = await readProject(tree, { gifts: await linkedGifts(tree, name.gift), others: [] });
      return { ...common, plan, tree, project, policy: pinned.policy };
    }
  }
  const tree = workTree(io.root);
  const { project } = await readProject(tree, { gifts: await linkedGifts(tree, name.gift), others: [] });
  return { ...common, tree, ...(await pretend(io, tree, project, name, asked ?? "regional")) };
}

async function linkedGifts(tree: Tree, gift: string): Promise<ReadonlySet<string>> {
  const { project } = await readProject(tree, { gifts: new Set([gift]), others: [] });
  const releases = [...project.releases.values()].map((it) => it.value);
  return new Set([gift, ...releases.flatMap((it) => Object.keys(it.requires ?? {}))]);
}

/** As if the stage had been opened now. */
async function pretend(
  io: Io,
  tree: Tree,
  project: Project,
  { gift, version }: { readonly gift: string; readonly version: string },
  stage: Stage,
): Promise<Pick<Prepared, "plan" | "project" | "policy">> {
  const key = releaseKey(gift, version);
  const located = project.releases.get(key);
  const lock = (await tree.read([lockPath(gift, version)])).get(lockPath(gift, version));
  const policy = project.policy?.value;
  if (!located) throw new UsageError(`there is no release ${key} in this work tree`);
  if (!lock) throw new UsageError(`${key} has no lock: run npx giftwrap build ${key}`);
  if (!policy?.gate) throw new UsageError("releases/policy.yaml has no gate: write gate: there first");
  const release = withStage(located.value, stage);
  const others = [...project.releases.values()].filter((it) => it.value.gift === gift && it !== located);
  const seconds = Math.floor(io.now() / 1000);
  const plan = planAnalysis({
    policy,
    release,
    lockDigest: digestOf(lock),
    hasOlder: others.length > 0,
    commit: "",
    startSeconds: seconds - (seconds % 3_600),
  });
  if (!plan)
    throw new UsageError(`${key} would not be on trial in ${stage}: everyone has it (it has no holdback)`);
  const opened: Located<ReleaseFile> = { ...located, value: release };
  return { plan, policy, project: { ...project, releases: new Map([...project.releases, [key, opened]]) } };
}

function withStage(release: ReleaseFile, stage: Stage): ReleaseFile {
  const { canary, regional, full, ...rest } = release.rollout;
  const isOpen = (it: Stage) => STAGES.indexOf(it) <= STAGES.indexOf(stage);
  return {
    ...release,
    rollout: {
      ...rest,
      canary: { ...canary, open: true },
      regional: { ...regional, open: isOpen("regional") },
      full: { ...full, open: isOpen("full") },
    },
  };
}

async function simulate(args: Arguments, prepared: Prepared): Promise<RecordedFile> {
  const { plan, tree, project, policy, hours, viewers, environment } = prepared;
  const { lines } = desired(project, environment.file, 1000 * plan.startSeconds);
  const catalogOf = (tier: (typeof TIERS)[number]) => new Catalog(writeCatalog(tier, lines[tier]));
  const { regions, tiers } = policy.gate?.traffic ?? {};
  const named = Object.fromEntries(plan.strata.map(({ region }) => [region, 1]));
  const { releases, decodeBounds } = await readKnown(tree, environment.name);
  const release = project.releases.get(releaseKey(plan.gift, plan.version))?.value;
  const cohort = release?.rollout.canary.cohorts?.[0];
  return simulateTelemetry({
    gift: plan.gift,
    catalogs: { low: catalogOf("low"), mid: catalogOf("mid"), high: catalogOf("high") },
    releases,
    decodeBounds,
    regions: { ...named, ...regions },
    tiers: { low: tiers?.["low"] ?? 1, mid: tiers?.["mid"] ?? 1, high: tiers?.["high"] ?? 1 },
    apps: appsOf(policy),
    cohort: cohort === undefined ? null : { name: cohort, every: 500 },
    viewers,
    startSeconds: plan.startSeconds,
    endSeconds: plan.startSeconds + 3_600 * hours,
    stepSeconds: plan.gridSeconds,
    failure: readRates("failure", args.text("failure") ?? "0.5%:0.5%", true),
    crash: readRates("crash", args.text("crash") ?? "0.1%:0.1%", true),
    slowness: readRates("slowness", args.text("slowness") ?? "1:1", false),
    outage: readOutage(args.text("outage"), plan.startSeconds),
    seed: parseWholeNumber("seed", args.text("seed"), 1),
  });
}

/** The oldest version of each range of apps that the policy speaks of, as far as it is supported. */
function appsOf({ platforms }: PolicyFile): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(platforms).map(([name, { apps, players }]) => {
      const versions = [apps, ...players.map((it) => it.apps)].flatMap(
        (range) => minVersion(range)?.version ?? [],
      );
      return [name, [...new Set(versions)].filter((version) => satisfies(version, apps))];
    }),
  );
}

interface Look {
  readonly seconds: number;
  readonly verdict: Verdict;
}

async function judgeAlongTheWay(
  recorded: RecordedFile,
  plan: AnalysisPlan,
  hours: number,
): Promise<readonly Look[]> {
  const source = recordedSource(recorded, "the simulation");
  const steps = Math.floor((3_600 * hours) / plan.gridSeconds);
  const whole = await readTrial(source, plan, plan.startSeconds + 3_600 * hours + plan.latenessSeconds);
  const looks: Look[] = [];
  const count = Math.min(LOOKS, steps);
  for (let at = 1; at <= count; at++) {
    const seconds = Math.round((at * steps) / count) * plan.gridSeconds;
    const now = plan.startSeconds + seconds + plan.latenessSeconds;
    looks.push({ seconds, verdict: gate(plan, samplesAsOf(whole, now)) });
  }
  return looks;
}

/** What would have been read then. */
function samplesAsOf({ series }: TrialSamples, asOfSeconds: number): TrialSamples {
  const known = series.flatMap(({ samples, ...it }) => {
    const end = countUntil(samples, asOfSeconds);
    return end > 0 ? [{ ...it, samples: samples.slice(0, end) }] : [];
  });
  const units = known.filter(({ name }) => name === FAMILIES.units);
  return { asOfSeconds, series: known, newest: units.flatMap(({ samples }) => samples.at(-1)?.[0] ?? []) };
}

/** How many samples, ascending in time, are not later. */
function countUntil(samples: Series["samples"], seconds: number): number {
  let [low, high] = [0, samples.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((samples[middle]?.[0] ?? Number.POSITIVE_INFINITY) <= seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The looks at which something changed, and the last. */
function looksToLines(
  args: Arguments,
  { plan, hours, viewers }: Prepared,
  looks: readonly Look[],
): readonly string[] {
  const key = ({ verdict }: Look) => `${verdict.kind} ${verdict.reasons[0]?.kind}`;
  const shown = looks.filter(
    (it, at) => at === looks.length - 1 || at === 0 || key(it) !== key(looks[at - 1] ?? it),
  );
  const first = looks.find((it) => it.verdict.kind !== "hold");
  const rows = shown.map(({ seconds, verdict }) => {
    const failed = verdict.metrics[0];
    const rate = (of: { bad: number; units: number } | undefined) =>
      of && of.units > 0 ? toPercent(of.bad / of.units) : "–";
    return [
      toDuration(seconds),
      toCount(verdict.units.trial),
      toCount(verdict.units.baseline),
      rate(failed?.trial),
      rate(failed?.baseline),
      verdict.kind,
      describeVerdict(verdict, plan).why,
    ];
  });
  return [
    `${plan.gift} ${plan.version} in ${plan.stage}: ${toCount(viewers)} devices play it for the first time in ${toDuration(3_600 * hours)}`,
    `${toCount(looks.at(-1)?.verdict.units.trial ?? 0)} of them count for the new release; failing today : new = ${args.text("failure") ?? "0.5%:0.5%"}`,
    "",
    toTable([["after", "new", "live", "failed", "live", "verdict", "why"], ...rows]),
    "",
    first
      ? `the first verdict is ${first.verdict.kind}, after ${toDuration(first.seconds)} and ${toCount(first.verdict.units.trial)} plays of the new release`
      : `no verdict within ${toDuration(3_600 * hours)}: more viewers, a larger percentage, a longer time or a wider margin would bring one`,
  ];
}

function toJson({ seconds, verdict: { kind, reasons, units } }: Look) {
  return { seconds, kind, reasons: reasons.map((it) => it.kind), units };
}

function readStage(text: string | undefined): Stage | null {
  if (text === undefined) return null;
  const stage = STAGES.find((it) => it === text);
  if (!stage) throw new UsageError(`--stage ${text}: write ${STAGES.join(", ")}`);
  return stage;
}

function readRates(option: string, text: string, isPercent: boolean): Rates {
  const number = isPercent ? String.raw`(\d{1,3}(?:\.\d{1,4})?)\s*%?` : String.raw`(\d{1,3}(?:\.\d{1,4})?)`;
  const [, baseline, trial] = new RegExp(`^${number}:${number}$`).exec(text) ?? [];
  const scale = isPercent ? 100 : 1;
  const rates = { baseline: Number(baseline) / scale, trial: Number(trial) / scale };
  const isRight =
    baseline !== undefined &&
    trial !== undefined &&
    (!isPercent || Math.max(rates.baseline, rates.trial) <= 1);
  if (!isRight)
    throw new UsageError(
      `--${option} ${text}: write today's and the new, such as ${isPercent ? "0.5%:1.5%" : "1:1.3"}`,
    );
  return rates;
}

function readOutage(text: string | undefined, startSeconds: number) {
  if (text === undefined) return null;
  const [, hour, percent] = /^(\d{1,3}(?:\.\d)?):(\d{1,3}(?:\.\d{1,4})?)\s*%?$/.exec(text) ?? [];
  const rate = Number(percent) / 100;
  if (hour === undefined || !(rate <= 1))
    throw new UsageError(`--outage ${text}: write the hour and how many fail, such as 20:3%`);
  return { startSeconds: startSeconds + 3_600 * Number(hour), rate };
}
