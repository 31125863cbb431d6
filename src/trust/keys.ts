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
  if (privateKey.asymmetricKeyType !== "ed25519") {
    throw new GiftError(
      "KEY_UNREADABLE",
      `the ${name} key is ${privateKey.asymmetricKeyType}, not ed25519`,
      "make one with npx giftwrap keys init",
    );
  }
  const publicKey = toPublicKey(privateKey);
  return { keyId: keyIdOf(publicKey), publicKey, sign: async (bytes) => sign(null, bytes, privateKey) };
}

/** TUF specification 1.0.34, section 4.2: the SHA-256 of the key's canonical form. */
export function keyIdOf(key: PublicKey): string {
  return createHash("sha256").update(canonicalJson(key)).digest("hex");
}

function toPublicKey(privateKey: KeyObject): PublicKey {
  // RFC 8410: the last 32 bytes of an Ed25519 SubjectPublicKeyInfo are the key itself.
  const spki = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return { keytype: "ed25519", scheme: "ed25519", keyval: { public: spki.subarray(-32).toString("hex") } };
}
