import { writeFile } from "node:fs/promises";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { writeLock } from "../../bundle/build.ts";
import { BuildProgress } from "../../bundle/buildProgress.ts";
import { eachInLanes, lanes } from "../../bundle/lanes.ts";
import { buildCache } from "../../bundle/objectCache.ts";
import { MediaError } from "../../formats/media.ts";
import { lockPath } from "../../model/paths.ts";
import type { LockFile } from "../../model/schemas.ts";
import { count } from "../../report/text.ts";
import { type ReadProject, readProject } from "../../source/readProject.ts";
import { type Tree, workTree } from "../../source/tree.ts";
import { type Io, parseReleaseWord } from "../command.ts";
import { BUILT_ALREADY, type BuiltRelease } from "./builtRelease.ts";
import { type Builder, buildFrom } from "./buildFrom.ts";
import { costsBySizes, sizesByGift } from "./costsOf.ts";
import { openDrawing } from "./openDrawing.ts";
import { openCache } from "./openCache.ts";
import { isMerged, rebuild } from "./rebuild.ts";
import { selectReleases } from "./selectReleases.ts";
import { parseShard, planShares } from "./shareOf.ts";

export interface BuildRequest {
  /** `GIFT` or `GIFT@VERSION`; all releases where there is none. */
  readonly words: readonly string[];
  readonly check: boolean;
  readonly relock: boolean;
  /** Whoever asks has taken the locks away that are to be made anew: one that HEAD has need not be there. */
  readonly areLocksGone?: boolean;
  /** Such as `3/16`. */
  readonly shard?: string | undefined;
  /** Whose store is a build cache shared with others. */
  readonly environment?: string | undefined;
  /** Resolves when the person wants it to end: what is under way is finished, and nothing else begun. */
  readonly ended?: Promise<void>;
}

/** Pixels in memory at a time, all lanes together; one animation may need more alone. */
const MOST_PIXEL_BYTES = Math.min(2_000_000_000, totalmem() / 4);

/**
 * Builds what is not built, several releases and steps at a time, on every core. What is made is kept step by step, so a build that was ended
 * goes on where it was.
 */
export async function build(io: Io, request: BuildRequest): Promise<readonly BuiltRelease[]> {
  const tree = workTree(io.root);
  const read = await readProject(tree);
  const { project } = read;
  const cache = await openCache(io, tree, request.environment);
  const mine = await chooseReleases(io, tree, read, request);
  const sizes = await sizesByGift(tree, project);
  const progress = new BuildProgress(await costsBySizes(cache, project, mine, sizes), io.now());
  const isAlone = mine.length <= 1;
  const tell = (text: string) => io.progress(isAlone ? text : `${progress.toText(io.now())}: ${text}`);
  let isEnded = false;
  void request.ended?.then(() => {
    isEnded = true;
    tell("ending: what is under way is finished first (Ctrl-C again leaves it)");
  });
  return withBuilder(io, { cache, here: { tree, project }, onStep: tell }, async (builder) => {
    const buildNext = async (key: string): Promise<BuiltRelease | null> => {
      if (isEnded) return { release: key, outcome: "left", message: "not built yet" };
      const result = await buildOne(builder, key, request);
      progress.done(key);
      if (result && result.message !== BUILT_ALREADY && !isAlone) tell(`${key} is done`);
      return result;
    };
    const bytesOf = (key: string) => sumOf(sizes.get(parseReleaseWord(key).gift) ?? []);
    const room = { maxBytes: MOST_SOURCE_BYTES, bytesOf };
    return (await eachInLanes(mine, RELEASES_AT_ONCE, buildNext, room)).filter((it) => it !== null);
  });
}

/** Sources in memory at a time; one gift may have more alone. */
const MOST_SOURCE_BYTES = 500_000_000;

function sumOf(sizes: readonly { readonly bytes: number }[]): number {
  return sizes.reduce((sum, it) => sum + it.bytes, 0);
}

/** One more than there are cores, so that none waits while a release is read. */
const RELEASES_AT_ONCE = availableParallelism() + 1;

async function withBuilder<T>(
  io: Io,
  parts: Pick<Builder, "cache" | "here" | "onStep">,
  work: (builder: Builder) => Promise<T>,
): Promise<T> {
  const drawing = openDrawing(io.variables, parts.onStep);
  const run = lanes(availableParallelism(), MOST_PIXEL_BYTES);
  try {
    return await work({ ...parts, root: io.root, run, drawing });
  } finally {
    await drawing.close();
  }
}

async function chooseReleases(
  io: Io,
  tree: Tree,
  read: ReadProject,
  { words, shard, environment }: BuildRequest,
): Promise<readonly string[]> {
  if (shard === undefined) return selectReleases(read, words);
  const { number, of } = parseShard(shard);
  const shares = await planShares(io, tree, read, { words, environment }, of);
  return shares[number - 1]?.releases ?? [];
}

/** Brings a locked release's objects into this machine's cache, and writes nothing that git would see. */
export async function bringBack(io: Io, lock: LockFile): Promise<BuiltRelease> {
  const tree = workTree(io.root);
  const { project } = await readProject(tree, { gifts: new Set([lock.gift]), others: [] });
  const parts = { cache: buildCache(io.root), here: { tree, project }, onStep: io.progress };
  return withBuilder(io, parts, (builder) => rebuild(builder, lock, false));
}

/** Null for a release without a lock where only locks are to be compared. */
async function buildOne(
  builder: Builder,
  key: string,
  { check, relock, areLocksGone = false }: BuildRequest,
): Promise<BuiltRelease | null> {
  const lock = builder.here.project.locks.get(key)?.value;
  const { gift, version = "" } = parseReleaseWord(key);
  if (!lock && !areLocksGone && (await isMerged(builder.root, { gift, version })))
    return {
      release: key,
      outcome: "lock_damaged",
      message: `its lock is merged, and is damaged or gone here: git checkout HEAD -- ${lockPath(gift, version)}`,
    };
  const isNew = !lock || (relock && !check && !(await isMerged(builder.root, lock)));
  if (!isNew) return rebuild(builder, lock, check);
  return check ? null : lockRelease(builder, key);
}

/** Builds from the work tree and writes the lock. */
async function lockRelease(builder: Builder, key: string): Promise<BuiltRelease> {
  try {
    const lock = await buildFrom(builder, builder.here, key, { afresh: false, isNew: true });
    if (!lock)
      return {
        release: key,
        outcome: "no_gift",
        message: "not built: its gift, its sources or the policy are missing; run npx giftwrap validate",
      };
    await writeFile(join(builder.root, lockPath(lock.gift, lock.version)), writeLock(lock));
    const objects = new Set(
      Object.values(lock.tiers).flatMap((variant) => variant.files.map((file) => file.digest)),
    );
    return {
      release: key,
      outcome: "locked",
      message: `built ${count(objects.size, "object")}; wrote ${lockPath(lock.gift, lock.version)}`,
    };
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    return { release: key, outcome: "unreadable", message: `not built: ${error.message}; fix: ${error.fix}` };
  }
}
