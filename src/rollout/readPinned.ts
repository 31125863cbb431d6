import { classifyPath, lockPath, POLICY_PATH, releasePath } from "../model/paths.ts";
import { releaseKey } from "../model/project.ts";
import { toRollout } from "../model/rollout.ts";
import type { PolicyFile, ReleaseFile } from "../model/schemas.ts";
import { GiftError } from "../report/error.ts";
import { stageOf } from "../rules/change/compareReleases.ts";
import { fileHistory, type FileState, firstParents, isShallow, type Step } from "../source/git.ts";
import { parseFile } from "../source/readProject.ts";
import { readObjects, revisionTree } from "../source/tree.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { compareVersions, parseVersion, type Version } from "../wire/version.ts";
import type { Pinned } from "./planAnalysis.ts";

export interface ReleaseName {
  readonly gift: string;
  readonly version: string;
}

/** What pins a plan, and how the release came to the stage that is open. */
export interface PinnedTrial extends Pinned {
  /** It reached a later stage before: that was closed, so only a person opens it again. */
  readonly wasClosed: boolean;
  /** The release file's text at the commit. */
  readonly text: string;
}

/**
 * The policy and each release as they were when the stage that is open at the commit was opened, or its percentage last changed:
 * what is judged was fixed there, whatever was written since. Where the policy had no gate then, the trial begins with the commit
 * that brought it one. By `gift@version`; a release that is not there or was not built is left out, and so are all of them while
 * the policy has no gate.
 * @throws GiftError `HISTORY_SHALLOW`
 */
export async function readPinned(
  root: string,
  commit: string,
  names: readonly ReleaseName[],
): Promise<ReadonlyMap<string, PinnedTrial>> {
  const tree = revisionTree(root, commit);
  const pathOf = ({ gift, version }: ReleaseName) => releasePath(gift, version);
  const lockOf = ({ gift, version }: ReleaseName) => lockPath(gift, version);
  const paths = await tree.list(...new Set(names.map(({ gift }) => `releases/${gift}`)));
  const releasePaths = paths.filter((path) => classifyPath(path).kind === "release");
  const [files, states, steps, shallow] = await Promise.all([
    tree.read([...releasePaths, ...names.map(lockOf)]),
    fileHistory(root, commit, [...names.map(pathOf), POLICY_PATH]),
    firstParents(root, commit),
    isShallow(root),
  ]);
  const blobs = await readObjects(
    root,
    [...states.values()].flatMap((it) => it.flatMap(({ blob }) => blob ?? [])),
  );
  const open = toOpenReleases(files);
  const history = { steps: toOrder(steps), blobs };
  // One question of git for all of them, and none where every release has an older one.
  const lone = [...new Set(names.filter((it) => !hasOlder(it, open)).map(({ gift }) => `releases/${gift}`))];
  const siblings = await fileHistory(root, commit, lone);
  const policies = toPolicies(states.get(POLICY_PATH) ?? [], history);

  const found = new Map<string, PinnedTrial>();
  for (const name of names) {
    const lock = files.get(lockOf(name));
    const written = files.get(pathOf(name));
    const release = parseFile("release", pathOf(name), written).located?.value;
    if (!lock || !release) continue;
    const past = states.get(pathOf(name)) ?? [];
    const opening = findOpening(pathOf(name), release, past, history);
    // The clone may end before the stage was opened: then nobody knows how long it has been open.
    if (opening === null || (shallow && opening === past.at(-1)?.commit)) throw toShallow(pathOf(name));
    const pinned = findPolicy(opening, policies, history);
    if (!pinned) continue;
    const isAlone = !hasOlder(name, open);
    const wasClosed = wasWider(pathOf(name), release, past, history);
    const trial = {
      ...pinned,
      release,
      lockDigest: digestOf(lock),
      hasOlder: !isAlone || (await hadOlder(root, name, opening, siblings, history)),
      wasClosed,
      text: new TextDecoder().decode(written),
    };
    found.set(releaseKey(name.gift, name.version), trial);
  }
  return found;
}

/** What is known of the way to the commit: its steps along first parents by id, the newest being 0, and contents by git's id. */
interface History {
  readonly steps: ReadonlyMap<string, Step & { readonly age: number }>;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

function toOrder(steps: readonly Step[]): History["steps"] {
  return new Map(steps.map((step, age) => [step.commit, { ...step, age }]));
}

/** The oldest of the newest commits at which the release reached the very same viewers. */
function findOpening(
  path: string,
  release: ReleaseFile,
  states: readonly FileState[],
  { blobs }: History,
): string | null {
  const reach = reachOf(release);
  let opening: string | null = null;
  for (const { commit, blob } of states) {
    const past = parseFile("release", path, blob === null ? undefined : blobs.get(blob)).located?.value;
    if (!past || reachOf(past) !== reach) break;
    opening = commit;
  }
  return opening;
}

/** Versions that somebody gets, by gift. */
function toOpenReleases(files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, readonly Version[]> {
  const open = new Map<string, Version[]>();
  for (const [path, bytes] of files) {
    const it = classifyPath(path);
    if (it.kind !== "release") continue;
    const release = parseFile("release", path, bytes).located?.value;
    const version = parseVersion(it.version);
    if (!release || !version || stageOf(release) < 0) continue;
    open.set(it.gift, [...(open.get(it.gift) ?? []), version]);
  }
  return open;
}

function hasOlder({ gift, version }: ReleaseName, open: ReadonlyMap<string, readonly Version[]>): boolean {
  const own = parseVersion(version);
  return own !== null && (open.get(gift) ?? []).some((it) => compareVersions(it, own) < 0);
}

/**
 * Whether an older release was open when the stage was: with whom a release is compared is fixed there, so that nobody gets around a
 * comparison by closing what it is compared with.
 */
async function hadOlder(
  root: string,
  { gift, version }: ReleaseName,
  opening: string,
  states: ReadonlyMap<string, readonly FileState[]>,
  { steps }: History,
): Promise<boolean> {
  const opened = steps.get(opening)?.age ?? 0;
  const own = parseVersion(version);
  const blobs = new Map<string, string>();
  for (const [path, past] of states) {
    if (!path.startsWith(`releases/${gift}/`)) continue;
    const it = classifyPath(path);
    const other = it.kind === "release" ? parseVersion(it.version) : null;
    const then = past.find((state) => (steps.get(state.commit)?.age ?? -1) >= opened);
    if (own && other && compareVersions(other, own) < 0 && then?.blob) blobs.set(path, then.blob);
  }
  if (blobs.size === 0) return false;
  const contents = await readObjects(root, [...blobs.values()]);
  return [...blobs].some(([path, blob]) => {
    const older = parseFile("release", path, contents.get(blob)).located?.value;
    return stageOf(older ?? null) >= 0;
  });
}

/** Whether it ever had a later stage than now: somebody closed that, and nobody opened it since. */
function wasWider(
  path: string,
  release: ReleaseFile,
  states: readonly FileState[],
  { blobs }: History,
): boolean {
  const now = stageOf(release);
  return states.some(({ blob }) => {
    const past = parseFile("release", path, blob === null ? undefined : blobs.get(blob)).located?.value;
    return stageOf(past ?? null) > now;
  });
}

/** Everything that decides whom the release reaches. */
function reachOf(release: ReleaseFile): string {
  return JSON.stringify([toRollout(release), release.compat, release.requires ?? {}]);
}

interface PastPolicy {
  readonly policy: PolicyFile | undefined;
  readonly commit: string;
  readonly seconds: number;
  readonly age: number;
}

function toPolicies(states: readonly FileState[], { steps, blobs }: History): readonly PastPolicy[] {
  return states.flatMap(({ commit, blob }) => {
    const step = steps.get(commit);
    if (!step) return [];
    const bytes = blob === null ? undefined : blobs.get(blob);
    return [{ ...step, policy: parseFile("policy", POLICY_PATH, bytes).located?.value }];
  });
}

/** The policy at the opening, or, where it had no gate yet, the first after it that did. Policies come newest first. */
function findPolicy(
  opening: string,
  policies: readonly PastPolicy[],
  { steps }: History,
): Pick<Pinned, "policy" | "commit" | "startSeconds"> | null {
  const opened = steps.get(opening);
  if (!opened) return null;
  const atOpening = policies.find((it) => it.age >= opened.age)?.policy;
  if (atOpening?.gate) return { policy: atOpening, commit: opening, startSeconds: opened.seconds };
  const later = policies.findLast((it) => it.age < opened.age && it.policy?.gate);
  return later?.policy ? { policy: later.policy, commit: later.commit, startSeconds: later.seconds } : null;
}

function toShallow(path: string): GiftError {
  return new GiftError(
    "HISTORY_SHALLOW",
    `this clone leaves out when ${path} last changed, so nobody can say since when its stage is open`,
    "run git fetch --unshallow (in a workflow, check out with fetch-depth: 0)",
  );
}
