import type { Tier } from "../../wire/viewer.ts";

/** What a page is asked to do: one viewer in one room, and the gifts that are sent there. */
export interface Act {
  readonly platform: string;
  readonly appVersion: string;
  readonly tier: Tier;
  readonly gift: string;
  /** Milliseconds after the room's beginning at which the gift is sent, in order. */
  readonly sentAt: readonly number[];
  /** How long each is shown, from its first frame. */
  readonly shownMilliseconds: number;
  /** Each waits until the one before it is over, whatever `sentAt` says. */
  readonly isQueued: boolean;
}

/** How one of them went. Times are in milliseconds. */
export interface ActPlay {
  /** What was shown: `rose@1.1.0`, `rose@1.1.0/still` or `default`. */
  readonly shown: string;
  /** From sending until verified bytes were with the player. */
  readonly loadMilliseconds: number;
  /** From then until the first frame was decoded; for the default nothing is. */
  readonly startMilliseconds: number;
  /** Frames that were to be shown, as its player counts them, and those of them that were not. */
  readonly frames: number;
  readonly dropped: number;
  /** Links of the chain that could not be used, in words. */
  readonly failed: readonly string[];
}

export interface ActOutcome {
  /** From opening the client until it had verified what is live. */
  readonly updateMilliseconds: number;
  readonly requests: number;
  readonly plays: readonly ActPlay[];
}
