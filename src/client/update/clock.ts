/**
 * What time it is, for expiry alone. Devices' clocks are often wrong, some on purpose, so an address's own clock (the `Date`
 * field of its answer for the timestamp) goes before the device's, in both directions: a device that runs ahead is not locked
 * out, and one that is behind does not take what has expired.
 *
 * Nobody signs a `Date`. Whoever answers in an address's place, which takes its TLS key, could already keep a client on the
 * timestamp that it has until that expires; by putting its clock back it can do so for longer. It gains nothing else: no
 * signature, version or hash is judged by the clock. A clock that it puts forward makes the client accept nothing new, as no
 * answer would. An answer whose `Date` does not move on is one that was stored somewhere, and says nothing about now: the
 * device's clock goes on from the last that did. One whose `Date` is smaller than the newest may be right where that one ran
 * ahead, so the earlier time of the two counts, but none before the device's own: else every timestamp would look expired. What was not accepted by an answer's clock leaves the clock as it was.
 *
 * The device is asked once for each update (TUF specification 1.0.34, section 5.1).
 */
export class Clock {
  readonly #readDevice: () => number;
  /** The device's clock when the update began, in milliseconds since 1970. */
  device: number;
  #aheadMilliseconds = 0;
  #newest = Number.NEGATIVE_INFINITY;

  constructor(readDevice: () => number) {
    this.#readDevice = readDevice;
    this.device = readDevice();
  }

  /** An update begins. */
  start(): void {
    this.device = this.#readDevice();
  }

  /** As far as is known without asking, in milliseconds since 1970. */
  get now(): number {
    return this.device + this.#aheadMilliseconds;
  }

  /** The time by an answer's `Date`, and how to go by it from now on. */
  read(date: number | undefined): { readonly now: number; accept(): void } {
    if (date === undefined || Number.isNaN(date) || date === this.#newest)
      return { now: this.now, accept: () => {} };
    const now = date > this.#newest ? date : Math.min(this.now, Math.max(date, this.device));
    return {
      now,
      accept: () => {
        this.#newest = Math.max(date, this.#newest);
        this.#aheadMilliseconds = now - this.device;
      },
    };
  }
}
