import { Comparator, Range, SemVer } from "semver";
import { compareVersions, type Interval, successor, type Version } from "../wire/version.ts";

/** A semver range that cannot be read. */
export class InvalidRange extends Error {
  override name = "InvalidRange";
}

/**
 * Compiles a semver range to the wire's intervals. One written rule decides pre-releases: they are ordinary versions,
 * ordered by precedence, as `semver.satisfies` sees them with `includePrerelease`. So `>=8.2.0` leaves `8.2.0-beta.1` out.
 * @throws InvalidRange
 */
export function compileRange(text: string): readonly Interval[] {
  const known = compiled.get(text);
  if (known) return known;
  const intervals = compile(text);
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  compiled.set(text, intervals);
  return intervals;
}

/** Nearly all releases write the same few ranges. */
const compiled = new Map<string, readonly Interval[]>();
const MAX_COMPILED = 10_000;

function compile(text: string): readonly Interval[] {
  let range: Range;
  try {
    range = new Range(text, { includePrerelease: true });
  } catch (cause) {
    throw new InvalidRange(`"${text}" is no semver range`, { cause });
  }
  return unionOf(range.set.flatMap((comparators) => intersect(comparators)));
}

/** The smallest version of all, `0.0.0-0`. */
const SMALLEST: Version = [0, 0, 0, 0];

function intersect(comparators: readonly Comparator[]): Interval[] {
  let from: Version = SMALLEST;
  let to: Version | null = null;
  for (const comparator of comparators) {
    const [lower, upper] = boundsOf(comparator);
    if (compareVersions(lower, from) > 0) from = lower;
    if (upper !== null && (to === null || compareVersions(upper, to) < 0)) to = upper;
  }
  return to !== null && compareVersions(from, to) >= 0 ? [] : [[from, to]];
}

function boundsOf({ operator, semver }: Comparator): Interval {
  // "*" compiles to a comparator whose version is no SemVer.
  if (!(semver instanceof SemVer)) return [SMALLEST, null];
  const version = toVersion(semver);
  if (operator === ">=") return [version, null];
  if (operator === ">") return [successor(version), null];
  if (operator === "<") return [SMALLEST, version];
  if (operator === "<=") return [SMALLEST, successor(version)];
  return [version, successor(version)];
}

function toVersion({ major, minor, patch, prerelease }: SemVer): Version {
  return [major, minor, patch, ...prerelease];
}

/** The same versions as sorted and disjoint intervals. */
export function unionOf(intervals: readonly Interval[]): readonly Interval[] {
  const sorted = [...intervals].sort(([a], [b]) => compareVersions(a, b));
  const joined: Interval[] = [];
  for (const next of sorted) {
    const last = joined.at(-1);
    if (!last || (last[1] !== null && compareVersions(next[0], last[1]) > 0)) joined.push(next);
    else joined[joined.length - 1] = [last[0], later(last[1], next[1])];
  }
  return joined;
}

function later(a: Version | null, b: Version | null): Version | null {
  if (a === null || b === null) return null;
  return compareVersions(a, b) >= 0 ? a : b;
}

/** A range that compiles to these very intervals, as a person may write it; they are sorted and disjoint. */
export function toRangeText(intervals: readonly Interval[]): string {
  // Nothing is smaller than the smallest version.
  if (intervals.length === 0) return `<${toText(SMALLEST)}`;
  return intervals.map(toComparators).join(" || ");
}

function toComparators([from, to]: Interval): string {
  const isFromStart = compareVersions(from, SMALLEST) === 0;
  if (to === null) return isFromStart ? "*" : `>=${toText(from)}`;
  if (compareVersions(to, successor(from)) === 0) return toText(from);
  return isFromStart ? `<${toText(to)}` : `>=${toText(from)} <${toText(to)}`;
}

function toText([major, minor, patch, ...pre]: Version): string {
  return `${major}.${minor}.${patch}${pre.length > 0 ? `-${pre.join(".")}` : ""}`;
}
