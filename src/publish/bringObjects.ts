import { lockPath } from "../model/paths.ts";
import { count } from "../report/text.ts";
import type { Store } from "../store/store.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import type { ObjectFile } from "../wire/catalog.ts";
import { objectKey } from "../wire/keys.ts";
import { copyObjects, type ObjectSource } from "./apply.ts";
import { type Edge, warmObjects } from "./edges.ts";
import type { Plan, ReleaseChange } from "./plan.ts";
import { recordLock } from "./record.ts";

export interface BringOptions {
  readonly store: Store;
  readonly edges: readonly Edge[];
  readonly source: ObjectSource;
  /** Lock files of the commit, by path. */
  readonly readLocks: (paths: readonly string[]) => Promise<ReadonlyMap<string, Uint8Array>>;
  readonly edgeDeadlineMilliseconds: number;
  readonly progress: (text: string) => void;
}

/**
 * Brings what a plan needs to the store and through every edge, before any name speaks of it. Gives the gifts for which that
 * failed, and why: they stay as they are live.
 */
export async function bringObjects(plan: Plan, options: BringOptions): Promise<ReadonlyMap<string, string>> {
  const failures = new Map<string, string>();
  await copyMissing(plan, options, failures);
  const widened = plan.changes.filter((it) => it.widens);
  await recordLocks(widened, options, failures);
  await warmEdges(
    widened.filter((it) => !failures.has(it.gift)),
    options,
    failures,
  );
  return failures;
}

async function copyMissing(
  plan: Plan,
  { store, source, progress }: BringOptions,
  failures: Map<string, string>,
): Promise<void> {
  if (plan.objects.length > 0) progress(`copying ${count(plan.objects.length, "object")}`);
  const missing = await copyObjects(store, plan.objects, source);
  for (const { file, gifts } of plan.objects) {
    if (!missing.has(file.digest)) continue;
    for (const gift of gifts)
      failures.set(gift, `object ${file.digest.slice(0, 12)} is nowhere: run npx giftwrap build`);
  }
}

/** A version is never used for other bytes, also after its file was gone: the store remembers each lock. */
async function recordLocks(
  widened: readonly ReleaseChange[],
  { store, readLocks }: BringOptions,
  failures: Map<string, string>,
): Promise<void> {
  const candidates = widened.filter((it) => !failures.has(it.gift));
  const locks = await readLocks(candidates.map((it) => lockPath(it.gift, it.version)));
  for (const { gift, version } of candidates) {
    const lock = locks.get(lockPath(gift, version));
    if (lock && !(await recordLock(store, gift, version, digestOf(lock)))) {
      failures.set(gift, `version ${version} was published before with other bytes: make it a new version`);
    }
  }
}

async function warmEdges(
  widened: readonly ReleaseChange[],
  { edges, edgeDeadlineMilliseconds: deadlineMilliseconds, progress }: BringOptions,
  failures: Map<string, string>,
): Promise<void> {
  const wanted = new Map(widened.flatMap((it) => it.files).map((file) => [file.digest, toObject(file)]));
  if (wanted.size === 0 || edges.length === 0) return;
  progress(`warming ${count(edges.length, "edge")}`);
  const cold = await warmObjects(edges, [...wanted.values()], { deadlineMilliseconds });
  for (const { gift, files } of widened) {
    const failure = cold.find((it) => files.some((file) => file.digest === it.digest));
    if (failure && !failures.has(gift)) {
      failures.set(gift, `the ${failure.edge.region} edge does not serve its bytes: ${failure.why}`);
    }
  }
}

function toObject({ digest, mediaType }: ObjectFile): { key: string; digest: string } {
  return { key: objectKey(digest, mediaType), digest };
}
