import { classifyPath, giftOfPath } from "../../model/paths.ts";
import { type Located, type Project, releaseKey } from "../../model/project.ts";
import type { OverrideFile, ReleaseFile } from "../../model/schemas.ts";
import { type AudienceChange, compareReleases } from "./compareReleases.ts";

/** What a change is for viewers. Of several the first in this order names it. */
export type ChangeKind = "release" | "promotion" | "rollback" | "override" | "policy" | "none";

/** One release that is new, gone, or reaches others than before. */
export interface ReleaseChange extends AudienceChange {
  readonly gift: string;
  readonly version: string;
  readonly before: Located<ReleaseFile> | null;
  readonly after: Located<ReleaseFile> | null;
}

/** What differs between a base and a tree, told from the content alone. */
export interface Change {
  readonly kind: ChangeKind;
  readonly releases: readonly ReleaseChange[];
  /** Ids of the gifts that have a file that differs. */
  readonly gifts: readonly string[];
  /** Every path that differs, sorted. */
  readonly paths: readonly string[];
}

/** A state that a release had at an earlier commit; null while its file was not there. */
export interface PastState {
  readonly commit: string;
  readonly release: ReleaseFile | null;
}

/** What git remembers of the releases that are new or wider here, by `gift@version`. */
export interface History {
  /** Newest first, the base included, as far back as the file goes. */
  readonly states: ReadonlyMap<string, readonly PastState[]>;
  /** The lock that each deleted release had at last. */
  readonly locks: ReadonlyMap<string, Uint8Array>;
}

/**
 * The change from one tree to another. Both need to hold the gifts of the paths only. A file that cannot be read on one side
 * is no change of its release: it has findings of its own.
 */
export function toChange(before: Project, after: Project, paths: readonly string[]): Change {
  const releases = paths.flatMap((path): ReleaseChange[] => {
    const at = classifyPath(path);
    if (at.kind !== "release") return [];
    const key = releaseKey(at.gift, at.version);
    const [then, now] = [before.releases.get(key) ?? null, after.releases.get(key) ?? null];
    if (!then && before.paths.includes(path)) return [];
    if (!now && after.paths.includes(path)) return [];
    const audience = compareReleases(then?.value ?? null, now?.value ?? null);
    return [{ gift: at.gift, version: at.version, before: then, after: now, ...audience }];
  });
  const gifts = [...new Set(paths.flatMap((path) => giftOfPath(path) ?? []))].sort();
  const overrides = paths.flatMap((path) => {
    const at = classifyPath(path);
    return at.kind === "override" ? [at.name] : [];
  });
  return { kind: kindOf(releases, overrides, paths, before, after), releases, gifts, paths };
}

/** The change with what history knows: a release that was there before does not come anew, it comes back. */
export function withHistory(change: Change, history: History): Change {
  if (change.kind !== "release") return change;
  const isNew = change.releases.some(
    (it) =>
      !it.before && it.after && !(history.states.get(releaseKey(it.gift, it.version)) ?? []).some(wasThere),
  );
  return isNew ? change : { ...change, kind: "promotion" };
}

function wasThere({ release }: PastState): boolean {
  return release !== null;
}

function kindOf(
  releases: readonly ReleaseChange[],
  overrides: readonly string[],
  paths: readonly string[],
  before: Project,
  after: Project,
): ChangeKind {
  if (releases.some((it) => !it.before && it.after)) return "release";
  if (releases.some((it) => it.widened.length > 0)) return "promotion";
  if (releases.some((it) => it.narrowed.length > 0)) return "rollback";
  if (overrides.some((it) => !isSame(before.overrides.get(it)?.value, after.overrides.get(it)?.value)))
    return "override";
  const isPolicy = (path: string) => ["policy", "environment", "root"].includes(classifyPath(path).kind);
  return paths.some(isPolicy) ? "policy" : "none";
}

function isSame(a: OverrideFile | undefined, b: OverrideFile | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
