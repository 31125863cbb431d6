import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildRelease, writeLock } from "../bundle/build.ts";
import { builderIdentity } from "../bundle/encode.ts";
import { type BuildCache, buildCache } from "../bundle/objectCache.ts";
import { MediaError } from "../formats/media.ts";
import { lockPath, releasePath } from "../model/paths.ts";
import { type Project, releaseKey } from "../model/project.ts";
import type { LockFile } from "../model/schemas.ts";
import { allSourceFiles } from "../model/sources.ts";
import { UsageError } from "../report/error.ts";
import { count } from "../report/text.ts";
import { commitOf, git } from "../source/git.ts";
import { readProject } from "../source/readProject.ts";
import { readSources } from "../source/readSources.ts";
import { revisionTree, type Tree, workTree } from "../source/tree.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { type Command, EXIT, type Exit, type Io, JSON_OPTION, parseReleaseWord } from "./command.ts";

export interface BuiltRelease {
  readonly release: string;
  /** `locked`: a new lock was written. `built`: the lock's objects are in the cache. The rest are failures in words. */
  readonly outcome:
    | "locked"
    | "built"
    | "sources_gone"
    | "other_builder"
    | "differs"
    | "no_gift"
    | "unreadable";
  readonly message: string;
}

export const command: Command = {
  summary: "build objects and write the locks of releases that have none",
  usage: "[GIFT[@VERSION] ...] [--check]",
  example: "giftwrap build rose@1.1.0",
  options: {
    check: { type: "boolean", help: "write nothing; encode again and compare with the locks" },
    relock: { type: "boolean", help: "replace locks that are not merged yet (not in HEAD)" },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const results = await build(io, {
      words: args.words,
      check: args.flag("check"),
      relock: args.flag("relock"),
    });
    if (args.flag("json")) io.line(JSON.stringify(results));
    else for (const { release, message } of results) io.line(`${release}: ${message}`);
    return exitOf(results);
  },
};

export async function build(
  io: Io,
  options: { words: readonly string[]; check: boolean; relock: boolean },
): Promise<readonly BuiltRelease[]> {
  const { project } = await readProject(workTree(io.root));
  const cache = buildCache(io.root);
  const results: BuiltRelease[] = [];
  for (const key of selectReleases(project, options.words)) {
    const lock = project.locks.get(key)?.value;
    const isNew = !lock || (options.relock && !options.check && !(await isMerged(io.root, lock)));
    if (isNew && options.check) continue;
    io.progress(`${key}: ${isNew ? "building" : "looking for its objects"}`);
    results.push(
      isNew ? await lockRelease(io, cache, project, key) : await rebuild(io, cache, key, lock, options.check),
    );
  }
  return results;
}

/** Brings a locked release's objects into this machine's cache, and writes nothing that git would see. */
export async function bringBack(io: Io, lock: LockFile): Promise<BuiltRelease> {
  return rebuild(io, buildCache(io.root), releaseKey(lock.gift, lock.version), lock, false);
}

/** Builds from the work tree and writes the lock. */
async function lockRelease(io: Io, cache: BuildCache, project: Project, key: string): Promise<BuiltRelease> {
  try {
    const lock = await buildFrom(io, cache, workTree(io.root), project, key, false);
    if (!lock)
      return {
        release: key,
        outcome: "no_gift",
        message: "not built: its gift, its sources or the policy are missing; run npx giftwrap validate",
      };
    await writeFile(join(io.root, lockPath(lock.gift, lock.version)), writeLock(lock));
    const objects = new Set(
      Object.values(lock.tiers).flatMap((variant) => variant.files.map((file) => file.digest)),
    );
    return {
      release: key,
      outcome: "locked",
      message: `built ${count(objects.size, "object")}; wrote ${lockPath(lock.gift, lock.version)}`,
    };
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    return { release: key, outcome: "unreadable", message: `not built: ${error.message}; fix: ${error.fix}` };
  }
}

/**
 * Brings the objects of a locked release back into the cache, or with `afresh` proves that they can be: from the work tree
 * while it still holds the sources that were locked, else from the commit in which the lock was written.
 */
async function rebuild(
  io: Io,
  cache: BuildCache,
  key: string,
  lock: LockFile,
  afresh: boolean,
): Promise<BuiltRelease> {
  if (!afresh && (await hasAll(cache, lock)))
    return { release: key, outcome: "built", message: "built already" };
  const trees = [workTree(io.root), await treeOfLock(io.root, lock)].filter((tree) => tree !== null);
  let sawSources = false;
  for (const tree of trees) {
    const { project } = await readProject(tree);
    if (!(await hasSources(tree, project, key, lock))) continue;
    sawSources = true;
    const rebuilt = await buildFrom(io, cache, tree, project, key, afresh).catch(nullIfUnreadable);
    if (rebuilt && isSameBuild(rebuilt, lock)) {
      return {
        release: key,
        outcome: "built",
        message: afresh ? "gives the same bytes again" : "built from its locked sources",
      };
    }
  }
  if (!sawSources) {
    return {
      release: key,
      outcome: "sources_gone",
      message:
        "its sources are not in this clone: its objects must come from a store (git fetch --unshallow may bring them)",
    };
  }
  const identity = await builderIdentity();
  const isSameBuilder = JSON.stringify(identity) === JSON.stringify(lock.builder);
  return isSameBuilder
    ? {
        release: key,
        outcome: "differs",
        message:
          "gives other bytes than its lock names: if the lock is not merged yet, build it with --relock; else make a new version",
      }
    : {
        release: key,
        outcome: "other_builder",
        message: `was locked by another builder (${describe(lock.builder)}, here ${describe(identity)}), which gives other bytes: its objects must come from a store, or from that builder`,
      };
}

/** What another version of this tool could read when it locked the release. */
function nullIfUnreadable(error: unknown): null {
  if (error instanceof MediaError) return null;
  throw error;
}

/** Whether the tiers are the same; images are not compared where the lock is of before they were counted. */
function isSameBuild(rebuilt: LockFile, lock: LockFile): boolean {
  const tiers = Object.entries(rebuilt.tiers).map(([tier, { images, ...variant }]) => [
    tier,
    { ...variant, ...(lock.tiers[tier]?.images !== undefined && { images }) },
  ]);
  return JSON.stringify(Object.fromEntries(tiers)) === JSON.stringify(lock.tiers);
}

async function buildFrom(
  io: Io,
  cache: BuildCache,
  tree: Tree,
  project: Project,
  key: string,
  afresh: boolean,
): Promise<LockFile | null> {
  const release = project.releases.get(key)?.value;
  const gift = release && project.gifts.get(release.gift)?.value;
  if (!release || !gift || !project.policy) return null;
  const sources = await readSources(tree, gift);
  if (sources.tooBig.length > 0 || sources.animation.length === 0) return null;
  const input = { gift, release, sources, policy: project.policy.value, builder: await builderIdentity() };
  return buildRelease(input, { cache, afresh, onStep: io.progress });
}

async function hasSources(tree: Tree, project: Project, key: string, lock: LockFile): Promise<boolean> {
  const release = project.releases.get(key)?.value;
  const gift = release && project.gifts.get(release.gift)?.value;
  if (!gift) return false;
  const files = allSourceFiles(await readSources(tree, gift)).map(
    ({ path, bytes }) => `${path} ${digestOf(bytes)}`,
  );
  const locked = lock.sources.map(({ path, digest }) => `${path} ${digest}`);
  return files.length === locked.length && files.every((file) => locked.includes(file));
}

async function hasAll(cache: BuildCache, lock: LockFile): Promise<boolean> {
  for (const { files } of Object.values(lock.tiers)) {
    for (const { digest, mediaType } of files) if (!(await cache.object(digest, mediaType))) return false;
  }
  return true;
}

/** The commit in which the lock was last written, or null outside of git. */
async function treeOfLock(root: string, lock: LockFile): Promise<Tree | null> {
  if ((await commitOf(root, "HEAD")) === null) return null;
  const commit = (
    await git(root, ["log", "-1", "--format=%H", "--", lockPath(lock.gift, lock.version)])
  ).trim();
  return commit === "" ? null : revisionTree(root, commit);
}

async function isMerged(root: string, lock: LockFile): Promise<boolean> {
  const path = lockPath(lock.gift, lock.version);
  return (await commitOf(root, "HEAD")) !== null && (await revisionTree(root, "HEAD").read([path])).has(path);
}

function selectReleases(project: Project, words: readonly string[]): readonly string[] {
  const all = [...project.releases.keys()].sort();
  if (words.length === 0) return all;
  return words.flatMap((word) => {
    const { gift, version } = parseReleaseWord(word);
    const found = all.filter((key) =>
      version === undefined ? key.startsWith(`${gift}@`) : key === releaseKey(gift, version),
    );
    if (found.length === 0)
      throw new UsageError(
        `${word}: there is no ${releasePath(gift, version ?? "<version>")} that can be read`,
      );
    return found;
  });
}

/** Whether somebody has to mend the files; bytes that must come from a store are no mistake. */
export function isWrong(outcome: BuiltRelease["outcome"]): boolean {
  return outcome === "differs" || outcome === "no_gift" || outcome === "unreadable";
}

function exitOf(results: readonly BuiltRelease[]): Exit {
  const outcomes = results.map((it) => it.outcome);
  if (outcomes.some(isWrong)) return EXIT.findings;
  return outcomes.some((it) => it === "sources_gone" || it === "other_builder") ? EXIT.failure : EXIT.ok;
}

function describe(builder: Readonly<Record<string, string>>): string {
  return Object.entries(builder)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ");
}
