import type { Tier } from "./viewer.ts";

/** Media type to file ending, both ways: an object's key carries the ending so that any static server labels it rightly. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  "image/webp": "webp",
  "image/png": "png",
  "image/apng": "apng",
  "image/avif": "avif",
  "image/gif": "gif",
  "video/mp4": "mp4",
  "video/webm": "webm",
  "application/x-svga": "svga",
  "application/vnd.lottie+json": "json",
  "application/zip+dotlottie": "lottie",
  "application/x-pag": "pag",
  "image/jpeg": "jpg",
  "audio/wav": "wav",
  "audio/mpeg": "mp3",
  "audio/mp4": "m4a",
  "audio/aac": "aac",
  "audio/ogg": "ogg",
};

const IMMUTABLE = "public, max-age=31536000, immutable";

export const TIMESTAMP_KEY = "metadata/timestamp.json";

/** How long an edge may serve the timestamp that it has. */
export const TIMESTAMP_CACHE_SECONDS = 5;

export function objectKey(digest: string, mediaType: string): string {
  return `objects/sha256/${digest.slice(0, 2)}/${digest}.${extensionOf(mediaType)}`;
}

export function extensionOf(mediaType: string): string {
  return EXTENSIONS[mediaType] ?? "bin";
}

/** The target's path as `targets.json` names it; TUF puts the hash before the last part of it. */
export function catalogTarget(tier: Tier): string {
  return `catalog/${tier}.jsonl`;
}

/** TUF specification 1.0.34, section 6.2: with consistent snapshots a target is written as HASH.NAME. */
export function targetKey(target: string, digest: string): string {
  const slash = target.lastIndexOf("/") + 1;
  return `targets/${target.slice(0, slash)}${digest}.${target.slice(slash)}`;
}

export function deltaKey(from: string, to: string): string {
  return `targets/delta/${from}-${to}.json`;
}

export function metadataKey(role: "root" | "snapshot" | "targets", version: number): string {
  return `metadata/${version}.${role}.json`;
}

export function lockKey(gift: string, version: string): string {
  return `locks/${gift}/${version}`;
}

export function logKey(revision: number): string {
  return `log/${revision}.json`;
}

/** One record for each lock, environment and kind of check: what is newer takes its place. */
export function evidenceKey(lockDigest: string, environment: string, kind: string): string {
  return `evidence/${lockDigest}/${environment}/${kind}.json`;
}

/** Which object a step of a build gave, by the digest of the step. */
export function builtStepKey(stepDigest: string): string {
  return `builds/steps/${stepDigest.slice(0, 2)}/${stepDigest}`;
}

/** What building a release took when it was last built, in seconds of one core. */
export function builtCostKey(gift: string, version: string): string {
  return `builds/costs/${gift}/${version}`;
}

/** How a tree's releases were spread over runners, so that each of them takes its own share of the same plan. */
export function builtShardsKey(planDigest: string): string {
  return `builds/shards/${planDigest}`;
}

/** Which keys a collection is taking away now. */
export const COLLECTION_KEY = "collection/batch.json";

/** What publishers are about to name stands below it. */
export const ANNOUNCED_PREFIX = "collection/announced/";

/** Keys that only the store's owners read; an edge answers 404 for them. */
export function isPrivate(key: string): boolean {
  return /^(locks|evidence|log|collection|builds)\//.test(key);
}

/** The HTTP headers that a key is stored and served with: one name moves, everything else never changes. */
export function headersOf(key: string): { contentType: string; cacheControl: string } {
  if (key === TIMESTAMP_KEY)
    return {
      contentType: "application/json",
      cacheControl: `public, max-age=${TIMESTAMP_CACHE_SECONDS}, stale-if-error=86400`,
    };
  const extension = key.slice(key.lastIndexOf(".") + 1);
  const cacheControl = isPrivate(key) ? "private, no-store" : IMMUTABLE;
  return { contentType: contentTypeOf(extension, key), cacheControl };
}

function contentTypeOf(extension: string, key: string): string {
  if (extension === "jsonl") return "application/jsonl";
  if (extension === "json" && !key.startsWith("objects/")) return "application/json";
  const known = Object.entries(EXTENSIONS).find(([, ending]) => ending === extension);
  return known ? known[0] : "application/octet-stream";
}
