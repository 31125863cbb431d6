/*
 * When a client asks for news, as a function of what happened so far: no clock, no timer, no chance of its own. Times are in
 * milliseconds of one clock that never goes back; `chance` is from 0 up to 1.
 */

/** An edge may answer with what is so old, so nothing is gained by asking sooner. */
export const LEAST_MILLISECONDS = 5_000;
/** A message reaches everyone in a room at once; their questions are spread over this. */
export const HINT_SPREAD_MILLISECONDS = 2_000;
export const FIRST_RETRY_MILLISECONDS = 10_000;
/** So many questions may be asked in vain because of hints; one more with each poll interval. */
export const HINT_CREDIT = 3;

export interface Asking {
  readonly isInFront: boolean;
  readonly isInRoom: boolean;
  /** A question is on its way; `hinted` when only a hint made it be asked. */
  readonly flight: "none" | "due" | "hinted";
  readonly askedAt: number;
  /** Nothing is asked before this, whoever wants it. */
  readonly notBefore: number;
  /** When the app's coming to the front or into a room wants news; Infinity for not at all, as in the next two. */
  readonly wantedAt: number;
  /** When the room's timer is due. */
  readonly pollAt: number;
  /** When a hint's question is due. */
  readonly hintAt: number;
  /** The newest revision that a hint told of, for as long as it is worth asking for; else 0. */
  readonly hinted: number;
  /** What is left of {@link HINT_CREDIT}, as of `askedAt`. */
  readonly credit: number;
  readonly failures: number;
}

export type AskingEvent =
  | { readonly kind: "foreground" | "background" | "enter" | "leave" | "asked" }
  | { readonly kind: "heard"; readonly minRevision: number }
  | { readonly kind: "answered"; readonly isNews: boolean }
  | { readonly kind: "failed" };

/** What the client has, and what surrounds it. */
export interface Surroundings {
  readonly now: number;
  readonly chance: number;
  readonly revision: number;
  readonly pollSeconds: number;
}

/** An app that was just opened is in front and in no room, and has asked for nothing yet. */
export const NOTHING_ASKED: Asking = {
  isInFront: true,
  isInRoom: false,
  flight: "none",
  askedAt: Number.NEGATIVE_INFINITY,
  notBefore: Number.NEGATIVE_INFINITY,
  wantedAt: Number.POSITIVE_INFINITY,
  pollAt: Number.NEGATIVE_INFINITY,
  hintAt: Number.POSITIVE_INFINITY,
  hinted: 0,
  credit: HINT_CREDIT,
  failures: 0,
};

const NEVER = Number.POSITIVE_INFINITY;

/** When to ask next; Infinity for not until something happens. */
export function nextAskAt({ isInFront, isInRoom, flight, ...it }: Asking): number {
  if (!isInFront || flight !== "none") return NEVER;
  return Math.max(it.notBefore, Math.min(it.wantedAt, it.hintAt, isInRoom ? it.pollAt : NEVER));
}

export function nextAsking(asking: Asking, event: AskingEvent, around: Surroundings): Asking {
  switch (event.kind) {
    case "foreground":
      return asking.isInFront && asking.askedAt > Number.NEGATIVE_INFINITY
        ? asking
        : wantNews({ ...asking, isInFront: true }, around);
    case "background":
      return { ...asking, isInFront: false, wantedAt: NEVER, hintAt: NEVER, hinted: 0 };
    case "enter":
      return wantNews({ ...asking, isInRoom: true }, around);
    case "leave":
      return { ...asking, isInRoom: false };
    case "heard":
      return hear(asking, event.minRevision, around);
    case "asked":
      return ask(asking, around);
    case "answered":
      return answer(asking, event.isNews, around);
    case "failed":
      return fail(asking, around);
  }
}

/** What was asked a moment ago, or is being asked, is news enough. */
function wantNews(asking: Asking, { now }: Surroundings): Asking {
  const isFresh = asking.failures === 0 && now - asking.askedAt < LEAST_MILLISECONDS;
  return asking.flight !== "none" || isFresh ? asking : { ...asking, wantedAt: now };
}

/** The message may be anybody's: it can only make the client ask, seldom, and never what to believe. */
function hear(
  asking: Asking,
  minRevision: number,
  { now, chance, revision, ...around }: Surroundings,
): Asking {
  if (!asking.isInFront || !Number.isSafeInteger(minRevision) || minRevision <= revision) return asking;
  if (creditAt(asking, now, around.pollSeconds) < 1) return asking;
  const hintAt = asking.flight === "none" ? now + chance * HINT_SPREAD_MILLISECONDS : NEVER;
  return {
    ...asking,
    hinted: Math.max(asking.hinted, minRevision),
    hintAt: Math.min(asking.hintAt, hintAt),
  };
}

function ask(asking: Asking, { now, pollSeconds }: Surroundings): Asking {
  const { isInRoom, wantedAt, pollAt, hintAt } = asking;
  const isHinted = hintAt <= now && wantedAt > now && !(isInRoom && pollAt <= now);
  return {
    ...asking,
    flight: isHinted ? "hinted" : "due",
    askedAt: now,
    credit: creditAt(asking, now, pollSeconds),
    wantedAt: NEVER,
    hintAt: NEVER,
  };
}

function answer(asking: Asking, isNews: boolean, around: Surroundings): Asking {
  const { askedAt } = asking;
  // From when it was asked: what was published just after that must not wait for the answer, too.
  const pollAt = askedAt + spread(1_000 * around.pollSeconds, around.chance);
  const notBefore = askedAt + LEAST_MILLISECONDS;
  return land({ ...asking, failures: 0, pollAt, notBefore }, isNews, around);
}

/** Longer and longer, yet never longer than a poll would wait: the promise holds again as soon as the network does. */
function fail(asking: Asking, around: Surroundings): Asking {
  const { now, chance, pollSeconds } = around;
  const longest = Math.min(1_000 * pollSeconds, FIRST_RETRY_MILLISECONDS * 2 ** asking.failures);
  const notBefore = now + spread(longest, chance);
  return land({ ...asking, failures: asking.failures + 1, pollAt: notBefore, notBefore }, false, around);
}

function land(asking: Asking, isNews: boolean, { chance, revision }: Surroundings): Asking {
  const credit = asking.flight === "hinted" && !isNews ? asking.credit - 1 : asking.credit;
  const isWorthIt = asking.hinted > revision && credit >= 1;
  return {
    ...asking,
    flight: "none",
    credit,
    hinted: isWorthIt ? asking.hinted : 0,
    hintAt: isWorthIt ? asking.notBefore + chance * HINT_SPREAD_MILLISECONDS : NEVER,
  };
}

function creditAt({ credit, askedAt }: Asking, now: number, pollSeconds: number): number {
  return Math.min(HINT_CREDIT, credit + (now - askedAt) / (1_000 * pollSeconds));
}

function spread(milliseconds: number, chance: number): number {
  return milliseconds * (0.8 + 0.4 * chance);
}
