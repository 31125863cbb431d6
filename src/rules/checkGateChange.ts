import { POLICY_PATH } from "../model/paths.ts";
import type { Project } from "../model/project.ts";
import { isOnTrial, toRollout } from "../model/rollout.ts";
import type { Finding } from "../report/finding.ts";
import { count } from "../report/text.ts";

/**
 * What a release on trial must prove was fixed when its stage was opened. A gate that is changed meanwhile counts for the next
 * stage only, and is told, so that nobody believes that a verdict would change with it.
 */
export function checkGateChange(before: Project, after: Project): Finding[] {
  const [then, now] = [before.policy?.value.gate, after.policy?.value.gate];
  if (!before.policy || !after.policy || !then || JSON.stringify(then) === JSON.stringify(now)) return [];
  const trials = [...after.releases.values()].filter((it) => isOnTrial(toRollout(it.value)));
  const names = trials.map(({ value }) => `${value.gift}@${value.version}`).sort();
  if (names.length === 0) return [];
  const shown = `${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`;
  return [
    {
      code: "GATE_CHANGED",
      severity: "warning",
      place: now ? after.policy.place(["gate"], "key") : { file: POLICY_PATH, line: 1, column: 1 },
      message: `the gate changes while ${count(names.length, "release")} (${shown}) ${names.length === 1 ? "is" : "are"} on trial: these are judged by the gate as it was when their stage was opened`,
      fix: "leave it so where the change is for later stages; what must go on at once needs a waiver with an owner and an end",
    },
  ];
}
