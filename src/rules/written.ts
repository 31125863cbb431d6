import { classifyPath } from "../model/paths.ts";
import { type Located, type Project, releaseKey } from "../model/project.ts";
import type { ReleaseFile } from "../model/schemas.ts";
import type { Place, Severity } from "../report/finding.ts";

/** A release by its place in the tree; what is written inside may differ, and then checkNames says so. */
export interface WrittenRelease {
  readonly gift: string;
  readonly version: string;
  readonly release: Located<ReleaseFile>;
  /** Whether its canary is open: a closed release reaches nobody. */
  readonly isOpen: boolean;
  /** For what is wrong only once viewers get the release: a closed one must not stop its gift. */
  readonly severity: Severity;
}

export function writtenReleases(project: Project): readonly WrittenRelease[] {
  return [...project.releases.values()].flatMap((release) => {
    const at = classifyPath(release.file);
    if (at.kind !== "release") return [];
    const isOpen = release.value.rollout.canary.open;
    const { gift, version } = at;
    return [{ gift, version, release, isOpen, severity: isOpen ? ("error" as const) : ("warning" as const) }];
  });
}

/** Ids of the gifts that have a gift.yaml, readable or not. */
export function writtenGifts(project: Project): ReadonlySet<string> {
  const known = giftsOf.get(project);
  if (known) return known;
  const gifts = new Set<string>();
  for (const path of project.paths) {
    const it = path.endsWith("/gift.yaml") ? classifyPath(path) : null;
    if (it?.kind === "gift") gifts.add(it.gift);
  }
  giftsOf.set(project, gifts);
  return gifts;
}

/** Nearly every rule asks, and the paths are many. */
const giftsOf = new WeakMap<Project, ReadonlySet<string>>();

/** Ids of the gifts with a release file that could not be read: nobody can say what they lack. */
export function giftsWithUnreadReleases(project: Project): ReadonlySet<string> {
  return new Set(
    project.paths.flatMap((path) => {
      const it = classifyPath(path);
      return it.kind === "release" && !project.releases.has(releaseKey(it.gift, it.version)) ? [it.gift] : [];
    }),
  );
}

/** The place of what concerns a file as a whole. */
export function startOf(file: string): Place {
  return { file, line: 1, column: 1 };
}
