import type { Stage } from "../../wire/rollout.ts";
import type { MetricName } from "../gate/analysisPlan.ts";
import { toMilliseconds, toPercent } from "./amounts.ts";

/** What one metric counts, as people say it. */
export interface MetricWords {
  /** Begins a row: "failed to load". */
  readonly title: string;
  /** Goes on after "0.52 % of 12,400 new plays". */
  readonly did: string;
}

/** `over` is the bound of `slow` in milliseconds, and of `dropped` as a share of frames. */
export function metricWords(name: MetricName, over?: number): MetricWords {
  switch (name) {
    case "failed":
      return { title: "failed to load", did: "failed to load" };
    case "crashed":
      return { title: "crashed", did: "crashed" };
    case "fellBack":
      return { title: "showed a fallback", did: "showed a fallback" };
    case "mismatched":
      return { title: "got wrong bytes", did: "got wrong bytes" };
    case "slow": {
      const bound = over === undefined ? "too long" : `over ${toMilliseconds(over)}`;
      return { title: `took ${bound} to decode`, did: `took ${bound} to decode` };
    }
    case "dropped": {
      const bound = over === undefined ? "too many" : `over ${toPercent(over)}`;
      return { title: `dropped ${bound} of frames`, did: `dropped ${bound} of their frames` };
    }
  }
}

/** Who sees a release at this stage, as the pull request's card says it. */
export const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  canary: "test group",
  regional: "some regions",
  full: "everyone",
};

/** "low devices in ID" of a region and a tier. */
export function placeWords(region: string, tier: string): string {
  return `${tier} devices in ${region}`;
}

/** The same of `ID/low`; what is written in another way stays as it is. */
export function scopeWords(scope: string): string {
  const at = scope.lastIndexOf("/");
  return at < 0 ? scope : placeWords(scope.slice(0, at), scope.slice(at + 1));
}
