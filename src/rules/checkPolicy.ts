import { POLICY_PATH } from "../model/paths.ts";
import type { Project } from "../model/project.ts";
import type { Finding } from "../report/finding.ts";
import { startOf } from "./written.ts";

/** Without a policy nobody knows what the apps can play. One that is there but unreadable has findings of its own. */
export function checkPolicy({ paths }: Project): Finding[] {
  if (paths.includes(POLICY_PATH)) return [];
  return [
    {
      code: "POLICY_MISSING",
      severity: "error",
      place: startOf(POLICY_PATH),
      message: `${POLICY_PATH} is not there: it says which apps there are, what they play and what a gift may cost`,
      fix: `take it back: git checkout origin/main -- ${POLICY_PATH}; in a new repository write it with platforms and tiers`,
    },
  ];
}
