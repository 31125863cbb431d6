import { fromHex } from "../../wire/digest.ts";
import type { Envelope, PublicKey, RoleKeys } from "../../wire/metadata.ts";
import { ClientError } from "../error.ts";
import type { Crypto } from "../ports.ts";
import type { SignedFile } from "./parseMetadata.ts";

/** Keys by id. An id is a name and nothing more: who signs the list says which key it names. */
export type Keys = Readonly<Record<string, PublicKey>>;

/**
 * How many of the keys that are named have signed the bytes. A key counts once, however often and under however many ids it
 * signed; a key that is not named or not known does not count at all.
 */
export async function countSigners(
  signatures: Envelope<unknown>["signatures"],
  bytes: Uint8Array,
  { keys, keyids }: { readonly keys: Keys; readonly keyids: readonly string[] },
  verifier: Crypto,
): Promise<number> {
  const named = new Set(keyids);
  const valid = new Set<string>();
  for (const { keyid, sig } of signatures) {
    const key = Object.hasOwn(keys, keyid) && named.has(keyid) ? keys[keyid] : undefined;
    if (!key || valid.has(key.keyval.public) || !/^(?:[0-9a-f]{2})+$/i.test(sig)) continue;
    if (await verifier.verify(key, fromHex(sig), bytes)) valid.add(key.keyval.public);
  }
  return valid.size;
}

/**
 * TUF specification 1.0.34, section 5.3.4 and its like.
 * @param by who names the keys, for the message
 * @throws ClientError `signature`
 */
export async function verifyThreshold(
  { signatures, content }: SignedFile<unknown>,
  name: string,
  { keys, keyids, threshold, by }: RoleKeys & { readonly keys: Keys; readonly by: string },
  verifier: Crypto,
): Promise<void> {
  const valid = await countSigners(signatures, content, { keys, keyids }, verifier);
  if (valid < threshold)
    throw new ClientError(
      "signature",
      `${name} has ${valid} valid signatures of the ${threshold} that ${by} asks for`,
    );
}
