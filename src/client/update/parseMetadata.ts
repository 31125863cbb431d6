import { isRecord } from "../../wire/isRecord.ts";
import { canonicalJson, type Envelope } from "../../wire/metadata.ts";
import { decodeUtf8, encodeUtf8 } from "../../wire/utf8.ts";
import { ClientError } from "../error.ts";

/** A signed file as it was received. What `content` says is what `signed` says: both come from one reading of the bytes. */
export interface SignedFile<T> extends Envelope<T> {
  /** The bytes that signatures are over. */
  readonly content: Uint8Array;
}

/**
 * Reads a file's envelope and the shape of what is signed in it; no signature is verified. Of two members with one name the
 * last counts, as everywhere in JavaScript: for the signature as for its use, since the canonical form is made of what was parsed.
 * What is nested deeper than the engine goes has no canonical form. Key ids in `signatures` are unique (TUF specification 1.0.34, section 4.2.1).
 * @param name the role's, for messages
 * @throws ClientError `schema`
 */
export function parseMetadata<T>(
  bytes: Uint8Array,
  name: string,
  isSigned: (value: unknown) => value is T,
): SignedFile<T> {
  const envelope = parseJson(bytes, name);
  const refuse = (why: string, cause?: unknown) => new ClientError("schema", `${name} ${why}`, { cause });
  const { signatures, signed } = isRecord(envelope) ? envelope : {};
  if (!Array.isArray(signatures) || !signatures.every(isSignature)) throw refuse("is not signed");
  if (new Set(signatures.map((it) => it.keyid)).size < signatures.length)
    throw refuse("has two signatures of one key id");
  if (!isSigned(signed)) throw refuse("does not have the shape of its role");
  let canonical: string;
  try {
    canonical = canonicalJson(signed);
  } catch (cause) {
    throw refuse("has no canonical form", cause);
  }
  // Half of a pair has no UTF-8: signed as another character, it could be exchanged for that.
  if (/[\ud800-\udfff]/u.test(canonical)) throw refuse("holds half of a character");
  return { signatures, signed, content: encodeUtf8(canonical) };
}

function parseJson(bytes: Uint8Array, name: string): unknown {
  try {
    return JSON.parse(decodeUtf8(bytes));
  } catch (cause) {
    throw new ClientError("schema", `${name} is not JSON`, { cause });
  }
}

function isSignature(value: unknown): value is { keyid: string; sig: string } {
  return isRecord(value) && typeof value["keyid"] === "string" && typeof value["sig"] === "string";
}
