import type { PublicKey } from "../wire/metadata.ts";

/*
 * What the client needs from its surroundings. Everything here is a parameter, so that one source runs in browsers, Node
 * and app runtimes, and in tests without any of them.
 */

export interface Crypto {
  sha256(bytes: Uint8Array): Promise<Uint8Array>;
  /** Whether the signature is the key's over these bytes; false for a key type that is not known here. */
  verify(key: PublicKey, signature: Uint8Array, bytes: Uint8Array): Promise<boolean>;
}

export type FetchResult =
  | { readonly kind: "body"; readonly bytes: Uint8Array; readonly etag?: string }
  | { readonly kind: "not_modified" }
  | { readonly kind: "missing" };

export interface FetchOptions {
  /** More than this is refused before it is read to its end. */
  readonly maxBytes: number;
  /** Ask the origin whether a stored copy still holds. */
  readonly revalidate?: boolean;
  /** The ETag of the copy that the caller holds. */
  readonly etag?: string;
}

/** Reads one key of the published repository. @throws ClientError `network` or `too_large` */
export type Fetch = (key: string, options: FetchOptions) => Promise<FetchResult>;

/** Where the last good state survives a restart: whole values by name, each written atomically. */
export interface StateStore {
  read(name: string): Promise<Uint8Array | null>;
  write(name: string, bytes: Uint8Array): Promise<void>;
}

/** Objects by digest. What it returns is verified again before use. */
export interface ObjectCache {
  get(digest: string): Promise<Uint8Array | null>;
  put(digest: string, bytes: Uint8Array): Promise<void>;
}
