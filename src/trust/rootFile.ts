import { countSigners } from "../client/update/countSigners.ts";
import { isRecord } from "../wire/isRecord.ts";
import { GiftError } from "../report/error.ts";
import { canonicalJson, type Envelope, type Root } from "../wire/metadata.ts";
import { keyIdOf, type Signer } from "./keys.ts";
import { nodeCrypto } from "./nodeCrypto.ts";
import { signMetadata } from "./sign.ts";

const ROLES = ["root", "targets", "snapshot", "timestamp"] as const;

/**
 * A root, or the draft of one, as it stands in a file that may come by mail or from a pull request. Its shape is checked, its
 * signatures are not.
 * @throws GiftError `ROOT_BROKEN`
 */
export function parseRoot(path: string, bytes: Uint8Array): Envelope<Root> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw broken(path, "it is not JSON");
  }
  if (!isRecord(parsed) || !Array.isArray(parsed["signatures"]) || !parsed["signatures"].every(isSignature))
    throw broken(path, "it is not signed as metadata is");
  const { signed } = parsed;
  if (!isRoot(signed)) throw broken(path, "what is signed in it does not have the shape of a root");
  const misnamed = Object.entries(signed.keys).find(([keyId, key]) => keyIdOf(key) !== keyId);
  if (misnamed) throw broken(path, `its key ${misnamed[0]} is another key than its id says`);
  return { signatures: parsed["signatures"], signed };
}

/** How far the signatures go that one root asks for. */
export interface Tally {
  /** The version of the root whose keys sign here. */
  readonly root: number;
  readonly threshold: number;
  /** Key ids, of those who have signed and of those who may. */
  readonly signed: readonly string[];
  readonly missing: readonly string[];
}

/** TUF specification 1.0.34, section 5.3: a root is signed by a threshold of the root before it and of its own. */
export async function tallySignatures(
  draft: Envelope<Root>,
  current: Root | null,
): Promise<readonly Tally[]> {
  const bytes = new TextEncoder().encode(canonicalJson(draft.signed));
  const tally = async ({ version, keys, roles }: Root): Promise<Tally> => {
    const { keyids, threshold } = roles.root;
    const signed: string[] = [];
    for (const keyId of keyids)
      if (await countSigners(draft.signatures, bytes, { keys, keyids: [keyId] }, nodeCrypto))
        signed.push(keyId);
    return { root: version, threshold, signed, missing: keyids.filter((it) => !signed.includes(it)) };
  };
  return Promise.all([...(current ? [current] : []), draft.signed].map(tally));
}

export function isComplete(tallies: readonly Tally[]): boolean {
  return tallies.every(({ signed, threshold }) => signed.length >= threshold);
}

/** With one signature of each signer; what others signed stays. */
export async function addSignatures(
  draft: Envelope<Root>,
  signers: readonly Signer[],
): Promise<Envelope<Root>> {
  const signed: Envelope<Root> = JSON.parse(
    new TextDecoder().decode(await signMetadata(draft.signed, signers)),
  );
  return mergeSignatures(draft, signed.signatures);
}

/** What stands first wins where one key has signed twice. */
export function mergeSignatures(draft: Envelope<Root>, more: Envelope<Root>["signatures"]): Envelope<Root> {
  const known = new Map([...more].reverse().map((it) => [it.keyid, it]));
  for (const it of draft.signatures) known.set(it.keyid, it);
  const signatures = [...known.values()].sort((a, b) => (a.keyid < b.keyid ? -1 : 1));
  return { signatures, signed: draft.signed };
}

/** For people who read it before they sign; only the canonical form of what is signed counts. */
export function writeRoot(envelope: Envelope<Root>): string {
  return `${JSON.stringify(envelope, null, 2)}\n`;
}

function isRoot(value: unknown): value is Root {
  if (!isRecord(value) || value["_type"] !== "root" || !Number.isSafeInteger(value["version"])) return false;
  const { keys, roles, expires, giftwrap } = value;
  if (typeof expires !== "string" || Number.isNaN(Date.parse(expires))) return false;
  if (!isRecord(keys) || !Object.values(keys).every(isPublicKey) || !isRecord(roles)) return false;
  if (giftwrap !== undefined && !(isRecord(giftwrap) && isTexts(giftwrap["leaked"]))) return false;
  return ROLES.every((name) => {
    const role = roles[name];
    return isRecord(role) && isTexts(role["keyids"]) && isThreshold(role["threshold"], role["keyids"]);
  });
}

function isThreshold(value: unknown, keyids: readonly string[]): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= keyids.length;
}

function isPublicKey(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value["keyval"])) return false;
  return [value["keytype"], value["scheme"], value["keyval"]["public"]].every((it) => typeof it === "string");
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((it) => typeof it === "string");
}

function isSignature(value: unknown): value is Envelope<Root>["signatures"][number] {
  return isRecord(value) && typeof value["keyid"] === "string" && typeof value["sig"] === "string";
}

function broken(path: string, why: string): GiftError {
  return new GiftError(
    "ROOT_BROKEN",
    `${path} is not a root: ${why}`,
    "take it back from git, or from whoever made it",
  );
}
