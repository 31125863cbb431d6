import { writeTimestamp } from "../../publish/apply.ts";
import { readLiveHead, readLiveTimestamp } from "../../publish/live.ts";
import type { Repair } from "../../publish/planRepairs.ts";
import { toLogRecord, type Written, writeLog } from "../../publish/record.ts";
import { refreshTimestamp } from "../../publish/refreshTimestamp.ts";
import { signGeneration } from "../../publish/signAnew.ts";
import { GiftError } from "../../report/error.ts";
import type { Store } from "../../store/store.ts";
import { signedAt } from "../../trust/sign.ts";
import { makeDelta } from "../../wire/delta.ts";
import { catalogTarget, logKey, targetKey } from "../../wire/keys.ts";
import { TIERS } from "../../wire/viewer.ts";
import { accountOf, type Arguments, type Io, parseDeadline } from "../command.ts";
import { confirmWritten } from "../confirmWritten.ts";
import { type Environment, readSignerOf, trustEnvironment } from "../environment.ts";
import { prepare, publish } from "../publish.ts";
import { readTimestampOf } from "../plan.ts";
import type { ByteFinder } from "./findBytes.ts";
import type { Gathered } from "./gatherFacts.ts";

export interface RepairTools {
  readonly args: Arguments;
  readonly io: Io;
  readonly environment: Environment;
  readonly finder: ByteFinder;
  readonly say: (line: string) => void;
  /** Called for an edge that did not serve what was written. */
  readonly onUnconfirmed: (edge: string) => void;
}

/** Does one repair, and says in a few words what was done. @throws GiftError with the reason why it could not be */
export async function repair(it: Repair, gathered: Gathered, tools: RepairTools): Promise<string> {
  const { store } = tools.environment;
  switch (it.kind) {
    case "root": {
      const bytes = gathered.roots.get(it.version);
      if (!bytes) throw new TypeError("only a root that git has is put back");
      await putRight(store, it.key, bytes);
      return `${it.key} put back from git`;
    }
    case "file": {
      const { bytes, from } = await tools.finder.file(it.key, it.digest);
      await putRight(store, it.key, bytes);
      return `${it.key} put back from ${from}`;
    }
    case "object": {
      const { bytes, from } = await tools.finder.object(it.file, it.releases);
      await putRight(store, it.key, bytes);
      return `${it.key} (of ${it.releases.slice(0, 3).join(", ")}) put back from ${from}`;
    }
    case "delta":
      return writeDelta(it, gathered, store);
    case "lock":
      await putRight(store, it.key, new TextEncoder().encode(it.digest));
      return `${it.key} written as git's lock says`;
    case "log":
      return writeLostLog(gathered, tools);
    case "publish":
      return complete(tools, false);
    case "rewrite":
      return complete(tools, true);
    case "renew":
      return renew(tools);
    case "refresh":
      return refresh(tools);
  }
}

/** Puts bytes where they belong: over damaged ones only as long as these are still the same. */
async function putRight(store: Store, key: string, bytes: Uint8Array): Promise<void> {
  if (await store.putIfAbsent(key, bytes)) return;
  const present = await store.get(key);
  if (present && Buffer.from(present.bytes).equals(bytes)) return;
  if ((await store.replace(key, bytes, present?.tag ?? null)) === null)
    throw new GiftError("RACE_LOST", "somebody else wrote it meanwhile", "run the command again");
}

async function writeDelta(
  { key, tier, from }: Extract<Repair, { kind: "delta" }>,
  { walked }: Gathered,
  store: Store,
): Promise<string> {
  const before = await store.get(targetKey(catalogTarget(tier), from));
  const text = walked.catalogs[tier];
  if (!before || text === undefined)
    throw new GiftError("BYTES_NOWHERE", "a catalog that it is made of is not there", "");
  const delta = makeDelta(new TextDecoder().decode(before.bytes), text);
  await putRight(store, key, new TextEncoder().encode(JSON.stringify(delta)));
  return `${key} made again`;
}

/** What is still known of the live revision: what stands, and since when; not who wrote it. */
async function writeLostLog(
  { timestamp, walked }: Gathered,
  { environment, io }: RepairTools,
): Promise<string> {
  if (!timestamp) throw new TypeError("a record is written for what is live");
  const { low, mid, high } = Object.fromEntries(
    TIERS.map((tier) => [tier, walked.targets[catalogTarget(tier)]?.hashes["sha256"]]),
  );
  const record = {
    ...toLogRecord({
      now: timestamp,
      before: null,
      kind: "repair",
      by: accountOf(io),
      why: "the record of this revision was lost",
      at: signedAt(timestamp.signed),
      edges: [],
    }),
    ...(low && mid && high && { catalogs: { low, mid, high } }),
  };
  const key = logKey(record.revision);
  await putRight(environment.store, key, new TextEncoder().encode(JSON.stringify(record, null, 2)));
  return `${key} written again from what is live`;
}

async function complete({ args, io, say, onUnconfirmed }: RepairTools, isRewrite: boolean): Promise<string> {
  const publisher = await prepare(args, io);
  // What is written anew shows as if all of it had opened, which nobody sees that way.
  const tell = isRewrite ? () => {} : (line: string) => say(`  ${line}`);
  const result = await publish({ ...publisher, ...(isRewrite && { replaceLive: "whole" as const }) }, tell);
  for (const { edge, ok } of result.edges) if (!ok) onUnconfirmed(`${edge.region} ${edge.url}`);
  const kept = Object.entries(result.kept).map(([gift, why]) => `${gift}: ${why}`);
  if (result.revision === 0 || (result.exit !== 0 && kept.length > 0))
    throw new GiftError("UNFINISHED", kept.join("; ") || "nothing could be published", "");
  return isRewrite
    ? `written anew from git as revision ${result.revision}`
    : `published ${result.commit.slice(0, 10)} as revision ${result.revision}`;
}

/** Snapshot and targets with the same catalogs, and a timestamp that names them. */
async function renew(tools: RepairTools): Promise<string> {
  const { environment, io } = tools;
  const { store } = environment;
  const signers = {
    release: await readSignerOf(io, environment, "release"),
    timestamp: await readSignerOf(io, environment, "timestamp"),
  };
  const trusted = await trustEnvironment(environment);
  const before = await readLiveTimestamp(store, trusted);
  if (!before) throw new TypeError("what is live is renewed");
  const head = await readLiveHead(store, trusted, before);
  const { snapshot, overrides } = await signGeneration(store, head, signers, io.now());
  const { pollSeconds, commit } = before.signed.giftwrap;
  const content = { snapshot, pollSeconds, commit, overrides };
  const now = await writeTimestamp(store, before, content, signers.timestamp, io.now());
  if (!now) throw new GiftError("RACE_LOST", "somebody else published meanwhile", "run the command again");
  await told(tools, { now, before });
  return `snapshot and targets signed anew as revision ${now.signed.version}`;
}

async function refresh(tools: RepairTools): Promise<string> {
  const { environment, io } = tools;
  const signer = await readSignerOf(io, environment, "timestamp");
  const readNow = async () => {
    const live = await readTimestampOf(environment);
    if (!live) throw new TypeError("what is live is refreshed");
    return live;
  };
  const { before, now } = await refreshTimestamp(environment.store, signer, io.now(), readNow);
  if (now !== before) await told(tools, { now, before });
  return `the timestamp signed anew as revision ${now.signed.version}`;
}

/** Confirmed at the edges and written into the log. */
async function told(
  { args, environment, io, say, onUnconfirmed }: RepairTools,
  { now, before }: Pick<Written, "now" | "before">,
): Promise<void> {
  const at = io.now();
  const edges = await confirmWritten(environment, now, parseDeadline(args), io, say);
  for (const { edge, ok } of edges) if (!ok) onUnconfirmed(`${edge.region} ${edge.url}`);
  const record = { now, before, kind: "repair" as const, by: accountOf(io), at, edges };
  await writeLog(environment.store, toLogRecord(record));
}
