import { formerRootPath, overridePath } from "../../model/paths.ts";
import type { Desired } from "../../publish/desired.ts";
import { type Live, type LiveTimestamp, readLiveHead, readLiveTimestamp } from "../../publish/live.ts";
import { overrideFileText } from "../../publish/overrideFile.ts";
import { isEmptyPlan, type Kept, planPublish } from "../../publish/plan.ts";
import type { RepairFacts } from "../../publish/planRepairs.ts";
import { readLogRecord } from "../../publish/readLog.ts";
import type { Walked } from "../../publish/walkPublished.ts";
import type { Tree } from "../../source/tree.ts";
import type { Store } from "../../store/store.ts";
import { parseRoot } from "../../trust/rootFile.ts";
import { catalogTarget } from "../../wire/keys.ts";
import type { Override } from "../../wire/override.ts";
import { TIERS } from "../../wire/viewer.ts";
import type { Io } from "../command.ts";
import { type Environment, isLiveBroken, trustedRootOf, trustEnvironment } from "../environment.ts";
import { standingOf, unadoptedOf } from "../gatherDrift.ts";
import { readTimestampOf } from "../plan.ts";
import { readDesired } from "../readDesired.ts";
import { walkStore } from "../walkEnvironment.ts";

/** What stands in git, in the store, and in the log. */
export interface Gathered {
  readonly facts: RepairFacts;
  readonly walked: Walked;
  readonly timestamp: LiveTimestamp | null;
  /** Null while a part of it cannot be read. */
  readonly live: Live | null;
  /** The roots that git holds, by version. */
  readonly roots: ReadonlyMap<number, Uint8Array>;
}

/** How far back the log is searched for the reason of an override. */
const MAX_REVISIONS = 64;

export async function gatherFacts(
  io: Io,
  environment: Environment,
  tree: Tree,
  head: string | null,
  failed: ReadonlyMap<string, string>,
): Promise<Gathered> {
  const { name, store } = environment;
  const walked = await walkStore(io, environment, tree);
  const timestamp = walked.timestamp && (await readTimestampOf(environment));
  const live = timestamp && liveOf(walked, timestamp);
  const roots = rootsOf(environment);
  const { wanted, kept } = await readWanted(tree, environment, io.now());
  const present = timestamp?.signed.giftwrap.overrides ?? [];
  const standing = timestamp && (await standingOf(io.root, timestamp.signed.giftwrap.commit, head));
  const facts: RepairFacts = {
    environment: name,
    problems: walked.problems,
    revision: timestamp?.signed.version ?? null,
    expires: walked.expires,
    now: io.now(),
    roots: new Set(roots.keys()),
    unpublishedRoot: timestamp && (await findUnpublishedRoot(environment)),
    git: wanted && {
      mayPublish: standing?.kind === "same" || standing?.kind === "older",
      isUnfinished: live && !isEmptyPlan(planPublish(wanted, live, kept)),
      kept,
    },
    unadopted: await Promise.all(
      (wanted ? unadoptedOf(present, wanted) : []).map(async (it) => ({
        id: it.id,
        path: overridePath(it.id),
        text: overrideFileText(it, await findReason(store, timestamp?.signed.version ?? 0, it)),
      })),
    ),
    failed,
  };
  return { facts, walked, timestamp, live, roots };
}

async function readWanted(
  tree: Tree,
  environment: Environment,
  now: number,
): Promise<{ readonly wanted: Desired | null; readonly kept: Kept }> {
  const read = await readDesired(tree, environment, now);
  return read.wanted ? read : { wanted: null, kept: new Map() };
}

/** The newest root of git, as long as anything live is vouched for by an older one. */
async function findUnpublishedRoot(environment: Environment): Promise<number | null> {
  if (environment.formerRoots.length === 0) return null;
  const trusted = await trustEnvironment(environment);
  const { version } = trusted.root;
  try {
    const timestamp = await readLiveTimestamp(environment.store, trusted);
    if (timestamp) await readLiveHead(environment.store, trusted, timestamp);
  } catch (error) {
    // What cannot be read says nothing; it is a problem of its own.
    if (!isLiveBroken(error)) throw error;
  }
  return Object.values(trusted.vouchedBy).some((it) => it !== version) ? version : null;
}

function liveOf(walked: Walked, timestamp: LiveTimestamp): Live | null {
  const { targets, targetsMeta, catalogs } = walked;
  if (!targetsMeta) return null;
  const isWhole = TIERS.every((it) => !targets[catalogTarget(it)] || catalogs[it] !== undefined);
  const { low = "", mid = "", high = "" } = catalogs;
  const generation = timestamp.signed.meta["snapshot.json"].version;
  const hasTargets = Object.keys(targets).length > 0;
  return isWhole && hasTargets
    ? { timestamp, generation, targetsMeta, targets, catalogs: { low, mid, high } }
    : null;
}

function rootsOf(environment: Environment): ReadonlyMap<number, Uint8Array> {
  const all = [...environment.formerRoots, trustedRootOf(environment)];
  return new Map(
    all.map((bytes) => [parseRoot(formerRootPath(environment.name, 0), bytes).signed.version, bytes]),
  );
}

/** What somebody gave as the reason, as the log has it. */
async function findReason(store: Store, newest: number, { id }: Override): Promise<string> {
  for (let revision = newest; revision > Math.max(0, newest - MAX_REVISIONS); revision--) {
    const read = await readLogRecord(store, revision);
    if (read.kind !== "record" || read.record.kind !== "break-glass" || read.record.why === null) continue;
    const before = await readLogRecord(store, revision - 1);
    const isNew = before.kind !== "record" || !before.record.overrides?.some((it) => it.id === id);
    if (isNew && read.record.overrides?.some((it) => it.id === id)) return read.record.why;
  }
  return "break-glass; say why here";
}
