import { constants } from "node:fs";
import { lstat, mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRecord } from "../../wire/isRecord.ts";
import type { LocksFile } from "../../model/schemas.ts";
import { checkShape } from "../../model/validate.ts";
import { GiftError } from "../../report/error.ts";
import { digestOf } from "../../trust/nodeCrypto.ts";

/** What one job built for a pull request and another stores: `manifest.json`, `locks/<digest>` and `objects/<digest>`. */
export type BuiltLocks = LocksFile;

/** All objects together. */
export const MAX_TOTAL_BYTES = 200_000_000;
export const MAX_OBJECTS = 2_000;
export const MAX_LOCKS = 500;
const MAX_MANIFEST_BYTES = 1_000_000;
const MAX_LOCK_BYTES = 1_000_000;
const LONGEST_MESSAGE = 2_000;
const MOST_FAILED = 2_000;

/** Where built locks are read from: nothing in it is believed before it is proven. */
export interface LocksFolder {
  readonly manifest: BuiltLocks;
  /** @throws GiftError `LOCKS_REFUSED` unless it is a plain file with these bytes */
  lock(digest: string): Promise<Uint8Array>;
  /** @throws GiftError `LOCKS_REFUSED` unless it is a plain file with these bytes */
  object(digest: string): Promise<Uint8Array>;
}

/**
 * Opens a folder that a job without secrets wrote, where strangers' files were decoded.
 * @throws GiftError `LOCKS_REFUSED`
 */
export async function openLocksFolder(folder: string): Promise<LocksFolder> {
  if ((await kindOf(folder)) !== "folder") throw refuse(`${folder} is no folder`);
  // Of what could not be built at all there is none: an empty folder does not travel.
  for (const path of [join(folder, "locks"), join(folder, "objects")])
    if ((await kindOf(path)) === "other") throw refuse(`${path} is no folder`);
  const manifest = toManifest(await readPlain(join(folder, "manifest.json"), MAX_MANIFEST_BYTES));
  const sizes = new Map(manifest.objects.map((it) => [it.digest, it.bytes]));
  if (sizes.size < manifest.objects.length) throw refuse("the manifest names an object twice");
  if (new Set(manifest.locks.map((it) => it.path)).size < manifest.locks.length)
    throw refuse("the manifest names a lock twice");
  const total = manifest.objects.reduce((sum, it) => sum + it.bytes, 0);
  if (total > MAX_TOTAL_BYTES) throw refuse(`the objects have ${total} bytes together`);
  const read = async (kind: "locks" | "objects", digest: string, maxBytes: number) => {
    const bytes = await readPlain(join(folder, kind, digest), maxBytes);
    if (digestOf(bytes) !== digest) throw refuse(`${kind}/${digest} holds other bytes`);
    return bytes;
  };
  return {
    manifest,
    lock: (digest) => read("locks", digest, MAX_LOCK_BYTES),
    object: async (digest) => {
      const bytes = await read("objects", digest, sizes.get(digest) ?? 0);
      if (bytes.length !== sizes.get(digest)) throw refuse(`objects/${digest} has another size`);
      return bytes;
    },
  };
}

async function kindOf(path: string): Promise<"folder" | "other" | "missing"> {
  const stats = await lstat(path).catch(() => null);
  if (stats === null) return "missing";
  return stats.isDirectory() ? "folder" : "other";
}

function toManifest(bytes: Uint8Array): BuiltLocks {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw refuse("manifest.json is no JSON", cause);
  }
  // Each misfit is told in words, which nobody needs by the thousand.
  const isSmall =
    isRecord(value) &&
    Object.keys(value).length <= 8 &&
    Object.values(value).every((it) => !Array.isArray(it) || it.length <= MAX_OBJECTS);
  const checked = isSmall ? checkShape("locks", value) : null;
  if (checked?.ok) return checked.value;
  throw refuse(
    `manifest.json is not of its shape${checked?.misfits[0] ? `: ${checked.misfits[0].message.slice(0, 300)}` : ""}`,
  );
}

/** No link is followed, no pipe waited for, and no more read than may be. */
async function readPlain(path: string, maxBytes: number): Promise<Uint8Array> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = await open(path, flags).catch((cause: unknown) => {
    throw refuse(`${path} cannot be read as a plain file`, cause);
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw refuse(`${path} is no plain file`);
    if (stats.size > maxBytes) throw refuse(`${path} has ${stats.size} bytes, of at most ${maxBytes}`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** What is handed over cannot be what the build wrote: nothing of it is used any further. */
export function refuse(why: string, cause?: unknown): GiftError {
  return new GiftError(
    "LOCKS_REFUSED",
    `what was built is refused: ${why}`,
    "run the lock workflow again; if it stays, read what its build job ran, for nothing of it was committed",
    { cause },
  );
}

/** Collects what was built, as far as it fits. */
export interface LocksWriter {
  /** False when there is no room for it any more; then nothing of it is written. */
  add(path: string, lock: Uint8Array, objects: readonly WrittenObject[]): Promise<boolean>;
  fail(release: string, message: string): void;
  /** Writes the manifest, last. */
  end(): Promise<BuiltLocks>;
}

export interface WrittenObject {
  readonly digest: string;
  readonly mediaType: string;
  readonly content: Uint8Array;
}

/** @throws GiftError `OUT_USED` when there is something in the folder already */
export async function writeLocksFolder(folder: string, headSha: string): Promise<LocksWriter> {
  await mkdir(folder, { recursive: true });
  try {
    await mkdir(join(folder, "locks"));
    await mkdir(join(folder, "objects"));
  } catch (cause) {
    throw new GiftError("OUT_USED", `${folder} cannot be written to, or was`, "name a folder that is empty", {
      cause,
    });
  }
  const locks: BuiltLocks["locks"] = [];
  const objects = new Map<string, BuiltLocks["objects"][number]>();
  const failed: BuiltLocks["failed"] = [];
  let total = 0;
  return {
    add: async (path, lock, named) => {
      const added = [...new Map(named.map((it) => [it.digest, it])).values()].filter(
        (it) => !objects.has(it.digest),
      );
      const bytes = added.reduce((sum, it) => sum + it.content.length, 0);
      if (total + bytes > MAX_TOTAL_BYTES || objects.size + added.length > MAX_OBJECTS) return false;
      if (locks.length >= MAX_LOCKS) return false;
      total += bytes;
      for (const { digest, mediaType, content } of added) {
        await writeFile(join(folder, "objects", digest), content);
        objects.set(digest, { digest, mediaType, bytes: content.length });
      }
      const digest = digestOf(lock);
      await writeFile(join(folder, "locks", digest), lock);
      locks.push({ path, digest });
      return true;
    },
    fail: (release, message) => {
      if (failed.length < MOST_FAILED) failed.push({ release, message: message.slice(0, LONGEST_MESSAGE) });
    },
    end: async () => {
      const manifest: BuiltLocks = { format: "1.0", headSha, locks, objects: [...objects.values()], failed };
      await writeFile(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
      return manifest;
    },
  };
}
