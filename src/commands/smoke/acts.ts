import type { Act } from "../../page/smoke/act.ts";
import type { Scenario, SmokePlan } from "../../rollout/smoke/smokePlan.ts";

type Sending = Pick<Act, "sentAt" | "shownMilliseconds" | "isQueued">;

const LOOK_MILLISECONDS = 1_500;
/** A long room's clock runs fast: each gift is over soon after its first frame. */
const GLIMPSE_MILLISECONDS = 50;

/** When gifts are sent in a scenario, and how long each is shown. */
export function sendingOf(scenario: Scenario, plan: SmokePlan): Sending {
  const once: Sending = { sentAt: [0], shownMilliseconds: LOOK_MILLISECONDS, isQueued: false };
  switch (scenario) {
    case "single":
    case "kill":
      return once;
    case "cold":
    case "slow":
      return { ...once, shownMilliseconds: GLIMPSE_MILLISECONDS };
    case "combo": {
      const { gifts, seconds } = plan.combo;
      const sentAt = Array.from({ length: gifts }, (_, at) => (1_000 * seconds * at) / (gifts - 1));
      return { ...once, sentAt };
    }
    case "burst":
      return { ...once, sentAt: Array<number>(plan.burst).fill(0) };
    case "long-room":
      return {
        sentAt: Array<number>(plan.longRoom).fill(0),
        shownMilliseconds: GLIMPSE_MILLISECONDS,
        isQueued: true,
      };
  }
}
