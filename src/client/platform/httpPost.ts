/** What became of a batch. */
export type PostResult =
  | { readonly kind: "taken" }
  /** It will never be taken as it is. */
  | { readonly kind: "refused" }
  | { readonly kind: "later"; readonly afterMilliseconds?: number };

/** Posts one batch, as JSON. `isLast`: the app goes away, so the request must outlive it. */
export type PostBatch = (body: string, isLast: boolean) => Promise<PostResult>;

export interface HttpPostOptions {
  /** The collector's address for beacons, such as `https://beacons.example.com/v1/beacons`. */
  readonly url: string;
  readonly timeoutMilliseconds?: number;
  readonly fetch?: typeof globalThis.fetch;
}

/** Posts over HTTP; 429, 5xx and no answer mean later, as `Retry-After` (RFC 9110 section 10.2.3) says. */
export function httpPost({
  url,
  timeoutMilliseconds = 10_000,
  fetch = globalThis.fetch,
}: HttpPostOptions): PostBatch {
  return async (body, isLast) => {
    try {
      const response = await fetch(url, {
        method: "POST",
        body,
        // A plain text needs no question beforehand (CORS preflight), which would double the requests.
        headers: { "content-type": "text/plain" },
        credentials: "omit",
        keepalive: isLast,
        signal: AbortSignal.timeout(timeoutMilliseconds),
      });
      await response.body?.cancel();
      if (response.ok) return { kind: "taken" };
      if (response.status !== 429 && response.status < 500) return { kind: "refused" };
      const afterMilliseconds = parseRetryAfter(response);
      return { kind: "later", ...(afterMilliseconds !== null && { afterMilliseconds }) };
    } catch {
      return { kind: "later" };
    }
  };
}

/** Seconds, or a date; the server's own clock is what the date is compared with. */
function parseRetryAfter({ headers }: Response): number | null {
  const text = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return 1_000 * Number(text);
  const milliseconds = Date.parse(text) - Date.parse(headers.get("date") ?? "");
  return Number.isNaN(milliseconds) ? null : Math.max(0, milliseconds);
}
