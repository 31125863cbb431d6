import type { Drill, WayBack } from "../../github/card/pullRequestCard.ts";
import { lockPath } from "../../model/paths.ts";
import { type Project, releaseKey } from "../../model/project.ts";
import { reachedStage, toRollout } from "../../model/rollout.ts";
import type { LockFile, ReleaseFile } from "../../model/schemas.ts";
import { GiftError } from "../../report/error.ts";
import type { Tree } from "../../source/tree.ts";
import type { Store } from "../../store/store.ts";
import { digestOf } from "../../trust/nodeCrypto.ts";
import { objectKey } from "../../wire/keys.ts";
import { compareVersions, parseVersion } from "../../wire/version.ts";
import type { Environment } from "../environment.ts";
import { openRecords } from "./openRecords.ts";

/** Each asks the store a few times, and nobody reads a list of hundreds. */
const MOST_ASKED = 12;

export interface WayBackPorts {
  /** Where the project's locks are. */
  readonly tree: Tree;
  /** Null where nothing is live, or the store cannot be read: then nobody knows which bytes it has. */
  readonly store: Store | null;
  /** Opens the environment that drills are recorded in; null where there is none. */
  openDrills(): Promise<Environment | null>;
}

/** What viewers get when each of the releases is taken back, newest older one first. */
export async function gatherWaysBack(
  project: Project,
  releases: readonly { readonly gift: string; readonly version: string }[],
  ports: WayBackPorts,
): Promise<readonly WayBack[]> {
  const readDrill = await openDrillReader(ports);
  const locks = await ports.tree.read(
    releases.slice(0, MOST_ASKED).map((it) => lockPath(it.gift, it.version)),
  );
  const ways: WayBack[] = [];
  for (const { gift, version } of releases.slice(0, MOST_ASKED)) {
    const to = olderRelease(project, gift, version);
    const fallback = project.releases.get(releaseKey(gift, version))?.value.fallback ?? [];
    const lock = to && project.locks.get(releaseKey(gift, to.version))?.value;
    const bytes = locks.get(lockPath(gift, version));
    ways.push({
      gift,
      version,
      to: to?.version ?? null,
      fallback: fallback.map((it) => it.gift),
      bytes: lock ? await askStore(ports.store, lock) : "unknown",
      drill: bytes ? await readDrill(digestOf(bytes)) : { kind: "none" },
    });
  }
  return ways;
}

/** The newest older release that reaches the most: everyone, or else anybody. */
export function olderRelease(project: Project, gift: string, version: string): ReleaseFile | null {
  const own = parseVersion(version) ?? [0, 0, 0];
  const older = [...project.releases.values()]
    .map((it) => it.value)
    .filter((it) => it.gift === gift && compareVersions(parseVersion(it.version) ?? [0, 0, 0], own) < 0)
    .sort((a, b) =>
      compareVersions(parseVersion(b.version) ?? [0, 0, 0], parseVersion(a.version) ?? [0, 0, 0]),
    );
  const stage = (it: ReleaseFile) => reachedStage(toRollout(it));
  return older.find((it) => stage(it) === "full") ?? older.find((it) => stage(it) !== null) ?? null;
}

async function askStore(store: Store | null, lock: LockFile): Promise<WayBack["bytes"]> {
  if (!store) return "unknown";
  const files = Object.values(lock.tiers).flatMap((it) => it.files);
  const keys = new Set(files.map((it) => objectKey(it.digest, it.mediaType)));
  try {
    for (const key of keys) if ((await store.head(key)) === null) return "missing";
    return "stored";
  } catch (error) {
    if (error instanceof GiftError) return "unknown";
    throw error;
  }
}

async function openDrillReader({ openDrills }: WayBackPorts): Promise<(lock: string) => Promise<Drill>> {
  const { environment, read } = await openRecords("drill", openDrills);
  return async (lock) => {
    const record = await read(lock);
    if (!record) return { kind: "none" };
    if ("problem" in record) return { kind: "unknown", why: record.problem };
    return { kind: record.result, environment, at: record.recorded };
  };
}
