import { STAGES } from "../model/rollout.ts";
import type { Stage } from "../wire/rollout.ts";

/** What a promotion brings: a stage that opens, or the end of the holdback at full. */
export type PromotionStep = Stage | "holdback";

export interface PromotionName {
  readonly gift: string;
  readonly version: string;
  readonly step: PromotionStep;
}

/** One branch for each gift, release and step: whoever proposes it, there is never a second. */
export function promotionBranch({ gift, version, step }: PromotionName): string {
  return `giftwrap/promote-${gift}-${version}-${step}`;
}

/** Of a percentage that a person raises, in a region, the canary or the holdback: nothing does so by itself. */
export function raiseBranch(gift: string, version: string, where: string): string {
  return `giftwrap/raise-${gift}-${version}-${where}`;
}

const PROMOTION =
  /^giftwrap\/promote-([a-z0-9]+(?:-[a-z0-9]+)*?)-(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+?)?)-(canary|regional|full|holdback)$/;

/** Null for a branch that is no promotion's. A gift's id has no dots, so there is one way to read it. */
export function parsePromotionBranch(branch: string): PromotionName | null {
  const [, gift, version, word] = PROMOTION.exec(branch) ?? [];
  const step = STEPS.find((it) => it === word);
  return gift === undefined || version === undefined || !step ? null : { gift, version, step };
}

const STEPS: readonly PromotionStep[] = [...STAGES, "holdback"];

/** The step after the stage that is open. */
export function nextStep(stage: Stage): PromotionStep {
  return STAGES[STAGES.indexOf(stage) + 1] ?? "holdback";
}

/** How far a step goes: that of an earlier one is smaller. */
export function rankOf(step: PromotionStep): number {
  return STEPS.indexOf(step);
}

export function rollbackBranch(gift: string, version: string): string {
  return `giftwrap/rollback-${gift}-${version}`;
}

export function holdBranch(gift: string, version: string): string {
  return `giftwrap/hold-${gift}-${version}`;
}

export function overrideBranch(id: string): string {
  return `giftwrap/override-${id}`;
}

export function releaseIssueBranch(issue: number): string {
  return `giftwrap/release-issue-${issue}`;
}
