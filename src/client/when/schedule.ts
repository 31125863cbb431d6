import type { Timers } from "../ports.ts";
import { type AskingEvent, nextAskAt, nextAsking, NOTHING_ASKED } from "./asking.ts";

export interface ScheduleOptions {
  /** Asks for news; true when there were any. */
  readonly refresh: () => Promise<boolean>;
  readonly state: () => { readonly revision: number; readonly pollSeconds: number };
  readonly timers: Timers;
  /** From 0 up to 1. */
  readonly chance: () => number;
}

/** Asks for news when it is time ({@link nextAsking}): one question at a time, and one timer, which is there only while it is needed. */
export class Schedule {
  readonly #options: ScheduleOptions;
  #asking = NOTHING_ASKED;
  #flight: Promise<boolean> | undefined;
  #cancelTimer: (() => void) | undefined;
  #isClosed = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  /** Asks now; while a question is on its way it is the same one. @throws what the refresh throws */
  ask(): Promise<boolean> {
    this.#flight ??= this.#ask();
    return this.#flight;
  }

  tell(event: AskingEvent): void {
    const { state, timers, chance } = this.#options;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#isClosed) return;
    const now = timers.now();
    const { revision, pollSeconds } = state();
    this.#asking = nextAsking(this.#asking, event, { now, chance: chance(), revision, pollSeconds });
    const at = nextAskAt(this.#asking);
    if (at <= now) this.#askQuietly();
    else if (at < Number.POSITIVE_INFINITY)
      this.#cancelTimer = timers.after(at - now, () => this.#askQuietly());
  }

  /** No timer is left, and none comes again. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
  }

  /** What a question of its own fails with is for whoever looks at the client, not for whoever made it be asked. */
  #askQuietly(): void {
    this.ask().catch(() => {});
  }

  async #ask(): Promise<boolean> {
    this.tell({ kind: "asked" });
    let outcome: AskingEvent = { kind: "failed" };
    try {
      const isNews = await this.#options.refresh();
      outcome = { kind: "answered", isNews };
      return isNews;
    } finally {
      this.#flight = undefined;
      this.tell(outcome);
    }
  }
}
