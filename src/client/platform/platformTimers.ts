import type { Timers } from "../ports.ts";

/** The platform's own clock and timers. */
export function platformTimers(): Timers {
  return {
    now: () => performance.now(),
    after: (milliseconds, act) => {
      const timer = setTimeout(act, milliseconds);
      // In Node nothing stays alive only to ask or to send beacons; browsers give a number.
      if (typeof timer === "object") timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
