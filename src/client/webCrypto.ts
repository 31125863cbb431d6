import { fromHex } from "../wire/digest.ts";
import { ClientError } from "./error.ts";
import type { Crypto } from "./ports.ts";

/**
 * The platform's own cryptography: Ed25519 as of Safari 17, Firefox 129 and Chrome 137.
 * @throws ClientError `schema` on a page that is not a secure context, where browsers hide `crypto.subtle`
 */
export function webCrypto(): Crypto {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle)
    throw new ClientError("schema", "crypto.subtle is missing: serve the page over https or from localhost");
  return {
    sha256: async (bytes) => new Uint8Array(await subtle.digest("SHA-256", copy(bytes))),
    verify: async (key, signature, bytes) => {
      if (key.keytype !== "ed25519" || key.scheme !== "ed25519") return false;
      const imported = await subtle.importKey("raw", copy(fromHex(key.keyval.public)), "Ed25519", false, [
        "verify",
      ]);
      return subtle.verify("Ed25519", imported, copy(signature), copy(bytes));
    },
  };
}

/** Subtle takes no view on shared memory; a copy is never one. */
function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
