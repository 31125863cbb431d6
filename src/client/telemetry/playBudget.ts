/** A play has at most six events, and the collector takes 300 of one device in a minute: more at once would lose ends of plays. */
const MOST_AT_ONCE = 40;
const HOUR_MILLISECONDS = 3_600_000;

/**
 * Which plays a device tells of: so many in any hour, 40 at most at once. Plays are counted, never events, of which one that goes
 * wrong has more: what is left out says nothing about how plays go.
 */
export class PlayBudget {
  readonly #most: number;
  readonly #perMillisecond: number;
  #left: number;
  #at: number;

  constructor(maxPlaysPerHour: number, now: number) {
    this.#most = Math.min(MOST_AT_ONCE, maxPlaysPerHour / 2);
    this.#perMillisecond = (maxPlaysPerHour - this.#most) / HOUR_MILLISECONDS;
    this.#left = this.#most;
    this.#at = now;
  }

  /** Whether there is one more. */
  take(now: number): boolean {
    this.#left = Math.min(this.#most, this.#left + (now - this.#at) * this.#perMillisecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
