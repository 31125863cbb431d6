import { count } from "../report/text.ts";

/** How far a build of many releases is, and what remains: measured against what each was expected to take. */
export class BuildProgress {
  readonly #costs: ReadonlyMap<string, number>;
  readonly #total: number;
  readonly #began: number;
  #done = 0;
  #doneSeconds = 0;

  /**
   * @param costs expected seconds by release
   * @param now epoch milliseconds at the beginning
   */
  constructor(costs: ReadonlyMap<string, number>, now: number) {
    this.#costs = costs;
    this.#total = sum(costs.values());
    this.#began = now;
  }

  done(release: string): void {
    this.#done += 1;
    this.#doneSeconds += this.#costs.get(release) ?? 0;
  }

  /** Such as `12 of 300 releases, about 4 minutes left`; without the time until there is something to tell it by. */
  toText(now: number): string {
    const elapsed = (now - this.#began) / 1_000;
    const remaining = this.#total - this.#doneSeconds;
    const left = this.#doneSeconds > 0 ? (elapsed / this.#doneSeconds) * remaining : null;
    const time = left === null || left < 1 ? "" : `, about ${toWords(left)} left`;
    return `${this.#done} of ${count(this.#costs.size, "release")}${time}`;
  }
}

function toWords(seconds: number): string {
  if (seconds < 90) return count(Math.ceil(seconds), "second");
  if (seconds < 90 * 60) return count(Math.round(seconds / 60), "minute");
  return count(Math.round(seconds / 360) / 10, "hour");
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
