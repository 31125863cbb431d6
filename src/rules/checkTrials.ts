import { type Project, releaseKey } from "../model/project.ts";
import { compileRange, InvalidRange, unionOf } from "../model/range.ts";
import { toRollout } from "../model/rollout.ts";
import type { ReleaseFile } from "../model/schemas.ts";
import type { Finding } from "../report/finding.ts";
import { isOpenToAll, type Rollout } from "../wire/rollout.ts";
import { compareVersions, type Interval, parseVersion, type Version } from "../wire/version.ts";
import { TIERS } from "../wire/viewer.ts";
import { covers } from "./change/compareReleases.ts";
import { type WrittenRelease, writtenReleases } from "./written.ts";

/**
 * Of each gift at most one release is on its way to the same viewers, and none where newer ones hide it from all of them.
 * Both are errors for the releases of `widened` (by `gift@version`), which a change opens; a rollback may leave such a state
 * behind, and there it is a warning.
 */
export function checkTrials(project: Project, widened: ReadonlySet<string> = new Set()): Finding[] {
  const byGift = new Map<string, OpenRelease[]>();
  for (const it of writtenReleases(project)) {
    const rollout = toRollout(it.release.value);
    if (!rollout) continue;
    const list = byGift.get(it.gift) ?? [];
    list.push({ ...it, rollout, parsed: parseVersion(it.version) ?? [0, 0, 0] });
    byGift.set(it.gift, list);
  }
  return [...byGift.values()].flatMap((list) => {
    if (list.length < 2 || list.every((it) => isOpenToAll(it.rollout))) return [];
    const newestFirst = [...list].sort((a, b) => compareVersions(b.parsed, a.parsed));
    return [...checkOverlaps(newestFirst, widened), ...checkShadows(newestFirst, widened)];
  });
}

interface OpenRelease extends WrittenRelease {
  readonly rollout: Rollout;
  readonly parsed: Version;
}

function checkOverlaps(newestFirst: readonly OpenRelease[], widened: ReadonlySet<string>): Finding[] {
  const trials = newestFirst.filter((it) => !isOpenToAll(it.rollout));
  return trials.flatMap((newer, at) =>
    trials.slice(at + 1).flatMap((older): Finding[] => {
      const shared = sharedAudience(newer, older);
      if (shared === null) return [];
      const isOpened = [newer, older].some((it) => widened.has(releaseKey(it.gift, it.version)));
      return [
        {
          code: "TRIAL_OVERLAP",
          severity: isOpened ? "error" : "warning",
          gift: newer.gift,
          version: newer.version,
          place: newer.release.place(["rollout"], "key"),
          message: `${newer.gift}@${newer.version} and ${older.version} are on their way to the same viewers (${shared}): nobody could say which of them did what`,
          fix: `bring ${older.version} to full with holdback 0, or close it, before opening ${newer.version} to them`,
        },
      ];
    }),
  );
}

/** In which stage the two meet, or null. A test group that is named and a share that is drawn do not count as one. */
function sharedAudience(a: OpenRelease, b: OpenRelease): string | null {
  const [left, right] = [a.release.value, b.release.value];
  if (!left.compat.tiers.some((it) => right.compat.tiers.includes(it))) return null;
  if (!Object.keys(left.compat.app).some((it) => overlap(rangeOf(left, it), rangeOf(right, it)))) return null;
  if (a.rollout.full || b.rollout.full) return "full";
  const cohorts = a.rollout.canary?.cohorts?.filter((it) => b.rollout.canary?.cohorts?.includes(it)) ?? [];
  if (cohorts.length > 0) return `canary ${cohorts.join(", ")}`;
  const regions = (it: Rollout) => (it.canary?.basisPoints ? null : Object.keys(it.regional?.regions ?? {}));
  const [here, there] = [regions(a.rollout), regions(b.rollout)];
  if (here === null) return there === null || there.length > 0 ? "a share of everyone" : null;
  if (there === null) return here.length > 0 ? "a share of everyone" : null;
  const common = here.filter((it) => there.includes(it));
  const tiers = eligibleTiers(left).filter((it) => eligibleTiers(right).includes(it));
  return common.length > 0 && tiers.length > 0 ? `regional ${common.join(", ")}` : null;
}

function eligibleTiers({ rollout }: ReleaseFile) {
  return rollout.regional.eligible?.tiers ?? TIERS;
}

function checkShadows(newestFirst: readonly OpenRelease[], widened: ReadonlySet<string>): Finding[] {
  return newestFirst.flatMap((it, at): Finding[] => {
    const key = releaseKey(it.gift, it.version);
    // An older release at full is where a rollback of the newer one leads.
    if (isOpenToAll(it.rollout) && !widened.has(key)) return [];
    const above = newestFirst
      .slice(0, at)
      .filter((other) => isOpenToAll(other.rollout) && !other.release.value.requires);
    const [newest] = newestFirst;
    const [first] = above;
    if (!first || !newest || !isHidden(it.release.value, above)) return [];
    const [major, minor, patch] = newest.parsed;
    return [
      {
        code: "SHADOWED",
        severity: widened.has(key) ? "error" : "warning",
        gift: it.gift,
        version: it.version,
        place: it.release.place(["version"]),
        message: `no viewer ever sees ${key}: ${first.version} is newer and open to all whom it could reach`,
        fix: `make it ${major}.${minor}.${newest.parsed.length > 3 ? patch : patch + 1}, so that it is the newest`,
      },
    ];
  });
}

function isHidden(release: ReleaseFile, above: readonly OpenRelease[]): boolean {
  return release.compat.tiers.every((tier) => {
    const onTier = above.filter((it) => it.release.value.compat.tiers.includes(tier));
    return Object.keys(release.compat.app).every((platform) => {
      const around = onTier.flatMap((it) => rangeOf(it.release.value, platform));
      return covers(unionOf(around), rangeOf(release, platform));
    });
  });
}

/** None when it is no range; checkRanges says so. */
function rangeOf({ compat }: ReleaseFile, platform: string): readonly Interval[] {
  try {
    return compileRange(compat.app[platform] ?? "<0.0.0-0");
  } catch (error) {
    if (error instanceof InvalidRange) return [];
    throw error;
  }
}

function overlap(a: readonly Interval[], b: readonly Interval[]): boolean {
  const isBefore = ([, to]: Interval, [from]: Interval) => to !== null && compareVersions(to, from) <= 0;
  return a.some((one) => b.some((other) => !isBefore(one, other) && !isBefore(other, one)));
}
