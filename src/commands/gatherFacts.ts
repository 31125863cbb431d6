import { inspect } from "../formats/inspect.ts";
import { type Declared, declaredOf, MediaError } from "../formats/media.ts";
import { GiftError } from "../report/error.ts";
import { classifyPath, giftOfPath } from "../model/paths.ts";
import type { Project } from "../model/project.ts";
import type { SourceFile } from "../model/sources.ts";
import type { Facts, GiftMedia, LockFacts, SourceFact } from "../rules/facts.ts";
import { isPlainLayout } from "../rules/plainLayout.ts";
import { commitOf, pathsAt } from "../source/git.ts";
import { type Tier, TIERS } from "../wire/viewer.ts";
import { MAX_TEXT_BYTES } from "../source/readProject.ts";
import { readSources } from "../source/readSources.ts";
import type { Tree } from "../source/tree.ts";

/** Everything that rules want to know of a work tree beyond the YAML; with `gifts` it is gathered for these alone. */
export async function gatherFacts(
  tree: Tree,
  project: Project,
  locks: LockFacts | null,
  gifts?: ReadonlySet<string>,
): Promise<Facts> {
  const releasePaths = project.paths.filter(
    (path) => classifyPath(path).kind === "release" && (gifts?.has(giftOfPath(path) ?? "") ?? true),
  );
  return {
    media: await gatherMedia(tree, project, gifts),
    texts: await readOddTexts(tree, releasePaths),
    ...(locks && { locks }),
  };
}

/** Files in memory at a time. */
const FILES_AT_ONCE = 2_000;

/** Of the release files those whose layout somebody has to look at: nearly all are as commands write them. */
async function readOddTexts(tree: Tree, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (let start = 0; start < paths.length; start += FILES_AT_ONCE) {
    for (const [path, bytes] of await tree.read(paths.slice(start, start + FILES_AT_ONCE), MAX_TEXT_BYTES)) {
      const text = new TextDecoder().decode(bytes);
      if (!isPlainLayout(text)) texts.set(path, text);
    }
  }
  return texts;
}

/** Which locks are merged at the base, of these gifts or of all, and which of them are among the changed paths. */
export async function gatherLocks(
  root: string,
  base: string,
  changed: readonly string[],
  gifts: ReadonlySet<string> | null,
): Promise<LockFacts> {
  const folders = gifts ? [...gifts].map((it) => `releases/${it}`) : ["releases"];
  const paths = folders.length > 0 ? await pathsAt(root, base, folders) : [];
  const merged = new Set(paths.filter(isLock));
  return { merged, changed: new Set(changed.filter((path) => merged.has(path))) };
}

/** The same of all gifts, where it is known what each file holds: `merged` at the base, `now` in the work tree. */
export function compareLocks(
  merged: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): LockFacts {
  const locks = [...merged.keys()].filter(isLock);
  return {
    merged: new Set(locks),
    changed: new Set(locks.filter((path) => now.get(path) !== merged.get(path))),
  };
}

function isLock(path: string): boolean {
  return path.endsWith(".lock.json") && classifyPath(path).kind === "lock";
}

/** What is merged: the main branch that pull requests go to, or the last commit. Null in a repository without any. */
export async function baseRevision(root: string): Promise<string | null> {
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

async function gatherMedia(
  tree: Tree,
  project: Project,
  gifts?: ReadonlySet<string>,
): Promise<ReadonlyMap<string, GiftMedia>> {
  const media = new Map<string, GiftMedia>();
  for (const [id, { value: gift }] of project.gifts) {
    if (gifts && !gifts.has(id)) continue;
    // Files are looked for where the gift lies; a wrong id in gift.yaml is a finding of its own.
    const sources = await readSources(tree, { ...gift, id });
    const tooBig = sources.tooBig.map(toTooBig);
    const sound = sources.sound ? await toFact(sources.sound) : tooBig.find((it) => it.path === gift.sound);
    const still = sources.still ? await toFact(sources.still) : tooBig.find((it) => it.path === gift.still);
    const declared = declaredOf(gift);
    const variants: Partial<Record<Tier, SourceFact>> = {};
    for (const tier of TIERS) {
      const path = gift.variants?.[tier];
      const file = sources.variants?.[tier];
      const found = file ? await toFact(file, declared) : tooBig.find((it) => it.path === path);
      if (found) variants[tier] = found;
    }
    media.set(id, {
      isFolder: sources.isFolder,
      variants,
      animation: [
        ...(await Promise.all(sources.animation.map((it) => toFact(it, declared)))),
        ...tooBig.filter((it) => it.path === gift.animation || it.path.startsWith(`${gift.animation}/`)),
      ],
      ...(sound && { sound }),
      ...(still && { still }),
    });
  }
  return media;
}

/** Nobody looked into it: its size is what is wrong with it. */
function toTooBig({ path, bytes }: { path: string; bytes: number }): SourceFact {
  return { path, bytes, problem: { message: "it is too big", fix: "export it smaller" } };
}

async function toFact({ path, bytes }: SourceFile, declared: Declared = {}): Promise<SourceFact> {
  try {
    const media = await inspect(bytes, declared);
    return {
      path,
      bytes: bytes.length,
      media: { ...media, saysItsAlpha: media.video?.saysItsAlpha ?? null },
    };
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    return { path, bytes: bytes.length, problem: { message: error.message, fix: error.fix } };
  }
}
