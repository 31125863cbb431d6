import { createHash } from "node:crypto";
import { explainError, GiftError } from "../report/error.ts";
import type { S3Options } from "./s3Address.ts";
import { toBucketUrl, toPlace } from "./s3Address.ts";
import type { CredentialSource } from "./s3Credentials.ts";
import { codeOf } from "./s3Errors.ts";
import { AMAZON, GOOGLE, type S3Credentials, signRequest, toQuery } from "./s3Sign.ts";

export type S3Operation = "get" | "head" | "put" | "list" | "delete";

export interface S3Request {
  /** What is done, for errors that name a permission. */
  readonly operation: S3Operation;
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Without the prefix; empty for the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  /** An earlier try may have been carried out: its answer was lost. */
  readonly isInDoubt: boolean;
}

export type S3Send = (request: S3Request) => Promise<S3Answer>;

/** The world as the client sees it; tests bring their own. */
export interface S3Ports {
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** How long a service may be silent within one try; larger bodies get more. */
  readonly silenceMilliseconds: number;
}

export const systemPorts: S3Ports = {
  fetch: (url, init) => globalThis.fetch(url, init),
  now: Date.now,
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  random: Math.random,
  silenceMilliseconds: 15_000,
};

/** No further try begins later than this after the first. */
const PATIENCE_MILLISECONDS = 60_000;
const FIRST_DELAY_MILLISECONDS = 100;
const LONGEST_DELAY_MILLISECONDS = 10_000;
/** The slowest line that an upload is given the time for. */
const SLOWEST_BYTES_PER_SECOND = 65_536;

/** Codes that AWS documents as passing, with a status that says otherwise. The last three: bytes were damaged on their way. */
const PASSING_CODES = [
  "OperationAborted",
  "ConditionalRequestConflict",
  "RequestTimeout",
  "BadDigest",
  "XAmzContentSHA256Mismatch",
  "IncompleteBody",
];

/**
 * Sends signed requests, again when the failure may pass: full jitter (a random delay below a doubling limit, so that many
 * clients do not come back together; https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter), or as
 * late as the service asks for. Gives every other answer back as it is.
 * @throws GiftError `STORE_UNREACHABLE` when patience ends, or as the credentials do
 */
export function s3Client(options: S3Options, credentials: CredentialSource, ports: S3Ports): S3Send {
  const family = options.conditions === "generation" ? GOOGLE : AMAZON;
  const bucketUrl = toBucketUrl(options);

  const ask = async (request: S3Request, signer: S3Credentials): Promise<Omit<S3Answer, "isInDoubt">> => {
    const { method, key, query = {}, headers = {}, body = new Uint8Array() } = request;
    const path = key === "" ? "/" : `/${options.prefix ?? ""}${key}`;
    const url = new URL(bucketUrl + path + toQuery(query));
    const hasBody = method === "PUT" || method === "POST";
    const unsigned = {
      method,
      url,
      // Every service compares Content-MD5 with what has arrived and refuses anything else; not all know x-amz-checksum-sha256.
      headers: hasBody
        ? { ...headers, "content-md5": createHash("md5").update(body).digest("base64") }
        : headers,
      body,
    };
    const silence = ports.silenceMilliseconds + (1000 * body.length) / SLOWEST_BYTES_PER_SECOND;
    const stop = new AbortController();
    const timer = setTimeout(
      () => stop.abort(new Error(`silent for ${Math.round(silence / 1000)} s`)),
      silence,
    );
    try {
      const response = await ports.fetch(url, {
        method,
        headers: {
          ...signRequest(unsigned, signer, family, options.region, ports.now()),
          // The value as it is stored: a compressed one would have another ETag.
          "accept-encoding": "identity",
        },
        ...(hasBody && { body: toBody(body) }),
        redirect: "manual",
        signal: stop.signal,
      });
      const bytes = await readBody(response, () => timer.refresh());
      const status = method === "POST" && response.ok ? statusOfBody(bytes) : response.status;
      return { status, headers: response.headers, body: bytes };
    } finally {
      clearTimeout(timer);
    }
  };

  return async (request) => {
    const started = ports.now();
    let isInDoubt = false;
    for (let tries = 1; ; tries++) {
      const signer = await credentials();
      const answer = await ask(request, signer).catch((error: unknown) => hide(explainError(error), signer));
      if (typeof answer !== "string" && !isPassing(answer))
        return { ...withoutSecrets(answer, signer), isInDoubt };
      // A refusal by 4xx did nothing; after silence or a 5xx nobody knows.
      isInDoubt ||= typeof answer === "string" || answer.status >= 500;
      const jitter =
        ports.random() * Math.min(LONGEST_DELAY_MILLISECONDS, FIRST_DELAY_MILLISECONDS * 2 ** (tries - 1));
      const delay = Math.max(
        jitter,
        typeof answer === "string" ? 0 : retryAfter(answer.headers, ports.now()),
      );
      const waited = ports.now() - started;
      if (waited + delay > PATIENCE_MILLISECONDS)
        throw new GiftError(
          "STORE_UNREACHABLE",
          `${toPlace(options)} did not take ${request.method} ${request.key === "" ? "for the list of keys" : request.key} ` +
            `in ${tries} tries over ${Math.round(waited / 1000)} s; the last: ` +
            (typeof answer === "string" ? answer : `${answer.status} ${codeOf(answer)}`.trim()),
          "check the network and the service's status page, then run the command again: nothing is written twice",
        );
      await ports.sleep(delay);
    }
  };
}

/**
 * The end of a multipart upload takes long, so AWS answers 200 before it knows, and may then write an error.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
function statusOfBody(body: Buffer): number {
  if (!/<Error[\s>]/.test(body.toString("utf8", 0, 1000))) return 200;
  const statuses: Readonly<Record<string, number>> = { PreconditionFailed: 412, NoSuchUpload: 404 };
  return statuses[codeOf({ body })] ?? 500;
}

/** The same bytes as fetch wants to see them: it takes no shared memory. */
function toBody(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}

async function readBody(response: Response, onProgress: () => void): Promise<Buffer> {
  if (!response.body) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    chunks.push(value);
    onProgress();
  }
}

function isPassing(answer: Pick<S3Answer, "status" | "body">): boolean {
  const { status } = answer;
  // 501 is for what a service cannot do, and will not be able to in a minute.
  if ((status >= 500 && status !== 501) || status === 429 || status === 408) return true;
  return (status === 400 || status === 409) && PASSING_CODES.includes(codeOf(answer));
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function retryAfter(headers: Headers, now: number): number {
  const value = headers.get("retry-after") ?? "";
  if (/^\d+$/.test(value)) return 1000 * Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}

/** Some services repeat in an error what they were sent. */
function withoutSecrets<T extends Pick<S3Answer, "status" | "body">>(answer: T, signer: S3Credentials): T {
  return answer.status < 300
    ? answer
    : { ...answer, body: Buffer.from(hide(answer.body.toString(), signer)) };
}

function hide(text: string, { accessKeyId, secretAccessKey, sessionToken }: S3Credentials): string {
  return [sessionToken, secretAccessKey, accessKeyId].reduce<string>(
    (hidden, secret) => (secret === undefined ? hidden : hidden.replaceAll(secret, "***")),
    text,
  );
}
