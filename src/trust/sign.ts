import {
  canonicalJson,
  type Envelope,
  type FileMeta,
  type Root,
  type Snapshot,
  type Targets,
  type Timestamp,
  TIMESTAMP_FORMAT,
  TUF_SPEC_VERSION,
} from "../wire/metadata.ts";
import type { Override } from "../wire/override.ts";
import { toHex } from "../wire/digest.ts";
import type { Signer } from "./keys.ts";
import { digestOf } from "./nodeCrypto.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How long each role may be believed. Only the timestamp is short: it is what a freeze attack would replay. */
export const LIFETIME_MILLISECONDS = {
  root: 730 * DAY,
  targets: 365 * DAY,
  snapshot: 365 * DAY,
  timestamp: 48 * HOUR,
};

/** @param threshold how many of the root keys must sign the next root */
export function makeRoot(
  keys: { root: Signer | readonly Signer[]; release: Signer; timestamp: Signer },
  now: number,
  threshold = 1,
): Root {
  const { release, timestamp } = keys;
  const roots = [keys.root].flat();
  return {
    _type: "root",
    spec_version: TUF_SPEC_VERSION,
    version: 1,
    expires: toWholeSeconds(now + LIFETIME_MILLISECONDS.root),
    consistent_snapshot: true,
    keys: Object.fromEntries([...roots, release, timestamp].map((it) => [it.keyId, it.publicKey])),
    roles: {
      root: { keyids: roots.map((it) => it.keyId), threshold },
      targets: { keyids: [release.keyId], threshold: 1 },
      snapshot: { keyids: [release.keyId], threshold: 1 },
      timestamp: { keyids: [timestamp.keyId], threshold: 1 },
    },
  };
}

export function makeTargets(version: number, targets: Targets["targets"], now: number): Targets {
  return {
    _type: "targets",
    spec_version: TUF_SPEC_VERSION,
    version,
    expires: toWholeSeconds(now + LIFETIME_MILLISECONDS.targets),
    targets,
  };
}

export function makeSnapshot(version: number, targets: FileMeta, now: number): Snapshot {
  const expires = toWholeSeconds(now + LIFETIME_MILLISECONDS.snapshot);
  return {
    _type: "snapshot",
    spec_version: TUF_SPEC_VERSION,
    version,
    expires,
    meta: { "targets.json": targets },
  };
}

export interface TimestampContent {
  readonly version: number;
  readonly snapshot: FileMeta;
  readonly pollSeconds: number;
  readonly commit: string;
  readonly overrides: readonly Override[];
  /** False where that is not known. */
  readonly settled?: boolean;
}

export function makeTimestamp(
  { version, snapshot, pollSeconds, commit, overrides, settled = false }: TimestampContent,
  now: number,
): Timestamp {
  return {
    _type: "timestamp",
    spec_version: TUF_SPEC_VERSION,
    version,
    expires: toWholeSeconds(now + LIFETIME_MILLISECONDS.timestamp),
    meta: { "snapshot.json": snapshot },
    giftwrap: { format: TIMESTAMP_FORMAT, pollSeconds, commit, overrides, ...(settled && { settled }) },
  };
}

/** When a timestamp was signed, in epoch milliseconds and whole seconds. */
export function signedAt({ expires }: Timestamp): number {
  return Date.parse(expires) - LIFETIME_MILLISECONDS.timestamp;
}

/** The file's bytes: the signed part with one signature per signer, over its canonical form. */
export async function signMetadata<T>(signed: T, signers: readonly Signer[]): Promise<Uint8Array> {
  const bytes = new TextEncoder().encode(canonicalJson(signed));
  const signatures: { keyid: string; sig: string }[] = [];
  for (const signer of signers)
    signatures.push({ keyid: signer.keyId, sig: toHex(await signer.sign(bytes)) });
  const envelope: Envelope<T> = { signatures, signed };
  return new TextEncoder().encode(JSON.stringify(envelope));
}

/** How one metadata file names another: by version, length and one hash. */
export function toFileMeta(version: number, bytes: Uint8Array): FileMeta {
  return { version, length: bytes.length, hashes: { sha256: digestOf(bytes) } };
}

/** ISO 8601 in UTC and whole seconds, as TUF wants it. */
export function toWholeSeconds(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, "Z");
}
