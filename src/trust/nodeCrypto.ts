import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Crypto } from "../client/ports.ts";

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Parsing a key costs more than verifying with it, and a repository has three. */
const parsedKeys = new Map<string, KeyObject>();

/** The client's cryptography by Node's own library. */
export const nodeCrypto: Crypto = {
  sha256: async (bytes) => createHash("sha256").update(bytes).digest(),
  verify: async (key, signature, bytes) => {
    if (key.keytype !== "ed25519" || key.scheme !== "ed25519") return false;
    const parsed = toKeyObject(key.keyval.public);
    return parsed !== null && verify(null, bytes, parsed, signature);
  },
};

function toKeyObject(hex: string): KeyObject | null {
  if (!/^[0-9a-f]{64}$/.test(hex)) return null;
  const known = parsedKeys.get(hex);
  if (known) return known;
  const parsed = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, Buffer.from(hex, "hex")]),
    format: "der",
    type: "spki",
  });
  parsedKeys.set(hex, parsed);
  return parsed;
}

/** SHA-256 of bytes or UTF-8 text, in lower-case hexadecimal. */
export function digestOf(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}
