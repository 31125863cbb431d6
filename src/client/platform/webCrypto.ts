import { fromHex } from "../../wire/digest.ts";
import { ClientError } from "../error.ts";
import type { Crypto } from "../ports.ts";

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
      if (key.keytype === "ecdsa" && key.scheme === "ecdsa-sha2-nistp256")
        return verifyEcdsa(subtle, key.keyval.public, signature, bytes);
      if (key.keytype !== "ed25519" || key.scheme !== "ed25519") return false;
      const imported = await subtle.importKey("raw", copy(fromHex(key.keyval.public)), "Ed25519", false, [
        "verify",
      ]);
      return subtle.verify("Ed25519", imported, copy(signature), copy(bytes));
    },
  };
}

const P256 = { name: "ECDSA", namedCurve: "P-256" };

async function verifyEcdsa(
  subtle: SubtleCrypto,
  pem: string,
  der: Uint8Array,
  bytes: Uint8Array,
): Promise<boolean> {
  const signature = toRawSignature(der);
  if (!signature) return false;
  const spki = Uint8Array.from(atob(pem.replace(/-----[A-Z ]+-----|\s/g, "")), (it) => it.charCodeAt(0));
  const key = await subtle.importKey("spki", spki, P256, false, ["verify"]);
  return subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, copy(bytes));
}

/** RFC 3279: a sequence of two integers, each of which may begin with a zero; browsers want 32 bytes and 32 bytes. */
function toRawSignature(der: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const raw = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const length = der[at + 1] ?? 0;
    const number = der.subarray(at + 2, at + 2 + length);
    const digits = number.subarray(Math.max(0, number.length - 32));
    const isRight = der[at] === 2 && length >= 1 && length <= 33 && number.length === length;
    if (!isRight || (length === 33 && number[0] !== 0)) return null;
    raw.set(digits, end - digits.length);
    at += 2 + length;
  }
  return der[0] === 0x30 && der[1] === at - 2 && der.length === at ? raw : null;
}

/** Subtle takes no view on shared memory; a copy is never one. */
function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
