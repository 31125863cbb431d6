import { hashes, verify } from "@noble/ed25519";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { fromHex } from "../../wire/digest.ts";
import type { TufCrypto } from "../update/checks.ts";

/**
 * Cryptography in JavaScript alone, for runtimes that bring none, such as React Native, and for browsers without Ed25519.
 * It verifies Ed25519, by the letter of RFC 8032, and no other type of key. `@noble/ed25519` and `@noble/hashes` are
 * installed by who uses it.
 */
export function nobleCrypto(): TufCrypto {
  hashes.sha512 = sha512;
  return {
    sha256: async (bytes) => sha256(bytes),
    sha512: async (bytes) => sha512(bytes),
    verify: async ({ keytype, scheme, keyval }, signature, bytes) => {
      if (keytype !== "ed25519" || scheme !== "ed25519" || !/^[0-9a-f]{64}$/i.test(keyval.public))
        return false;
      try {
        return verify(signature, bytes, fromHex(keyval.public), { zip215: false });
      } catch {
        return false;
      }
    },
  };
}
