import { lockPath, POLICY_PATH, releasePath } from "../model/paths.ts";
import { releaseKey } from "../model/project.ts";
import { toRollout } from "../model/rollout.ts";
import type { PolicyFile, ReleaseFile } from "../model/schemas.ts";
import { GiftError } from "../report/error.ts";
import { fileHistory, type FileState, firstParents, isShallow, type Step } from "../source/git.ts";
import { parseFile } from "../source/readProject.ts";
import { readObjects, revisionTree } from "../source/tree.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import type { Pinned } from "./planAnalysis.ts";

export interface ReleaseName {
  readonly gift: string;
  readonly version: string;
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
): Promise<ReadonlyMap<string, Pinned>> {
  const pathOf = ({ gift, version }: ReleaseName) => releasePath(gift, version);
  const lockOf = ({ gift, version }: ReleaseName) => lockPath(gift, version);
  const [files, states, steps, shallow] = await Promise.all([
    revisionTree(root, commit).read(names.flatMap((it) => [pathOf(it), lockOf(it)])),
    fileHistory(root, commit, [...names.map(pathOf), POLICY_PATH]),
    firstParents(root, commit),
    isShallow(root),
  ]);
  const blobs = await readObjects(
    root,
    [...states.values()].flatMap((it) => it.flatMap(({ blob }) => blob ?? [])),
  );
  const history = { steps: toOrder(steps), blobs };
  const policies = toPolicies(states.get(POLICY_PATH) ?? [], history);

  const found = new Map<string, Pinned>();
  for (const name of names) {
    const lock = files.get(lockOf(name));
    const release = parseFile("release", pathOf(name), files.get(pathOf(name))).located?.value;
    if (!lock || !release) continue;
    const past = states.get(pathOf(name)) ?? [];
    const opening = findOpening(pathOf(name), release, past, history);
    // The clone may end before the stage was opened: then nobody knows how long it has been open.
    if (opening === null || (shallow && opening === past.at(-1)?.commit)) throw toShallow(pathOf(name));
    const pinned = findPolicy(opening, policies, history);
    if (pinned)
      found.set(releaseKey(name.gift, name.version), { ...pinned, release, lockDigest: digestOf(lock) });
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
