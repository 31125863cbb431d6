/** What a store says of a key's content; opaque, for {@link Store.replace}. */
export type Tag = string;

export interface Stored {
  readonly bytes: Uint8Array;
  readonly tag: Tag;
}

export interface Head {
  readonly bytes: number;
}

/**
 * Where the published repository lives. Keys are paths with forward slashes; each value is written whole or not at all, with
 * the headers that `headersOf` says its key has.
 */
export interface Store {
  get(key: string): Promise<Stored | null>;
  /** How large a value is, without reading it. */
  head(key: string): Promise<Head | null>;
  /** False when the key has a value already; that value stands. */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean>;
  /**
   * Compare and swap: null when the present value is not the one with the tag (null: not absent). Of two who write the very same
   * bytes at once both may be told that they did: where an answer was lost, the bytes are all that tells.
   */
  replace(key: string, bytes: Uint8Array, expected: Tag | null): Promise<Tag | null>;
  /** The keys that begin with the prefix, sorted. */
  list(prefix: string): Promise<readonly string[]>;
  /** Takes a value away, if there is one. Collection alone does this. */
  delete(key: string): Promise<void>;
}
