import { classifyPath, lockPath, releasePath } from "../model/paths.ts";
import { type Project, releaseKey } from "../model/project.ts";
import type { LockFile } from "../model/schemas.ts";
import type { Finding } from "../report/finding.ts";
import { TIERS } from "../wire/viewer.ts";
import type { LockFacts } from "./facts.ts";
import { startOf, type WrittenRelease, writtenGifts, writtenReleases } from "./written.ts";

/** A release and its lock belong together, and a merged lock stays as it is: its bytes are what was reviewed. */
export function checkLocks(project: Project, locks?: LockFacts): Finding[] {
  const paths = new Set(project.paths);
  const gifts = writtenGifts(project);
  const isMerged = (path: string) => locks?.merged.has(path);
  return [
    ...project.paths.flatMap((path) => checkHasRelease(path, paths)),
    ...writtenReleases(project).flatMap((it) => {
      const path = lockPath(it.gift, it.version);
      const lock = project.locks.get(releaseKey(it.gift, it.version));
      if (lock) return checkTiers(it, lock.value, isMerged(path));
      // A lock that is there but unreadable, or was merged and is gone, has a finding of its own; so has a missing gift.
      return paths.has(path) || isMerged(path) || !gifts.has(it.gift) ? [] : checkIsBuilt(it);
    }),
    ...(locks ? checkUnchanged(paths, locks) : []),
  ];
}

function checkHasRelease(path: string, paths: ReadonlySet<string>): Finding[] {
  const it = classifyPath(path);
  if (it.kind !== "lock" || paths.has(releasePath(it.gift, it.version))) return [];
  return [
    {
      code: "LOCK_WITHOUT_RELEASE",
      severity: "error",
      place: startOf(path),
      message: `this lock has no release: ${releasePath(it.gift, it.version)} is not there`,
      fix: `delete the lock too if ${it.gift}@${it.version} is withdrawn; if not, take the release file back from git`,
      gift: it.gift,
    },
  ];
}

function checkIsBuilt({ gift, version, release, isOpen }: WrittenRelease): Finding[] {
  if (!isOpen) return [];
  return [
    {
      code: "LOCK_MISSING",
      severity: "warning",
      place: release.place(["version"]),
      message: `${gift}@${version} is open but was not built: it has no lock`,
      fix: `run npx giftwrap build ${gift}@${version} and commit ${lockPath(gift, version)}`,
      gift,
    },
  ];
}

function checkTiers(
  { gift, version, release }: WrittenRelease,
  lock: LockFile,
  isMerged: boolean | undefined,
): Finding[] {
  const wanted = TIERS.filter((tier) => release.value.compat.tiers.includes(tier));
  const built = TIERS.filter((tier) => lock.tiers[tier]);
  // Fewer tiers than were built is a narrower release: the catalogs leave the rest out.
  if (wanted.every((tier) => built.includes(tier))) return [];
  const again = `build it again with npx giftwrap build ${gift}@${version} --relock`;
  const anew = "make a new version: this one's bytes are merged and never change";
  return [
    {
      code: "LOCK_TIERS",
      severity: "error",
      place: release.place(["compat", "tiers"]),
      message: `the release is for ${wanted.join(", ")}, but its lock was built for ${built.join(", ")}`,
      fix:
        isMerged === undefined
          ? `${again}; if it is merged already, make a new version`
          : isMerged
            ? anew
            : again,
      gift,
    },
  ];
}

function checkUnchanged(paths: ReadonlySet<string>, { changed }: LockFacts): Finding[] {
  return [...changed].flatMap((path): Finding[] => {
    const it = classifyPath(path);
    if (it.kind !== "lock") return [];
    const isThere = paths.has(path);
    const release = releasePath(it.gift, it.version);
    // With its release file gone as well the release is withdrawn, which is allowed.
    if (!isThere && !paths.has(release)) return [];
    return [
      {
        code: "LOCK_CHANGED",
        severity: "error",
        place: startOf(isThere ? path : release),
        message: `${path} is merged and never changes, but it was ${isThere ? "changed" : "deleted"} here`,
        fix: `take it back: git checkout origin/main -- ${path}; other bytes need a new version`,
        gift: it.gift,
      },
    ];
  });
}
