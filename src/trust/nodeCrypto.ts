import { createHash, createPublicKey, verify } from "node:crypto";
import type { Crypto } from "../client/ports.ts";

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** The client's cryptography by Node's own library. */
export const nodeCrypto: Crypto = {
  sha256: async (bytes) => createHash("sha256").update(bytes).digest(),
  verify: async (key, signature, bytes) => {
    if (key.keytype !== "ed25519" || key.scheme !== "ed25519" || !/^[0-9a-f]{64}$/.test(key.keyval.public))
      return false;
    const der = Buffer.concat([SPKI_PREFIX, Buffer.from(key.keyval.public, "hex")]);
    return verify(null, bytes, createPublicKey({ key: der, format: "der", type: "spki" }), signature);
  },
};

/** SHA-256 of bytes or UTF-8 text, in lower-case hexadecimal. */
export function digestOf(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}
