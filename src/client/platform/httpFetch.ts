import { ClientError } from "../error.ts";
import type { Fetch, FetchOptions, FetchResult, Timers } from "../ports.ts";
import { platformTimers } from "./platformTimers.ts";

export interface HttpFetchOptions {
  /** The edge's address, such as `https://gifts.example.com/`. It answers itself: a redirect is no answer. */
  readonly baseUrl: string;
  /**
   * Send If-None-Match by hand. Right outside browsers; in a browser it would cost a CORS preflight on every poll, and the
   * browser's own cache revalidates without it.
   */
  readonly sendEtag?: boolean;
  /** For the whole answer, however well it comes. What came of an object until then is not lost. */
  readonly timeoutMilliseconds?: number;
  /** How long nothing at all may come, at the beginning or between two pieces. */
  readonly silenceMilliseconds?: number;
  /** An answer that is slower, once it is older than the silence that it may have, is given up: it would drip for ever. */
  readonly minBytesPerSecond?: number;
  readonly timers?: Timers;
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * Reads the published repository over HTTP, with limits of length and time that hold while the body still arrives.
 *
 * Redirects are not followed. Who configures an address gives the one that answers; anybody else who redirects, such as a
 * hotel's login page or whoever took over one edge, would send every device wherever he likes, into its own network too,
 * before a hash is compared. Browsers do not say where a redirect leads, so there is no telling the good ones apart.
 */
export function httpFetch(options: HttpFetchOptions): Fetch {
  const { baseUrl } = options;
  const base = baseUrl.endsWith("/") ? baseUrl : `${baseUrl}/`;
  return async (key, wanted) => {
    const url = base + key;
    const limits = new Limits(options);
    try {
      const response = await limits.hold(
        (options.fetch ?? globalThis.fetch)(url, {
          cache: wanted.revalidate ? "no-cache" : "default",
          headers: headersFor(wanted, options.sendEtag ?? false),
          redirect: "error",
          signal: limits.signal,
        }),
      );
      return await toResult(url, response, wanted, limits);
    } catch (cause) {
      if (cause instanceof ClientError) throw cause;
      throw new ClientError("network", `${url} did not answer`, { cause });
    } finally {
      limits.end();
    }
  };
}

function headersFor({ etag, from = 0 }: FetchOptions, sendEtag: boolean): Record<string, string> {
  return {
    ...(sendEtag && etag !== undefined && { "if-none-match": etag }),
    ...(from > 0 && { range: `bytes=${from}-` }),
  };
}

async function toResult(
  url: string,
  response: Response,
  wanted: FetchOptions,
  limits: Limits,
): Promise<FetchResult> {
  const { status, headers } = response;
  const date = dateOf(headers);
  const refuse = (why: string) => new ClientError("network", `${url} ${why}`);
  // Some platforms know no other way than to follow.
  if (response.redirected) throw refuse(`leads elsewhere, to ${response.url}`);
  if (status === 304 && wanted.etag !== undefined) return { kind: "not_modified", ...date };
  if (status === 404) return { kind: "missing" };
  if (status !== 200 && status !== 206) throw refuse(`answered ${status}`);
  const from = status === 206 ? (wanted.from ?? 0) : 0;
  if (status === 206 && !isRangeFrom(headers, from))
    throw refuse(`answered with another part than was asked`);
  const etag = headers.get("etag");
  const bytes = await readLimited(url, response, from, wanted, limits);
  return { kind: "body", bytes, ...(from > 0 && { from }), ...(etag !== null && { etag }), ...date };
}

/** What the address's clock says now: a cache on the way hands out when the answer was made, and its age (RFC 9111 section 5.1). */
function dateOf(headers: Headers): { readonly date?: number } {
  const date = Date.parse(headers.get("date") ?? "") + 1_000 * Number(headers.get("age") ?? 0);
  return Number.isNaN(date) ? {} : { date };
}

/**
 * Whether a 206 is the file's rest from that byte on (RFC 9110 section 14.4). Where a browser keeps the field from the page
 * (CORS), it is taken for what was asked; the hash finds out. Packed bytes have other places than the file's.
 */
function isRangeFrom(headers: Headers, from: number): boolean {
  if (from === 0 || headers.has("content-encoding")) return false;
  const range = headers.get("content-range");
  if (range === null) return true;
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(range) ?? [];
  return Number(first) === from && (size === "*" || Number(last) + 1 === Number(size));
}

async function readLimited(
  url: string,
  response: Response,
  from: number,
  { maxBytes, onPiece }: FetchOptions,
  limits: Limits,
): Promise<Uint8Array> {
  const check = (end: number) => {
    if (end > maxBytes) throw new ClientError("too_large", `${url} is longer than ${maxBytes} bytes`);
  };
  const { headers, body } = response;
  if (!headers.has("content-encoding")) check(from + Number(headers.get("content-length") ?? 0));
  if (!body) {
    const bytes = new Uint8Array(await limits.hold(response.arrayBuffer()));
    check(from + bytes.length);
    return bytes;
  }
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let next = await limits.hold(reader.read()); !next.done; next = await limits.hold(reader.read())) {
    const at = from + length;
    length += next.value.length;
    check(from + length);
    limits.came(length);
    pieces.push(next.value);
    onPiece?.(next.value, at);
  }
  return joined(pieces, length);
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** The patience with one answer: for all of it, for silence, and for a drip. */
class Limits {
  readonly #abort = new AbortController();
  readonly #timers: Timers;
  readonly #silenceMilliseconds: number;
  readonly #minBytesPerSecond: number;
  readonly #started: number;
  readonly #cancelWhole: () => void;
  #cancelSilence = () => {};
  #giveUp: (why: Error) => void = () => {};
  readonly #over: Promise<never>;

  constructor({
    timeoutMilliseconds = 30_000,
    silenceMilliseconds = 10_000,
    minBytesPerSecond = 1_000,
    timers = platformTimers(),
  }: HttpFetchOptions) {
    this.#timers = timers;
    this.#silenceMilliseconds = silenceMilliseconds;
    this.#minBytesPerSecond = minBytesPerSecond;
    this.#started = timers.now();
    this.#over = new Promise((_, reject) => {
      this.#giveUp = reject;
    });
    this.#over.catch(() => {});
    this.#cancelWhole = timers.after(timeoutMilliseconds, () =>
      this.#giveUp(new Error(`it took longer than ${timeoutMilliseconds} ms`)),
    );
    this.#hear();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** What is waited for, or the end of patience: a platform may let an abort pass without a word. */
  hold<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#over]);
  }

  /** So much of the body is there. @throws Error when that is too little for the time that it took */
  came(bytes: number): void {
    this.#hear();
    const milliseconds = this.#timers.now() - this.#started;
    if (milliseconds > this.#silenceMilliseconds && bytes * 1_000 < milliseconds * this.#minBytesPerSecond)
      throw new Error(`${bytes} bytes in ${Math.round(milliseconds)} ms are too slow`);
  }

  /** Nothing more of the answer is wanted: what has not come yet never will. */
  end(): void {
    this.#cancelWhole();
    this.#cancelSilence();
    this.#abort.abort();
  }

  #hear(): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#timers.after(this.#silenceMilliseconds, () =>
      this.#giveUp(new Error(`nothing came for ${this.#silenceMilliseconds} ms`)),
    );
  }
}
