import { constants, createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { TufCrypto } from "../client/update/checks.ts";
import type { PublicKey } from "../wire/metadata.ts";

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

interface ParsedKey {
  readonly key: KeyObject;
  readonly digest: "sha256" | null;
  readonly padding?: number;
}

/** Parsing a key costs more than verifying with it, and a repository has three. */
const parsedKeys = new Map<string, ParsedKey>();

/** The client's cryptography by Node's own library: the key types of TUF, specification 1.0.34, section 4.2.2. */
export const nodeCrypto = {
  sha256: async (bytes) => createHash("sha256").update(bytes).digest(),
  sha512: async (bytes) => createHash("sha512").update(bytes).digest(),
  verify: async (publicKey, signature, bytes) => {
    const parsed = parseKey(publicKey);
    if (!parsed) return false;
    try {
      return verify(parsed.digest, bytes, parsed, signature);
    } catch {
      return false;
    }
  },
} satisfies TufCrypto;

function parseKey({ keytype, scheme, keyval }: PublicKey): ParsedKey | null {
  const name = `${keytype} ${scheme} ${keyval.public}`;
  const known = parsedKeys.get(name);
  if (known) return known;
  const parsed = READERS.get(`${keytype} ${scheme}`)?.(keyval.public) ?? null;
  if (parsed) parsedKeys.set(name, parsed);
  return parsed;
}

const READERS: ReadonlyMap<string, (text: string) => ParsedKey | null> = new Map([
  ["ed25519 ed25519", readEd25519],
  ["ecdsa ecdsa-sha2-nistp256", readEcdsa],
  // What older repositories call it.
  ["ecdsa-sha2-nistp256 ecdsa-sha2-nistp256", readEcdsa],
  ["rsa rsassa-pss-sha256", readRsa],
]);

function readEd25519(hex: string): ParsedKey | null {
  if (!/^[0-9a-f]{64}$/i.test(hex)) return null;
  const der = Buffer.concat([SPKI_PREFIX, Buffer.from(hex, "hex")]);
  return { key: createPublicKey({ key: der, format: "der", type: "spki" }), digest: null };
}

function readEcdsa(pem: string): ParsedKey | null {
  const key = readPem(pem);
  return key?.asymmetricKeyDetails?.namedCurve === "prime256v1" ? { key, digest: "sha256" } : null;
}

/** RFC 8017, section 8.1. Shorter keys than 2,048 bits are no keys (TUF, section 4.2.2). */
function readRsa(pem: string): ParsedKey | null {
  const key = readPem(pem);
  if (key?.asymmetricKeyType !== "rsa" || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) return null;
  return { key, digest: "sha256", padding: constants.RSA_PKCS1_PSS_PADDING };
}

function readPem(pem: string): KeyObject | null {
  // Node would read the public half out of a private key, too.
  if (!/^\s*-----BEGIN (RSA )?PUBLIC KEY-----/.test(pem)) return null;
  try {
    return createPublicKey(pem);
  } catch {
    return null;
  }
}

/** SHA-256 of bytes or UTF-8 text, in lower-case hexadecimal. */
export function digestOf(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}
