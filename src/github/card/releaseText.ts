import type { ReleaseFile } from "../../model/schemas.ts";
import { parseVersion } from "../../wire/version.ts";

/** What comes after a version: the next minor one. */
export function nextVersion(version: string | null): string {
  const [major = 1, minor = -1] = version === null ? [] : (parseVersion(version)?.map(Number) ?? []);
  return `${major}.${minor + 1}.0`;
}

/**
 * A release file to begin with: closed, for the same apps and devices as the release before it, or for all that the policy names. Its
 * layout is the one that every command writes.
 */
export function toReleaseText(
  gift: string,
  version: string,
  platforms: readonly string[],
  before: ReleaseFile | null,
): string {
  const apps = Object.entries(before?.compat.app ?? Object.fromEntries(platforms.map((it) => [it, "*"])));
  const tiers = before?.compat.tiers ?? ["low", "mid", "high"];
  const cohorts = before?.rollout.canary.cohorts ?? ["staff"];
  return [
    `gift: ${gift}`,
    `version: ${version}`,
    "title: Say in one line what is new",
    "",
    "compat:",
    `  app: { ${apps.map(([platform, range]) => `${platform}: ${JSON.stringify(range)}`).join(", ")} }`,
    `  tiers: [${tiers.join(", ")}]`,
    "",
    "rollout:",
    "  canary:",
    "    open: true",
    "    cohorts:",
    ...cohorts.map((it) => `      - ${it}`),
    "",
    "  regional:",
    "    open: false",
    "    regions:",
    ...Object.entries(before?.rollout.regional.regions ?? { SG: 5 }).map(
      ([name, share]) => `      ${name}: ${share}`,
    ),
    "",
    "  full:",
    "    open: false",
    "",
  ].join("\n");
}
