import type { BuildCache } from "../../bundle/objectCache.ts";
import type { Artwork } from "../../bundle/render/frames.ts";
import { type Advice, MediaError } from "../../formats/media.ts";
import { giftPath, lockPath } from "../../model/paths.ts";
import { type Project, releaseKey } from "../../model/project.ts";
import type { GiftFile, LockFile, ReleaseFile } from "../../model/schemas.ts";
import { allSourceFiles } from "../../model/sources.ts";
import { readSources } from "../../source/readSources.ts";
import { revisionTree, type Tree } from "../../source/tree.ts";
import { isMerged } from "../build/rebuild.ts";
import { baseRevision } from "../gatherFacts.ts";
import { isMadeFrom } from "./isMadeFrom.ts";
import { lockedArtwork, lockedObject } from "./lockedArtwork.ts";
import type { PreviewPictures, SourceFacts } from "./previewFacts.ts";
import { sourceFacts } from "./sourceFacts.ts";
import { toArtwork } from "./toArtwork.ts";

/** What is shown under a release's name. */
export interface Subject {
  readonly gift: GiftFile;
  readonly release: ReleaseFile;
  readonly artwork: Artwork;
  /** Null where the artwork is not the artist's files. */
  readonly source: SourceFacts | null;
  readonly still: SubjectStill;
  /** What each device gets of this artwork; null where that is not known. */
  readonly lock: LockFile | null;
  readonly notes: readonly Advice[];
}

export interface SubjectStill {
  readonly from: PreviewPictures["stillFrom"];
  /** Null where it is still to be drawn, or is not there. */
  readonly bytes: Uint8Array | null;
}

/**
 * The artist's files; but where they are no longer those of a merged release, what was built of that: a merged lock never changes, so
 * that new files can only be another version.
 * @throws MediaError in words when there is nothing to draw
 */
export async function openSubject(
  root: string,
  tree: Tree,
  project: Project,
  { gift, release }: Pick<Subject, "gift" | "release">,
  cache: BuildCache,
): Promise<Subject> {
  const sources = await readSources(tree, gift);
  const lock = project.locks.get(releaseKey(gift.id, release.version))?.value ?? null;
  const isSame = lock !== null && isMadeFrom(lock, sources);
  if (lock && !isSame && (await isOnMain(root, lock)))
    return { gift, release, ...(await ofLock(lock, cache)) };
  const artwork = await toArtwork(gift, sources);
  const bytes = allSourceFiles(sources).reduce((sum, it) => sum + it.bytes.length, 0);
  return {
    gift,
    release,
    artwork,
    source: sourceFacts(gift, artwork, bytes),
    still: gift.still
      ? { from: "author", bytes: sources.still?.bytes ?? null }
      : { from: "frame", bytes: null },
    lock: isSame ? lock : null,
    notes: isSame ? [] : [lock ? await noteChanged(root, lock) : noteUnbuilt(gift, release)],
  };
}

async function ofLock(lock: LockFile, cache: BuildCache): Promise<Omit<Subject, "gift" | "release">> {
  const { gift, version } = lock;
  const others = `${version} was made from other files than ${giftPath(gift, "")} holds now`;
  const artwork = await lockedArtwork(lock, cache);
  if (!artwork)
    throw new MediaError(
      `${others}, and what was built of them is not on this machine`,
      `run giftwrap build ${releaseKey(gift, version)}, which brings it back, then this again`,
    );
  return {
    artwork,
    source: null,
    still: { from: "lock", bytes: await lockedObject(lock, cache, "still") },
    lock,
    notes: [
      {
        message: `${others}: this shows it as it was built`,
        fix: "to see the files as they are now, draw the version that they are for; a merged release never changes",
      },
    ],
  };
}

/** A branch has locks of its own, which the lock workflow makes anew as its files change. */
async function isOnMain(root: string, { gift, version }: LockFile): Promise<boolean> {
  const main = await baseRevision(root);
  const path = lockPath(gift, version);
  return main !== null && (await revisionTree(root, main).read([path])).has(path);
}

async function noteChanged(root: string, lock: LockFile): Promise<Advice> {
  // A lock that is committed is not replaced here.
  const here = (await isMerged(root, lock))
    ? ""
    : `run giftwrap build ${releaseKey(lock.gift, lock.version)} --relock, or `;
  return {
    message: "its files were changed since it was built, so what each device gets is not known",
    fix: `${here}let the pull request build it`,
  };
}

function noteUnbuilt(gift: GiftFile, release: ReleaseFile): Advice {
  return {
    message: "this release is not built yet, so what each device gets is not known",
    fix: `run giftwrap build ${releaseKey(gift.id, release.version)}, or let the pull request build it`,
  };
}
