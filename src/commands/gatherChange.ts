import { classifyPath, giftOfPath, lockPath, releasePath } from "../model/paths.ts";
import { type Project, releaseKey } from "../model/project.ts";
import type { ReleaseFile } from "../model/schemas.ts";
import { GiftError } from "../report/error.ts";
import { type Change, type History, type PastState, toChange, withHistory } from "../rules/change/change.ts";
import type { ChangeFacts } from "../rules/change/checkChange.ts";
import { fileHistory, type FileState, isShallow } from "../source/git.ts";
import { parseFile, readProject } from "../source/readProject.ts";
import { revisionTree, type Tree } from "../source/tree.ts";

/** The change from the base to the tree, with what git remembers of the releases that it adds or widens. */
export async function gatherChange(
  root: string,
  base: string,
  tree: Tree,
  after: Project,
  paths: readonly string[],
): Promise<ChangeFacts> {
  const gifts = new Set(paths.flatMap((path) => giftOfPath(path) ?? []));
  const { project: before } = await readProject(revisionTree(root, base), { gifts, others: [] });
  const change = toChange(before, after, paths);
  const history = await readHistory(root, base, change);
  const newLocks = paths.filter((path) => classifyPath(path).kind === "lock");
  return { change: withHistory(change, history), history, before, after, locks: await tree.read(newLocks) };
}

/** @throws GiftError `HISTORY_SHALLOW`: whether a version was there before must not go unasked */
async function readHistory(root: string, base: string, { releases }: Change): Promise<History> {
  const asked = releases.filter((it) => it.after && (!it.before || it.widened.length > 0));
  if (asked.length === 0) return { states: new Map(), locks: new Map() };
  if (await isShallow(root))
    throw new GiftError(
      "HISTORY_SHALLOW",
      "this clone leaves history out, so nobody can say whether a version was released before",
      "run git fetch --unshallow (in a workflow, check out with fetch-depth: 0)",
    );
  const paths = asked.flatMap(({ gift, version }) => [releasePath(gift, version), lockPath(gift, version)]);
  const past = await fileHistory(root, base, paths);

  const states = new Map<string, readonly PastState[]>();
  const locks = new Map<string, Uint8Array>();
  for (const { gift, version } of asked) {
    const key = releaseKey(gift, version);
    const path = releasePath(gift, version);
    const known: PastState[] = [];
    for (const state of past.get(path) ?? []) {
      const release = await readState(root, path, state);
      if (release !== undefined) known.push({ commit: state.commit, release });
    }
    states.set(key, known);
    const lock = past.get(lockPath(gift, version))?.find((it) => it.blob !== null);
    const bytes = lock && (await readAt(root, lock.commit, lockPath(gift, version)));
    if (bytes) locks.set(key, bytes);
  }
  return { states, locks };
}

/** Undefined when it cannot be read by today's schema: then it says nothing about stages. */
async function readState(
  root: string,
  path: string,
  { commit, blob }: FileState,
): Promise<ReleaseFile | null | undefined> {
  if (blob === null) return null;
  return parseFile("release", path, await readAt(root, commit, path)).located?.value;
}

async function readAt(root: string, commit: string, path: string): Promise<Uint8Array | undefined> {
  return (await revisionTree(root, commit).read([path])).get(path);
}
