import type { Key } from "./seenKeys.ts";

const COLUMNS = 1 << 17;
const MINUTE_MILLISECONDS = 60_000;

/**
 * How often each key came in this minute, in 1 MB and without keeping a key: the count-min sketch (Cormode and Muthukrishnan,
 * 2005) with two rows. It never counts too low; too high only for keys that share both places with others.
 */
export class MinuteRates {
  readonly #counts = new Uint32Array(2 * COLUMNS);
  #minute = 0;

  /** The key's count in this minute, with this one. */
  add(key: Key, times: number, nowMilliseconds: number): number {
    const minute = Math.floor(nowMilliseconds / MINUTE_MILLISECONDS);
    if (minute !== this.#minute) this.#counts.fill(0);
    this.#minute = minute;
    const first = key.low & (COLUMNS - 1);
    const second = COLUMNS + (key.high & (COLUMNS - 1));
    const count = Math.min(this.#counts[first] ?? 0, this.#counts[second] ?? 0) + times;
    this.#counts[first] = Math.max(this.#counts[first] ?? 0, count);
    this.#counts[second] = Math.max(this.#counts[second] ?? 0, count);
    return count;
  }
}
