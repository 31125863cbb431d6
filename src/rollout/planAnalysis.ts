import { isOnTrial, reachedStage, toRollout } from "../model/rollout.ts";
import type { Gate, PolicyFile, ReleaseFile } from "../model/schemas.ts";
import { ALL_BASIS_POINTS } from "../wire/bucket.ts";
import type { Rollout, Stage } from "../wire/rollout.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";
import type { AnalysisPlan, Margin, MetricName, MetricPlan, Stratum } from "./gate/analysisPlan.ts";

const HOUR = 3_600;
const DAY = 86_400;
const ALL_PER_MILLION = 1_000_000;

/** What the gate does where the policy does not say otherwise; the schema names the same numbers. */
const DEFAULTS = {
  gridMinutes: 5,
  latenessMinutes: 2,
  staleMinutes: 15,
  coveragePercent: 95,
  falseAlarm: 0.01,
  falsePass: 0.05,
  stratumPercent: 10,
  longestDays: 14,
  usualPercent: 1,
  floorTimes: 1.1,
} as const;

/** The files and the commit that pin a plan: as they were when the stage was opened. */
export interface Pinned {
  readonly policy: PolicyFile;
  readonly release: ReleaseFile;
  /** SHA-256 of the lock's bytes. */
  readonly lockDigest: string;
  /** Whether an older release of the gift is open, or was when the stage was opened: without one there is nobody to compare with. */
  readonly hasOlder: boolean;
  readonly commit: string;
  /** Epoch seconds. */
  readonly startSeconds: number;
}

/** How a release on trial will be judged; null when it is not on trial, or when the policy has no gate. */
export function planAnalysis(pinned: Pinned): AnalysisPlan | null {
  const { policy, release, lockDigest, hasOlder, commit, startSeconds } = pinned;
  const { gate } = policy;
  const rollout = toRollout(release);
  const stage = reachedStage(rollout);
  if (!gate || !rollout || !isOnTrial(rollout) || stage === null) return null;
  const must: Gate["stages"]["canary"] = gate.stages[stage];
  const shares = sharesOf(rollout, stage, regionsOf(policy, release, rollout));
  const isCompared = hasOlder && Object.values(shares).some((share) => share < ALL_PER_MILLION);
  return {
    gift: release.gift,
    version: release.version,
    build: lockDigest.slice(0, 12),
    stage,
    method: isCompared ? "compare" : "cohort",
    commit,
    startSeconds,
    gridSeconds: 60 * (gate.gridMinutes ?? DEFAULTS.gridMinutes),
    latenessSeconds: 60 * (gate.latenessMinutes ?? DEFAULTS.latenessMinutes),
    strata: strataOf(
      gate,
      isCompared ? Object.keys(shares) : regionsOf(policy, release, rollout),
      tiersOf(release, stage),
    ),
    waivedStrata: waivedOf(gate),
    shares: isCompared ? shares : {},
    alpha: { fail: gate.falseAlarm ?? DEFAULTS.falseAlarm, pass: gate.falsePass ?? DEFAULTS.falsePass },
    metrics: metricsOf(gate, must.units),
    minimumSoakSeconds: must.soakHours * HOUR,
    maximumSoakSeconds: (must.longestDays ?? DEFAULTS.longestDays) * DAY,
    // Of a test group nobody may fail. A gift's first release has a test group in canary only: beyond it some fail on any day, and a
    // flood of failures fails the release all the same.
    allowedFailures: must.failures ?? (stage === "canary" ? 0 : Number.POSITIVE_INFINITY),
    minimumCoverage: (gate.coveragePercent ?? DEFAULTS.coveragePercent) / 100,
    staleAfterSeconds: 60 * (gate.staleMinutes ?? DEFAULTS.staleMinutes),
    stratumShare: (gate.stratumPercent ?? DEFAULTS.stratumPercent) / 100,
  };
}

/** The chance of an eligible viewer to be in the trial, by region, in parts per million: as `standingOf` says it on the wire. */
function sharesOf({ canary, regional, holdback }: Rollout, stage: Stage, regions: readonly string[]) {
  const kept = ALL_BASIS_POINTS - (holdback?.basisPoints ?? 0);
  return Object.fromEntries(
    regions.flatMap((region) => {
      const open =
        stage === "full"
          ? ALL_BASIS_POINTS
          : Math.max(canary?.basisPoints ?? 0, (stage === "regional" && regional?.regions[region]) || 0);
      return open > 0 ? [[region, Math.round((open * kept) / 100)]] : [];
    }),
  );
}

/**
 * Where the trial is: the regions of its slice, or, where everyone may be in it, those whose traffic the policy names and those that
 * the release has a slice for later.
 */
function regionsOf({ gate }: PolicyFile, release: ReleaseFile, rollout: Rollout): readonly string[] {
  const slices = Object.keys(release.rollout.regional.regions);
  const isSliced = rollout.regional && !rollout.full && !rollout.canary?.basisPoints;
  const regions = isSliced
    ? slices.filter((it) => (rollout.regional?.regions[it] ?? 0) > 0)
    : [...Object.keys(gate?.traffic?.regions ?? {}), ...slices];
  return [...new Set(regions)].sort();
}

/** A percentage of the canary is of all viewers, whatever the regions' slice is of. */
function tiersOf({ compat, rollout }: ReleaseFile, stage: Stage): readonly Tier[] {
  const isSlice = stage === "regional" && !rollout.canary.percent;
  const eligible = isSlice ? (rollout.regional.eligible?.tiers ?? TIERS) : TIERS;
  return TIERS.filter((tier) => compat.tiers.includes(tier) && eligible.includes(tier));
}

function strataOf({ traffic }: Gate, regions: readonly string[], tiers: readonly Tier[]): readonly Stratum[] {
  const parts = regions.flatMap((region) =>
    tiers.map((tier) => {
      const weight = (traffic?.regions?.[region] ?? 1) * (traffic?.tiers?.[tier] ?? 1);
      return { region, tier, weight };
    }),
  );
  const all = parts.reduce((sum, { weight }) => sum + weight, 0);
  return parts.map((it) => ({ ...it, weight: it.weight / all }));
}

function waivedOf({ fewUnits = [] }: Gate): readonly string[] {
  return fewUnits.flatMap(({ region, tier }) => (tier ? [tier] : TIERS).map((it) => `${region}/${it}`));
}

const METRIC_NAMES: readonly MetricName[] = [
  "failed",
  "crashed",
  "fellBack",
  "mismatched",
  "slow",
  "dropped",
];

function metricsOf({ metrics }: Gate, units: number): readonly MetricPlan[] {
  return METRIC_NAMES.flatMap((name): MetricPlan[] => {
    const written = metrics[name];
    if (!written) return [];
    const over =
      "overMilliseconds" in written
        ? written.overMilliseconds
        : "overPercent" in written
          ? written.overPercent / 100
          : undefined;
    return [
      {
        name,
        ...(over !== undefined && { over }),
        margin: toMargin(written.margin, 1),
        floor: toMargin(written.floor, DEFAULTS.floorTimes),
        minimumUnits: Math.max(units, written.units ?? 0),
        priorRate: (written.usualPercent ?? DEFAULTS.usualPercent) / 100,
        decides: written.decides ?? true,
      },
    ];
  });
}

/** One that says nothing about times is a multiple of 1, unless nothing is said at all. */
function toMargin(written: { times?: number; points?: number } | undefined, otherwise: number): Margin {
  if (!written) return { ratio: otherwise, absolute: 0 };
  return { ratio: written.times ?? 1, absolute: (written.points ?? 0) / 100 };
}
