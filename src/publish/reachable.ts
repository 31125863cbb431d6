import type { TrustedMetadata } from "../client/update/trusted.ts";
import { GiftError } from "../report/error.ts";
import { commitOf, isAncestor, isShallow } from "../source/git.ts";
import { fetchMain, peekMain } from "../source/mainBranch.ts";
import { locksAt, locksNotMerged, locksSince, readVersions } from "../source/versionsInHistory.ts";
import type { Store } from "../store/store.ts";
import { catalogTarget, targetKey } from "../wire/keys.ts";
import { TIERS } from "../wire/viewer.ts";
import { readAnnounced } from "./announce.ts";
import { digestsIn, type KeepReason, type Reachable } from "./collect.ts";
import { type LiveHead, readCatalogs, readLiveHead, readLiveTimestamp } from "./live.ts";
import { findRevisionAt, readGenerationCatalogs, readLogRecords } from "./readLog.ts";

const DAY_MILLISECONDS = 24 * 3_600_000;
/** A client that was on its way to a catalog for longer does without the delta. */
const DELTA_DAYS = 7;
/** How many revisions back the commit that was live before this one is looked for. */
const MAX_REVISIONS = 32;
const PARALLEL_READS = 16;

export interface Surroundings {
  readonly root: string;
  readonly store: Store;
  readonly environment: string;
  /** The main branch's name. */
  readonly branch: string;
  readonly trust: () => Promise<TrustedMetadata>;
  readonly now: () => number;
  readonly retentionDays: number;
  readonly catalogDays: number;
  readonly progress: (text: string) => void;
}

/** What is reachable, and what was live and in git when that was found out. */
export interface Look {
  readonly reachable: Reachable;
  readonly revision: number;
  /** The live commit. */
  readonly commit: string;
  /** The tip of main. */
  readonly main: string;
}

/**
 * Looks at git and the store for all that names bytes. The function that it gives looks again: it asks what is announced,
 * which revision is live and where main is, and reads only what moved since. What was reachable once stays so: while a
 * collection runs, too much is kept rather than too little.
 * @throws GiftError `NOT_PUBLISHED`, `SHALLOW_CLONE`, `MAIN_UNKNOWN`, `LIVE_NOT_ON_MAIN`, `LIVE_BROKEN`
 */
export function openReachable(around: Surroundings): () => Promise<Look> {
  const { root, store, branch, now } = around;
  const objects = new Map<string, KeepReason>();
  const catalogs = new Set<string>();
  const deltaTargets = new Set<string>();
  const readLocks = new Set<string>();
  const readTexts = new Set<string>();
  const readGenerations = new Map<number, Promise<readonly string[]>>();
  let last: { tag: string | null; main: string; look: Omit<Look, "reachable"> } | null = null;

  const name = (text: string, reason: KeepReason) => {
    for (const digest of digestsIn(text)) if (!objects.has(digest)) objects.set(digest, reason);
  };
  const nameLocks = async (ids: Iterable<string>, reason: KeepReason) => {
    const fresh = [...ids].filter((id) => !readLocks.has(id));
    await readVersions(root, fresh, (text) => name(text, reason));
    for (const id of fresh) readLocks.add(id);
  };

  const lookAtGit = async (main: string, live: LiveHead) => {
    const { commit } = live.timestamp.signed.giftwrap;
    if (!(await isAncestor(root, commit, main)))
      throw new GiftError(
        "LIVE_NOT_ON_MAIN",
        `${commit.slice(0, 10)}, which is live in ${around.environment}, is not part of ${branch}`,
        `publish the tip of ${branch} first, or name the branch that is published with --branch; nothing was taken away`,
      );
    await nameLocks(await locksSince(root, main, now() - around.retentionDays * DAY_MILLISECONDS), "lock");
    await nameLocks(await locksNotMerged(root, main), "lock");
    for (const id of await rollbackCommits(root, store, live))
      await nameLocks(await locksAt(root, id), "rollback");
  };

  const lookAtCatalogs = async (live: LiveHead, trusted: TrustedMetadata) => {
    const named = TIERS.flatMap((tier) => live.targets[catalogTarget(tier)]?.hashes["sha256"] ?? []);
    if (!named.every((digest) => readTexts.has(digest))) {
      const { catalogs: texts } = await readCatalogs(store, trusted, live);
      for (const tier of TIERS) name(texts[tier], "catalog");
    }
    for (const digest of named) {
      readTexts.add(digest);
      catalogs.add(digest);
      deltaTargets.add(digest);
    }
    const recent = await generationsSince(around, live, around.catalogDays);
    const onTheirWay = new Set(
      await generationsSince(around, live, Math.min(DELTA_DAYS, around.catalogDays)),
    );
    await eachOf(recent, PARALLEL_READS, async (generation) => {
      const known = readGenerations.get(generation) ?? catalogsOf(around, generation);
      readGenerations.set(generation, known);
      for (const digest of await known) {
        catalogs.add(digest);
        if (onTheirWay.has(generation)) deltaTargets.add(digest);
      }
    });
    // Large: not many at a time.
    await eachOf(
      [...catalogs].filter((it) => !readTexts.has(it)),
      2,
      async (digest) => {
        for (const tier of TIERS) {
          const stored = await store.get(targetKey(catalogTarget(tier), digest));
          if (stored) name(Buffer.from(stored.bytes).toString("latin1"), "catalog");
        }
        readTexts.add(digest);
      },
    );
  };

  return async () => {
    // First what is announced, then what is live: an announcement ends after what it announced is live.
    const announced = await readAnnounced(store, now());
    const trusted = await around.trust();
    const timestamp = await readLiveTimestamp(store, trusted);
    if (!timestamp)
      throw new GiftError(
        "NOT_PUBLISHED",
        `nothing is published to ${around.environment} yet`,
        "there is nothing to collect before the first publish",
      );
    const peeked = await peekMain(root, branch);
    if (!last || last.tag !== timestamp.tag || last.main !== peeked) {
      if (await isShallow(root))
        throw new GiftError(
          "SHALLOW_CLONE",
          "this clone leaves history out, and with it locks that name bytes",
          "fetch everything: git fetch --unshallow; in a workflow, check out with fetch-depth: 0",
        );
      const live = await readLiveHead(store, trusted, timestamp);
      const main = await fetchMain(root, branch);
      around.progress("reading locks and catalogs");
      await lookAtGit(main, live);
      await lookAtCatalogs(live, trusted);
      const { version: revision, giftwrap } = timestamp.signed;
      last = { tag: timestamp.tag, main, look: { revision, commit: giftwrap.commit, main } };
    }
    return { ...last.look, reachable: { objects, catalogs, deltaTargets, announced } };
  };
}

/** The live commit, and the one that was live before it, as far as the log and this clone know it. */
async function rollbackCommits(root: string, store: Store, live: LiveHead): Promise<readonly string[]> {
  const { version: newest, giftwrap } = live.timestamp.signed;
  const revisions = Array.from({ length: Math.min(newest, MAX_REVISIONS) }, (_, at) => newest - at);
  const before = (await readLogRecords(store, revisions))
    .flatMap((it) => (it.kind === "record" ? [it.record.commit, it.record.previousCommit] : []))
    .find((it) => it !== null && it !== giftwrap.commit);
  const known = before == null ? null : await commitOf(root, before);
  return [giftwrap.commit, ...(known === null ? [] : [known])];
}

/**
 * Generations that were live within the days, and any that were written meanwhile, from the one that was live when they
 * began. By the metadata, which is never collected: a revision whose record is missing loses nothing.
 */
async function generationsSince(
  { store, now }: Surroundings,
  { timestamp, generation }: LiveHead,
  days: number,
): Promise<readonly number[]> {
  const { found } = await findRevisionAt(store, timestamp.signed.version, now() - days * DAY_MILLISECONDS);
  const first = found ? (found.generation ?? 1) : 1;
  const written = (await store.list("metadata/"))
    .map((key) => Number(/^metadata\/(\d+)\.snapshot\.json$/.exec(key)?.[1] ?? Number.NaN))
    .filter((it) => it >= first);
  return [...new Set([...written, generation])];
}

async function catalogsOf(
  { store, environment }: Surroundings,
  generation: number,
): Promise<readonly string[]> {
  const digests = await readGenerationCatalogs(store, generation);
  if (digests) return Object.values(digests);
  throw new GiftError(
    "LIVE_BROKEN",
    `the metadata of generation ${generation} in ${environment} cannot be read, so nobody knows which catalogs it named`,
    "take metadata/ back from a copy of the store; nothing was taken away",
  );
}

async function eachOf<T>(
  items: readonly T[],
  parallel: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await act(next);
  };
  await Promise.all(Array.from({ length: parallel }, work));
}
