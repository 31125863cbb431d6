import type { Comparison, Problem } from "../../github/card.ts";
import type { ViewerLine } from "../../github/card/pullRequestCard.ts";
import type { Project } from "../../model/project.ts";
import { releaseKey } from "../../model/project.ts";
import { inEnvironment, toRollout } from "../../model/rollout.ts";
import type { Live } from "../../publish/live.ts";
import { planPublish, type ReleaseChange } from "../../publish/plan.ts";
import { readChanges } from "../../publish/readChanges.ts";
import { planStops, type RolloutChange } from "../../publish/stops.ts";
import { GiftError } from "../../report/error.ts";
import { commitOf } from "../../source/git.ts";
import type { Tree } from "../../source/tree.ts";
import { type CatalogGift, catalogLines } from "../../wire/catalog.ts";
import { canonicalJson } from "../../wire/metadata.ts";
import type { Rollout } from "../../wire/rollout.ts";
import { TIERS } from "../../wire/viewer.ts";
import { toProblem } from "../cardOutcome.ts";
import type { Environment } from "../environment.ts";
import { readLiveOf } from "../plan.ts";
import { readDesired } from "../readDesired.ts";

/** What a change does to viewers, against what is live, or, where that cannot be read, against main. */
export interface ViewerChanges {
  readonly compared: Comparison;
  readonly unread: Problem | null;
  readonly viewers: readonly ViewerLine[];
  readonly stops: readonly string[];
  readonly kept: Readonly<Record<string, string>>;
  readonly live: Live | null;
}

/** Where the two sides of a change are. */
export interface Sides {
  readonly root: string;
  readonly base: string;
  readonly after: string;
  readonly tree: Tree;
  readonly project: Project;
}

/** Reads what is live once; a store that cannot be read is said, and stops nothing. */
export async function readLiveOrProblem(
  environment: Environment,
): Promise<{ readonly live: Live | null; readonly unread: Problem | null }> {
  try {
    return { live: await readLiveOf(environment), unread: null };
  } catch (error) {
    if (!(error instanceof GiftError)) throw error;
    return { live: null, unread: toProblem(error) };
  }
}

/**
 * What viewers of the environment will see otherwise.
 * @param now epoch milliseconds
 */
export async function gatherViewerChanges(
  sides: Sides,
  environment: Environment,
  { live, unread }: Awaited<ReturnType<typeof readLiveOrProblem>>,
  now: number,
): Promise<ViewerChanges> {
  const { root, base, after, tree, project } = sides;
  const mode = environment.file.rollout;
  const { rollouts, overrides } = await readChanges(root, base, after, mode, now);
  const changed = rollouts.filter((it) => canonicalJson(it.before) !== canonicalJson(it.after));
  const stops = [...planStops(changed, 0), ...overrides].map((it) => it.id);
  const liveCommit = live && (await commitOf(root, live.timestamp.signed.giftwrap.commit));
  const wanted = live && liveCommit !== null ? await readDesired(tree, environment, now) : null;
  if (!live || !wanted?.wanted) {
    const viewers = changed.map(toGitLine);
    return { compared: { kind: "git", base }, unread, viewers, stops, kept: {}, live };
  }
  const { changes, kept } = planPublish(wanted.wanted, live, wanted.kept);
  // What main has and is not published yet is no part of this change, and no news to whoever reads of it.
  const own = new Set(rollouts.map((it) => releaseKey(it.gift, it.version)));
  const gifts = new Set(rollouts.map((it) => it.gift));
  const before = liveRollouts(live, gifts);
  const viewers = changes
    .filter((it) => own.has(releaseKey(it.gift, it.version)))
    .map((it) => toLiveLine(it, before, project, mode));
  const told = new Set(viewers.map((it) => releaseKey(it.gift, it.version)));
  // A gift that stays as it is live all the same gets what this change says once it is in order.
  const waiting = changed.filter(
    (it) => !told.has(releaseKey(it.gift, it.version)) && wanted.kept.has(it.gift),
  );
  return {
    compared: { kind: "live", revision: live.timestamp.signed.version },
    unread: null,
    viewers: [...viewers, ...waiting.map(toGitLine)],
    stops,
    kept: Object.fromEntries([...kept].filter(([gift]) => gifts.has(gift))),
    live,
  };
}

function toGitLine({ gift, version, before, after }: RolloutChange): ViewerLine {
  return { gift, version, before, after, details: [] };
}

function toLiveLine(
  { gift, version, details }: ReleaseChange,
  before: ReadonlyMap<string, Rollout>,
  project: Project,
  mode: Environment["file"]["rollout"],
): ViewerLine {
  const key = releaseKey(gift, version);
  const release = project.releases.get(key)?.value;
  return {
    gift,
    version,
    before: before.get(key) ?? null,
    after: release ? inEnvironment(toRollout(release), mode) : null,
    details: details.filter((it) => !/ -> |^(?:canary audience|eligible viewers|holdback)$/.test(it)),
  };
}

/** By `gift@version`. */
function liveRollouts({ catalogs }: Live, gifts: ReadonlySet<string>): ReadonlyMap<string, Rollout> {
  const found = new Map<string, Rollout>();
  for (const tier of TIERS) {
    const lines = catalogLines(catalogs[tier]);
    for (const id of gifts) {
      const line = lines.get(id);
      if (line === undefined) continue;
      const gift: CatalogGift = JSON.parse(line);
      for (const { version, rollout } of gift.releases) found.set(releaseKey(id, version), rollout);
    }
  }
  return found;
}
