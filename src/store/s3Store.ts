import { GiftError } from "../report/error.ts";
import { headersOf } from "../wire/keys.ts";
import { checkKey, isKey } from "./checkKey.ts";
import { type S3Options, toBucketUrl, toPlace } from "./s3Address.ts";
import { type S3Answer, s3Client, type S3Ports, type S3Request, systemPorts } from "./s3Client.ts";
import { type Conditions, generation, plainEtag, quotedEtag } from "./s3Conditions.ts";
import { type CredentialSource, s3Credentials } from "./s3Credentials.ts";
import { codeOf, toS3Error } from "./s3Errors.ts";
import { PART_SIZES, type PartSizes, putMultipart } from "./s3Multipart.ts";
import { PROBE_KEY, probeConditions } from "./s3Probe.ts";
import { parseListPage } from "./s3Xml.ts";
import type { Store, Stored, Tag } from "./store.ts";

/**
 * A bucket that speaks S3: AWS S3, Cloudflare R2, MinIO, Ceph, or Google Cloud Storage (`conditions: generation`). Credentials
 * come from the variables, or from the platform. Tags are ETags without quotes, or generations.
 *
 * A conditional write whose answer was lost is sent again under the same condition, so it happens once at most; what then says
 * "refused" is settled by reading: our very bytes there mean that we wrote them. Other bytes mean null, whether somebody was
 * first or has built on ours since, and whoever gets null reads again.
 */
export function s3Store(
  options: S3Options,
  variables: NodeJS.ProcessEnv,
  ports: S3Ports = systemPorts,
  credentials: CredentialSource = s3Credentials(variables),
  { fromBytes, partBytes }: PartSizes = PART_SIZES,
): Store {
  checkPrefix(options.prefix);
  const send = s3Client(options, credentials, ports);
  const ways = options.conditions === "generation" ? [generation] : [quotedEtag, plainEtag];
  const place = toPlace(options);
  const tagOf = ways[0]?.tagOf ?? quotedEtag.tagOf;
  const fail = (request: S3Request, answer: S3Answer) =>
    toS3Error(
      { name: place, words: options.conditions === "generation" ? "google" : "amazon" },
      request,
      answer,
    );

  const get = async (key: string): Promise<Stored | null> => {
    const request: S3Request = { operation: "get", method: "GET", key: checkKey(key) };
    const answer = await send(request);
    const tag = tagOf(answer.headers);
    if (answer.status === 200 && tag !== null) return { bytes: answer.body, tag };
    // Any other 404 is that of a missing bucket, or of a server that is no store.
    if (answer.status === 404 && codeOf(answer) === "NoSuchKey") return null;
    throw fail(request, answer);
  };

  const head: Store["head"] = async (key) => {
    const request: S3Request = { operation: "head", method: "HEAD", key: checkKey(key) };
    const answer = await send(request);
    if (answer.status === 404) return null;
    const length = answer.headers.get("content-length");
    if (answer.status === 200 && length !== null) return { bytes: Number(length) };
    // An answer to HEAD has no body that would say why; the same question as GET has.
    const why = await send({ ...request, method: "GET", headers: { range: "bytes=0-0" } });
    throw fail(request, why.status >= 300 ? why : answer);
  };

  /** One PUT under a condition: the answer that accepted it, or the one that refused it. */
  const write = async (
    key: string,
    body: Uint8Array,
    condition: Readonly<Record<string, string>>,
  ): Promise<S3Answer & { readonly isAccepted: boolean }> => {
    const request: S3Request = {
      operation: "put",
      method: "PUT",
      key,
      headers: { ...toHeaders(key), ...condition },
      body,
    };
    const answer = await send(request);
    if (answer.status === 200) return { ...answer, isAccepted: true };
    // AWS says NoSuchKey to If-Match where there is nothing.
    const isRefused = answer.status === 412 || (answer.status === 404 && codeOf(answer) === "NoSuchKey");
    if (!isRefused) throw fail(request, answer);
    return { ...answer, isAccepted: false };
  };

  /** The tag of our value, if it is ours that is there. */
  const settle = async (key: string, bytes: Uint8Array): Promise<Tag | null> => {
    const present = await get(key);
    return present && Buffer.from(bytes).equals(present.bytes) ? present.tag : null;
  };

  const writeIf = async (
    key: string,
    bytes: Uint8Array,
    condition: Readonly<Record<string, string>>,
  ): Promise<Tag | null> => {
    const { isAccepted, isInDoubt, headers } = await write(key, bytes, condition);
    if (isAccepted) return tagOf(headers) ?? settle(key, bytes);
    return isInDoubt ? settle(key, bytes) : null;
  };

  let probed: Promise<Conditions> | undefined;
  /** Asked before the first write of a process; most often that is one small read. */
  const conditions = (): Promise<Conditions> =>
    (probed ??= probeConditions(
      {
        read: () => get(PROBE_KEY),
        write: async (bytes, condition) => (await write(PROBE_KEY, bytes, condition)).isAccepted,
      },
      ways,
      toBucketUrl(options),
      place,
    ).catch((error: unknown) => {
      probed = undefined;
      throw error;
    }));

  return {
    get,
    head,
    putIfAbsent: async (key, bytes) => {
      checkKey(key);
      const { absent } = await conditions();
      // Google takes 5 TiB in one request, and no condition at the end of several.
      if (bytes.length < fromBytes || options.conditions === "generation")
        return (await writeIf(key, bytes, absent)) !== null;
      if (await head(key)) return false;
      const outcome = await putMultipart(send, fail, key, bytes, toHeaders(key), absent, partBytes);
      return outcome === "doubtful" ? (await settle(key, bytes)) !== null : outcome === "written";
    },
    replace: async (key, bytes, expected) => {
      checkKey(key);
      const { absent, match } = await conditions();
      const condition = expected === null ? absent : match(expected);
      return condition && writeIf(key, bytes, condition);
    },
    list: async (prefix) => {
      const keys: string[] = [];
      const before = options.prefix ?? "";
      for (let next: string | null = ""; next !== null; ) {
        const request: S3Request = {
          operation: "list",
          method: "GET",
          key: "",
          query: {
            "list-type": "2",
            "encoding-type": "url",
            prefix: before + prefix,
            ...(next !== "" && { "continuation-token": next }),
          },
        };
        const answer = await send(request);
        if (answer.status !== 200) throw fail(request, answer);
        const page = parseListPage(answer.body.toString());
        keys.push(
          ...page.keys.filter((key) => key.startsWith(before)).map((key) => key.slice(before.length)),
        );
        next = page.next;
      }
      // Others may keep things in the bucket that are no keys of ours, and the driver's own note is nobody's value.
      return keys.filter((key) => isKey(key) && key !== PROBE_KEY).sort();
    },
    delete: async (key) => {
      const request: S3Request = { operation: "delete", method: "DELETE", key: checkKey(key) };
      const answer = await send(request);
      const isGone =
        answer.status === 204 ||
        answer.status === 200 ||
        (answer.status === 404 && codeOf(answer) === "NoSuchKey");
      if (!isGone) throw fail(request, answer);
    },
  };
}

/** A prefix with dots would lead out of the bucket: an address is tidied up before it is asked. */
function checkPrefix(prefix = ""): void {
  if (prefix === "" || isKey(prefix.replace(/\/$/, ""))) return;
  throw new GiftError(
    "ENVIRONMENT_BROKEN",
    `"${prefix}" cannot be the prefix of a bucket's keys`,
    "write the store's prefix in the environment's file without parts that begin with a dot",
  );
}

function toHeaders(key: string): Record<string, string> {
  const { contentType, cacheControl } = headersOf(key);
  return { "content-type": contentType, "cache-control": cacheControl };
}
