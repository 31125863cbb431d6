import type { Timers } from "../ports.ts";

/**
 * The platform's clock and timers; in Node nothing stays alive only for one of them. A runtime that has neither can still do what is
 * asked of the client by hand; whoever enters rooms there brings timers along.
 */
export function platformTimers(): Timers {
  return {
    now: () => globalThis.performance?.now() ?? Date.now(),
    after: (milliseconds, act) => {
      const timer = setTimeout(act, milliseconds);
      // Browsers give a number.
      if (typeof timer === "object") timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
