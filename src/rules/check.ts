import type { Project } from "../model/project.ts";
import type { Finding } from "../report/finding.ts";
import { checkBudgets } from "./checkBudgets.ts";
import { checkFallbacks } from "./checkFallbacks.ts";
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
import type { Facts } from "./facts.ts";

/** Everything that is wrong with what could be read, in no order. Never throws: one bad gift hides no other. */
export function check(project: Project, facts: Facts): Finding[] {
  return [
    ...checkPolicy(project),
    ...checkStrayFiles(project),
    ...checkNames(project),
    ...checkReleases(project),
    ...checkRanges(project),
    ...checkFallbacks(project),
    ...checkRequires(project),
    ...checkOverrides(project),
    ...checkLocks(project, facts.locks),
    ...checkBudgets(project),
    ...checkLayout(project, facts.texts),
    ...checkSources(project, facts.media),
  ];
}
