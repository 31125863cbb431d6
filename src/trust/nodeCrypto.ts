import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Crypto } from "../client/ports.ts";
import type { PublicKey } from "../wire/metadata.ts";

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Parsing a key costs more than verifying with it, and a repository has three. */
const parsedKeys = new Map<string, KeyObject>();

/** The client's cryptography by Node's own library. */
export const nodeCrypto: Crypto = {
  sha256: async (bytes) => createHash("sha256").update(bytes).digest(),
  verify: async (key, signature, bytes) => {
    const parsed = toKeyObject(key);
    return parsed !== null && verify(key.keytype === "ecdsa" ? "sha256" : null, bytes, parsed, signature);
  },
};

function toKeyObject({ keytype, scheme, keyval }: PublicKey): KeyObject | null {
  const text = keyval.public;
  const name = `${keytype} ${scheme} ${text}`;
  const known = parsedKeys.get(name);
  if (known) return known;
  const parsed =
    keytype === "ed25519" && scheme === "ed25519"
      ? fromRaw(text)
      : keytype === "ecdsa" && scheme === "ecdsa-sha2-nistp256"
        ? fromPem(text)
        : null;
  if (parsed) parsedKeys.set(name, parsed);
  return parsed;
}

function fromRaw(hex: string): KeyObject | null {
  if (!/^[0-9a-f]{64}$/.test(hex)) return null;
  return createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, Buffer.from(hex, "hex")]),
    format: "der",
    type: "spki",
  });
}

function fromPem(pem: string): KeyObject | null {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? key : null;
  } catch {
    return null;
  }
}

/** SHA-256 of bytes or UTF-8 text, in lower-case hexadecimal. */
export function digestOf(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}
