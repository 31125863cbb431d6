import { GiftError } from "../report/error.ts";

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The text of the first element of this name, or null. For the flat answers of S3, which nest nothing of the same name. */
export function tagText(xml: string, name: string): string | null {
  const found = new RegExp(`<${name}(?:\\s[^>]*)?>([^<]*)</${name}>`).exec(xml)?.[1];
  return found === undefined ? null : decodeEntities(found);
}

export interface ListPage {
  readonly keys: readonly string[];
  /** Asks for the page after this one; null when there is none. */
  readonly next: string | null;
}

/**
 * One answer to ListObjectsV2, asked with encoding-type=url: keys are then percent-encoded and hold no markup. No XML library is
 * needed for four flat elements; whatever is not as documented is refused, since a list that misses keys would be worse than none.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 * @throws GiftError `STORE_ANSWER`
 */
export function parseListPage(xml: string): ListPage {
  const isTruncated = tagText(xml, "IsTruncated");
  const next = tagText(xml, "NextContinuationToken");
  const contents = xml.match(/<Contents>.*?<\/Contents>/gs) ?? [];
  const keys = contents.map((it) => tagText(it, "Key"));
  const keyCount = tagText(xml, "KeyCount");
  if (!/<ListBucketResult[\s>]/.test(xml) || !xml.trimEnd().endsWith("</ListBucketResult>"))
    throw notUnderstood("it is no ListBucketResult");
  if (isTruncated !== "true" && isTruncated !== "false") throw notUnderstood("it does not say IsTruncated");
  if (isTruncated === "true" && !next) throw notUnderstood("it is truncated without a continuation token");
  if (keyCount !== null && Number(keyCount) !== keys.length)
    throw notUnderstood(`it counts ${keyCount} keys and has ${keys.length}`);
  return {
    keys: keys.map((key) => {
      if (key === null) throw notUnderstood("it has an entry without a key");
      return decodeKey(key);
    }),
    next: isTruncated === "true" ? next : null,
  };
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    throw notUnderstood("it has a key that is not percent-encoded");
  }
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (typeof hex === "string") return String.fromCodePoint(Number.parseInt(hex, 16));
    if (typeof decimal === "string") return String.fromCodePoint(Number(decimal));
    return ENTITIES[String(name)] ?? whole;
  });
}

function notUnderstood(why: string): GiftError {
  return new GiftError(
    "STORE_ANSWER",
    `the bucket's list of keys cannot be read: ${why}`,
    "check that the endpoint is that of an S3 service and speaks ListObjectsV2",
  );
}
