import type { Card, Problem, ViewerChange } from "../github/card.ts";
import { type Project, releaseKey } from "../model/project.ts";
import { inEnvironment, toRollout } from "../model/rollout.ts";
import type { EnvironmentFile } from "../model/schemas.ts";
import type { Plan } from "../publish/plan.ts";
import { explainError, type GiftError } from "../report/error.ts";
import type { Exit } from "./command.ts";
import { describeRollout } from "./status.ts";

/** What a command did, for people and for programs. */
export interface CardOutcome {
  readonly card: Card;
  readonly exit: Exit;
  /** The live revision, or null when nothing is published or it cannot be read. */
  readonly revision: number | null;
}

/** Who gets a release as it is written, in words; "closed" also when it is gone. */
export function audienceOf(
  project: Project,
  gift: string,
  version: string,
  mode: EnvironmentFile["rollout"],
): string {
  const release = project.releases.get(releaseKey(gift, version))?.value;
  const rollout = release ? inEnvironment(toRollout(release), mode) : null;
  return describeRollout(rollout ?? undefined);
}

/** A plan's changes with who gets each release afterwards. */
export function toViewerChanges(
  project: Project,
  changes: Plan["changes"],
  mode: EnvironmentFile["rollout"],
): ViewerChange[] {
  return changes.map(({ gift, version, before, after, details }) => ({
    gift,
    version,
    before,
    after,
    details,
    audience: audienceOf(project, gift, version, mode),
  }));
}

export function toProblem(error: GiftError): Problem {
  return { code: error.code, message: explainError(error), fix: error.fix };
}
