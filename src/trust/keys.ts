import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { GiftError } from "../report/error.ts";
import { canonicalJson, type PublicKey } from "../wire/metadata.ts";

/** Signs for one key. A key service can stand behind it as well as a file. */
export interface Signer {
  readonly keyId: string;
  readonly publicKey: PublicKey;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** The keys of a repository: root is kept offline, release signs what may be played, timestamp stops and keeps fresh. */
export const KEY_NAMES = ["root", "release", "timestamp"] as const;
export type KeyName = (typeof KEY_NAMES)[number];

/** A new Ed25519 private key as PEM (PKCS #8). */
export function generateKeyPem(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** @throws GiftError `KEY_UNREADABLE`; the message never holds any part of the key */
export function signerFromPem(name: string, pem: string): Signer {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch {
    throw new GiftError(
      "KEY_UNREADABLE",
      `the ${name} key is no private key in PEM form`,
      "store the whole file, with its BEGIN and END lines",
    );
  }
  const publicKey = toPublicKey(name, createPublicKey(privateKey));
  const digest = publicKey.keytype === "ecdsa" ? "sha256" : null;
  return { keyId: keyIdOf(publicKey), publicKey, sign: async (bytes) => sign(digest, bytes, privateKey) };
}

/**
 * The public half of a key that somebody else holds, a person or a key service.
 * @param pem `BEGIN PUBLIC KEY` (SubjectPublicKeyInfo), Ed25519 or ECDSA P-256
 * @throws GiftError `KEY_UNREADABLE`
 */
export function publicKeyFromPem(name: string, pem: string): PublicKey {
  // Node would make the public half of a private key without a word; whoever gives that file gives away the key.
  if (pem.includes("PRIVATE"))
    throw new GiftError(
      "KEY_UNREADABLE",
      `${name} holds a private key, which nobody else should have`,
      "give the public half alone: openssl pkey -in key.pem -pubout",
    );
  let publicKey: KeyObject;
  try {
    publicKey = createPublicKey(pem);
  } catch {
    throw new GiftError(
      "KEY_UNREADABLE",
      `${name} is no public key in PEM form`,
      "give the whole file, with its BEGIN PUBLIC KEY and END PUBLIC KEY lines",
    );
  }
  return toPublicKey(name, publicKey);
}

/** Enough of a key id for people to tell keys apart. */
export function shortKeyId(keyId: string): string {
  return keyId.slice(0, 8);
}

/** TUF specification 1.0.34, section 4.2: the SHA-256 of the key's canonical form. */
export function keyIdOf(key: PublicKey): string {
  return createHash("sha256").update(canonicalJson(key)).digest("hex");
}

/** TUF specification 1.0.34, section 4.2: Ed25519 keys stand there in hexadecimal, ECDSA ones in PEM. */
function toPublicKey(name: string, key: KeyObject): PublicKey {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "ed25519") {
    // RFC 8410: the last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key itself.
    const spki = key.export({ type: "spki", format: "der" });
    return { keytype: "ed25519", scheme: "ed25519", keyval: { public: spki.subarray(-32).toString("hex") } };
  }
  if (type === "ec" && details?.namedCurve === "prime256v1") {
    const pem = key.export({ type: "spki", format: "pem" }).toString();
    return { keytype: "ecdsa", scheme: "ecdsa-sha2-nistp256", keyval: { public: pem } };
  }
  throw new GiftError(
    "KEY_UNREADABLE",
    `the ${name} key is ${details?.namedCurve ?? type}, not Ed25519 or ECDSA P-256`,
    "make one with npx giftwrap keys init or keys rotate, or choose one of these two in the key service",
  );
}
