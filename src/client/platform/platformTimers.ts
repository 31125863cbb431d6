import type { Timers } from "../ports.ts";

/** The platform's clock and timers; in Node nothing stays alive only for one of them. */
export function platformTimers(): Timers {
  return {
    now: () => performance.now(),
    after: (milliseconds, act) => {
      const timer = setTimeout(act, milliseconds);
      // Browsers give a number.
      if (typeof timer === "object") timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
