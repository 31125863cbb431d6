import type { Located, Project } from "../model/project.ts";
import type { PolicyFile } from "../model/schemas.ts";
import type { Path } from "../model/validate.ts";
import type { FindingCode } from "../report/codes.ts";
import type { Finding } from "../report/finding.ts";
import { nearestWord } from "../report/nearest.ts";
import { checkRange } from "./checkRanges.ts";
import { writtenGifts } from "./written.ts";

/** Waivers and freeze windows name gifts that are there, versions that can be read, and days of the calendar. */
export function checkWaivers(project: Project): Finding[] {
  const { policy } = project;
  if (!policy) return [];
  const known = writtenGifts(project);
  const { waivers = [], freezes = [] } = policy.value;
  return [
    ...waivers.flatMap(({ gift, versions, ends }, at) => [
      ...(known.has(gift) ? [] : [toUnknownGift(policy, ["waivers", at, "gift"], gift, known, WAIVER)]),
      // These stop the one gift that the waiver is for: the others do not lean on it.
      ...(versions === undefined ? [] : checkRange(policy, ["waivers", at, "versions"], versions, gift)),
      ...checkDay(policy, ["waivers", at, "ends"], ends, gift),
    ]),
    ...freezes.flatMap(({ allow = [] }, at) =>
      allow.flatMap((gift, number) =>
        known.has(gift) ? [] : [toUnknownGift(policy, ["freezes", at, "allow", number], gift, known, FREEZE)],
      ),
    ),
  ];
}

/** What names a gift, in the words of a finding. */
interface Naming {
  readonly code: FindingCode;
  readonly verb: string;
  readonly remove: string;
}

const WAIVER: Naming = {
  code: "WAIVER_UNKNOWN_GIFT",
  verb: "waive anything for",
  remove: "take the waiver out",
};
const FREEZE: Naming = { code: "FREEZE_UNKNOWN_GIFT", verb: "let through", remove: "take it out" };

/** Only ever a warning: it forgives nothing that exists, and deleting a gift must not stop all others. */
function toUnknownGift(
  policy: Located<PolicyFile>,
  path: Path,
  gift: string,
  known: ReadonlySet<string>,
  { code, verb, remove }: Naming,
): Finding {
  const near = nearestWord(gift, [...known]);
  return {
    code,
    severity: "warning",
    place: policy.place(path),
    message: `there is no gift "${gift}" to ${verb}${near ? `; did you mean "${near}"?` : ""}`,
    fix: near ? `write "${near}" instead of "${gift}"` : `write the id of a gift, or ${remove}`,
  };
}

function checkDay(policy: Located<PolicyFile>, path: Path, day: string, gift: string): Finding[] {
  const last = lastDayOfMonth(day);
  if (day <= last) return [];
  return [
    {
      code: "WAIVER_DATE",
      severity: "error",
      place: policy.place(path),
      message: `ends is ${day}, which is no day of the calendar: its month ends on ${last}`,
      fix: `write ${last}, or another day that there is`,
      gift,
    },
  ];
}

/** Of a day that is written as a date, whether the month has so many days or not. */
function lastDayOfMonth(day: string): string {
  const [year = 0, month = 0] = day.split("-").map(Number);
  // Day 0 of a month is the last day of the month before it.
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
}
