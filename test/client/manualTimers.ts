import type { Timers } from "../../src/client/client.ts";

/** A clock that a test moves. */
export class ManualTimers implements Timers {
  #now = 0;
  #waiting: { at: number; act: () => void }[] = [];

  /** How many timers are set. */
  get waiting(): number {
    return this.#waiting.length;
  }

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, act: () => void): () => void {
    const timer = { at: this.#now + milliseconds, act };
    this.#waiting.push(timer);
    return () => {
      this.#waiting = this.#waiting.filter((it) => it !== timer);
    };
  }

  /** Lets time go by, and everything happen that is due then, with what follows from it. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (;;) {
      const due = this.#waiting.filter((it) => it.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#waiting = this.#waiting.filter((it) => it !== due);
      this.#now = Math.max(this.#now, due.at);
      due.act();
      await settle();
    }
    this.#now = end;
  }
}

/** Everything that only waits for other promises has happened. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
