import type { Tier } from "../../wire/viewer.ts";
import type { SmokePlan } from "./smokePlan.ts";

/** How much a smoke test tries. */
export interface SmokeExtent extends Pick<SmokePlan, "scenarios" | "rounds"> {
  readonly tiers: readonly Tier[];
}

/** In what a test was less than it must be to prove anything, in words; empty when it was not. */
export function findNarrower(tried: SmokeExtent, due: SmokeExtent): readonly string[] {
  const tiers = due.tiers.filter((it) => !tried.tiers.includes(it));
  const scenarios = due.scenarios.filter((it) => !tried.scenarios.includes(it));
  return [
    ...(tiers.length > 0 ? [`without ${tiers.join(", ")} devices`] : []),
    ...(scenarios.length > 0 ? [`without ${scenarios.join(", ")}`] : []),
    ...(tried.rounds < due.rounds ? [`${tried.rounds} rounds instead of ${due.rounds}`] : []),
  ];
}
