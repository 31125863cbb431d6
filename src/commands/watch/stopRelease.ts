import { releaseKey } from "../../model/project.ts";
import { toRangeText } from "../../model/range.ts";
import { toRollout } from "../../model/rollout.ts";
import { changeOverrides } from "../../publish/changeOverrides.ts";
import { type LiveTimestamp, readLiveTimestamp } from "../../publish/live.ts";
import { toBreakGlass } from "../../publish/overrideFile.ts";
import { isSettled } from "../../publish/settled.ts";
import { GiftError } from "../../report/error.ts";
import { stopId, type WatchAct } from "../../rollout/planWatch.ts";
import { revisionTree } from "../../source/tree.ts";
import { canonicalJson } from "../../wire/metadata.ts";
import type { Override } from "../../wire/override.ts";
import { parseVersion } from "../../wire/version.ts";
import { accountOf, type Io } from "../command.ts";
import { confirmWritten } from "../confirmWritten.ts";
import { logWritten } from "../logWritten.ts";
import { readSignerOf, trustEnvironment } from "../environment.ts";
import type { Bench } from "../gate/judgeTrials.ts";

/** What a stop works with. */
export interface StopPorts {
  readonly bench: Bench;
  readonly io: Io;
  readonly deadlineMilliseconds: number;
}

/**
 * Holds the release back at once by an override, as break-glass does, unless it stands already. Gives what was done, in words.
 * @throws GiftError when the store or the key cannot be had, or an edge does not serve it in time
 */
export async function stopRelease(ports: StopPorts, act: WatchAct): Promise<string> {
  const { gift, version, trial } = act;
  const override = toStop(gift, version, trial.why);
  const { id } = override;
  const written = await change(ports, `the gate says fail: ${trial.why}`, (present) =>
    present.some((it) => it.id === id) ? present : [...present, override],
  );
  return written
    ? `stopped by the override ${id}, revision ${written.signed.version}`
    : `stopped already by ${id}`;
}

/**
 * Takes those overrides of this command away whose releases git has closed and whose closing is live: they hold nothing any more.
 * Gives their ids. Nothing is opened by it.
 */
export async function liftStops(ports: StopPorts): Promise<readonly string[]> {
  const { bench } = ports;
  if (!bench.environment.root) return [];
  const live = await readNow(ports).catch(() => null);
  if (!live || live.signed.giftwrap.commit !== bench.commit) return [];
  if (!(await isSettled(live.signed, revisionTree(bench.root, bench.commit), bench.now))) return [];
  const isClosed = (it: Override) => isClosedStop(bench, it);
  const closed = live.signed.giftwrap.overrides.filter(isClosed).map((it) => it.id);
  if (closed.length === 0) return [];
  await change(ports, "their releases are closed in git", (present) => present.filter((it) => !isClosed(it)));
  return closed;
}

/** Whether it is this command's, to the letter, and its release is open to nobody in git: what a person wrote stays. */
function isClosedStop({ project }: Bench, override: Override): boolean {
  const { gifts, versions } = override;
  const [gift] = gifts === "*" ? [] : gifts;
  if (gift === undefined || !versions || override.origin !== "break-glass") return false;
  const version = toRangeText(versions);
  if (parseVersion(version) === null) return false;
  if (canonicalJson(toStop(gift, version, "closed")) !== canonicalJson(override)) return false;
  const release = project.releases.get(releaseKey(gift, version))?.value;
  return release === undefined || toRollout(release) === null;
}

function toStop(gift: string, version: string, reason: string): Override {
  return toBreakGlass(stopId(gift, version), { gifts: [gift], versions: version, limit: "none", reason });
}

async function readNow({ bench: { environment } }: StopPorts): Promise<LiveTimestamp> {
  const live = await readLiveTimestamp(environment.store, await trustEnvironment(environment));
  if (live) return live;
  throw new GiftError(
    "NOTHING_PUBLISHED",
    `nothing is published in ${environment.name} yet`,
    "run npx giftwrap publish first",
  );
}

/** One write of the timestamp, confirmed at the edges and logged; null where nothing had to change. */
async function change(
  ports: StopPorts,
  why: string,
  toNext: (present: readonly Override[]) => readonly Override[],
): Promise<LiveTimestamp | null> {
  const { bench, io, deadlineMilliseconds } = ports;
  const { environment } = bench;
  const signer = await readSignerOf(io, environment, "timestamp");
  const changed = await changeOverrides(environment.store, signer, io.now, () => readNow(ports), toNext);
  if (changed.now === changed.before) return null;
  const at = io.now();
  const edges = await confirmWritten(environment, changed.now, deadlineMilliseconds, io, io.progress);
  const by = accountOf(io);
  await logWritten(environment.store, { ...changed, kind: "break-glass", by, why, at, edges }, io.progress);
  const late = edges.filter((it) => !it.ok).map((it) => it.edge.url);
  if (late.length > 0)
    throw new GiftError(
      "EDGE_UNCONFIRMED",
      `revision ${changed.now.signed.version} is written, but ${late.join(", ")} did not serve it in time`,
      "purge the edge, or mark it out of service; viewers behind it still get what they had",
    );
  return changed.now;
}
