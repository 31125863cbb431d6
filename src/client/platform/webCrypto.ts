import type { PublicKey } from "../../wire/metadata.ts";
import { fromHex } from "../../wire/digest.ts";
import { ClientError } from "../error.ts";
import type { Crypto } from "../ports.ts";
import type { TufCrypto } from "../update/checks.ts";

export interface WebCryptoOptions {
  /**
   * Verifies where the platform cannot, and is loaded only there: Ed25519 came with Safari 17, Firefox 129 and Chrome 137.
   * `async () => (await import("giftwrap/client/noble")).nobleCrypto()`
   */
  readonly fallback?: () => Promise<Crypto>;
}

/**
 * The platform's own cryptography: the key types of TUF, specification 1.0.34, section 4.2.2. Where Ed25519 is missing and
 * there is no fallback, verifying throws a ClientError `schema` that says so.
 * @throws ClientError `schema` without a fallback on a page that is not a secure context, where browsers hide `crypto.subtle`
 */
export function webCrypto({ fallback }: WebCryptoOptions = {}): TufCrypto {
  const subtle = globalThis.crypto?.subtle;
  let loading: Promise<Crypto> | undefined;
  const load = (why: string): Promise<Crypto> => {
    if (!fallback) throw new ClientError("schema", `${why}, or give webCrypto a fallback`);
    loading ??= fallback();
    return loading;
  };
  if (!subtle) {
    const why = "crypto.subtle is missing: serve the page over https or from localhost";
    if (!fallback) throw new ClientError("schema", why);
    return {
      sha256: async (bytes) => (await load(why)).sha256(bytes),
      verify: async (...signed) => (await load(why)).verify(...signed),
    };
  }
  const digest = (name: string) => async (bytes: Uint8Array) =>
    new Uint8Array(await subtle.digest(name, copy(bytes)));
  return {
    sha256: digest("SHA-256"),
    sha512: digest("SHA-512"),
    verify: async (key, signature, bytes) => {
      try {
        return await verify(subtle, key, copy(signature), copy(bytes));
      } catch (error) {
        // Anything else is a key or a signature that is none.
        if (!(error instanceof Error) || error.name !== "NotSupportedError") return false;
      }
      const crypto = await load(`this platform knows no ${key.keytype}: use a newer one`);
      return crypto.verify(key, signature, bytes);
    },
  };
}

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const PSS = { name: "RSA-PSS", hash: "SHA-256" };

async function verify(
  subtle: SubtleCrypto,
  { keytype, scheme, keyval }: PublicKey,
  signature: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const text = keyval.public;
  const importSpki = (algorithm: RsaHashedImportParams | EcKeyImportParams) =>
    subtle.importKey("spki", fromPem(text), algorithm, false, ["verify"]);
  if (keytype === "ed25519" && scheme === "ed25519") {
    if (!/^[0-9a-f]{64}$/i.test(text)) return false;
    const key = await subtle.importKey("raw", copy(fromHex(text)), "Ed25519", false, ["verify"]);
    return subtle.verify("Ed25519", key, signature, bytes);
  }
  // The second is what older repositories call it.
  if ((keytype === "ecdsa" || keytype === scheme) && scheme === "ecdsa-sha2-nistp256") {
    const raw = toRawSignature(signature);
    return raw !== null && subtle.verify(P256, await importSpki(P256), raw, bytes);
  }
  if (keytype !== "rsa" || scheme !== "rsassa-pss-sha256") return false;
  if (signature.length < 256) return false;
  const key = await importSpki(PSS);
  // RFC 8017, section 9.1.1: the salt is as long as the hash with most signers, and as long as it can be with others.
  for (const saltLength of [32, signature.length - 34])
    if (await subtle.verify({ ...PSS, saltLength }, key, signature, bytes)) return true;
  return false;
}

/** What is between the lines of a PEM file. */
function fromPem(pem: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(pem.replace(/-----[A-Z ]+-----|\s/g, "")), (it) => it.charCodeAt(0));
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
