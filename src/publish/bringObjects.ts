import { lockPath } from "../model/paths.ts";
import { releaseKey } from "../model/project.ts";
import { count } from "../report/text.ts";
import type { Store } from "../store/store.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { TIERS } from "../wire/viewer.ts";
import type { Announcement } from "./announce.ts";
import { copyObjects, type ObjectSource } from "./apply.ts";
import type { Edge } from "./edges.ts";
import type { Plan, ReleaseChange } from "./plan.ts";
import { edgesFor } from "./reach.ts";
import { recordLock } from "./record.ts";
import { toWarmFacts, type WarmedRelease } from "./warmEvidence.ts";
import { warmObjects, type WarmQuestion } from "./warmObjects.ts";

export interface BringOptions {
  readonly store: Store;
  readonly edges: readonly Edge[];
  readonly source: ObjectSource;
  /** Keeps every collection away from what will be named, before the store is asked what it has. */
  readonly cover: Announcement["cover"];
  /** Lock files of the commit, by path. */
  readonly readLocks: (paths: readonly string[]) => Promise<ReadonlyMap<string, Uint8Array>>;
  readonly edgeDeadlineMilliseconds: number;
  readonly progress: (text: string) => void;
}

export interface Brought {
  /** Gifts for which it failed, and why: they stay as they are live. */
  readonly failures: ReadonlyMap<string, string>;
  /** Releases whose objects every edge that they need has served. */
  readonly warmed: readonly WarmedRelease[];
  /** Objects that were in the store already: to be looked for again once they are named. */
  readonly found: Plan["objects"];
}

/** A first publish of a large repository records tens of thousands of locks. */
const PARALLEL_RECORDS = 16;

/** Brings what a plan needs to the store and through the edges of those whom it will serve, before any name speaks of it. */
export async function bringObjects(plan: Plan, options: BringOptions): Promise<Brought> {
  const failures = new Map<string, string>();
  if (plan.changesCatalogs) await options.cover(digestsToName(plan));
  const found = await copyMissing(plan.objects, options, failures);
  const widened = plan.changes.filter((it) => it.widens);
  const locks = await recordLocks(widened, options, failures);
  const candidates = widened.filter((it) => !failures.has(it.gift));
  const warmed = await warmEdges(candidates, locks, options, failures);
  // Warming may take long: whatever took an object away meanwhile, no name may speak of it.
  await copyMissing(found, { ...options, progress: () => {} }, failures);
  return { failures, warmed, found };
}

/** What the new catalogs are, and what they name that the live ones do not. */
export function digestsToName({ objects, catalogs }: Plan): readonly string[] {
  return [...objects.map((it) => it.file.digest), ...TIERS.map((tier) => digestOf(catalogs[tier]))];
}

/** Gives those that were there already. */
async function copyMissing(
  objects: Plan["objects"],
  { store, source, progress }: BringOptions,
  failures: Map<string, string>,
): Promise<Plan["objects"]> {
  if (objects.length > 0) progress(`copying ${count(objects.length, "object")}`);
  const { missing, found } = await copyObjects(store, objects, source);
  for (const { file, gifts } of objects) {
    if (!missing.has(file.digest)) continue;
    for (const gift of gifts)
      failures.set(gift, `object ${file.digest.slice(0, 12)} ${source.whyNot?.(file.digest) ?? NOWHERE}`);
  }
  return found;
}

const NOWHERE = "is nowhere: run npx giftwrap build";

/** A version is never used for other bytes, also after its file was gone: the store remembers each lock. Gives their digests. */
async function recordLocks(
  widened: readonly ReleaseChange[],
  { store, readLocks }: BringOptions,
  failures: Map<string, string>,
): Promise<ReadonlyMap<string, string>> {
  const candidates = widened.filter((it) => !failures.has(it.gift));
  const locks = await readLocks(candidates.map((it) => lockPath(it.gift, it.version)));
  const digests = new Map<string, string>();
  const queue = [...candidates].reverse();
  const work = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const { gift, version } = next;
      const lock = locks.get(lockPath(gift, version));
      if (!lock) continue;
      const digest = digestOf(lock);
      digests.set(releaseKey(gift, version), digest);
      if (!(await recordLock(store, gift, version, digest)))
        failures.set(gift, `version ${version} was published before with other bytes: make it a new version`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_RECORDS }, work));
  return digests;
}

async function warmEdges(
  widened: readonly ReleaseChange[],
  locks: ReadonlyMap<string, string>,
  { edges, edgeDeadlineMilliseconds: deadlineMilliseconds, progress }: BringOptions,
  failures: Map<string, string>,
): Promise<readonly WarmedRelease[]> {
  const questions = new Map<string, WarmQuestion>();
  for (const { reach, files } of widened) {
    for (const edge of edgesFor(reach, edges))
      for (const file of files) questions.set(`${file.digest} ${edge.url}`, { edge, file });
  }
  if (questions.size === 0) return [];
  const asked = new Set([...questions.values()].map((it) => it.edge.url));
  progress(`warming ${count(asked.size, "edge")}`);
  const answers = await warmObjects([...questions.values()], { deadlineMilliseconds });
  const byQuestion = new Map(answers.map((it) => [`${it.digest} ${it.edge.url}`, it]));

  return widened.flatMap(({ gift, version, reach, files }): WarmedRelease[] => {
    const digests = [...new Set(files.map((it) => it.digest))];
    const own = edgesFor(reach, edges).flatMap((edge) =>
      digests.flatMap((digest) => byQuestion.get(`${digest} ${edge.url}`) ?? []),
    );
    const failure = own.find((it) => !it.ok);
    if (failure && !failures.has(gift))
      failures.set(gift, `the ${failure.edge.region} edge does not serve its bytes: ${failure.why}`);
    const lock = locks.get(releaseKey(gift, version));
    if (failure || own.length === 0 || lock === undefined) return [];
    return [{ gift, version, lock, facts: toWarmFacts(files, own) }];
  });
}
