import { isDuring, toSpan } from "../model/moment.ts";
import { POLICY_PATH } from "../model/paths.ts";
import type { Project } from "../model/project.ts";
import type { Finding, Place } from "../report/finding.ts";

/** A release that reaches more viewers than it did, and where that is written. */
export interface Widened {
  readonly gift: string;
  readonly version: string;
  readonly place: Place;
}

/** Nothing reaches more viewers while a freeze holds, except the gifts that it allows. `now` is in epoch milliseconds. */
export function checkFreezes(project: Project, widened: readonly Widened[], now: number): Finding[] {
  const freezes = (project.policy?.value.freezes ?? []).filter((freeze) => {
    // What cannot be read has a finding of its own, which stops everything.
    const span = toSpan(freeze);
    return span !== null && isDuring(now, span);
  });
  return widened.flatMap(({ gift, version, place }) =>
    freezes
      .filter(({ allow = [] }) => !allow.includes(gift))
      .map(({ name, ends }): Finding => {
        return {
          code: "FREEZE_WINDOW",
          severity: "error",
          place,
          message: `${gift}@${version} would reach more viewers, but the freeze "${name}" holds until ${ends}: only what reaches fewer viewers may be merged now`,
          fix: `wait until ${ends}, or have the owners of ${POLICY_PATH} add ${gift} to the freeze's allow`,
          gift,
          version,
        };
      }),
  );
}
