import { overlaps, parseMoment, type Span, toSpan } from "../model/moment.ts";
import type { Located, Project } from "../model/project.ts";
import type { ReleaseFile } from "../model/schemas.ts";
import type { Path } from "../model/validate.ts";
import type { Finding } from "../report/finding.ts";
import { compareVersions, parseVersion } from "../wire/version.ts";
import { type WrittenRelease, writtenReleases } from "./written.ts";

/** Campaigns and freezes lie on days that there are and end after they start, and a gift is in one campaign at a time. */
export function checkCampaigns(project: Project): Finding[] {
  const releases = writtenReleases(project);
  const { policy } = project;
  return [
    ...releases.flatMap(({ gift, version, release, severity }) => {
      const { campaign } = release.value;
      return campaign
        ? checkWindow("campaign", campaign, release, ["campaign"], { severity, gift, version })
        : [];
    }),
    ...checkOverlaps(releases),
    // A freeze that cannot be read stops everything: nobody can say when it was to protect the gifts.
    ...(policy?.value.freezes ?? []).flatMap((freeze, at) =>
      policy ? checkWindow("freeze", freeze, policy, ["freezes", at], { severity: "error" }) : [],
    ),
  ];
}

function checkWindow(
  kind: "campaign" | "freeze",
  window: Campaign,
  file: Located<unknown>,
  path: Path,
  found: Pick<Finding, "severity" | "gift" | "version">,
): Finding[] {
  const { name, starts, ends } = window;
  const unreal = (["starts", "ends"] as const).filter((edge) => parseMoment(window[edge]) === null);
  if (unreal.length > 0)
    return unreal.map((edge) => ({
      ...found,
      code: "MOMENT_UNREAL",
      place: file.place([...path, edge]),
      message: `the ${kind} "${name}" ${edge} on ${window[edge]}, and there is no such day`,
      fix: "write a day that is in the calendar; the time and the offset behind it may stay",
    }));
  if (toSpan(window)) return [];
  const isEmpty = parseMoment(starts) === parseMoment(ends);
  return [
    {
      ...found,
      code: kind === "campaign" ? "CAMPAIGN_BACKWARDS" : "FREEZE_BACKWARDS",
      place: file.place([...path, "ends"]),
      message: `the ${kind} "${name}" ends on ${ends}, ${isEmpty ? "when" : "before"} it starts on ${starts}`,
      fix: `write an end that comes after the start${isEmpty ? "" : ", or exchange the two; mind their offsets"}`,
    },
  ];
}

type Campaign = NonNullable<ReleaseFile["campaign"]>;

interface Planned extends WrittenRelease {
  readonly campaign: Campaign;
  readonly span: Span;
}

/**
 * On the newer release: whoever plans it sees what is there already. An older one that is closed is in nobody's way, and two
 * versions may serve one campaign: that is how a release is mended.
 */
function checkOverlaps(releases: readonly WrittenRelease[]): Finding[] {
  const byGift = new Map<string, Planned[]>();
  for (const it of releases.flatMap(toPlanned)) byGift.set(it.gift, [...(byGift.get(it.gift) ?? []), it]);
  return [...byGift.values()].flatMap((planned) =>
    planned.flatMap((newer) =>
      planned
        .filter(
          (older) =>
            older.isOpen &&
            older.campaign.name !== newer.campaign.name &&
            isOlder(older, newer) &&
            overlaps(older.span, newer.span),
        )
        .map((older) => toOverlap(older, newer)),
    ),
  );
}

function toPlanned(it: WrittenRelease): Planned[] {
  const { campaign } = it.release.value;
  const span = campaign ? toSpan(campaign) : null;
  return campaign && span ? [{ ...it, campaign, span }] : [];
}

function isOlder(a: WrittenRelease, b: WrittenRelease): boolean {
  const [versionOfA, versionOfB] = [parseVersion(a.version), parseVersion(b.version)];
  return versionOfA !== null && versionOfB !== null && compareVersions(versionOfA, versionOfB) < 0;
}

function toOverlap(older: Planned, newer: Planned): Finding {
  const { gift, version, severity, release, campaign } = newer;
  const { starts } = older.span.starts > newer.span.starts ? older.campaign : campaign;
  const { ends } = older.span.ends < newer.span.ends ? older.campaign : campaign;
  const other = `${gift}@${older.version}`;
  return {
    code: "CAMPAIGN_OVERLAP",
    severity,
    place: release.place(["campaign"], "key"),
    message: `the campaign "${campaign.name}" meets "${older.campaign.name}" of ${other}, which is open too, from ${starts} until ${ends}`,
    fix: `let one of them end before the other starts; if both are for the same campaign, give it the same name in both`,
    gift,
    version,
  };
}
