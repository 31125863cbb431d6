import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeLock } from "../bundle/build.ts";
import { objectsNamedBy } from "../bundle/objectsNamedBy.ts";
import { type BuildCache, buildCache } from "../bundle/objectCache.ts";
import { requireGitHub } from "../github/openGitHub.ts";
import { classifyPath, lockPath } from "../model/paths.ts";
import { releaseKey } from "../model/project.ts";
import type { LockFile } from "../model/schemas.ts";
import { explainError, GiftError, UsageError } from "../report/error.ts";
import { count } from "../report/text.ts";
import { checkOutData } from "../source/checkOutData.ts";
import { commitOf, pathsAt } from "../source/git.ts";
import { readProject } from "../source/readProject.ts";
import { workTree } from "../source/tree.ts";
import { build } from "./build/buildReleases.ts";
import { type Arguments, type Command, EXIT, type Io } from "./command.ts";
import { type BuiltLocks, type LocksWriter, writeLocksFolder } from "./lock/builtLocks.ts";
import { fetchPullHead, findPullHead, HEAD_OPTIONS } from "./lock/pullHead.ts";

/** Each takes seconds, and a pull request is for one gift: more is a mistake, or somebody's wish to keep machines busy. */
const MOST_BUILT = 30;

export const command: Command = {
  summary: "build a pull request's new releases by this code, for `lock store`; needs no secret",
  usage: "--out FOLDER (--pull N | --head-repo R --head-branch B --head-sha S | --commit REVISION)",
  example: "giftwrap lock build --pull 12 --out out/locks",
  options: {
    ...HEAD_OPTIONS,
    commit: { type: "string", value: "REVISION", help: "a commit of this clone, without asking GitHub" },
    branch: { type: "string", value: "NAME", help: "the main branch (default: main)" },
    out: {
      type: "string",
      value: "FOLDER",
      help: "where locks and objects are written; it must be new or empty",
    },
  },
  run: async (args, io) => {
    const out = args.text("out");
    if (out === undefined) throw new UsageError("say where to write: --out FOLDER");
    const head = await findHead(args, io);
    const writer = await writeLocksFolder(resolve(io.root, out), head.sha);
    if (head.isThere) await buildLocks(io, head.sha, writer);
    const built = await writer.end();
    for (const line of builtToLines(built)) io.line(line);
    io.output("locks", String(built.locks.length));
    // What cannot be built is told on the card; it must not hold up what can.
    return EXIT.ok;
  },
};

interface Head {
  readonly sha: string;
  readonly isThere: boolean;
}

async function findHead(args: Arguments, io: Io): Promise<Head> {
  const revision = args.text("commit");
  if (revision !== undefined) {
    const sha = await commitOf(io.root, revision);
    if (sha === null)
      throw new GiftError("COMMIT_MISSING", `${revision} is no commit here`, "fetch it, then run it again");
    return { sha, isThere: true };
  }
  const { number, headSha } = await findPullHead(args, await requireGitHub(io.variables));
  if (number === null) {
    io.line(`no open pull request stands at ${headSha.slice(0, 10)} any more: nothing is built`);
    return { sha: headSha, isThere: false };
  }
  io.output("pull", String(number));
  const isThere = await fetchPullHead(io, args.text("branch") ?? "main", number, headSha);
  if (!isThere) io.line(`#${number} moved on from ${headSha.slice(0, 10)}: nothing is built`);
  return { sha: headSha, isThere };
}

/**
 * Every release of the commit whose lock is not merged: also one that has a lock already, since nobody vouches for who wrote it.
 */
async function buildLocks(io: Io, commit: string, writer: LocksWriter): Promise<void> {
  const [theirs, merged] = await Promise.all(
    [commit, "HEAD"].map((it) => pathsAt(io.root, it, ["releases"])),
  );
  const isMerged = new Set(merged);
  const open = (theirs ?? []).flatMap((path) => {
    const it = classifyPath(path);
    return it.kind === "release" && !isMerged.has(lockPath(it.gift, it.version)) ? [it] : [];
  });
  if (open.length === 0) return;
  const checkout = await checkOutData(io.root, commit);
  try {
    // A link is no file of the repository; and a lock that is not merged is made anew, whatever it says.
    const unwanted = [...checkout.links, ...open.map((it) => lockPath(it.gift, it.version))];
    await Promise.all(unwanted.map((path) => rm(join(checkout.root, path), { force: true })));
    const there = { ...io, root: checkout.root };
    for (const [at, { gift, version }] of open.entries())
      if (at < MOST_BUILT) await buildLock(there, gift, version, writer);
      else
        writer.fail(
          releaseKey(gift, version),
          `not built: of ${open.length} releases at once the first ${MOST_BUILT} are; make a pull request for each gift`,
        );
  } finally {
    await checkout.remove();
  }
}

async function buildLock(io: Io, gift: string, version: string, writer: LocksWriter): Promise<void> {
  const key = releaseKey(gift, version);
  const fail = (why: string) => writer.fail(key, why);
  try {
    const [result] = await build(io, {
      words: [key],
      check: false,
      relock: false,
      areLocksGone: true,
    });
    if (result?.outcome !== "locked") return fail(result?.message ?? "not built");
    const { project } = await readProject(workTree(io.root));
    const lock = project.locks.get(key)?.value;
    if (!lock)
      return fail("its lock cannot be read: names of the gift, the release and their files must be alike");
    const text = Buffer.from(writeLock(lock));
    const isRoom = await writer.add(
      lockPath(gift, version),
      text,
      await objectsOf(buildCache(io.root), lock),
    );
    if (!isRoom) fail("there is no room for it beside the others: make a pull request of its own for it");
  } catch (error) {
    // Whatever goes wrong with one release, the others are built.
    if (error instanceof UsageError) fail(`its file cannot be read: ${error.message}`);
    else if (error instanceof GiftError) fail(explainError(error));
    else {
      io.progress(`${key}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      fail("the build itself failed, which is no fault of these files: the log of the job says why");
    }
  }
}

async function objectsOf(cache: BuildCache, lock: LockFile) {
  const objects = await Promise.all(
    objectsNamedBy(lock).map(async ({ digest, mediaType }) => ({
      digest,
      mediaType,
      content: await cache.object(digest, mediaType),
    })),
  );
  return objects.map(({ digest, mediaType, content }) => {
    if (!content) throw new GiftError("OBJECT_MISSING", `object ${digest} was not kept`, "build it again");
    return { digest, mediaType, content };
  });
}

function builtToLines({ locks, objects, failed }: BuiltLocks): readonly string[] {
  if (locks.length + failed.length === 0) return ["every release has its lock: nothing to build"];
  return [
    ...locks.map(({ path }) => `built ${path}`),
    ...failed.map(({ release, message }) => `${release}: ${message}`),
    `${count(locks.length, "lock")} and ${count(objects.length, "object")} to store`,
  ];
}
