import type { StateStore } from "../ports.ts";

/**
 * The order in which state is written: the root first, which vouches for all others, and what is largest before what names
 * it, so that a disk that is full keeps the last state whole. A stop is written before the timestamp that may end it.
 */
const ORDER = ["root", "overrides", "timestamp", "catalog", "targets", "snapshot"] as const;

export type StateName = (typeof ORDER)[number];

/** What waits to be stored. A storage that refuses it costs the state at the next start, never the update now. */
export class WriteQueue {
  readonly #store: StateStore | undefined;
  readonly #waiting = new Map<StateName, Uint8Array>();

  constructor(store: StateStore | undefined) {
    this.#store = store;
  }

  add(name: StateName, bytes: Uint8Array): void {
    if (this.#store) this.#waiting.set(name, bytes);
  }

  /** Writes what it can. After the first refusal nothing more is written, for that would not fit to what is stored. */
  async flush(): Promise<void> {
    for (const name of ORDER) {
      const bytes = this.#waiting.get(name);
      if (!bytes) continue;
      try {
        await this.#store?.write(name, bytes);
      } catch {
        return;
      }
      this.#waiting.delete(name);
    }
  }
}
