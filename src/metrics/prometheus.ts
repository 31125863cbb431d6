import { explainError, GiftError } from "../report/error.ts";
import { BrokenAnswer, parseError, parseMatrix, parseVector } from "./prometheusAnswer.ts";
import { pointsOf, seriesKey, toSelector } from "./selector.ts";
import type { MetricQuery, MetricSource, Series } from "./source.ts";

export interface PrometheusOptions {
  /** The server's address, with the path that stands before `/api/v1`. */
  readonly url: string;
  /** The environment variable that holds a bearer token. */
  readonly bearerTokenVariable?: string;
  /** Labels that every series must have besides, such as `job`. */
  readonly labels?: Readonly<Record<string, string>>;
  /** How long one request may take. */
  readonly timeoutSeconds?: number;
}

/** The world as the source sees it; tests bring their own. */
export interface PrometheusPorts {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** A larger answer is asked for in two halves. */
  readonly maxAnswerBytes: number;
}

export const systemPorts: PrometheusPorts = {
  fetch: (url, init) => globalThis.fetch(url, init),
  variables: process.env,
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  random: Math.random,
  maxAnswerBytes: 64 * 1024 * 1024,
};

const DEFAULT_TIMEOUT_SECONDS = 30;
const RETRY_MILLISECONDS = 500;
/** Prometheus refuses to answer with more of one series. */
const MAX_POINTS = 11_000;
/** So many answers that are too large, and the rest of a query is not asked for. */
const MAX_TOO_LARGE = 16;
const MAX_MESSAGE = 300;

type Answer =
  | { readonly kind: "answer"; readonly status: number; readonly type: string; readonly text: string }
  | { readonly kind: "redirect"; readonly status: number; readonly to: string }
  | { readonly kind: "too_large" };

class TooLarge extends Error {}

/**
 * Raw series of a Prometheus server, or of what speaks its HTTP API (https://prometheus.io/docs/prometheus/latest/querying/api).
 * Each request has a deadline and is sent again once when the server could not be reached or answered 5xx. What is only a part of
 * an answer is none. The token, and a user and password in the address, go to that address alone and are never in a message.
 * @throws GiftError `METRICS_REFUSED` at once for an address that is none; the others when it is read
 */
export function prometheusSource(
  options: PrometheusOptions,
  ports: PrometheusPorts = systemPorts,
): MetricSource {
  const { base, name, basic } = toAddress(options.url);
  const timeoutSeconds = options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;

  const authorization = (): string | null => {
    const variable = options.bearerTokenVariable;
    if (variable === undefined) return basic;
    const token = ports.variables[variable]?.trim() ?? "";
    const fix = `set ${variable} to a token that may read ${name}, as a secret of the workflow`;
    if (token === "")
      throw new GiftError(
        "METRICS_REFUSED",
        `${variable}, which holds the token for ${name}, is not set`,
        fix,
      );
    // Otherwise the header's own error would print it.
    if (!/^[\x21-\x7e]+$/.test(token))
      throw new GiftError("METRICS_REFUSED", `${variable} holds characters that no token has`, fix);
    return `Bearer ${token}`;
  };

  const askOnce = async (path: string, form: URLSearchParams, secret: string | null): Promise<Answer> => {
    const response = await ports.fetch(`${base}/api/v1/${path}`, {
      method: "POST",
      headers: {
        accept: "application/json",
        "content-type": "application/x-www-form-urlencoded",
        ...(secret !== null && { authorization: secret }),
      },
      body: form.toString(),
      redirect: "manual",
      signal: AbortSignal.timeout(1000 * timeoutSeconds),
    });
    const { status } = response;
    if (status >= 300 && status < 400) {
      await response.body?.cancel();
      return { kind: "redirect", status, to: toPlace(response.headers.get("location"), response.url) };
    }
    const text = await readLimited(response, ports.maxAnswerBytes);
    if (text === null) return { kind: "too_large" };
    return { kind: "answer", status, type: response.headers.get("content-type") ?? "", text };
  };

  /** The body of an answer that is one. */
  const ask = async (path: string, form: URLSearchParams): Promise<unknown> => {
    const secret = authorization();
    const hide = (text: string) => {
      const hidden = secret === null ? text : text.replaceAll(secret.replace(/^\w+ /, ""), "[hidden]");
      const line = hidden.replaceAll(/\s+/g, " ").trim();
      return line.length > MAX_MESSAGE ? `${line.slice(0, MAX_MESSAGE)}...` : line;
    };
    const unreachable = (why: string) =>
      new GiftError(
        "METRICS_UNREACHABLE",
        `${name} ${hide(why)}`,
        "check that the metric server is up and can be reached from here, then run the command again: until then the gate holds",
      );
    for (let tries = 1; ; tries++) {
      let why: string;
      try {
        const answer = await askOnce(path, form, secret);
        if (answer.kind === "too_large") throw new TooLarge();
        if (answer.kind === "redirect")
          throw new GiftError(
            "METRICS_REFUSED",
            `${name} answered ${answer.status}, a redirect to ${answer.to}`,
            "write the address that answers itself as the environment's metrics; a token is never sent on to another",
          );
        if (answer.status < 500) return toBody(answer, name, hide, options.bearerTokenVariable);
        const said = parseError(parseJson(answer.text));
        why = `answered ${answer.status}${said === null ? "" : `: ${said}`}`;
      } catch (error) {
        if (error instanceof GiftError || error instanceof TooLarge) throw error;
        // A server that is slow is not asked to do it all again.
        if (error instanceof Error && error.name === "TimeoutError")
          throw unreachable(`did not answer within ${timeoutSeconds} s`);
        why = `did not answer: ${explainError(error)}`;
      }
      if (tries === 2) throw unreachable(`${why}, twice`);
      await ports.sleep(RETRY_MILLISECONDS * (0.5 + ports.random()));
    }
  };

  const parse = <Value>(path: string, toValue: () => Value): Value => {
    try {
      return toValue();
    } catch (error) {
      if (!(error instanceof BrokenAnswer)) throw error;
      throw broken(name, `to ${path} with what cannot be used: ${error.message}`);
    }
  };

  const selectorOf = (query: MetricQuery) =>
    toSelector({ ...query, labels: { ...options.labels, ...query.labels } });

  return {
    name,
    read: async (query) => {
      let tooLarge = 0;
      const readPart = async (first: number, points: number): Promise<Series[]> => {
        const form = new URLSearchParams({
          query: selectorOf(query),
          start: String(query.startSeconds + first * query.stepSeconds),
          end: String(query.startSeconds + (first + points - 1) * query.stepSeconds),
          step: String(query.stepSeconds),
          timeout: `${timeoutSeconds}s`,
        });
        try {
          const body = await ask("query_range", form);
          return parse("query_range", () => parseMatrix(body, [query.name].flat()));
        } catch (error) {
          if (!(error instanceof TooLarge)) throw error;
          if (points === 1 || ++tooLarge > MAX_TOO_LARGE)
            throw broken(
              name,
              `with more than ${ports.maxAnswerBytes} bytes for ${points} instants of ${[query.name].flat().join(", ")}`,
            );
        }
        const half = Math.ceil(points / 2);
        return join([await readPart(first, half), await readPart(first + half, points - half)]);
      };

      const parts: Series[][] = [];
      const points = pointsOf(query);
      for (let first = 0; first < points; first += MAX_POINTS)
        parts.push(await readPart(first, Math.min(MAX_POINTS, points - first)));
      return parts.length === 1 ? (parts[0] ?? []) : join(parts);
    },
    newest: async (query) => {
      // An instant query looks back for five minutes only, and gives what it finds the time of the question. `timestamp` is the
      // sample's own, and the subquery finds it at the instants before.
      const selector = `timestamp(${selectorOf(query)})`;
      const range = Math.ceil(query.endSeconds - query.startSeconds);
      const earlier =
        range > 0 ? ` or max_over_time(${selector}[${range}s:${Math.ceil(query.stepSeconds)}s])` : "";
      const form = new URLSearchParams({
        query: selector + earlier,
        time: String(query.endSeconds),
        timeout: `${timeoutSeconds}s`,
      });
      try {
        const body = await ask("query", form);
        return parse("query", () => parseVector(body));
      } catch (error) {
        if (!(error instanceof TooLarge)) throw error;
        throw broken(
          name,
          `with more than ${ports.maxAnswerBytes} bytes for the newest samples of ${query.name}`,
        );
      }
    },
  };
}

function toBody(
  { status, type, text }: { readonly status: number; readonly type: string; readonly text: string },
  name: string,
  hide: (text: string) => string,
  variable: string | undefined,
): unknown {
  const isJson = /^application\/(?:[\w.-]+\+)?json\b/i.test(type);
  const body = isJson ? parseJson(text) : undefined;
  const said = parseError(body);
  if (status !== 200 || said !== null)
    throw new GiftError(
      "METRICS_REFUSED",
      `${name} answered ${status}${said === null ? "" : `: ${hide(said)}`}`,
      toFix(status, variable),
    );
  if (!isJson)
    throw broken(
      name,
      `with ${type === "" ? "no content type" : hide(type)} instead of JSON: is it a page to log in?`,
    );
  if (body === undefined) throw broken(name, "with JSON that breaks off or is none");
  return body;
}

function toFix(status: number, variable: string | undefined): string {
  if (status === 401 || status === 403)
    return variable === undefined
      ? "name the environment variable with a token as bearerTokenVariable of the environment's metrics"
      : `put a token that may read the server into ${variable}`;
  if (status === 404)
    return "write the address before /api/v1 as the environment's metrics: is a path missing, or is it another service?";
  if (status === 429) return "wait a little, then run the command again; or raise the server's limit";
  return "read the server's own log for this request, then run the command again: until then the gate holds";
}

function broken(name: string, what: string): GiftError {
  return new GiftError(
    "METRICS_BROKEN",
    `${name} answered ${what}`,
    "look at the environment's metrics: is it the address of a Prometheus server, and is that well? Until then the gate holds",
  );
}

/** The parts of one query, one after the other in time, as one. */
function join(parts: readonly (readonly Series[])[]): Series[] {
  const joined = new Map<string, Series[]>();
  for (const one of parts.flat()) {
    const key = seriesKey(one.name, one.labels);
    const known = joined.get(key);
    if (known) known.push(one);
    else joined.set(key, [one]);
  }
  return [...joined.values()].flatMap((same) => {
    const [first] = same;
    return first ? [{ ...first, samples: same.flatMap(({ samples }) => samples) }] : [];
  });
}

function toAddress(text: string): {
  readonly base: string;
  readonly name: string;
  readonly basic: string | null;
} {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new GiftError(
      "METRICS_REFUSED",
      "the address of the metric server is no http or https address",
      "write one such as https://prometheus.example.com/ as the environment's metrics",
    );
  const base = `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
  const user = `${decode(url.username)}:${decode(url.password)}`;
  return { base, name: base, basic: user === ":" ? null : `Basic ${Buffer.from(user).toString("base64")}` };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Where a redirect leads, without what may be secret in it. */
function toPlace(location: string | null, from: string): string {
  if (location === null || !URL.canParse(location, from)) return "nowhere";
  const { origin, pathname } = new URL(location, from);
  return origin + pathname;
}

function parseJson(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    return undefined;
  }
}

/** The text of an answer; null when it is longer. */
async function readLimited(response: Response, maxBytes: number): Promise<string | null> {
  const reader = response.body?.getReader();
  if (!reader) return "";
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    length += next.value.length;
    if (length > maxBytes) {
      await reader.cancel();
      return null;
    }
    chunks.push(next.value);
  }
  return Buffer.concat(chunks).toString("utf8");
}
