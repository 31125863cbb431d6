import { GiftError } from "../report/error.ts";
import type { Store } from "../store/store.ts";
import { parseRoot } from "../trust/rootFile.ts";
import { metadataKey } from "../wire/keys.ts";
import { canonicalJson } from "../wire/metadata.ts";

/**
 * Puts every root where clients look for the next one, oldest first. To be done before the timestamp moves to what a new key
 * signed, and not long before: a client that asks for roots first would take what is live for unsigned.
 * @throws GiftError `ROOT_TAKEN` when something else stands in a root's place; clients could not pass it
 */
export async function putRoots(store: Store, roots: readonly Uint8Array[]): Promise<void> {
  for (const bytes of roots) {
    const root = parseRoot("the environment's root", bytes).signed;
    const key = metadataKey("root", root.version);
    if (await store.putIfAbsent(key, bytes)) continue;
    const present = await store.get(key);
    // Fewer or more signatures make no other root.
    if (present && (equal(present.bytes, bytes) || isSigned(key, present.bytes, canonicalJson(root))))
      continue;
    throw new GiftError(
      "ROOT_TAKEN",
      `${key} in the store is not the root ${root.version} that git holds, and clients cannot pass it`,
      "delete it from the store and from the caches of the edges, then publish again",
    );
  }
}

function isSigned(key: string, bytes: Uint8Array, content: string): boolean {
  try {
    return canonicalJson(parseRoot(key, bytes).signed) === content;
  } catch (error) {
    if (!(error instanceof GiftError)) throw error;
    return false;
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
