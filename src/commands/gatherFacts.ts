import { inspect } from "../formats/inspect.ts";
import { MediaError } from "../formats/media.ts";
import { GiftError } from "../report/error.ts";
import { classifyPath } from "../model/paths.ts";
import type { Project } from "../model/project.ts";
import type { SourceFile } from "../model/sources.ts";
import type { Facts, GiftMedia, SourceFact } from "../rules/facts.ts";
import { commitOf } from "../source/git.ts";
import { readSources } from "../source/readSources.ts";
import { revisionTree, type Tree } from "../source/tree.ts";

/** Everything that rules want to know beyond the YAML. `base` is the revision whose locks are merged, if there is one. */
export async function gatherFacts(
  root: string,
  tree: Tree,
  project: Project,
  base: string | null,
): Promise<Facts> {
  const lockPaths = project.paths.filter((path) => classifyPath(path).kind === "lock");
  const releasePaths = project.paths.filter((path) => classifyPath(path).kind === "release");
  const texts = await tree.read(releasePaths);
  return {
    media: await gatherMedia(tree, project),
    texts: new Map([...texts].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)])),
    ...(base !== null && {
      locks: { here: await tree.read(lockPaths), base: await readLocks(revisionTree(root, base)) },
    }),
  };
}

/**
 * The revision to compare with: the one asked for, or the main branch that pull requests go to, or the last commit. Null in
 * a repository without any.
 */
export async function baseRevision(root: string, asked: string | undefined): Promise<string | null> {
  if (asked !== undefined) return requireBase(root, asked);
  return (await commitOf(root, "origin/main")) ?? commitOf(root, "HEAD");
}

/** @throws GiftError `BASE_MISSING`: a comparison that was asked for must not silently not happen */
export async function requireBase(root: string, base: string): Promise<string> {
  const commit = await commitOf(root, base);
  if (commit !== null) return commit;
  throw new GiftError(
    "BASE_MISSING",
    `the base ${base} is not in this clone`,
    "fetch it (in a workflow, check out with fetch-depth: 0), or name another with --base",
  );
}

async function readLocks(tree: Tree): Promise<ReadonlyMap<string, Uint8Array>> {
  const paths = await tree.list("releases");
  return tree.read(paths.filter((path) => classifyPath(path).kind === "lock"));
}

async function gatherMedia(tree: Tree, project: Project): Promise<ReadonlyMap<string, GiftMedia>> {
  const media = new Map<string, GiftMedia>();
  for (const [id, { value: gift }] of project.gifts) {
    // Files are looked for where the gift lies; a wrong id in gift.yaml is a finding of its own.
    const sources = await readSources(tree, { ...gift, id });
    media.set(id, {
      isFolder: sources.isFolder,
      animation: await Promise.all(sources.animation.map(toFact)),
      ...(sources.sound && { sound: await toFact(sources.sound) }),
      ...(sources.still && { still: await toFact(sources.still) }),
    });
  }
  return media;
}

async function toFact({ path, bytes }: SourceFile): Promise<SourceFact> {
  try {
    return { path, bytes: bytes.length, media: await inspect(bytes) };
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    return { path, bytes: bytes.length, problem: { message: error.message, fix: error.fix } };
  }
}
