import type { Located, Project } from "../model/project.ts";
import { compileRange, InvalidRange } from "../model/range.ts";
import type { Path } from "../model/validate.ts";
import type { Finding } from "../report/finding.ts";
import { nearestWord } from "../report/nearest.ts";
import { writtenReleases } from "./written.ts";

/** Every version range can be read and lets some version in, and releases name platforms that the policy knows. */
export function checkRanges(project: Project): Finding[] {
  const { policy } = project;
  return [
    ...writtenReleases(project).flatMap(({ gift, release }) => {
      const { compat, requires = {} } = release.value;
      return [
        ...Object.entries(compat.app).flatMap(([platform, range]) => [
          ...checkRange(release, ["compat", "app", platform], range, gift),
          ...checkPlatform(project, release, ["compat", "app", platform], platform, gift),
        ]),
        ...Object.entries(requires).flatMap(([id, range]) =>
          checkRange(release, ["requires", id], range, gift),
        ),
      ];
    }),
    ...(policy
      ? Object.entries(policy.value.platforms).flatMap(([platform, { apps, players }]) => [
          ...checkRange(policy, ["platforms", platform, "apps"], apps),
          ...players.flatMap((player, at) => [
            ...checkRange(policy, ["platforms", platform, "players", at, "apps"], player.apps),
            ...checkRange(policy, ["platforms", platform, "players", at, "formats"], player.formats),
          ]),
        ])
      : []),
    // An override that cannot be read stops everything: nobody can say which gifts it was to hold back.
    ...[...project.overrides.values()].flatMap((override) => {
      const { versions, scope } = override.value;
      return [
        ...(versions === undefined ? [] : checkRange(override, ["versions"], versions)),
        ...Object.entries(scope?.app ?? {}).flatMap(([platform, range]) =>
          checkRange(override, ["scope", "app", platform], range),
        ),
      ];
    }),
  ];
}

/** A range that cannot be read, or that lets no version in. The finding belongs to the gift, or without one to everything. */
export function checkRange(file: Located<unknown>, path: Path, range: string, gift?: string): Finding[] {
  const found = {
    severity: "error",
    place: file.place(path),
    ...(gift !== undefined && { gift }),
  } as const;
  const name = path.filter((part) => typeof part === "string").join(".");
  try {
    if (compileRange(range).length > 0) return [];
    return [
      {
        ...found,
        code: "EMPTY_RANGE",
        message: `${name} is "${range}", which no version can satisfy`,
        fix: 'write one that some version fits, such as ">=8.2.0 <9.0.0"',
      },
    ];
  } catch (error) {
    if (!(error instanceof InvalidRange)) throw error;
    return [
      {
        ...found,
        code: "BAD_RANGE",
        message: `${name} is "${range}", which is not a range of versions`,
        fix: 'write one such as ">=8.2.0", "^2.0.0", ">=8.2.0 <9.0.0", or "*" for every version',
      },
    ];
  }
}

/** A platform, written as a key at the path, that the policy does not list. Silent without a policy. */
export function checkPlatform(
  { policy }: Project,
  file: Located<unknown>,
  path: Path,
  platform: string,
  gift?: string,
  at: "key" | "value" = "key",
): Finding[] {
  const known = policy ? Object.keys(policy.value.platforms) : [];
  if (!policy || known.includes(platform)) return [];
  const near = nearestWord(platform, known);
  return [
    {
      code: "UNKNOWN_PLATFORM",
      severity: "error",
      place: file.place(path, at),
      message: `"${platform}" is no platform of ${policy.file}${near ? `; did you mean "${near}"?` : ""}`,
      fix: near
        ? `write "${near}" instead of "${platform}"`
        : `write one of ${known.join(", ")}, or take it out`,
      ...(gift !== undefined && { gift }),
    },
  ];
}
