import { compileRange, InvalidRange } from "../../model/range.ts";
import type { LockFile, PolicyFile } from "../../model/schemas.ts";
import { compareVersions, type Interval, isWithin, parseVersion, type Version } from "../../wire/version.ts";
import type { World } from "./world.ts";

type Platform = PolicyFile["platforms"][string];

/**
 * The app versions of a platform that are supported, cut wherever something changes: at each end of the given ranges and of a
 * player's in the policy. Within one piece every version is treated alike, so its first version stands for all of them.
 */
export function cutApps(policy: Platform, ranges: readonly (readonly Interval[])[]): readonly Interval[] {
  const players = policy.players.map((it) => appRange(it.apps));
  const ends = [...ranges, ...players].flatMap((it) =>
    it.flatMap(([from, to]) => (to === null ? [from] : [from, to])),
  );
  return appRange(policy.apps).flatMap((supported) => cut(supported, ends));
}

/** What the releases of these gifts and the scopes of the overrides say of a platform's apps. */
export function appRangesOf(
  platform: string,
  worlds: readonly World[],
  gifts: readonly string[],
): readonly (readonly Interval[])[] {
  return worlds.flatMap(({ releases, overrides }) => [
    ...gifts.flatMap((gift) => (releases.get(gift) ?? []).map((it) => it.entries.low.app[platform] ?? [])),
    ...overrides.map((it) => it.scope?.app?.[platform] ?? []),
  ]);
}

/** Whether an app of this version has a player for what the lock says that the bytes need. */
export function canPlay({ players }: Platform, app: Version, needed: LockFile["player"]): boolean {
  const format = parseVersion(needed.version) ?? [0, 0, 0];
  return players.some(
    (it) =>
      it.name === needed.name &&
      !(needed.embeddedSound === true && it.embeddedSound === false) &&
      isWithin(format, appRange(it.formats)) &&
      isWithin(app, appRange(it.apps)),
  );
}

/** The app ranges, as the policy writes them, whose players can play it. */
export function appsThatPlay({ players }: Platform, needed: LockFile["player"]): readonly string[] {
  const format = parseVersion(needed.version) ?? [0, 0, 0];
  return players
    .filter(
      (it) =>
        it.name === needed.name &&
        !(needed.embeddedSound === true && it.embeddedSound === false) &&
        isWithin(format, appRange(it.formats)),
    )
    .map((it) => it.apps);
}

/** Neighbouring pieces as one. */
export function joinIntervals(pieces: readonly Interval[]): readonly Interval[] {
  const joined: Interval[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (last?.[1] && compareVersions(last[1], piece[0]) === 0)
      joined[joined.length - 1] = [last[0], piece[1]];
    else joined.push(piece);
  }
  return joined;
}

/**
 * An interval as people say it. `8.3.5` out is `8.3.4` in, and `8.3.0` out is `8.2.x` in; a pre-release counts as a smaller
 * version, so the last interval before 8.3.0 has its betas in it too.
 */
export function describeApps([from, to]: Interval): string {
  const first = describeFirst(from);
  if (to === null) return from.every((part) => part === 0) ? "every version" : `${first} and later`;
  const last = describeLast(to);
  return first === last ? first : `${first} to ${last}`;
}

function describeFirst(version: Version): string {
  const [major, minor, patch, ...pre] = version;
  const isWhole = pre.length === 0 || (pre.length === 1 && pre[0] === 0);
  return `${major}.${minor}.${patch}${isWhole ? "" : `-${pre.join(".")}`}`;
}

function describeLast([major, minor, patch, ...pre]: Version): string {
  if (pre.length > 1 || (pre.length === 1 && pre[0] !== 0))
    return `just before ${major}.${minor}.${patch}-${pre.join(".")}`;
  if (patch > 0) return `${major}.${minor}.${patch - 1}`;
  if (minor > 0) return `${major}.${minor - 1}.x`;
  return major > 0 ? `${major - 1}.x` : "just before 0.0.0";
}

function cut([from, to]: Interval, ends: readonly Version[]): readonly Interval[] {
  const within = ends
    .filter((it) => compareVersions(it, from) > 0 && (to === null || compareVersions(it, to) < 0))
    .sort(compareVersions);
  const pieces: Interval[] = [];
  let start = from;
  for (const end of within) {
    if (compareVersions(end, start) === 0) continue;
    pieces.push([start, end]);
    start = end;
  }
  return [...pieces, [start, to]];
}

/** No versions when it is no range; checkRanges says so. */
export function appRange(text: string): readonly Interval[] {
  try {
    return compileRange(text);
  } catch (error) {
    if (error instanceof InvalidRange) return [];
    throw error;
  }
}
