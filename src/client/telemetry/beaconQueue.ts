import { type BeaconBatch, type BeaconEvent, MAX_BATCH_EVENTS } from "../../wire/beacon.ts";
import type { Timers } from "../ports.ts";
import type { PostBatch, PostResult } from "../platform/httpPost.ts";

export interface BeaconQueueOptions {
  readonly head: Omit<BeaconBatch, "events">;
  readonly post: PostBatch;
  readonly timers: Timers;
  /** From 0 up to 1: spreads what many apps try again. */
  readonly chance: () => number;
  readonly flushMilliseconds: number;
}

/**
 * More events wait nowhere: then the oldest plays are given up, each as a whole. The collector takes 300 of one device in a minute,
 * so all that has waited may be sent at once.
 */
export const MAX_WAITING_EVENTS = 240;
const FIRST_RETRY_MILLISECONDS = 1_000;
const LAST_RETRY_MILLISECONDS = 300_000;

/**
 * Sends events in batches, one batch at a time and in order, so that no play ends before it was exposed. A batch that nobody
 * took is sent again as it was; the collector counts nothing twice.
 */
export class BeaconQueue {
  readonly #options: BeaconQueueOptions;
  #waiting: BeaconEvent[] = [];
  /** The batch that is on its way, or that is to be sent again. */
  #sending: BeaconEvent[] = [];
  #failures = 0;
  #retryAt = Number.NEGATIVE_INFINITY;
  #isAllWanted = false;
  #running: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  readonly #givenUp = new Set<string>();
  #dropped = 0;

  constructor(options: BeaconQueueOptions) {
    this.#options = options;
  }

  /** Plays that were given up, whole or in part. */
  get dropped(): number {
    return this.#dropped;
  }

  get waiting(): number {
    return this.#waiting.length + this.#sending.length;
  }

  /** @param isUrgent send at once: what comes next may be a crash */
  add(event: BeaconEvent, isUrgent = false): void {
    if (this.#givenUp.has(event.play)) {
      if (event.kind === "ended") this.#givenUp.delete(event.play);
      return;
    }
    this.#waiting.push(event);
    while (this.#waiting.length > MAX_WAITING_EVENTS) this.#giveUpOldest();
    if (isUrgent) this.#isAllWanted = true;
    this.#wake(this.#options.flushMilliseconds);
    if (isUrgent || this.#waiting.length >= MAX_BATCH_EVENTS) void this.#send();
  }

  /** Sends all that waits. Resolves when it was taken, or when it is clear that it must wait. */
  flush(): Promise<void> {
    this.#isAllWanted = true;
    return this.#send();
  }

  /** Sends all that waits at once, also what is on its way: the app may be gone in a moment. */
  leave(): void {
    const all = [...this.#sending, ...this.#waiting.splice(0)];
    for (let start = 0; start < all.length; start += MAX_BATCH_EVENTS) {
      const events = all.slice(start, start + MAX_BATCH_EVENTS);
      const own = events.filter((it) => !this.#sending.includes(it));
      void this.#post(events, true).then((result) => {
        if (result.kind === "taken" || own.length === 0) return;
        // It came back, or never went.
        this.#waiting.unshift(...own);
        this.#wake(this.#options.flushMilliseconds);
      });
    }
  }

  #send(): Promise<void> {
    this.#running ??= this.#sendBatches().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #sendBatches(): Promise<void> {
    this.#sleep();
    while (this.#options.timers.now() >= this.#retryAt && this.#isDue()) {
      if (this.#sending.length === 0) this.#sending = this.#waiting.splice(0, MAX_BATCH_EVENTS);
      const result = await this.#post(this.#sending, false);
      if (result.kind === "later") {
        this.#retryAt = this.#options.timers.now() + this.#retryAfter(result.afterMilliseconds ?? 0);
        break;
      }
      if (result.kind === "refused") this.#dropped += new Set(this.#sending.map((it) => it.play)).size;
      this.#sending = [];
      this.#failures = 0;
    }
    if (this.#waiting.length === 0) this.#isAllWanted = false;
    if (this.waiting === 0) return;
    const untilRetry = this.#retryAt - this.#options.timers.now();
    this.#wake(Math.max(untilRetry, untilRetry > 0 ? 0 : this.#options.flushMilliseconds));
  }

  #isDue(): boolean {
    if (this.#sending.length > 0 || this.#waiting.length >= MAX_BATCH_EVENTS) return true;
    return this.#isAllWanted && this.#waiting.length > 0;
  }

  async #post(events: readonly BeaconEvent[], isLast: boolean): Promise<PostResult> {
    try {
      return await this.#options.post(JSON.stringify({ ...this.#options.head, events }), isLast);
    } catch {
      return { kind: "later" };
    }
  }

  /** Doubles each time, by chance from half of it to all of it; never sooner than was asked for. */
  #retryAfter(wished: number): number {
    const most = Math.min(LAST_RETRY_MILLISECONDS, FIRST_RETRY_MILLISECONDS * 2 ** this.#failures++);
    return Math.max(Math.min(wished, LAST_RETRY_MILLISECONDS), most * (0.5 + this.#options.chance() / 2));
  }

  #wake(milliseconds: number): void {
    this.#cancelTimer ??= this.#options.timers.after(milliseconds, () => {
      this.#cancelTimer = undefined;
      void this.flush();
    });
  }

  #sleep(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** A play whose exposure was sent must have its end, or it would count as a crash: others go first. */
  #giveUpOldest(): void {
    const oldest = this.#waiting.find((it) => it.kind === "exposed") ?? this.#waiting[0];
    if (!oldest) return;
    const isOver = this.#waiting.some((it) => it.play === oldest.play && it.kind === "ended");
    this.#waiting = this.#waiting.filter((it) => it.play !== oldest.play);
    this.#dropped++;
    if (isOver) return;
    this.#givenUp.add(oldest.play);
    const [first] = this.#givenUp;
    if (this.#givenUp.size > MAX_WAITING_EVENTS && first !== undefined) this.#givenUp.delete(first);
  }
}
