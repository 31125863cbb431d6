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
  | {
      readonly kind: "body";
      readonly bytes: Uint8Array;
      /** Where `bytes` begin in the file; 0 when absent. An address may ignore {@link FetchOptions.from}. */
      readonly from?: number;
      readonly etag?: string;
      /** The address's own clock, in milliseconds since 1970, where it says (the `Date` field, RFC 9110 section 6.6.1). */
      readonly date?: number;
    }
  | { readonly kind: "not_modified"; readonly date?: number }
  | { readonly kind: "missing" };

export interface FetchOptions {
  /** More than this is refused before it is read to its end; counted from the file's first byte. */
  readonly maxBytes: number;
  /** Ask the origin whether a stored copy still holds. */
  readonly revalidate?: boolean;
  /** The ETag of the copy that the caller holds. */
  readonly etag?: string;
  /** The first byte that is wanted, because the caller has those before it (RFC 9110, section 14.2). */
  readonly from?: number;
  /** Hears each piece as it comes, with its place in the file, so that what came survives an answer that breaks off. */
  readonly onPiece?: (piece: Uint8Array, at: number) => void;
  /** 0, the default, for the first try. Who could not use an answer asks with a higher one, and another address answers where there are several. */
  readonly attempt?: number;
}

/** Reads one key of the published repository. @throws ClientError `network` or `too_large` */
export type Fetch = (key: string, options: FetchOptions) => Promise<FetchResult>;

/** Where the last good state survives a restart: whole values by name, each written atomically. */
export interface StateStore {
  read(name: string): Promise<Uint8Array | null>;
  write(name: string, bytes: Uint8Array): Promise<void>;
}

/**
 * What an app ships inside, as `giftwrap export-app` wrote it, read only: `root.json`, `timestamp.json`, `snapshot.json`,
 * `targets.json`, `catalog.<tier>.jsonl`, `objects/<SHA-256>`. Null for what is not there. All of it is verified again.
 */
export type ReadBundled = (name: string) => Promise<Uint8Array | null>;

/** Objects by digest. What it returns is verified again before use. */
export interface ObjectCache {
  get(digest: string): Promise<Uint8Array | null>;
  put(digest: string, bytes: Uint8Array): Promise<void>;
  /** Forgets bytes that turned out not to have their digest. */
  remove?(digest: string): Promise<void>;
  /** Told of each newer catalog what it names: these go last when room is needed. */
  retain?(isNamed: (digest: string) => boolean): void;
}

export interface Timers {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Calls once, later; the function that it gives takes that back. */
  after(milliseconds: number, act: () => void): () => void;
}
