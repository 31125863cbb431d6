import { buildCache } from "../../bundle/objectCache.ts";
import { type Project, releaseKey } from "../../model/project.ts";
import type { LockFile } from "../../model/schemas.ts";
import type { ObjectSource } from "../../publish/apply.ts";
import { GiftError } from "../../report/error.ts";
import { digestOf } from "../../trust/nodeCrypto.ts";
import { objectKey } from "../../wire/keys.ts";
import { bringBack } from "../build/buildReleases.ts";
import type { Io } from "../command.ts";
import type { Environment } from "../environment.ts";
import { type Contender, hasObjects, toContender } from "./contender.ts";

/** This machine's builds, then the environment's store; whatever does not have its own digest is as good as missing. */
export function objectsOf(io: Pick<Io, "root">, environment: Environment | null): ObjectSource {
  const cache = buildCache(io.root);
  return async (digest, mediaType) => {
    const built = await cache.object(digest, mediaType);
    if (built || !environment) return built;
    const stored = await environment.store.get(objectKey(digest, mediaType)).catch(() => null);
    return stored && digestOf(stored.bytes) === digest ? stored.bytes : null;
  };
}

/**
 * The locked release; it need not be published. Objects that are nowhere are built again from its locked sources.
 * @throws GiftError `LOCK_MISSING`, `OBJECTS_MISSING`, `NOBODY_SERVED`
 */
export async function openSubject(
  io: Io,
  project: Project,
  gift: string,
  version: string,
  objects: ObjectSource,
): Promise<Contender> {
  const key = releaseKey(gift, version);
  const lock = project.locks.get(key)?.value;
  if (!lock || !project.releases.has(key))
    throw new GiftError(
      "LOCK_MISSING",
      `${key} is not built: it has no lock, or no release file`,
      `run npx giftwrap build ${key} first`,
    );
  const whyNot = await bringObjects(io, lock, objects);
  if (whyNot !== null)
    throw new GiftError(
      "OBJECTS_MISSING",
      `the objects of ${key} are neither built here nor in the store, and ${whyNot}`,
      "name the environment whose store has them with --env",
    );
  const subject = await toContender(project, gift, version, objects);
  if (subject) return subject;
  throw new GiftError(
    "NOBODY_SERVED",
    `${key} serves no app version that releases/policy.yaml supports`,
    `widen compat.app of ${key}`,
  );
}

/** Builds objects that are nowhere again from their locked sources; why they could not be had, in words, or null. */
export async function bringObjects(io: Io, lock: LockFile, objects: ObjectSource): Promise<string | null> {
  if (await hasObjects(lock, objects)) return null;
  const { outcome, message } = await bringBack(io, lock);
  return outcome === "built" ? null : message;
}
