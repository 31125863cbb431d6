import { createHmac } from "node:crypto";
import { digestOf } from "../trust/nodeCrypto.ts";

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** One service's spelling of signature version 4. */
export interface S3Family {
  readonly algorithm: string;
  /** What stands before the secret when a key is derived from it. */
  readonly secretPrefix: string;
  readonly service: string;
  readonly terminator: string;
  /** What the names of its own headers begin with. */
  readonly headerPrefix: string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html; R2, MinIO and radosgw take the same. */
export const AMAZON: S3Family = {
  algorithm: "AWS4-HMAC-SHA256",
  secretPrefix: "AWS4",
  service: "s3",
  terminator: "aws4_request",
  headerPrefix: "x-amz-",
};

/**
 * https://docs.cloud.google.com/storage/docs/authentication/signatures: the same key works for both spellings, and the
 * algorithm says which family of headers follows. Google refuses a request that has headers of both ("Requests cannot specify
 * both x-amz and x-goog headers", code ExcessHeaderValues) and ignores If-None-Match and If-Match on a write, so a condition
 * by generation can only be signed in Google's own spelling.
 */
export const GOOGLE: S3Family = {
  algorithm: "GOOG4-HMAC-SHA256",
  secretPrefix: "GOOG4",
  service: "storage",
  terminator: "goog4_request",
  headerPrefix: "x-goog-",
};

export interface UnsignedRequest {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case; all of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/**
 * The headers to send: those of the request, the date, the digest of the body (the service refuses any other bytes), and
 * Authorization. The path and the query are taken as they are written, so they must be encoded by RFC 3986 already.
 * @param now epoch milliseconds
 */
export function signRequest(
  { method, url, headers, body }: UnsignedRequest,
  credentials: S3Credentials,
  family: S3Family,
  region: string,
  now: number,
): Record<string, string> {
  const { algorithm, secretPrefix, service, terminator, headerPrefix } = family;
  const date = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const payload = digestOf(body);
  const sent: Record<string, string> = {
    ...headers,
    [`${headerPrefix}date`]: date,
    [`${headerPrefix}content-sha256`]: payload,
    ...(credentials.sessionToken !== undefined && {
      [`${headerPrefix}security-token`]: credentials.sessionToken,
    }),
  };
  const signed = Object.entries({ ...sent, host: url.host }).sort(([one], [other]) => (one < other ? -1 : 1));
  const signedNames = signed.map(([name]) => name).join(";");
  const canonicalRequest = [
    method,
    url.pathname,
    toCanonicalQuery(url.search),
    ...signed.map(([name, value]) => `${name}:${value.trim().replace(/\s+/g, " ")}`),
    "",
    signedNames,
    payload,
  ].join("\n");

  const scope = [date.slice(0, 8), region, service, terminator];
  const toSign = [algorithm, date, scope.join("/"), digestOf(canonicalRequest)].join("\n");
  let key: string | Buffer = secretPrefix + credentials.secretAccessKey;
  for (const part of scope) key = createHmac("sha256", key).update(part).digest();
  const signature = createHmac("sha256", key).update(toSign).digest("hex");
  const credential = `${credentials.accessKeyId}/${scope.join("/")}`;
  return {
    ...sent,
    authorization: `${algorithm} Credential=${credential},SignedHeaders=${signedNames},Signature=${signature}`,
  };
}

/** Sorted, and a parameter without a value written as an empty one. */
function toCanonicalQuery(search: string): string {
  return search
    .slice(1)
    .split("&")
    .filter((it) => it !== "")
    .map((it) => (it.includes("=") ? it : `${it}=`))
    .sort()
    .join("&");
}

/** A query by RFC 3986, `?` included; empty when there are no parameters. */
export function toQuery(parameters: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(parameters).map(([name, value]) =>
    value === "" ? encode(name) : `${encode(name)}=${encode(value)}`,
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
