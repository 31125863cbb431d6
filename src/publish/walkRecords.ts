import { lockPath } from "../model/paths.ts";
import type { EvidenceFile } from "../model/schemas.ts";
import type { Store } from "../store/store.ts";
import { readEvidence } from "../trust/evidence.ts";
import { digestOf, nodeCrypto } from "../trust/nodeCrypto.ts";
import { isDigest } from "../wire/digest.ts";
import { lockKey, logKey } from "../wire/keys.ts";
import type { Root } from "../wire/metadata.ts";
import type { Problem, Subject } from "./problem.ts";
import { parseLogRecord } from "./readLog.ts";

export interface WalkedRecords {
  readonly problems: readonly Problem[];
  readonly files: number;
  readonly bytes: number;
}

export interface RecordsOptions {
  /** The newest root that is trusted: it says who may sign evidence. */
  readonly root: Root;
  /** The live revision. */
  readonly revision: number;
  /** What the live catalogs name, as `gift@version`: each must be on record. */
  readonly releases: ReadonlySet<string>;
  /** Lock files of git, by path; what git has not is left out. */
  readonly readLocks: (paths: readonly string[]) => Promise<ReadonlyMap<string, Uint8Array>>;
}

const PARALLEL_READS = 8;
const EVIDENCE_KINDS: readonly EvidenceFile["kind"][] = ["matrix", "smoke", "warm", "drill", "switch"];

/**
 * Walks what is kept beside the published repository and never served: the record of each lock against git's lock, the
 * signatures of evidence, the log of the live revision and those before it.
 */
export async function walkRecords(store: Store, options: RecordsOptions): Promise<WalkedRecords> {
  const problems: Problem[] = [];
  let files = 0;
  let bytes = 0;
  const read = async (key: string) => {
    const stored = await store.get(key);
    if (!stored) return null;
    files++;
    bytes += stored.bytes.length;
    return stored.bytes;
  };
  const walked = { read, problems };
  await walkLocks(walked, await store.list("locks/"), options);
  await walkEvidence({ ...walked, store }, await store.list("evidence/"), options.root);
  await walkLog(walked, await store.list("log/"), options.revision);
  return { problems, files, bytes };
}

interface Walk {
  read(key: string): Promise<Uint8Array | null>;
  readonly problems: Problem[];
}

async function walkLocks(
  { read, problems }: Walk,
  listed: readonly string[],
  { releases, readLocks }: RecordsOptions,
): Promise<void> {
  const live = [...releases].map((it) => lockKey(giftOf(it), versionOf(it)));
  const records = [...new Set([...listed, ...live])].sort().flatMap((key) => {
    const [, gift, version] = /^locks\/([^/]+)\/([^/]+)$/.exec(key) ?? [];
    return gift === undefined || version === undefined ? [] : [{ key, gift, version }];
  });
  const locks = await readLocks(records.map((it) => lockPath(it.gift, it.version)));
  await inParallel(records, async ({ key, gift, version }) => {
    const bytes = await read(key);
    const text = bytes && new TextDecoder().decode(bytes);
    const lock = locks.get(lockPath(gift, version));
    const digest = lock ? digestOf(lock) : null;
    const recorded = text !== null && isDigest(text) ? text : null;
    const subject: Subject = { part: "lock", gift, version, digest, recorded };
    if (text === null) problems.push({ kind: "missing", key, message: "is not there", subject });
    else if (recorded === null)
      problems.push({ kind: "damaged", key, message: "is not the digest of a lock", subject });
    else if (digest !== null && digest !== recorded)
      problems.push({ kind: "damaged", key, message: "names another lock than git has", subject });
  });
}

async function walkEvidence(
  { read, problems, store }: Walk & { readonly store: Store },
  listed: readonly string[],
  root: Root,
): Promise<void> {
  const counting = { get: async (key: string) => toStored(await read(key)), replace: store.replace };
  await inParallel(listed, async (key) => {
    const [, lock, environment, word] = /^evidence\/([^/]+)\/([^/]+)\/([^/]+)\.json$/.exec(key) ?? [];
    const kind = EVIDENCE_KINDS.find((it) => it === word);
    // What this version does not know is for a newer one to judge.
    if (lock === undefined || environment === undefined || kind === undefined) return;
    const found = await readEvidence(counting, root, nodeCrypto, { lock, environment, kind });
    if (found && "problem" in found) {
      const message = `does not count: ${found.problem}`;
      problems.push({ kind: "bad_signature", key, message, subject: { part: "evidence" } });
    }
  });
}

async function walkLog({ read, problems }: Walk, listed: readonly string[], live: number): Promise<void> {
  // A revision whose publisher died before it could tell has no record; the live one's can still be written.
  const keys = live > 0 ? [...new Set([...listed, logKey(live)])] : listed;
  await inParallel(keys, async (key) => {
    const revision = Number(/^log\/(\d+)\.json$/.exec(key)?.[1]);
    if (!Number.isSafeInteger(revision)) return;
    const bytes = await read(key);
    const subject: Subject = { part: "log", revision };
    if (!bytes) problems.push({ kind: "missing", key, message: "is not there", subject });
    else {
      const parsed = parseLogRecord(revision, bytes);
      if (parsed.kind === "damaged")
        problems.push({ kind: "damaged", key, message: `is no record: ${parsed.why}`, subject });
    }
  });
}

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items].reverse();
  const work = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await act(next);
  };
  await Promise.all(Array.from({ length: PARALLEL_READS }, work));
}

function toStored(bytes: Uint8Array | null): { bytes: Uint8Array; tag: string } | null {
  return bytes && { bytes, tag: "" };
}

function giftOf(release: string): string {
  return release.slice(0, release.lastIndexOf("@"));
}

function versionOf(release: string): string {
  return release.slice(release.lastIndexOf("@") + 1);
}
