import { GiftError } from "../report/error.ts";

/** A drill that did not show what it should: no evidence is left. */
export function drillFailed(environment: string, why: string): GiftError {
  return new GiftError(
    "DRILL_FAILED",
    `the drill in ${environment} failed: ${why}`,
    "nothing is on record of it; mend what it names and drill again",
  );
}
