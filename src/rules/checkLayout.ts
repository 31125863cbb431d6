import type { Located, Project } from "../model/project.ts";
import { STAGES } from "../model/rollout.ts";
import type { ReleaseFile } from "../model/schemas.ts";
import type { Path } from "../model/validate.ts";
import type { Finding } from "../report/finding.ts";
import { hasBlankAbove, isPlainLayout } from "./plainLayout.ts";
import { writtenReleases } from "./written.ts";

/**
 * Reverting any promotion applies cleanly: each stage is a block of its own, and between an `open:` line and another line
 * that commands change lies one that they do not. Git merges changes only with an unchanged line between them.
 */
export function checkLayout(project: Project, texts?: ReadonlyMap<string, string>): Finding[] {
  return writtenReleases(project).flatMap(({ gift, release }) => {
    const text = texts?.get(release.file);
    return text === undefined || isPlainLayout(text) ? [] : checkPlaces(release, text, gift);
  });
}

/** What is wrong with the layout of a release, by the places of its values; each release costs another parse. */
export function checkPlaces(release: Located<ReleaseFile>, text: string, gift: string): Finding[] {
  return [...checkOpenLines(release, gift), ...checkBlankLines(release, text.split(/\r?\n/), gift)];
}

interface Changing {
  readonly path: Path;
  /** As a person would call it. */
  readonly name: string;
  readonly line: number;
}

function checkOpenLines(release: Located<ReleaseFile>, gift: string): Finding[] {
  const { canary, regional, holdback } = release.value.rollout;
  const toChanging = (path: Path, name = path.slice(1).join(".")): Changing => ({
    path,
    name,
    line: release.place(path).line,
  });
  const opens = STAGES.map((stage) => toChanging(["rollout", stage, "open"]));
  const values = [
    ...(canary.percent === undefined ? [] : [toChanging(["rollout", "canary", "percent"])]),
    ...Object.keys(regional.regions).map((region) =>
      toChanging(["rollout", "regional", "regions", region], "regional.regions"),
    ),
    ...(holdback ? [toChanging(["rollout", "holdback", "percent"])] : []),
  ];
  return opens.flatMap((open, at): Finding[] => {
    const touching = [...opens.slice(0, at), ...values].filter((it) => Math.abs(it.line - open.line) <= 1);
    const [first] = touching;
    if (!first) return [];
    const names = [...new Set(touching.map((it) => it.name))].join(" and ");
    return [
      {
        code: "LAYOUT_TOUCHES_OPEN",
        severity: "error",
        place: release.place(open.path),
        message: `${open.name} is on ${touching.some((it) => it.line === open.line) ? "the same line as" : "the line beside"} ${names}: a later change there would make the Revert button fail for this stage`,
        fix: howToPart(first),
        gift,
      },
    ];
  });
}

function howToPart({ name }: Changing): string {
  if (name === "regional.regions")
    return 'write "open:" on a line of its own, then "regions:", then each region on a line of its own below it';
  if (name.endsWith(".open"))
    return 'write each stage as a block of its own, "open:" on its own line, with a blank line between the stages';
  return `write "open:" on a line of its own and put a blank line between it and "percent:"`;
}

function checkBlankLines(release: Located<ReleaseFile>, lines: readonly string[], gift: string): Finding[] {
  const stages = STAGES.map((stage) => ({ stage, place: release.place(["rollout", stage], "key") })).sort(
    (a, b) => a.place.line - b.place.line,
  );
  return stages.flatMap(({ stage, place }, at): Finding[] => {
    const before = stages[at - 1];
    // Stages on one line are told about above.
    if (!before || before.place.line === place.line || hasBlankAbove(lines, place.line)) return [];
    return [
      {
        code: "LAYOUT_NO_BLANK_LINE",
        severity: "error",
        place,
        message: `${stage} follows ${before.stage} without a blank line between them`,
        fix: `put a blank line above "${stage}:", so that reverting one stage never touches another`,
        gift,
      },
    ];
  });
}
