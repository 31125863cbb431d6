import { resolve } from "node:path";
import { writeLock } from "../bundle/build.ts";
import { objectsNamedBy } from "../bundle/objectsNamedBy.ts";
import { commitFiles } from "../github/commitFiles.ts";
import { type GitHub, requireGitHub } from "../github/openGitHub.ts";
import { type PullRequest, readPullRequest } from "../github/pullRequest.ts";
import { giftPath, lockPath, releasePath } from "../model/paths.ts";
import { releaseKey } from "../model/project.ts";
import type { LockFile } from "../model/schemas.ts";
import { allSourceFiles } from "../model/sources.ts";
import { type Announcement, openAnnouncement } from "../publish/announce.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { count } from "../report/text.ts";
import { parseFile } from "../source/readProject.ts";
import { readSources } from "../source/readSources.ts";
import { revisionTree, type Tree } from "../source/tree.ts";
import type { Store } from "../store/store.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { extensionOf, objectKey } from "../wire/keys.ts";
import { type Command, ENVIRONMENT_OPTION, EXIT, type Io } from "./command.ts";
import { openEnvironment } from "./environment.ts";
import { type LocksFolder, openLocksFolder, refuse } from "./lock/builtLocks.ts";
import { fetchPullHead, findPullHead, HEAD_OPTIONS } from "./lock/pullHead.ts";

/** A collection takes seconds for one batch. */
const COLLECTION_DEADLINE_MILLISECONDS = 60_000;
const MAIN = "main";

export const command: Command = {
  summary: "store what `lock build` built, by its hashes, and commit its locks to the pull request's branch",
  usage: "--from FOLDER (--pull N | --head-repo R --head-branch B --head-sha S) [--env NAME]",
  example: "giftwrap lock store --from out/locks --pull 12",
  options: {
    ...HEAD_OPTIONS,
    from: { type: "string", value: "FOLDER", help: "what `lock build` wrote; nothing in it is believed" },
    branch: { type: "string", value: "NAME", help: "the main branch (default: main)" },
    env: ENVIRONMENT_OPTION,
  },
  run: async (args, io) => {
    const from = args.text("from");
    if (from === undefined) throw new UsageError("say where to read: --from FOLDER");
    const main = args.text("branch") ?? MAIN;
    const folder = await openLocksFolder(resolve(io.root, from));
    const { manifest } = folder;
    const say = (line: string) => {
      io.line(line);
      return EXIT.ok;
    };
    for (const { release, message } of manifest.failed) io.line(`${release}: ${message}`);
    io.output("locks", "0");
    if (manifest.locks.length === 0) return say("nothing was built, so there is nothing to store");

    const github = await requireGitHub(io.variables);
    const { number, headSha } = await findPullHead(args, github);
    if (headSha !== manifest.headSha)
      throw refuse(`it is of ${manifest.headSha.slice(0, 10)}, not of ${headSha.slice(0, 10)}`);
    if (number === null)
      return say(`no open pull request stands at ${headSha.slice(0, 10)} any more: nothing is stored`);
    io.output("pull", String(number));
    const pull = await readPullRequest(github, number);
    if (pull.state !== "open" || pull.headSha !== headSha)
      return say(`#${number} moved on from ${headSha.slice(0, 10)}: nothing is stored`);
    if (pull.baseRef !== main) return say(`#${number} is not for ${main}: nothing is stored`);
    if (!(await fetchPullHead(io, main, number, headSha)))
      return say(`#${number} moved on from ${headSha.slice(0, 10)}: nothing is stored`);

    const locks = await proveLocks(io, folder, headSha);
    if (locks.length === 0) return say("every lock is merged already: nothing is stored");
    const environment = await openEnvironment(
      io,
      revisionTree(io.root, "HEAD"),
      args.text("env") ?? "production",
    );
    const { store } = environment;
    const announcement = openAnnouncement(store, io.now, COLLECTION_DEADLINE_MILLISECONDS);
    try {
      // Kept from every collection until a branch names them.
      const stored = await storeObjects(store, folder, locks, announcement);
      io.line(
        `${count(stored.written, "object")} stored in ${environment.name}, ${stored.present} there already`,
      );
      return await commitLocks(io, github, pull, locks);
    } finally {
      await announcement.end();
    }
  },
};

interface ProvenLock {
  readonly path: string;
  readonly text: string;
  readonly digest: string;
  readonly lock: LockFile;
}

/** The locks that are not merged yet: each of a release that the head has, of its very sources, in its own place. */
async function proveLocks(io: Io, folder: LocksFolder, headSha: string): Promise<readonly ProvenLock[]> {
  const proven: ProvenLock[] = [];
  const paths = folder.manifest.locks.map((it) => it.path);
  const merged = await revisionTree(io.root, "HEAD").read(paths);
  const head = revisionTree(io.root, headSha);
  for (const { path, digest } of folder.manifest.locks) {
    const bytes = await folder.lock(digest);
    const lock = parseLock(path, bytes);
    const present = merged.get(path);
    if (present && digestOf(present) === digest) continue;
    if (present) throw refuse(`${path} is merged, and says something else`);
    await proveSources(head, lock, path);
    proven.push({ path, digest, lock, text: new TextDecoder().decode(bytes) });
  }
  return proven;
}

function parseLock(path: string, bytes: Uint8Array): LockFile {
  const { located } = parseFile("lock", path, bytes);
  if (!located) throw refuse(`${path} is no lock`);
  const lock = located.value;
  if (lockPath(lock.gift, lock.version) !== path) throw refuse(`${path} is the lock of another release`);
  if (!Buffer.from(writeLock(lock)).equals(bytes))
    throw refuse(`${path} is not written as a build writes it`);
  return lock;
}

/** What was reviewed is what was built: the lock names the sources of the commit, each of them and no other. */
async function proveSources(head: Tree, { gift, version, sources }: LockFile, path: string): Promise<void> {
  const files = await head.read([giftPath(gift, "gift.yaml"), releasePath(gift, version)]);
  if (!files.has(releasePath(gift, version)))
    throw refuse(`${path} is of a release that is not in the commit`);
  const { located } = parseFile("gift", giftPath(gift, "gift.yaml"), files.get(giftPath(gift, "gift.yaml")));
  if (!located || located.value.id !== gift) throw refuse(`${path} is of a gift that is not in the commit`);
  const there = allSourceFiles(await readSources(head, located.value));
  const isSame =
    there.length === sources.length &&
    there.every(
      ({ path, bytes }, at) =>
        sources[at]?.path === path &&
        sources[at].bytes === bytes.length &&
        sources[at].digest === digestOf(bytes),
    );
  if (!isSame) throw refuse(`${path} is of other sources than the commit has`);
}

/** Each object is hashed before it is put, and never put over another. */
async function storeObjects(
  store: Store,
  folder: LocksFolder,
  locks: readonly ProvenLock[],
  announcement: Announcement,
): Promise<{ written: number; present: number }> {
  const files = locks.flatMap(({ lock }) => objectsNamedBy(lock));
  const given = new Map(folder.manifest.objects.map((it) => [it.digest, it]));
  for (const { digest, mediaType, bytes } of files) {
    const it = given.get(digest);
    if (extensionOf(mediaType) === "bin") throw refuse(`object ${digest} is of no known kind`);
    if (it && (it.mediaType !== mediaType || it.bytes !== bytes))
      throw refuse(`object ${digest} is described in two ways`);
  }
  await announcement.cover([...files.map((it) => it.digest), ...locks.map((it) => it.digest)]);
  const named = new Map(files.map((it) => [objectKey(it.digest, it.mediaType), it]));
  const missing: string[] = [];
  for (const [key, { digest, bytes }] of named) {
    const there = await store.head(key);
    if (there && there.bytes !== bytes)
      throw new GiftError(
        "OBJECT_DAMAGED",
        `object ${digest} in the store has ${there.bytes} bytes instead of ${bytes}`,
        "run npx giftwrap reconcile, then the lock workflow again",
      );
    if (!there && !given.has(digest))
      throw refuse(`object ${digest} is named, but neither given nor in the store`);
    if (!there) missing.push(key);
  }
  for (const key of missing) await store.putIfAbsent(key, await folder.object(named.get(key)?.digest ?? ""));
  return { written: missing.length, present: named.size - missing.length };
}

async function commitLocks(io: Io, github: GitHub, pull: PullRequest, locks: readonly ProvenLock[]) {
  const { number, headSha, headRef: branch } = pull;
  const what = locks.map(({ lock }) => releaseKey(lock.gift, lock.version)).join(", ");
  if (pull.isFork) {
    io.line(
      `#${number} comes from ${pull.headRepo ?? "a repository that is gone"}, where nothing can be committed: the lock of ${what} is not in it`,
    );
    io.line(
      `next: someone with write access pushes its branch here (git fetch origin pull/${number}/head && git push origin FETCH_HEAD:refs/heads/pull-${number}) and opens a pull request from pull-${number}; its locks then come by themselves`,
    );
    return EXIT.ok;
  }
  const committed = await commitFiles(github, {
    branch,
    parent: headSha,
    message: toMessage(headSha, locks),
    files: locks.map(({ path, text }) => ({ path, text })),
    isNew: false,
  });
  if (committed.kind === "moved")
    io.line(`#${number} moved on from ${headSha.slice(0, 10)}: its newest commit gets its own locks`);
  else if (committed.kind === "unchanged") io.line(`#${number} has the lock of ${what} already`);
  else {
    io.line(`locked ${what} on #${number}: ${committed.sha.slice(0, 10)}`);
    io.output("locks", String(locks.length));
  }
  return EXIT.ok;
}

function toMessage(headSha: string, locks: readonly ProvenLock[]): string {
  const [first] = locks;
  const subject =
    locks.length === 1 && first
      ? `Lock ${releaseKey(first.lock.gift, first.lock.version)}`
      : `Lock ${count(locks.length, "release")}`;
  const trailers = locks.flatMap(({ lock, digest }) => [
    `Release: ${releaseKey(lock.gift, lock.version)}`,
    `Lock: ${digest}`,
  ]);
  return [subject, "", `Built by main's code from ${headSha}.`, "", ...trailers, ""].join("\n");
}
