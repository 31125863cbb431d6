import { type Project, releaseKey } from "../model/project.ts";
import type { Finding } from "../report/finding.ts";
import { applyWaivers } from "./applyWaivers.ts";
import type { Change } from "./change/change.ts";
import { type ChangeFacts, checkChange, leavingCanary, widenedIn } from "./change/checkChange.ts";
import { checkBudgets } from "./checkBudgets.ts";
import { checkCampaigns } from "./checkCampaigns.ts";
import { checkChecklist, checkChecklistPolicy } from "./checkChecklist.ts";
import { checkFallbacks } from "./checkFallbacks.ts";
import { checkFreezes } from "./checkFreezes.ts";
import { checkGateChange } from "./checkGateChange.ts";
import { checkHolds } from "./checkHolds.ts";
import { checkLayout } from "./checkLayout.ts";
import { checkLocks } from "./checkLocks.ts";
import { checkNames } from "./checkNames.ts";
import { checkOverrides } from "./checkOverrides.ts";
import { checkPolicy } from "./checkPolicy.ts";
import { checkRanges } from "./checkRanges.ts";
import { checkReleases } from "./checkReleases.ts";
import { checkRequires } from "./checkRequires.ts";
import { checkSources } from "./checkSources.ts";
import { checkStrayFiles } from "./checkStrayFiles.ts";
import { checkTrials } from "./checkTrials.ts";
import { checkWaivers } from "./checkWaivers.ts";
import type { Facts } from "./facts.ts";
import { checkMatrix } from "./matrix/checkMatrix.ts";

/** Everything that is wrong with what could be read, in no order. Never throws: one bad gift hides no other. */
export function check(project: Project, facts: Facts): Finding[] {
  const findings = facts.change ? checkBoth(project, facts, facts.change) : checkTree(project, facts);
  return applyWaivers(findings, project.policy, facts.now);
}

/** What is wrong with a tree, however it came to be, before anything is waived. */
export function checkTree(project: Project, facts: Facts, widened?: ReadonlySet<string>): Finding[] {
  return [
    ...checkPolicy(project),
    ...checkWaivers(project),
    ...checkChecklistPolicy(project),
    ...checkStrayFiles(project),
    ...checkNames(project),
    ...checkReleases(project),
    ...checkRanges(project),
    ...checkFallbacks(project),
    ...checkRequires(project),
    ...checkOverrides(project),
    ...checkCampaigns(project),
    ...checkTrials(project, widened),
    ...checkMatrix(project),
    ...checkLocks(project, facts.locks),
    ...checkBudgets(project),
    ...checkLayout(project, facts.texts),
    ...checkSources(project, facts.media),
  ];
}

/** What is wrong with a tree, and with how it came to be. */
function checkBoth(project: Project, facts: Facts, change: ChangeFacts): Finding[] {
  const widened = widenedIn(change.change);
  const ofTree = checkTree(project, facts, new Set(widened.map((it) => releaseKey(it.gift, it.version))));
  const { now, evidence } = facts;
  return [
    ...ofTree.map((it) => softenFor(change.change, it)),
    ...checkChange(change),
    ...checkHolds(change.change),
    ...checkGateChange(change.before, change.after),
    ...(now === undefined ? [] : checkFreezes(project, widened, now)),
    ...(now === undefined || !evidence
      ? []
      : checkChecklist(project, leavingCanary(change.change), evidence, now)),
  ];
}

/**
 * Nothing may hold a rollback up: it takes viewers away from what is wrong. Bytes that changed are another matter, and so is a
 * file of no gift that the rollback itself writes, such as an override.
 */
export function softenFor({ kind, paths }: Change, finding: Finding): Finding {
  const isOwn = paths.includes(finding.place.file);
  if (kind !== "rollback" || finding.code === "LOCK_CHANGED") return finding;
  if (isOwn && (finding.gift === undefined || isOverride(finding))) return finding;
  return { ...finding, severity: "warning" };
}

function isOverride({ place }: Finding): boolean {
  return place.file.startsWith("releases/overrides/");
}
