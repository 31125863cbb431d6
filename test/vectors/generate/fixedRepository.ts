import { createHash } from "node:crypto";
import { type Signer, signerFromPem } from "../../../src/trust/keys.ts";
import { makeRoot } from "../../../src/trust/sign.ts";
import { NOW, Repository } from "../../client/repositoryOf.ts";

/** RFC 8410: what stands before the 32 bytes of an Ed25519 seed in a PKCS #8 key. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

const signers = new Map<string, Signer>();

/** A key for these vectors alone, which anybody can make again: its seed is the SHA-256 of its name. Ed25519 signs without chance. */
export function signerNamed(name: string): Signer {
  const known = signers.get(name);
  if (known) return known;
  const seed = createHash("sha256").update(`giftwrap test vectors: ${name}`).digest();
  const base64 = Buffer.concat([PKCS8_PREFIX, seed]).toString("base64");
  const signer = signerFromPem(name, `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`);
  signers.set(name, signer);
  return signer;
}

/** Every key that was named so far. */
export function namedSigners(): readonly Signer[] {
  return [...signers.values()];
}

/** A repository whose keys are the same each time, with its first root. */
export async function fixedRepository(): Promise<Repository> {
  const repository = await Repository.create();
  repository.keys = {
    root: signerNamed("root 1"),
    release: signerNamed("release 1"),
    timestamp: signerNamed("timestamp 1"),
  };
  repository.root = makeRoot(repository.keys, NOW);
  await repository.signRoot([repository.keys.root]);
  return repository;
}

/** The next root, with other keys for some roles, signed by the old root key and the new one unless it says otherwise. */
export async function rotate(
  repository: Repository,
  keys: Partial<Record<"root" | "release" | "timestamp", string>>,
  signedBy?: readonly string[],
): Promise<void> {
  const before = repository.keys.root;
  const named = Object.entries(keys).map(([role, name]) => [role, signerNamed(name)]);
  repository.keys = { ...repository.keys, ...Object.fromEntries(named) };
  repository.root = { ...makeRoot(repository.keys, NOW), version: repository.root.version + 1 };
  await repository.signRoot(signedBy?.map(signerNamed) ?? [...new Set([before, repository.keys.root])]);
}
