import {
  isClosing,
  type OverrideMove,
  type ReleaseMove,
  type SeenRelease,
  type TimelineFacts,
} from "../../github/timeline/timeline.ts";
import { classifyPath, releasePath } from "../../model/paths.ts";
import { inEnvironment, reachedStage, STAGES } from "../../model/rollout.ts";
import type { EnvironmentFile } from "../../model/schemas.ts";
import { readChanges, readRollout } from "../../publish/readChanges.ts";
import { type PastRecord, readLogRecords } from "../../publish/readLog.ts";
import { reaches } from "../../rollout/planRollback.ts";
import {
  changedPaths,
  commitOf,
  fileHistory,
  firstParents,
  isAncestor,
  type Step,
} from "../../source/git.ts";
import { parseFile } from "../../source/readProject.ts";
import { readObjects, revisionTree } from "../../source/tree.ts";
import type { Store } from "../../store/store.ts";
import { speaksOf } from "../../wire/override.ts";
import type { Rollout } from "../../wire/rollout.ts";
import { compareVersions, parseVersion } from "../../wire/version.ts";

/** Records that are looked back through at most, from the newest one. */
const MAX_RECORDS = 400;
/** One publish carries at most so many merges that are told of. */
const MAX_COMMITS = 30;
const RECORDS_AT_ONCE = 32;

export interface TimelineQuestion {
  readonly root: string;
  /** The tip that was published. */
  readonly commit: string;
  readonly environment: string;
  readonly mode: EnvironmentFile["rollout"];
  readonly store: Store;
  /** The newest revision; 0 before the first publish. */
  readonly newest: number;
  readonly kept: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** What is told of one commit, with the commits that opened what it takes back. */
export interface GatheredTimeline {
  readonly facts: TimelineFacts;
  /** The commits that opened what is closed now. */
  readonly openings: readonly string[];
  /** Every commit that the release files which it narrows went through: whom a revert may name. */
  readonly past: ReadonlySet<string>;
}

/**
 * Each commit that came to viewers by the publish of this one and says something of releases or overrides, oldest first: one publish may
 * carry several merges, and their own runs may have been replaced.
 * @throws GiftError of the store and of git
 */
export async function gatherTimelines(question: TimelineQuestion): Promise<readonly GatheredTimeline[]> {
  const { root, commit, store, newest } = question;
  const steps = await firstParents(root, commit);
  const ageOf = await ageReader(root, steps);
  const records = await readRecords(store, newest, ageOf);
  const first = records.find((it) => it.age !== null && it.age <= 0);
  // Where nothing carries it yet, what is live came before it. Without any publish there is only the commit itself to tell of.
  const previous = first ? first.previousCommit : (records.at(-1)?.commit ?? null);
  const at = previous === null ? null : await ageOf(previous);
  const asked = steps.slice(0, Math.min(at === null || at <= 0 ? 1 : at, MAX_COMMITS)).reverse();
  const gathered: GatheredTimeline[] = [];
  for (const step of asked) {
    const it = await gatherOne(question, step, steps.indexOf(step), records);
    if (it) gathered.push(it);
  }
  return gathered;
}

/** A record, and how many steps its commit is behind the one that is asked about: less than 0 for a later one, null for a stranger. */
interface AgedRecord extends PastRecord {
  readonly age: number | null;
}

/** How many steps a commit is behind the newest of them; -1 where it came after that. */
async function ageReader(
  root: string,
  steps: readonly Step[],
): Promise<(commit: string) => Promise<number | null>> {
  const ages = new Map<string, number | null>(steps.map((it, age) => [it.commit, age]));
  const tip = steps[0]?.commit;
  return async (commit) => {
    const known = ages.get(commit);
    if (known !== undefined) return known;
    const isLater =
      tip !== undefined && (await commitOf(root, commit)) !== null && (await isAncestor(root, tip, commit));
    ages.set(commit, isLater ? -1 : null);
    return isLater ? -1 : null;
  };
}

async function gatherOne(
  { root, commit: tip, environment, mode, kept, now }: TimelineQuestion,
  { commit, seconds }: Step,
  age: number,
  records: readonly AgedRecord[],
): Promise<GatheredTimeline | null> {
  const parent = await commitOf(root, `${commit}^`);
  if (parent === null) return null;
  const changes = await readChanges(root, parent, commit, mode, now);
  const moves = changes.rollouts
    .filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after))
    .map(({ gift, version, before, after }): ReleaseMove => ({ gift, version, before, after }));
  const overrides = await readOverrides(root, parent, commit);
  if (moves.length === 0 && overrides.length === 0) return null;

  const mergedAt = 1000 * seconds;
  const carried = records.filter((it) => it.age !== null && it.age <= age);
  const before = records.slice(0, carried[0] ? records.indexOf(carried[0]) : records.length);
  const seen = new Map<string, readonly SeenRelease[]>();
  for (const { gift } of moves) if (!seen.has(gift)) seen.set(gift, await readSeen(root, tip, gift, mode));
  const { openings, past } = await findOpenings(root, parent, moves, mode);
  const thrown = findThrown(before, moves);
  return {
    facts: { environment, commit, mergedAt, moves, overrides, seen, records: carried, thrown, kept },
    openings,
    past,
  };
}

/**
 * Oldest first, from those of before the commit on; those that cannot be read are left out. A page more is read, for what was thrown
 * before the merge.
 */
async function readRecords(
  store: Store,
  newest: number,
  ageOf: (commit: string) => Promise<number | null>,
): Promise<readonly AgedRecord[]> {
  const found: AgedRecord[] = [];
  const oldest = Math.max(1, newest - MAX_RECORDS + 1);
  let pagesLeft = Number.POSITIVE_INFINITY;
  for (let to = newest; to >= oldest && pagesLeft > 0; to -= RECORDS_AT_ONCE, pagesLeft--) {
    const from = Math.max(oldest, to - RECORDS_AT_ONCE + 1);
    const revisions = Array.from({ length: to - from + 1 }, (_, at) => from + at);
    const page: AgedRecord[] = [];
    for (const read of await readLogRecords(store, revisions)) {
      if (read.kind !== "record") continue;
      const { record } = read;
      page.push({ ...record, age: record.commit === null ? null : await ageOf(record.commit) });
    }
    found.unshift(...page);
    if (pagesLeft === Number.POSITIVE_INFINITY && page.some((it) => it.age !== null && it.age > 0))
      pagesLeft = 2;
  }
  return found;
}

/** The break-glass override that held one of these releases when the merge came: when it was first there. */
function findThrown(before: readonly AgedRecord[], moves: readonly ReleaseMove[]): PastRecord | null {
  const standing = (before.at(-1)?.overrides ?? []).filter(
    (it) =>
      it.origin === "break-glass" &&
      moves.some(({ gift, version }) => speaksOf(it, gift, parseVersion(version) ?? [0, 0, 0])),
  );
  const ids = new Set(standing.map((it) => it.id));
  return (
    before.find((it) => it.kind === "break-glass" && it.overrides?.some(({ id }) => ids.has(id))) ?? null
  );
}

/** Override files that are new or differ, with their texts for people, as far as they can be read. */
async function readOverrides(root: string, from: string, to: string): Promise<readonly OverrideMove[]> {
  const paths = await changedPaths(root, from, to, ["releases/overrides"]);
  const files = await revisionTree(root, to).read(paths);
  return paths.flatMap((path) => {
    const it = classifyPath(path);
    const file = it.kind === "override" ? parseFile("override", path, files.get(path)).located?.value : null;
    if (it.kind !== "override" || !file) return [];
    return [{ name: it.name, reason: file.reason, incident: file.incident ?? null }];
  });
}

/** The gift's releases that reach somebody, newest first. */
async function readSeen(
  root: string,
  commit: string,
  gift: string,
  mode: EnvironmentFile["rollout"],
): Promise<readonly SeenRelease[]> {
  const tree = revisionTree(root, commit);
  const paths = await tree.list(`releases/${gift}`);
  const files = await tree.read(paths.filter((path) => classifyPath(path).kind === "release"));
  const releases = [...files].flatMap(([path, bytes]) => {
    const it = classifyPath(path);
    if (it.kind !== "release" || it.gift !== gift) return [];
    const rollout = inEnvironment(readRollout(gift, it.version, toText(bytes), null), mode);
    return rollout && reaches(rollout).length > 0 ? [{ version: it.version, rollout }] : [];
  });
  return releases.sort((a, b) => compareVersions(toVersion(b.version), toVersion(a.version)));
}

/** For each release that is narrowed, the commit since which it reached whom it no longer reaches. */
async function findOpenings(
  root: string,
  parent: string,
  moves: readonly ReleaseMove[],
  mode: EnvironmentFile["rollout"],
): Promise<{ readonly openings: readonly string[]; readonly past: ReadonlySet<string> }> {
  const narrowed = moves.filter((it) => isClosing(it));
  const paths = narrowed.map((it) => releasePath(it.gift, it.version));
  const history = await fileHistory(root, parent, paths);
  const blobs = await readObjects(
    root,
    [...history.values()].flatMap((it) => it.flatMap(({ blob }) => blob ?? [])),
  );
  const openings = new Set<string>();
  for (const { gift, version, before } of narrowed) {
    let opening: string | null = null;
    for (const { commit, blob } of history.get(releasePath(gift, version)) ?? []) {
      const text = blob === null ? undefined : blobs.get(blob);
      const then = inEnvironment(text ? readRollout(gift, version, toText(text), null) : null, mode);
      if (rank(then) < rank(before)) break;
      opening = commit;
    }
    if (opening !== null) openings.add(opening);
  }
  const past = new Set([...history.values()].flatMap((it) => it.map(({ commit }) => commit)));
  return { openings: [...openings], past };
}

function rank(rollout: Rollout | null): number {
  const stage = reachedStage(rollout);
  return stage === null ? -1 : STAGES.indexOf(stage);
}

function toVersion(text: string) {
  return parseVersion(text) ?? ([0, 0, 0] as const);
}

function toText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
