import { type Project, releaseKey } from "../model/project.ts";
import { isOnTrial, toRollout } from "../model/rollout.ts";
import type { Finding } from "../report/finding.ts";
import { applyWaivers } from "./applyWaivers.ts";
import type { Change } from "./change/change.ts";
import type { Widened } from "./checkFreezes.ts";
import { widenedIn } from "./change/checkChange.ts";

/** What the gate says of one release, in words. */
export interface GateFact {
  readonly kind: "pass" | "hold" | "fail";
  readonly why: string;
  readonly next: string;
}

/**
 * The releases on trial that would reach more viewers: each needs a pass. What is new begins without one, and of what everyone has
 * already nobody is left to compare with.
 */
export function gatedIn(change: Change): readonly Widened[] {
  const trials = new Set(
    change.releases
      .filter(({ before }) => before && isOnTrial(toRollout(before.value)))
      .map((it) => releaseKey(it.gift, it.version)),
  );
  return widenedIn(change).filter((it) => trials.has(releaseKey(it.gift, it.version)));
}

/**
 * Nothing goes further without a pass, unless the base's policy waives it by name and until a day: a change cannot forgive itself.
 * @param facts by `gift@version`; a release that is not in it was not judged, so it does not pass
 * @param now epoch milliseconds
 */
export function checkGate(
  gated: readonly Widened[],
  facts: ReadonlyMap<string, GateFact>,
  base: Project,
  now: number,
): Finding[] {
  const findings = gated.flatMap(({ gift, version, place }): Finding[] => {
    const { kind, why, next } = facts.get(releaseKey(gift, version)) ?? NOT_JUDGED;
    if (kind === "pass") return [];
    return [
      {
        code: kind === "fail" ? "GATE_FAIL" : "GATE_HOLD",
        severity: "error",
        place,
        message: `${releaseKey(gift, version)} would reach more viewers, and the gate says ${kind}: ${why}`,
        fix: next,
        gift,
        version,
      },
    ];
  });
  return applyWaivers(findings, base.policy, now);
}

const NOT_JUDGED: GateFact = {
  kind: "hold",
  why: "it was not judged",
  next: "run npx giftwrap gate with its name to see why",
};
