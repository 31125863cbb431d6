import { ClientError } from "../error.ts";
import type { Fetch, FetchOptions, FetchResult } from "../ports.ts";

export interface HttpFetchOptions {
  /** The edge's address, such as `https://gifts.example.com/`. */
  readonly baseUrl: string;
  /**
   * Send If-None-Match by hand. Right outside browsers; in a browser it would cost a CORS preflight on every poll, and the
   * browser's own cache revalidates without it.
   */
  readonly sendEtag?: boolean;
  readonly timeoutMilliseconds?: number;
  readonly fetch?: typeof globalThis.fetch;
}

/** Reads the published repository over HTTP, with a length limit that holds while the body still arrives. */
export function httpFetch(options: HttpFetchOptions): Fetch {
  const { baseUrl, sendEtag = false, timeoutMilliseconds = 10_000, fetch = globalThis.fetch } = options;
  const base = baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`;
  return async (key, wanted) => {
    const url = base + key;
    try {
      const response = await fetch(url, {
        cache: wanted.revalidate ? "no-cache" : "default",
        headers: sendEtag && wanted.etag !== undefined ? { "if-none-match": wanted.etag } : {},
        signal: AbortSignal.timeout(timeoutMilliseconds),
      });
      return await toResult(url, response, wanted);
    } catch (cause) {
      if (cause instanceof ClientError) throw cause;
      throw new ClientError("network", `${url} did not answer`, { cause });
    }
  };
}

async function toResult(url: string, response: Response, wanted: FetchOptions): Promise<FetchResult> {
  if (response.status === 304 && wanted.etag !== undefined) return { kind: "not_modified" };
  if (response.status === 404) {
    await response.body?.cancel();
    return { kind: "missing" };
  }
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new ClientError("network", `${url} answered ${response.status}`);
  }
  const etag = response.headers.get("etag");
  const bytes = await readLimited(url, response, wanted.maxBytes);
  return { kind: "body", bytes, ...(etag !== null && { etag }) };
}

async function readLimited(url: string, response: Response, maxBytes: number): Promise<Uint8Array> {
  const tooLarge = () => new ClientError("too_large", `${url} is longer than ${maxBytes} bytes`);
  if (
    Number(response.headers.get("content-length") ?? 0) > maxBytes &&
    !response.headers.has("content-encoding")
  ) {
    await response.body?.cancel();
    throw tooLarge();
  }
  const reader = response.body?.getReader();
  if (!reader) return new Uint8Array(await response.arrayBuffer());
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.length;
    if (length > maxBytes) {
      await reader.cancel();
      throw tooLarge();
    }
    chunks.push(next.value);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
