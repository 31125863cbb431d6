import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { S3Options } from "../../src/store/s3Address.ts";
import { type Account, checkSignature } from "./verifySignature.ts";

/**
 * How the double takes conditions on a write: as AWS documents it, as radosgw does (the ETag without quotes), by generation as
 * Google documents it, or not at all, and with If-None-Match alone.
 */
export type Dialect =
  | "quoted"
  | "plain"
  | "generation"
  | "ignores all"
  | "ignores If-Match"
  | "refuses If-Match";

/** What happens to one request instead of its answer. */
export type Fault =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly code?: string;
      readonly headers?: Record<string, string>;
    }
  /** Nothing is done, and nothing is said. */
  | { readonly kind: "hang" }
  /** Nothing is done, and the connection ends. */
  | { readonly kind: "cut" }
  /** It is done, and the connection ends before anybody hears of it. */
  | { readonly kind: "lost" }
  /** It is done, and the answer is 500. */
  | { readonly kind: "denied knowledge" }
  /** It is done, and half of the answer's body arrives. */
  | { readonly kind: "half" };

export interface Kept {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly generation: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface S3Double {
  readonly options: S3Options;
  readonly account: Account;
  /** What is kept, by key with its prefix. */
  readonly objects: Map<string, Kept>;
  /** Such as `PUT metadata/timestamp.json 200`; 0 where the connection ended. */
  readonly requests: string[];
  /** Parts of uploads that were neither completed nor aborted. */
  openUploads(): number;
  /** The next requests that the pattern matches (`METHOD key?query`) meet these faults, one each. */
  fail(pattern: RegExp, ...faults: Fault[]): void;
  /** From now on the account may not do this. */
  deny(...permissions: string[]): void;
  close(): Promise<void>;
}

export interface DoubleOptions {
  readonly dialect?: Dialect;
  readonly prefix?: string;
  readonly account?: Account;
  readonly pageSize?: number;
  /** AWS has 5 MiB; a small one keeps a test fast. */
  readonly minPartBytes?: number;
  /** As R2 does. */
  readonly refusesConditionalComplete?: boolean;
  /** As radosgw does. */
  readonly ignoresConditionalComplete?: boolean;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

const BUCKET = "acme-gifts";
const REGION = "ap-southeast-1";
const KNOWN_HEADERS =
  /^x-(amz|goog)-(date|content-sha256|security-token)$|^x-goog-if-generation-match$|^(?!x-(amz|goog)-)/;

type Reply = { status: number; headers?: Record<string, string>; body?: string | Buffer };

/**
 * A strict stand-in for an S3 service, in this process, over real HTTP. It does what these pages say and refuses what they do not
 * have: API_PutObject, API_GetObject, API_HeadObject, API_DeleteObject, API_ListObjectsV2, API_CreateMultipartUpload,
 * API_UploadPart, API_CompleteMultipartUpload and API_AbortMultipartUpload in
 * https://docs.aws.amazon.com/AmazonS3/latest/API/, ErrorResponses there, and for Google
 * https://docs.cloud.google.com/storage/docs/xml-api/reference-headers. The real radosgw passes the same suite.
 */
export async function startS3Double(given: DoubleOptions = {}): Promise<S3Double> {
  const {
    dialect = "quoted",
    prefix,
    pageSize = 1000,
    minPartBytes = 5 * 1024 * 1024,
    now = Date.now,
  } = given;
  const account = given.account ?? {
    accessKeyId: "AKIAEXAMPLEACCOUNT",
    secretAccessKey: "example/Secret+Key",
  };
  const objects = new Map<string, Kept>();
  const uploads = new Map<
    string,
    { key: string; headers: Record<string, string>; parts: Map<number, Kept> }
  >();
  const requests: string[] = [];
  const faults: { pattern: RegExp; fault: Fault }[] = [];
  const denied = new Set<string>();
  let lastGeneration = 1_700_000_000_000_000;

  const keep = (bytes: Buffer, headers: Record<string, string>, etag = md5(bytes, "hex")): Kept => ({
    bytes,
    etag,
    generation: String(++lastGeneration),
    headers,
  });

  const isRefused = (request: IncomingMessage, key: string): Reply | null => {
    const present = objects.get(key);
    const noneMatch = request.headers["if-none-match"];
    const match = request.headers["if-match"];
    const generation = request.headers["x-goog-if-generation-match"];
    if (dialect === "ignores all") return null;
    if (dialect === "generation") {
      // Google ignores ETags on writes.
      if (generation === undefined) return null;
      if (!/^\d+$/.test(String(generation))) return failure(400, "InvalidArgument");
      return generation === (present?.generation ?? "0") ? null : failure(412, "PreconditionFailed");
    }
    if (generation !== undefined) return failure(400, "InvalidArgument");
    if (noneMatch !== undefined && noneMatch !== "*") return failure(501, "NotImplemented");
    if (noneMatch === "*" && present) return failure(412, "PreconditionFailed");
    if (match === undefined || dialect === "ignores If-Match") return null;
    if (dialect === "refuses If-Match") return failure(412, "PreconditionFailed");
    if (!present) return dialect === "plain" ? failure(412, "PreconditionFailed") : failure(404, "NoSuchKey");
    const expected = dialect === "plain" ? present.etag : `"${present.etag}"`;
    return match === expected ? null : failure(412, "PreconditionFailed");
  };

  const isAllowed = (permission: string): boolean => !denied.has(permission);
  const missing = (code: string): Reply =>
    isAllowed("s3:ListBucket") ? failure(404, code) : failure(403, "AccessDenied");

  const act = (request: IncomingMessage, key: string, query: URLSearchParams, body: Buffer): Reply => {
    const names = [...query.keys()].sort().join("&");
    switch (`${request.method} ${key === "" ? "bucket" : "key"} ${names}`) {
      case "GET key ":
      case "HEAD key ": {
        if (!isAllowed("s3:GetObject")) return failure(403, "AccessDenied");
        const present = objects.get(key);
        return present
          ? { status: 200, headers: headersOf(present), body: present.bytes }
          : missing("NoSuchKey");
      }
      case "PUT key ": {
        if (!isAllowed("s3:PutObject")) return failure(403, "AccessDenied");
        const refused = isRefused(request, key);
        if (refused) return refused;
        const kept = keep(body, contentHeaders(request));
        objects.set(key, kept);
        return { status: 200, headers: { etag: `"${kept.etag}"`, ...generationOf(kept) } };
      }
      case "DELETE key ":
        if (!isAllowed("s3:DeleteObject")) return failure(403, "AccessDenied");
        if (!objects.delete(key) && dialect === "generation") return failure(404, "NoSuchKey");
        return { status: 204 };
      case "GET bucket encoding-type&list-type&prefix":
      case "GET bucket continuation-token&encoding-type&list-type&prefix":
        if (!isAllowed("s3:ListBucket")) return failure(403, "AccessDenied");
        return list(query);
      case "POST key uploads": {
        if (!isAllowed("s3:PutObject")) return failure(403, "AccessDenied");
        const id = `${randomUUID()}~+/=`;
        uploads.set(id, { key, headers: contentHeaders(request), parts: new Map() });
        return xml(200, "InitiateMultipartUploadResult", `<UploadId>${id}</UploadId>`);
      }
      case "PUT key partNumber&uploadId": {
        const upload = uploads.get(query.get("uploadId") ?? "");
        if (upload?.key !== key) return failure(404, "NoSuchUpload");
        const part = keep(body, {});
        upload.parts.set(Number(query.get("partNumber")), part);
        return { status: 200, headers: { etag: `"${part.etag}"` } };
      }
      case "POST key uploadId":
        return complete(request, key, query.get("uploadId") ?? "", body);
      case "DELETE key uploadId":
        return uploads.delete(query.get("uploadId") ?? "") ? { status: 204 } : failure(404, "NoSuchUpload");
      default:
        return failure(501, "NotImplemented");
    }
  };

  const list = (query: URLSearchParams): Reply => {
    if (query.get("list-type") !== "2" || query.get("encoding-type") !== "url")
      return failure(501, "NotImplemented");
    const after = Buffer.from(query.get("continuation-token") ?? "", "base64").toString();
    const keys = [...objects.keys()]
      .filter((key) => key.startsWith(query.get("prefix") ?? "") && key > after)
      .sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    const page = keys.slice(0, pageSize);
    const isTruncated = keys.length > page.length;
    return xml(
      200,
      "ListBucketResult",
      [
        `<Name>${BUCKET}</Name><KeyCount>${page.length}</KeyCount><IsTruncated>${isTruncated}</IsTruncated>`,
        ...page.map(
          (key) =>
            `<Contents><Key>${encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+")}</Key><Size>1</Size></Contents>`,
        ),
        ...(isTruncated
          ? [
              `<NextContinuationToken>${Buffer.from(page.at(-1) ?? "").toString("base64")}</NextContinuationToken>`,
            ]
          : []),
      ].join(""),
    );
  };

  const complete = (request: IncomingMessage, key: string, id: string, body: Buffer): Reply => {
    const upload = uploads.get(id);
    if (upload?.key !== key) return failure(404, "NoSuchUpload");
    const isConditional = request.headers["if-none-match"] !== undefined;
    if (isConditional && given.refusesConditionalComplete) return failure(501, "NotImplemented");
    const refused = isConditional && given.ignoresConditionalComplete ? null : isRefused(request, key);
    if (refused) return refused;
    const named = [
      ...body.toString().matchAll(/<Part><PartNumber>(\d+)<\/PartNumber><ETag>([^<]*)<\/ETag><\/Part>/g),
    ];
    const parts: Kept[] = [];
    for (const [at, [, number, etag]] of named.entries()) {
      const part = upload.parts.get(Number(number));
      if (Number(number) !== at + 1) return failure(400, "InvalidPartOrder");
      if (!part || `"${part.etag}"` !== etag?.replaceAll("&quot;", '"')) return failure(400, "InvalidPart");
      if (part.bytes.length < minPartBytes && at < named.length - 1) return failure(400, "EntityTooSmall");
      parts.push(part);
    }
    if (parts.length === 0) return failure(400, "MalformedXML");
    const tags = Buffer.concat(parts.map((it) => Buffer.from(it.etag, "hex")));
    const whole = Buffer.concat(parts.map((it) => it.bytes));
    const kept = keep(whole, upload.headers, `${md5(tags, "hex")}-${parts.length}`);
    objects.set(key, kept);
    uploads.delete(id);
    return xml(
      200,
      "CompleteMultipartUploadResult",
      `<Key>${key}</Key><ETag>&quot;${kept.etag}&quot;</ETag>`,
    );
  };

  const reply = async (request: IncomingMessage, key: string, url: URL, body: Buffer): Promise<Reply> => {
    const { method = "", headers } = request;
    const refused = await checkSignature(
      { method, url: request.url ?? "", headers, body },
      [account],
      REGION,
      now(),
    );
    if (refused)
      return failure(
        refused === "XAmzContentSHA256Mismatch" || refused === "ExcessHeaderValues" ? 400 : 403,
        refused,
      );
    const unknown = Object.keys(headers).find((name) => !KNOWN_HEADERS.test(name));
    if (unknown !== undefined) return failure(501, "NotImplemented");
    if ((method === "PUT" || method === "POST") && headers["content-length"] === undefined)
      return failure(411, "MissingContentLength");
    const checksum = headers["content-md5"];
    if (checksum !== undefined && checksum !== md5(body, "base64")) return failure(400, "BadDigest");
    if (!url.pathname.startsWith(`/${BUCKET}/`)) return failure(404, "NoSuchBucket");
    return act(request, key, url.searchParams, body);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const url = new URL(request.url ?? "", "http://double");
    const key = decodeURIComponent(url.pathname.slice(BUCKET.length + 2));
    const name = `${request.method} ${key}`;
    const at = faults.findIndex((it) => it.pattern.test(`${name}${url.search}`));
    const fault = at < 0 ? undefined : faults.splice(at, 1)[0]?.fault;
    const isDone = !fault || ["lost", "denied knowledge", "half"].includes(fault.kind);
    const answer = isDone ? await reply(request, key, url, Buffer.concat(chunks)) : { status: 0 };
    const { status, headers, body } =
      fault?.kind === "status"
        ? { ...failure(fault.status, fault.code ?? "InternalError"), headers: fault.headers ?? {} }
        : fault?.kind === "denied knowledge"
          ? failure(500, "InternalError")
          : answer;
    requests.push(`${name} ${fault?.kind === "cut" || fault?.kind === "lost" ? 0 : status}`);
    if (fault?.kind === "hang") return;
    if (fault?.kind === "cut" || fault?.kind === "lost") {
      request.socket.destroy();
      return;
    }
    const bytes = Buffer.from(body ?? "");
    response.writeHead(status, {
      ...headers,
      ...(status !== 204 && { "content-length": String(bytes.length) }),
    });
    if (request.method === "HEAD") response.end();
    else if (fault?.kind === "half")
      response.write(bytes.subarray(0, bytes.length / 2), () => request.socket.destroy());
    else response.end(bytes);
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a listening server has a port");

  return {
    options: {
      bucket: BUCKET,
      region: REGION,
      endpoint: `http://127.0.0.1:${address.port}`,
      ...(prefix !== undefined && { prefix }),
      ...(dialect === "generation" && { conditions: "generation" }),
    },
    account,
    objects,
    requests,
    openUploads: () => uploads.size,
    fail: (pattern, ...several) => faults.push(...several.map((fault) => ({ pattern, fault }))),
    deny: (...permissions) => permissions.forEach((it) => denied.add(it)),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };

  function headersOf(kept: Kept): Record<string, string> {
    return { ...kept.headers, etag: `"${kept.etag}"`, ...generationOf(kept) };
  }

  function generationOf(kept: Kept): Record<string, string> {
    return dialect === "generation" ? { "x-goog-generation": kept.generation } : {};
  }
}

/** The variables that a command would find the account in. */
export function variablesOf({ accessKeyId, secretAccessKey, sessionToken }: Account): NodeJS.ProcessEnv {
  return {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
  };
}

function contentHeaders({ headers }: IncomingMessage): Record<string, string> {
  return {
    "content-type": headers["content-type"] ?? "binary/octet-stream",
    ...(headers["cache-control"] !== undefined && { "cache-control": headers["cache-control"] }),
  };
}

function failure(status: number, code: string): Reply {
  return {
    status,
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}, says the double</Message></Error>`,
  };
}

function xml(status: number, root: string, content: string): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`;
  return { status, headers: { "content-type": "application/xml" }, body };
}

function md5(bytes: Buffer, encoding: "hex" | "base64"): string {
  return createHash("md5").update(bytes).digest(encoding);
}
