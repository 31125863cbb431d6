import { toHex } from "../../wire/digest.ts";
import type { FileMeta } from "../../wire/metadata.ts";
import { ClientError } from "../error.ts";
import type { Crypto } from "../ports.ts";

/** Cryptography that knows further hashes, which other repositories use. */
export interface TufCrypto extends Crypto {
  sha512?(bytes: Uint8Array): Promise<Uint8Array>;
}

/**
 * Every hash that was signed must be right; one that cannot be computed here is not.
 * @throws ClientError `too_large` or `hash` when the bytes are not the ones that were signed
 */
export async function checkFile(
  name: string,
  bytes: Uint8Array,
  { length, hashes = {} }: Pick<FileMeta, "length" | "hashes">,
  hasher: TufCrypto,
): Promise<void> {
  if (length !== undefined && bytes.length !== length)
    throw new ClientError(
      bytes.length > length ? "too_large" : "hash",
      `${name} has ${bytes.length} bytes, its signed length is ${length}`,
    );
  for (const [algorithm, signed] of Object.entries(hashes)) {
    const isKnown = algorithm === "sha256" || algorithm === "sha512";
    const digest = isKnown && (await hasher[algorithm]?.(bytes));
    if (!digest || toHex(digest) !== signed)
      throw new ClientError("hash", `${name} does not have the ${algorithm} that was signed, ${signed}`);
  }
}

/** @throws ClientError `hash` */
export function checkVersion(name: string, version: number, expected: number): void {
  if (version !== expected)
    throw new ClientError("hash", `${name} is version ${version}, signed as ${expected}`);
}

/** @throws ClientError `rollback` */
export function checkNotOlder(name: string, version: number, trusted: number): void {
  if (version < trusted)
    throw new ClientError(
      "rollback",
      `${name} ${version} is older than ${trusted}, which is trusted already`,
    );
}

/** @throws ClientError `expired` */
export function checkExpiry(name: string, expires: string, now: number): void {
  if (Date.parse(expires) <= now) throw new ClientError("expired", `${name} expired at ${expires}`);
}
