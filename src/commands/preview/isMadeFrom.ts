import type { LockFile } from "../../model/schemas.ts";
import { allSourceFiles, type GiftSources } from "../../model/sources.ts";
import { digestOf } from "../../trust/nodeCrypto.ts";

/** Whether a lock was made from these very files. */
export function isMadeFrom(lock: LockFile, sources: GiftSources): boolean {
  const files = allSourceFiles(sources);
  const locked = new Map(lock.sources.map((it) => [it.path, it.digest]));
  return (
    files.length === locked.size && files.every(({ path, bytes }) => locked.get(path) === digestOf(bytes))
  );
}
