import { classifyPath, giftOfPath, giftPath, releasePath } from "../model/paths.ts";
import { type Project, releaseKey } from "../model/project.ts";
import type { GiftFile, ReleaseFile } from "../model/schemas.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { sortFindings } from "../report/finding.ts";
import { nearestWord } from "../report/nearest.ts";
import { escapeUnseen } from "../report/text.ts";
import type { ReadProject } from "../source/readProject.ts";
import { compareVersions, parseVersion } from "../wire/version.ts";
import { parseReleaseWord } from "./command.ts";

/**
 * The gift that a person names, by its id, its folder or one of its releases.
 * @throws UsageError when there is none
 * @throws GiftError `FILES_BROKEN` when its file cannot be read
 */
export function findGift(read: ReadProject, word: string): GiftFile {
  return readGift(read, readWord(read.project, word).gift);
}

export interface FoundRelease {
  readonly gift: GiftFile;
  readonly release: ReleaseFile;
  /** How many versions there were to choose from: 1 where the word names one. */
  readonly choices: number;
}

/** The one release that a person names; of a gift alone it is the newest. @throws as {@link findGift} */
export function findRelease(read: ReadProject, word: string): FoundRelease {
  const { gift, versions, newest } = namedVersions(read.project, word);
  const release = read.project.releases.get(releaseKey(gift, newest))?.value;
  if (!release) throw toBroken(read, releasePath(gift, newest));
  return { gift: readGift(read, gift), release, choices: versions.length };
}

/**
 * The keys of all releases that a person names, the oldest first; of a gift alone those that can be read.
 * @throws as {@link findGift}, though the gift's own file is not looked at
 */
export function findReleases(read: ReadProject, word: string): readonly string[] {
  const { gift, versions, newest } = namedVersions(read.project, word);
  const keys = versions.map((it) => releaseKey(gift, it)).filter((it) => read.project.releases.has(it));
  if (keys.length === 0) throw toBroken(read, releasePath(gift, newest));
  return keys;
}

interface NamedVersions {
  readonly gift: string;
  /** Whether they can be read or not, the oldest first. */
  readonly versions: readonly string[];
  readonly newest: string;
}

/** The version that a word names, or all of its gift. @throws UsageError where there is no such thing */
function namedVersions(project: Project, word: string): NamedVersions {
  const { gift, version } = readWord(project, word);
  const versions = versionsOf(project, gift);
  const newest = versions.at(-1);
  if (newest === undefined)
    throw new UsageError(`"${gift}" has no release yet: write ${releasePath(gift, "1.0.0")}`);
  if (version === undefined) return { gift, versions, newest };
  if (!versions.includes(version))
    throw new UsageError(
      `there is no ${releasePath(gift, version)}; the versions of ${gift} are ${versions.join(", ")}`,
    );
  return { gift, versions: [version], newest: version };
}

/** What is written as an id, or as a path: a terminal completes `gifts/rose/`, and a phone begins with a capital letter. */
function readWord(project: Project, word: string): { readonly gift: string; readonly version?: string } {
  const path = word.replaceAll("\\", "/").replace(/^\.\//, "");
  const at = classifyPath(path);
  const named =
    at.kind === "release" || at.kind === "lock"
      ? at
      : parseReleaseWord(giftOfPath(`${path}/`) ?? path.replace(/\/+$/, ""));
  const gift = named.gift.toLowerCase();
  const known = new Set(
    project.paths.flatMap((it) => {
      const at = classifyPath(it);
      return at.kind === "gift" || at.kind === "release" ? [at.gift] : [];
    }),
  );
  if (!known.has(gift)) {
    const near = nearestWord(gift, [...known]);
    throw new UsageError(
      `there is no gift "${gift}": ${giftPath(gift)} is not there${near ? `; did you mean "${near}"?` : ""}`,
    );
  }
  return named.version ? { gift, version: named.version } : { gift };
}

/** The oldest first. */
function versionsOf(project: Project, gift: string): readonly string[] {
  const versions = project.paths.flatMap((path) => {
    const it = classifyPath(path);
    return it.kind === "release" && it.gift === gift ? [it.version] : [];
  });
  return versions.sort((a, b) => {
    const [one, other] = [parseVersion(a), parseVersion(b)];
    // A name that is no version is told by `validate`, and is never the newest.
    return one && other ? compareVersions(one, other) : Number(one !== null) - Number(other !== null);
  });
}

function readGift(read: ReadProject, id: string): GiftFile {
  const gift = read.project.gifts.get(id)?.value;
  if (!gift) throw toBroken(read, giftPath(id));
  return gift;
}

/** What is wrong with a file that is not in the project, as `validate` says it. */
function toBroken({ findings }: ReadProject, path: string): Error {
  const [first] = sortFindings(findings.filter((it) => it.place.file === path));
  if (!first) return new UsageError(`${path} is not there`);
  const { line, column } = first.place;
  return new GiftError(
    "FILES_BROKEN",
    escapeUnseen(`${path}:${line}:${column}: ${first.message}`),
    escapeUnseen(first.fix),
  );
}
