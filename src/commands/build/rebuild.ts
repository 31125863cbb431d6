import { builderIdentity } from "../../bundle/encode.ts";
import type { BuildCache } from "../../bundle/objectCache.ts";
import { MediaError } from "../../formats/media.ts";
import { lockPath } from "../../model/paths.ts";
import { type Project, releaseKey } from "../../model/project.ts";
import type { LockFile } from "../../model/schemas.ts";
import { commitOf, git } from "../../source/git.ts";
import { readProject } from "../../source/readProject.ts";
import { readSources } from "../../source/readSources.ts";
import { revisionTree, type Tree } from "../../source/tree.ts";
import { isMadeFrom } from "../preview/isMadeFrom.ts";
import { BUILT_ALREADY, type BuiltRelease } from "./builtRelease.ts";
import { type Builder, buildFrom } from "./buildFrom.ts";

/**
 * Brings the objects of a locked release back into the cache, or with `afresh` proves that they can be: from the work tree
 * while it still holds the sources that were locked, else from the commit in which the lock was written.
 */
export async function rebuild(builder: Builder, lock: LockFile, afresh: boolean): Promise<BuiltRelease> {
  const release = releaseKey(lock.gift, lock.version);
  const { root, cache, here } = builder;
  if (!afresh && (await hasAll(cache, lock))) return { release, outcome: "built", message: BUILT_ALREADY };
  let sawSources = false;
  let ours = await builderIdentity();
  let whyNot: string | null = null;
  for await (const { tree, project } of placesOf(here, root, lock)) {
    if (!(await hasSources(tree, project, release, lock))) continue;
    sawSources = true;
    let rebuilt: LockFile | null;
    try {
      rebuilt = await buildFrom(builder, { tree, project }, release, { afresh, isNew: false });
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      whyNot = error.message;
      continue;
    }
    // With what drew it, which only a build tells.
    ours = rebuilt?.builder ?? ours;
    if (rebuilt && isSameBuild(rebuilt, lock))
      return {
        release,
        outcome: "built",
        message: afresh ? "gives the same bytes again" : "built from its locked sources",
      };
  }
  if (!sawSources)
    return {
      release,
      outcome: "sources_gone",
      message:
        "its sources are not in this clone: its objects must come from a store (git fetch --unshallow may bring them)",
    };
  if (whyNot !== null)
    return {
      release,
      outcome: "other_builder",
      message: `cannot be built again here, since ${whyNot}: its objects must come from a store, or from a builder like its own (${describe(lock.builder)})`,
    };
  return explainDifference(release, lock, ours, await isMerged(root, lock));
}

function describe(builder: Readonly<Record<string, string>>): string {
  return Object.entries(builder)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}

/** Why this build gives other bytes than the lock names, and what to do about it. */
function explainDifference(
  release: string,
  lock: LockFile,
  identity: Readonly<Record<string, string>>,
  isMerged: boolean,
): BuiltRelease {
  const others = describeOthers(lock.builder, identity);
  if (others === null)
    return {
      release,
      outcome: "differs",
      message: isMerged
        ? "gives other bytes than its lock names: make a new version, for a merged lock never changes"
        : "gives other bytes than its lock names, which is not merged yet: build it with --relock",
    };
  const message = `was locked by another builder (${others}), which gives other bytes`;
  return {
    release,
    outcome: "other_builder",
    message: isMerged
      ? `${message}: its objects must come from a store, or from that builder`
      : `${message}, and its lock is not merged yet: build it here with --relock, or leave it to the lock workflow, which builds it anew on the pull request`,
  };
}

/** Where the two differ, such as `sharp 0.34.1, here 0.35.5`; null where they are the same. */
function describeOthers(
  theirs: Readonly<Record<string, string>>,
  ours: Readonly<Record<string, string>>,
): string | null {
  // What drew only the previews of one of them stands with that one alone.
  const names = Object.keys(theirs).filter((name) => name in ours && ours[name] !== theirs[name]);
  if (names.length === 0) return null;
  return names.map((name) => `${name} ${theirs[name]}, here ${ours[name]}`).join("; ");
}

/** Whether the lock is in HEAD, so that others may rely on it. */
export async function isMerged(root: string, lock: Pick<LockFile, "gift" | "version">): Promise<boolean> {
  const path = lockPath(lock.gift, lock.version);
  return (await commitOf(root, "HEAD")) !== null && (await revisionTree(root, "HEAD").read([path])).has(path);
}

/** Whether the tiers are the same; images are not compared where the lock is of before they were counted. */
function isSameBuild(rebuilt: LockFile, lock: LockFile): boolean {
  const tiers = Object.entries(rebuilt.tiers).map(([tier, { images, ...variant }]) => [
    tier,
    { ...variant, ...(lock.tiers[tier]?.images !== undefined && { images }) },
  ]);
  return JSON.stringify(Object.fromEntries(tiers)) === JSON.stringify(lock.tiers);
}

async function hasSources(tree: Tree, project: Project, key: string, lock: LockFile): Promise<boolean> {
  const release = project.releases.get(key)?.value;
  const gift = release && project.gifts.get(release.gift)?.value;
  if (!gift) return false;
  return isMadeFrom(lock, await readSources(tree, gift));
}

async function hasAll(cache: BuildCache, lock: LockFile): Promise<boolean> {
  // Without previews: nobody downloads them.
  for (const { digest, mediaType } of Object.values(lock.tiers).flatMap((it) => it.files))
    if (!(await cache.object(digest, mediaType))) return false;
  return true;
}

/** Where its sources may be: the work tree, and then the commits in which the lock was written, the newest first. */
async function* placesOf(
  here: Builder["here"],
  root: string,
  lock: LockFile,
): AsyncGenerator<Builder["here"]> {
  yield here;
  if ((await commitOf(root, "HEAD")) === null) return;
  const path = lockPath(lock.gift, lock.version);
  const commits = await git(root, ["log", `-${MOST_COMMITS}`, "--format=%H", "--", path]);
  for (const commit of commits.split("\n").filter(Boolean)) {
    const tree = revisionTree(root, commit);
    const { project } = await readProject(tree, { gifts: new Set([lock.gift]), others: [] });
    yield { tree, project };
  }
}

/** A lock is written once, and again only until it is merged. */
const MOST_COMMITS = 5;
