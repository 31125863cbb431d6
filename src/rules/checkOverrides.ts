import { parseMoment } from "../model/moment.ts";
import type { Project } from "../model/project.ts";
import type { Finding } from "../report/finding.ts";
import { nearestWord } from "../report/nearest.ts";
import { checkPlatform } from "./checkRanges.ts";
import { writtenGifts } from "./written.ts";

/** A kill switch with a misspelt word in it looks pulled and holds nothing. */
export function checkOverrides(project: Project): Finding[] {
  const known = [...writtenGifts(project)];
  return [...project.overrides.values()].flatMap((override) => {
    const { gifts, scope, ends } = override.value;
    const named = gifts === "*" ? [] : gifts;
    const isUnreal = ends !== undefined && parseMoment(ends) === null;
    return [
      ...(isUnreal
        ? [
            {
              code: "MOMENT_UNREAL" as const,
              severity: "error" as const,
              place: override.place(["ends"]),
              message: `the override ends on ${ends}, and there is no such day or time`,
              fix: "write a day that is in the calendar, or take the end out: it then holds until the file is deleted",
            },
          ]
        : []),
      ...named.flatMap((gift, at): Finding[] => {
        if (known.includes(gift)) return [];
        const near = nearestWord(gift, known);
        return [
          {
            code: "OVERRIDE_UNKNOWN_GIFT",
            severity: "error",
            place: override.place(["gifts", at]),
            message: `there is no gift "${gift}" to hold back${near ? `; did you mean "${near}"?` : ""}`,
            fix: near ? `write "${near}" instead of "${gift}"` : "write the id of a gift, or take it out",
            gift,
          },
        ];
      }),
      ...(scope?.platforms ?? []).flatMap((platform, at) =>
        checkPlatform(project, override, ["scope", "platforms", at], platform, undefined, "value"),
      ),
      ...Object.keys(scope?.app ?? {}).flatMap((platform) =>
        checkPlatform(project, override, ["scope", "app", platform], platform),
      ),
    ];
  });
}
