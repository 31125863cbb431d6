import { parseGiftMessage } from "../../wire/giftMessage.ts";
import type { GiftwrapClient } from "../client.ts";
import type { Loaded, PlayReport } from "../load/loader.ts";

/** Shows a gift that has waited for its turn; `times` is how often it was sent in a row. */
export type PlayCombo = (loaded: Loaded, report: PlayReport, times: number) => Promise<void> | void;

export interface GiftQueueOptions {
  readonly client: Pick<GiftwrapClient, "play" | "heard">;
  readonly play: PlayCombo;
  /** How many gifts are played at the same time; 1 when absent. */
  readonly atOnce?: number;
  /** How many different gifts may wait; 100 when absent. */
  readonly maxWaiting?: number;
}

interface Turn {
  readonly gift: string;
  readonly hint: string | undefined;
  times: number;
  readonly played: Promise<Loaded | null>;
  settle(played: Loaded | null | PromiseLike<Loaded>): void;
}

/**
 * Gifts that wait for their turn, in the order in which they were sent. A gift that is sent again while it is the last that waits is
 * one combo with it. Which release is shown is decided when a gift's turn comes, so a stop takes effect on all that waits.
 */
export class GiftQueue {
  readonly #options: GiftQueueOptions;
  #waiting: Turn[] = [];
  #playing = 0;

  constructor(options: GiftQueueOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** What was shown in the end; null when too many gifts waited, or when they were cleared away. */
  add(gift: string, hint?: string): Promise<Loaded | null> {
    const last = this.#waiting.at(-1);
    if (last?.gift === gift && last.hint === hint) {
      last.times++;
      return last.played;
    }
    if (this.#waiting.length >= (this.#options.maxWaiting ?? 100)) return Promise.resolve(null);
    const turn = newTurn(gift, hint);
    this.#waiting.push(turn);
    this.#startNext();
    return turn.played;
  }

  /** The gift of a message from anybody ({@link GiftwrapClient.send} made it); null for what is no such message, too. */
  receive(message: unknown): Promise<Loaded | null> {
    const parsed = parseGiftMessage(message);
    if (!parsed) return Promise.resolve(null);
    this.#options.client.heard(parsed);
    return this.add(parsed.gift, parsed.version);
  }

  /** Forgets what waits, as on leaving a room; what is playing goes on. */
  clear(): void {
    for (const turn of this.#waiting.splice(0)) turn.settle(null);
  }

  #startNext(): void {
    while (this.#playing < (this.#options.atOnce ?? 1)) {
      const turn = this.#waiting.shift();
      if (!turn) return;
      this.#playing++;
      turn.settle(this.#play(turn));
    }
  }

  async #play({ gift, hint, times }: Turn): Promise<Loaded> {
    try {
      const { client, play } = this.#options;
      return await client.play(gift, (loaded, report) => play(loaded, report, times), hint);
    } finally {
      this.#playing--;
      this.#startNext();
    }
  }
}

function newTurn(gift: string, hint: string | undefined): Turn {
  let settle: Turn["settle"] = () => {};
  const played = new Promise<Loaded | null>((resolve) => {
    settle = resolve;
  });
  return { gift, hint, times: 1, played, settle };
}
