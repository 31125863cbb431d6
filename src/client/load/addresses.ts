import { ClientError } from "../error.ts";
import { platformTimers } from "../platform/platformTimers.ts";
import type { Fetch, FetchOptions, FetchResult, Timers } from "../ports.ts";

export interface AddressesOptions {
  /** The platform's own when absent. */
  readonly timers?: Timers;
  /** From 0 to below 1: spreads the rests of many devices. The platform's when absent. */
  readonly random?: () => number;
}

/** What is known of one address. */
export interface Health {
  /** Failures since its last answer. */
  readonly failures: number;
  /** Until then others are asked first. */
  readonly restsUntil: number;
  /** After how many milliseconds answers begin, the latest ones counting most; without end before the first. */
  readonly latency: number;
  /** When it was asked last, or came to be known. */
  readonly askedAt: number;
}

export function newAddress(now: number): Health {
  return { failures: 0, restsUntil: now, latency: Number.POSITIVE_INFINITY, askedAt: now };
}

const FIRST_REST_MILLISECONDS = 1_000;
const LONGEST_REST_MILLISECONDS = 300_000;
/** An address that nobody asked for so long may have become the best one. */
const FORGOTTEN_MILLISECONDS = 300_000;
/** How much the latest answer says about the next. */
const NEWEST_SHARE = 0.3;
/** Of so many keys it is remembered who answered. */
const MOST_ANSWERS = 100;

/**
 * In which order addresses are asked, as their places. Those that do not rest come first: who has rested or was not asked for
 * long and is due a try, then the quickest, and while nothing is known the order that the app gave, so that a start opens no connection too
 * many. Those that rest follow, who will be up first before the others.
 */
export function orderAddresses(health: readonly Health[], now: number): readonly number[] {
  const rankOf = ({ failures, restsUntil, askedAt, latency }: Health): readonly [number, number] => {
    if (restsUntil > now) return [2, restsUntil];
    const isDue = failures > 0 || now - askedAt >= FORGOTTEN_MILLISECONDS;
    return isDue ? [0, askedAt] : [1, latency];
  };
  const ranks = health.map(rankOf);
  return [...ranks.keys()].sort((a, b) => {
    const [one, oneBy] = ranks[a] ?? [0, 0];
    const [other, otherBy] = ranks[b] ?? [0, 0];
    return one - other || oneBy - otherBy || a - b;
  });
}

export function afterAnswer({ latency, askedAt }: Health, milliseconds: number): Health {
  const smoothed = Number.isFinite(latency)
    ? latency + NEWEST_SHARE * (milliseconds - latency)
    : milliseconds;
  return { failures: 0, restsUntil: askedAt, latency: smoothed, askedAt };
}

/** Rests twice as long as the last time, and by chance up to half as long again. */
export function afterFailure(health: Health, now: number, chance: number): Health {
  const rest = Math.min(LONGEST_REST_MILLISECONDS, FIRST_REST_MILLISECONDS * 2 ** health.failures);
  return { ...health, failures: health.failures + 1, restsUntil: now + rest * (1 + chance / 2) };
}

/**
 * Reads through several addresses of one repository, in the order of their health. One that fails, or does not have what
 * another one has, is followed by the next at once, and rests: one good address of all suffices. Who asks again with a higher
 * `attempt` says that the last answer could not be used: then the address that gave it rests, too.
 * An answer that breaks off after some pieces came is left to the caller, who asks for the rest.
 */
export function addresses(
  list: readonly Fetch[],
  { timers = platformTimers(), random = Math.random }: AddressesOptions = {},
): Fetch {
  const health = list.map(() => newAddress(timers.now()));
  const answeredBy = new Map<string, number>();

  const change = (at: number, toHealth: (health: Health) => Health) => {
    health[at] = toHealth(health[at] ?? newAddress(timers.now()));
  };
  const fail = (at: number) => change(at, (it) => afterFailure(it, timers.now(), random()));
  const remember = (key: string, at: number) => {
    answeredBy.delete(key);
    answeredBy.set(key, at);
    const [oldest] = answeredBy.keys();
    if (answeredBy.size > MOST_ANSWERS && oldest !== undefined) answeredBy.delete(oldest);
  };

  return async (key, options) => {
    const refused = options.attempt ? answeredBy.get(key) : undefined;
    if (refused !== undefined) {
      fail(refused);
      // Once is enough for one answer.
      answeredBy.delete(key);
    }
    const without: number[] = [];
    let error: unknown = new ClientError("network", `there is no address to read ${key} from`);
    for (const at of orderAddresses(health, timers.now())) {
      const fetch = list[at];
      if (!fetch) continue;
      const started = timers.now();
      change(at, (it) => ({ ...it, askedAt: started }));
      const followed = follow(options, timers);
      try {
        const result = await fetch(key, followed.options);
        const milliseconds = (followed.firstPieceAt() ?? timers.now()) - started;
        change(at, (it) => afterAnswer(it, milliseconds));
        remember(key, at);
        if (result.kind !== "missing") {
          for (const other of without) fail(other);
          return result;
        }
        without.push(at);
      } catch (thrown) {
        fail(at);
        if (options.onPiece && followed.firstPieceAt() !== null) throw thrown;
        error = thrown;
      }
    }
    if (without.length > 0) return MISSING;
    throw error;
  };
}

const MISSING: FetchResult = { kind: "missing" };

/** The options with an ear for when the answer began. */
function follow(options: FetchOptions, timers: Timers) {
  let firstPieceAt: number | null = null;
  const onPiece = (piece: Uint8Array, at: number) => {
    firstPieceAt ??= timers.now();
    options.onPiece?.(piece, at);
  };
  return { options: { ...options, onPiece }, firstPieceAt: () => firstPieceAt };
}
