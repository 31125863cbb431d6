import type { TrialEnd } from "../../github/timeline/metricsMarkdown.ts";
import { classifyPath } from "../../model/paths.ts";
import { releaseKey } from "../../model/project.ts";
import { isOnTrial, reachedStage, STAGES, toRollout } from "../../model/rollout.ts";
import type { ReleaseFile } from "../../model/schemas.ts";
import { readPinned } from "../../rollout/readPinned.ts";
import { changedPaths, commitOf, fileHistory, firstParents } from "../../source/git.ts";
import { parseFile } from "../../source/readProject.ts";
import { readObjects } from "../../source/tree.ts";
import { isOpenToAll } from "../../wire/rollout.ts";

/** A trial that ended lately. */
export interface PastTrial {
  readonly gift: string;
  readonly version: string;
  /** The commit that began it: its numbers are told on the pull request that was merged as it. */
  readonly opening: string;
  readonly end: TrialEnd;
}

/** A run that was missed for longer leaves the last numbers as they were. */
const DAYS = 3;

/**
 * Trials that ended within the last days because what a release reaches was changed, by what git says; at most one for each change.
 * @throws GiftError of git
 */
export async function findPastTrials(
  root: string,
  commit: string,
  now: number,
): Promise<readonly PastTrial[]> {
  const steps = await firstParents(root, commit);
  const seconds = now / 1000 - DAYS * 86_400;
  const recent = new Set(steps.filter((it) => it.seconds >= seconds).map((it) => it.commit));
  const before = steps.find((it) => !recent.has(it.commit))?.commit ?? steps.at(-1)?.commit;
  if (before === undefined || recent.size === 0) return [];
  const paths = (await changedPaths(root, before, commit, ["releases"])).filter(
    (path) => classifyPath(path).kind === "release",
  );
  const history = await fileHistory(root, commit, paths);
  const blobs = await readObjects(
    root,
    [...history.values()].flatMap((it) => it.flatMap(({ blob }) => blob ?? [])),
  );
  const found: PastTrial[] = [];
  for (const path of paths) {
    const it = classifyPath(path);
    if (it.kind !== "release") continue;
    const { gift, version } = it;
    const states = (history.get(path) ?? []).map(({ commit, blob }) => ({
      commit,
      release: parseFile("release", path, blob === null ? undefined : blobs.get(blob)).located?.value ?? null,
    }));
    for (const [at, { commit, release }] of states.entries()) {
      const then = states[at + 1]?.release ?? null;
      if (!recent.has(commit) || !then || !isOnTrial(toRollout(then)) || isSameReach(then, release)) continue;
      const parent = await commitOf(root, `${commit}^`);
      const pinned = parent === null ? null : await readPinned(root, parent, [{ gift, version }]);
      const opening = pinned?.get(releaseKey(gift, version))?.commit;
      if (opening !== undefined) found.push({ gift, version, opening, end: toEnd(then, release) });
    }
  }
  return found;
}

/** By the very things that begin a trial anew, as `readPinned` has it. */
function isSameReach(a: ReleaseFile, b: ReleaseFile | null): boolean {
  const reach = (it: ReleaseFile) => JSON.stringify([toRollout(it), it.compat, it.requires ?? {}]);
  return b !== null && reach(a) === reach(b);
}

function toEnd(before: ReleaseFile, after: ReleaseFile | null): TrialEnd {
  const rollout = after && toRollout(after);
  if (rollout && isOpenToAll(rollout)) return "proven";
  return rank(after) < rank(before) ? "taken_back" : "went_on";
}

function rank(release: ReleaseFile | null): number {
  const stage = release && reachedStage(toRollout(release));
  return stage ? STAGES.indexOf(stage) : -1;
}
