import type { Crypto } from "../client/ports.ts";
import { countSigners } from "../client/update/countSigners.ts";
import type { EvidenceFile } from "../model/schemas.ts";
import { isRecord } from "../wire/isRecord.ts";
import { checkShape } from "../model/validate.ts";
import { GiftError } from "../report/error.ts";
import { count } from "../report/text.ts";
import { evidenceKey } from "../wire/keys.ts";
import { canonicalJson, type Envelope, type Root } from "../wire/metadata.ts";
import type { Signer } from "./keys.ts";
import { nodeCrypto } from "./nodeCrypto.ts";
import { signMetadata, toWholeSeconds } from "./sign.ts";

/** What a new record speaks; another major is refused. */
export const EVIDENCE_FORMAT = "1.0";

/** Writers at once settle within a few rounds; more means that something else is wrong. */
const MAX_ROUNDS = 5;

/** What evidence needs of a store: a room below this one. */
export interface EvidenceStore {
  get(key: string): Promise<{ readonly bytes: Uint8Array; readonly tag: string } | null>;
  /** Compare and swap: null when the present value is not the one with the tag (null: not absent). */
  replace(key: string, bytes: Uint8Array, expected: string | null): Promise<string | null>;
}

/** What a record is about; there is one record for each. */
export type EvidenceSubject = Pick<EvidenceFile, "lock" | "environment" | "kind">;

/** A record that is there and does not count, and why not, in words. */
export interface EvidenceProblem {
  readonly problem: string;
}

export interface EvidenceContent extends Omit<EvidenceFile, "_type" | "format" | "recorded"> {
  /** When the check ended, in epoch milliseconds. */
  readonly recorded: number;
}

export function makeEvidence({
  kind,
  environment,
  gift,
  version,
  lock,
  recorded,
  result,
  facts,
  tool,
}: EvidenceContent): EvidenceFile {
  return {
    _type: "evidence",
    format: EVIDENCE_FORMAT,
    kind,
    environment,
    gift,
    version,
    lock,
    recorded: toWholeSeconds(recorded),
    result,
    facts,
    tool,
  };
}

/** The record's bytes as they are kept: signed as metadata is. */
export async function signEvidence(record: EvidenceFile, signer: Signer): Promise<Uint8Array> {
  return signMetadata(record, [signer]);
}

/**
 * Null when there is none. A record counts when it is signed as the root asks for its timestamp role, the key that
 * automated jobs hold, and is about what its key says; any other is a problem in words, and nothing in it is believed.
 * @throws GiftError when the store cannot be read
 */
export async function readEvidence(
  store: EvidenceStore,
  root: Root,
  crypto: Crypto,
  subject: EvidenceSubject,
): Promise<EvidenceFile | EvidenceProblem | null> {
  const stored = await store.get(keyOf(subject));
  if (!stored) return null;
  return verifyEvidence(stored.bytes, { keys: root.keys, ...root.roles.timestamp }, crypto, subject);
}

/**
 * The newest record replaces an older one, and one that this signer's key did not sign. False when a newer one stands.
 * @throws GiftError `RACE_LOST`, or when the store cannot be read or written
 */
export async function writeEvidence(
  store: EvidenceStore,
  signer: Signer,
  record: EvidenceFile,
): Promise<boolean> {
  const key = keyOf(record);
  const bytes = await signEvidence(record, signer);
  const own = { keys: { [signer.keyId]: signer.publicKey }, keyids: [signer.keyId], threshold: 1 };
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const present = await store.get(key);
    // A forged date must not keep true records out, so only what was signed is compared.
    const known = present && (await verifyEvidence(present.bytes, own, nodeCrypto, record));
    if (known && !isProblem(known) && Date.parse(known.recorded) > Date.parse(record.recorded)) return false;
    if ((await store.replace(key, bytes, present?.tag ?? null)) !== null) return true;
  }
  throw new GiftError(
    "RACE_LOST",
    `somebody else kept writing ${key} for ${MAX_ROUNDS} rounds`,
    "run the command again when they are done",
  );
}

/** Whose signatures count, and how many of them it takes. */
interface Trusted {
  readonly keys: Root["keys"];
  readonly keyids: readonly string[];
  readonly threshold: number;
}

async function verifyEvidence(
  bytes: Uint8Array,
  trusted: Trusted,
  crypto: Crypto,
  subject: EvidenceSubject,
): Promise<EvidenceFile | EvidenceProblem> {
  const envelope = parseEnvelope(bytes);
  if (!envelope) return { problem: "the record is not signed" };
  const { signatures, signed, content } = envelope;
  const valid = await countSigners(signatures, content, trusted, crypto);
  // At least one, whatever the root says: an unsigned record is never evidence.
  if (!(valid >= 1 && valid >= trusted.threshold))
    return {
      problem: `the record has ${count(valid, "valid signature")} of the ${trusted.threshold} that the root asks of the timestamp key`,
    };
  return parseRecord(signed, subject);
}

function parseRecord(signed: unknown, subject: EvidenceSubject): EvidenceFile | EvidenceProblem {
  // Before its shape, which another major may change.
  const format = isRecord(signed) ? signed["format"] : undefined;
  if (typeof format !== "string" || majorOf(format) !== majorOf(EVIDENCE_FORMAT))
    return {
      problem: `the record's format is ${JSON.stringify(format) ?? "missing"}, not ${EVIDENCE_FORMAT}`,
    };
  const checked = checkShape("evidence", signed);
  if (!checked.ok)
    return {
      problem: `the record does not have the shape of evidence: ${checked.misfits.map((it) => it.message).join("; ")}`,
    };
  const record = checked.value;
  if (keyOf(record) !== keyOf(subject))
    return { problem: `the record is about something else: it belongs to ${keyOf(record)}` };
  if (Number.isNaN(Date.parse(record.recorded)))
    return { problem: `the record's date is ${record.recorded}, which is none` };
  return record;
}

/** Null for what is not JSON with a canonical form: nobody can have signed that. */
function parseEnvelope(bytes: Uint8Array): (Envelope<unknown> & { readonly content: Uint8Array }) | null {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (!isRecord(parsed)) return null;
    const { signatures, signed } = parsed;
    const listed: readonly unknown[] = Array.isArray(signatures) ? signatures : [];
    return {
      signatures: listed.filter(isSignature),
      signed,
      content: new TextEncoder().encode(canonicalJson(signed)),
    };
  } catch {
    return null;
  }
}

function isSignature(value: unknown): value is Envelope<unknown>["signatures"][number] {
  return isRecord(value) && typeof value["keyid"] === "string" && typeof value["sig"] === "string";
}

function isProblem(read: EvidenceFile | EvidenceProblem): read is EvidenceProblem {
  return "problem" in read;
}

function keyOf({ lock, environment, kind }: EvidenceSubject): string {
  return evidenceKey(lock, environment, kind);
}

function majorOf(format: string): string | undefined {
  return format.split(".")[0];
}
