import { classifyPath, giftPath } from "../model/paths.ts";
import type { Project } from "../model/project.ts";
import { STAGES } from "../model/rollout.ts";
import type { Path } from "../model/validate.ts";
import type { Finding } from "../report/finding.ts";
import { nearestWord } from "../report/nearest.ts";
import { type WrittenRelease, writtenGifts, writtenReleases } from "./written.ts";

/** A release is of a gift that exists, its percentages can be counted, and its open stages count. */
export function checkReleases(project: Project): Finding[] {
  const known = writtenGifts(project);
  // A gift that has sources but no gift.yaml is told about once, there.
  const withSources = new Set(
    project.paths.flatMap((path) => {
      const it = classifyPath(path);
      return it.kind === "source" ? [it.gift] : [];
    }),
  );
  return writtenReleases(project).flatMap((it) => [
    ...(known.has(it.gift) || withSources.has(it.gift) ? [] : [toGiftUnknown(it, [...known])]),
    ...checkPercents(it),
    ...checkStages(it),
  ]);
}

function toGiftUnknown({ gift, release }: WrittenRelease, known: readonly string[]): Finding {
  const near = nearestWord(gift, known);
  return {
    code: "GIFT_UNKNOWN",
    severity: "error",
    place: release.place(["gift"]),
    message: `there is no gift "${gift}": ${giftPath(gift)} is not there${near ? `; did you mean "${near}"?` : ""}`,
    fix: near
      ? `if ${near} is meant, move the release to releases/${near}/ and write gift: ${near}; if not, write ${giftPath(gift)}`
      : `write ${giftPath(gift)}, or delete the release`,
    gift,
  };
}

function checkPercents({ gift, release }: WrittenRelease): Finding[] {
  const { canary, regional, holdback } = release.value.rollout;
  const percents: [Path, number | undefined][] = [
    [["rollout", "canary", "percent"], canary.percent],
    ...Object.entries(regional.regions).map(([region, percent]): [Path, number] => [
      ["rollout", "regional", "regions", region],
      percent,
    ]),
    [["rollout", "holdback", "percent"], holdback?.percent],
  ];
  return percents.flatMap(([path, percent]): Finding[] => {
    if (percent === undefined || Math.round(percent * 100) / 100 === percent) return [];
    return [
      {
        code: "PERCENT_STEPS",
        severity: "error",
        place: release.place(path),
        message: `${path.slice(1).join(".")} is ${percent} %; the finest step is 0.01 %`,
        fix: `write ${Math.max(0.01, Math.round(percent * 100) / 100)}, or another number with at most two decimals`,
        gift,
      },
    ];
  });
}

/** Only a warning: reverting an older promotion leaves exactly this state, and it is a safe one. */
function checkStages({ gift, release }: WrittenRelease): Finding[] {
  const { rollout } = release.value;
  const closed = STAGES.findIndex((stage) => !rollout[stage].open);
  const skipped = STAGES.filter((stage, at) => closed >= 0 && at > closed && rollout[stage].open);
  const [first] = skipped;
  if (first === undefined) return [];
  const isAre = skipped.length === 1 ? "is open but does" : "are open but do";
  return [
    {
      code: "STAGE_SKIPPED",
      severity: "warning",
      place: release.place(["rollout", first, "open"]),
      message: `${skipped.join(" and ")} ${isAre} not count: ${STAGES[closed]} is closed`,
      fix: `leave it like this to keep the release back; to go on, open ${STAGES[closed]}; to tidy up, close ${skipped.join(" and ")}`,
      gift,
    },
  ];
}
