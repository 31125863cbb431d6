import type { Finding } from "../report/finding.ts";
import type { Change } from "./change/change.ts";

/** A release on hold reaches nobody more until somebody has taken the hold out: in the same change, or before it. */
export function checkHolds({ releases }: Change): Finding[] {
  return releases.flatMap(({ gift, version, after, widened }): Finding[] => {
    const hold = after?.value.hold;
    if (!after || !hold || widened.length === 0) return [];
    return [
      {
        code: "ON_HOLD",
        severity: "error",
        place: after.place(["hold"], "key"),
        message: `${gift}@${version} is on hold, and would reach more viewers (${widened.join(", ")}): ${hold.reason}`,
        fix: `wait, or take the hold out with npx giftwrap hold ${gift}@${version} --lift once its reason is gone`,
        gift,
        version,
      },
    ];
  });
}
