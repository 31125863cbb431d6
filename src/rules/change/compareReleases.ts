import { compileRange, InvalidRange } from "../../model/range.ts";
import { reachedStage, STAGES, toRollout } from "../../model/rollout.ts";
import type { ReleaseFile } from "../../model/schemas.ts";
import type { Stage } from "../../wire/rollout.ts";
import { compareVersions, type Interval } from "../../wire/version.ts";
import { TIERS } from "../../wire/viewer.ts";

/** What a change of one release does to its audience, each in words; both empty when it does nothing to it. */
export interface AudienceChange {
  readonly widened: readonly string[];
  readonly narrowed: readonly string[];
}

/**
 * Whether more viewers or fewer may get a release than before; null is a release that is not there. A percentage counts only
 * in a stage that is open on both sides: opening and closing say enough.
 */
export function compareReleases(before: ReleaseFile | null, after: ReleaseFile | null): AudienceChange {
  const widened: string[] = [];
  const narrowed: string[] = [];
  const note = (isWider: boolean, words: string) => (isWider ? widened : narrowed).push(words);
  const from = stageOf(before);
  const to = stageOf(after);
  if (!before || !after) {
    if (to >= 0) widened.push("added");
    if (from >= 0) narrowed.push("deleted");
    return { widened, narrowed };
  }
  STAGES.forEach((stage, at) => {
    if (at > from && at <= to) widened.push(`${stage} opened`);
    if (at <= from && at > to) narrowed.push(`${stage} closed`);
  });
  const shared = Math.min(from, to);
  if (shared < 0) return { widened, narrowed };
  if (shared < FULL) {
    compareShare("canary", percentOf(before, "canary"), percentOf(after, "canary"), note);
    compareWords("cohort", before.rollout.canary.cohorts, after.rollout.canary.cohorts, true, note);
  }
  if (shared === REGIONAL) {
    const regions = [before, after].flatMap((it) => Object.keys(it.rollout.regional.regions));
    for (const region of [...new Set(regions)].sort())
      compareShare(
        region,
        before.rollout.regional.regions[region],
        after.rollout.regional.regions[region],
        note,
      );
    const [then, now] = [before.rollout.regional.eligible ?? {}, after.rollout.regional.eligible ?? {}];
    compareWords("eligible tier", then.tiers ?? TIERS, now.tiers ?? TIERS, true, note);
    compareWords("excluded cohort", then.exclude, now.exclude, false, note);
  }
  const [held, holds] = [before.rollout.holdback?.percent ?? 0, after.rollout.holdback?.percent ?? 0];
  if (held !== holds) note(holds < held, `holdback from ${held} % to ${holds} %`);
  compareWords("tier", before.compat.tiers, after.compat.tiers, true, note);
  for (const platform of keysOf(before.compat.app, after.compat.app)) {
    const words = `${platform} from ${before.compat.app[platform] ?? "none"} to ${after.compat.app[platform] ?? "none"}`;
    compareRanges(before.compat.app[platform], after.compat.app[platform], NO_APPS, words, note);
  }
  for (const gift of keysOf(before.requires ?? {}, after.requires ?? {})) {
    const words = `requires ${gift} ${before.requires?.[gift] ?? "(not)"}, now ${after.requires?.[gift] ?? "(not)"}`;
    compareRanges(before.requires?.[gift], after.requires?.[gift], ANY_VERSION, words, note);
  }
  return { widened, narrowed };
}

/** -1 when nobody is reached, else the index of the stage in {@link STAGES}. */
export function stageOf(release: ReleaseFile | null): number {
  const stage = release && reachedStage(toRollout(release));
  return stage ? STAGES.indexOf(stage) : -1;
}

export const CANARY = STAGES.indexOf("canary");
export const REGIONAL = STAGES.indexOf("regional");
export const FULL = STAGES.indexOf("full");

/** Whether every version of the second list is in the first. Both are sorted and disjoint. */
export function covers(outer: readonly Interval[], inner: readonly Interval[]): boolean {
  return inner.every(([from, to]) => {
    const around = outer.find(
      ([start, end]) => compareVersions(start, from) <= 0 && (end === null || compareVersions(end, from) > 0),
    );
    if (!around) return false;
    const [, end] = around;
    return end === null || (to !== null && compareVersions(to, end) <= 0);
  });
}

type Note = (isWider: boolean, words: string) => void;

const NO_APPS: readonly Interval[] = [];
const ANY_VERSION = compileRange("*");

function percentOf({ rollout }: ReleaseFile, stage: Extract<Stage, "canary">): number | undefined {
  return rollout[stage].percent;
}

function compareShare(name: string, before: number | undefined, after: number | undefined, note: Note): void {
  if ((before ?? 0) !== (after ?? 0))
    note((after ?? 0) > (before ?? 0), `${name} from ${before ?? 0} % to ${after ?? 0} %`);
}

/** `isMore`: whether a word more is a viewer more. */
function compareWords(
  noun: string,
  before: readonly string[] = [],
  after: readonly string[] = [],
  isMore: boolean,
  note: Note,
): void {
  for (const word of after) if (!before.includes(word)) note(isMore, `${noun} ${word} added`);
  for (const word of before) if (!after.includes(word)) note(!isMore, `${noun} ${word} taken out`);
}

/** A range that cannot be read is told about elsewhere; here it counts as no change. */
function compareRanges(
  before: string | undefined,
  after: string | undefined,
  absent: readonly Interval[],
  words: string,
  note: Note,
): void {
  if (before === after) return;
  try {
    const then = before === undefined ? absent : compileRange(before);
    const now = after === undefined ? absent : compileRange(after);
    if (!covers(then, now)) note(true, words);
    if (!covers(now, then)) note(false, words);
  } catch (error) {
    if (!(error instanceof InvalidRange)) throw error;
  }
}

function keysOf(...records: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return [...new Set(records.flatMap((it) => Object.keys(it)))].sort();
}
