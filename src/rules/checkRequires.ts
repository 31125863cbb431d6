import type { Project } from "../model/project.ts";
import { compileRange, InvalidRange } from "../model/range.ts";
import type { Finding } from "../report/finding.ts";
import { nearestWord } from "../report/nearest.ts";
import { compareVersions, type Interval, isWithin, parseVersion } from "../wire/version.ts";
import { findCycle, toGiftGraph } from "./giftGraph.ts";
import { giftsWithUnreadReleases, type WrittenRelease, writtenGifts, writtenReleases } from "./written.ts";

/** What a release requires exists, is open, and does not require it in turn. */
export function checkRequires(project: Project): Finding[] {
  const known = writtenGifts(project);
  const unread = giftsWithUnreadReleases(project);
  const releases = writtenReleases(project);
  const byGift = new Map<string, WrittenRelease[]>();
  for (const it of releases) byGift.set(it.gift, [...(byGift.get(it.gift) ?? []), it]);
  const graph = toGiftGraph(
    releases
      .filter((it) => it.isOpen)
      .flatMap(({ gift, release }) =>
        Object.keys(release.value.requires ?? {}).map((to) => [gift, to] as const),
      ),
  );
  return releases.flatMap(({ gift, version, release, isOpen, severity }) =>
    Object.entries(release.value.requires ?? {}).flatMap(([to, range]): Finding[] => {
      const key = release.place(["requires", to], "key");
      if (!known.has(to)) {
        const near = nearestWord(
          to,
          [...known].filter((it) => it !== gift),
        );
        return [
          {
            code: "REQUIRES_UNKNOWN",
            severity,
            place: key,
            gift,
            message: `there is no gift "${to}" to require${near ? `; did you mean "${near}"?` : ""}`,
            fix: near ? `write "${near}" instead of "${to}"` : "write the id of another gift, or take it out",
          },
        ];
      }
      const cycle = isOpen || to === gift ? findCycle(graph, gift, to) : null;
      if (cycle) {
        return [
          {
            code: "REQUIRES_CYCLE",
            severity,
            place: key,
            gift,
            message: `what this requires requires it in turn, so neither can play: ${cycle.join(" -> ")}`,
            fix: "take one of these requirements out",
          },
        ];
      }
      const intervals = readRange(range);
      if (intervals === null || unread.has(to)) return [];
      const there = byGift.get(to) ?? [];
      const fitting = there.filter(({ version }) => isIn(version, intervals));
      if (fitting.some((it) => it.isOpen)) return [];
      const place = release.place(["requires", to]);
      if (fitting.length > 0) {
        const closed = listVersions(fitting);
        return [
          {
            // Only a warning: closing a release is a rollback, and what depends on it stops by itself.
            code: "REQUIRES_UNSATISFIED",
            severity: "warning",
            place,
            gift,
            message: `every release of "${to}" in ${range} is closed (${closed}), so no viewer gets ${gift}@${version}`,
            fix: `open ${to}@${closed.split(", ").at(-1) ?? ""}, or require another version`,
          },
        ];
      }
      return [
        {
          code: "REQUIRES_UNSATISFIED",
          severity,
          place,
          gift,
          message: `"${to}" has no release in ${range}; ${there.length > 0 ? `it has ${listVersions(there)}` : "it has none at all"}`,
          fix: `write a range that has one of its versions in it, or release ${to} first`,
        },
      ];
    }),
  );
}

/** Null when it is no range; checkRanges says so. */
function readRange(range: string): readonly Interval[] | null {
  try {
    return compileRange(range);
  } catch (error) {
    if (error instanceof InvalidRange) return null;
    throw error;
  }
}

function isIn(version: string, intervals: readonly Interval[]): boolean {
  const parsed = parseVersion(version);
  return parsed !== null && isWithin(parsed, intervals);
}

/** Oldest first. */
function listVersions(releases: readonly WrittenRelease[]): string {
  return releases
    .map(({ version }) => version)
    .sort((a, b) => compareVersions(parseVersion(a) ?? [0, 0, 0], parseVersion(b) ?? [0, 0, 0]))
    .join(", ");
}
