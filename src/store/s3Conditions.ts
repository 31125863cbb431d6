import type { Tag } from "./store.ts";

/** One way in which a service takes the conditions of a write. */
export interface Conditions {
  /** How the store remembers it and messages name it. */
  readonly name: string;
  readonly absent: Readonly<Record<string, string>>;
  /** Null when no present value can have this tag. */
  match(tag: Tag): Readonly<Record<string, string>> | null;
  /** A tag of the right form that no value has. */
  readonly wrongTag: Tag;
  tagOf(headers: Headers): Tag | null;
}

const etag = {
  absent: { "if-none-match": "*" },
  wrongTag: "00000000000000000000000000000000",
  tagOf: (headers: Headers): Tag | null => headers.get("etag")?.replace(/^"(.*)"$/, "$1") || null,
};

/**
 * As HTTP and AWS write it: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html. R2 and MinIO take the
 * same.
 */
export const quotedEtag: Conditions = {
  ...etag,
  name: "If-Match, quoted",
  match: (tag) => (isPrintable(tag) ? { "if-match": `"${tag}"` } : null),
};

/** Ceph's radosgw (16.2 at least) compares what the header says, quotes included, with an ETag without them. */
export const plainEtag: Conditions = {
  ...etag,
  name: "If-Match, not quoted",
  match: (tag) => (isPrintable(tag) ? { "if-match": tag } : null),
};

/**
 * Google's XML API takes ETags as conditions of reads only; a write is held to the generation of the value that it replaces, and
 * 0 stands for none. https://docs.cloud.google.com/storage/docs/request-preconditions
 */
export const generation: Conditions = {
  name: "x-goog-if-generation-match",
  absent: { "x-goog-if-generation-match": "0" },
  match: (tag) => (/^[1-9]\d{0,18}$/.test(tag) ? { "x-goog-if-generation-match": tag } : null),
  wrongTag: "1",
  tagOf: (headers) => headers.get("x-goog-generation"),
};

function isPrintable(tag: Tag): boolean {
  return /^[\x20-\x7e]+$/.test(tag);
}
